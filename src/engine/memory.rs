//! Plans the memory of a program ahead: values that are not needed at the same time share their place.

use std::ops::Range;

use super::steps::Place;

/// Floats in a cache line; every value starts at one.
const LINE: usize = 16;

/// A value that needs a place.
#[derive(Debug, Clone)]
pub struct Request {
    /// Floats, for all images that it is kept for.
    pub len: usize,
    /// Floats between an image and the next; 0 where images take turns.
    pub image_stride: usize,
    /// The steps from the one that writes it to the last one that reads it.
    pub alive: Range<usize>,
}

/// A place for each request, and the floats that all of them take. The largest are placed first, each as low as it fits.
/// `None` where addresses do not reach: in WebAssembly they have 32 bits.
pub fn plan(requests: &[Request]) -> Option<(Vec<Place>, usize)> {
    let mut order: Vec<usize> = (0..requests.len()).collect();
    order.sort_by_key(|&i| std::cmp::Reverse(requests[i].len));
    let mut places = vec![Place::default(); requests.len()];
    let mut placed: Vec<usize> = Vec::new();
    let mut total = 0_usize;
    for i in order {
        let request = &requests[i];
        let mut taken: Vec<Range<usize>> = placed
            .iter()
            .filter(|&&j| overlap(&requests[j].alive, &request.alive))
            .map(|&j| places[j].offset..places[j].offset + requests[j].len)
            .collect();
        taken.sort_by_key(|range| range.start);
        let mut offset = 0_usize;
        for range in taken {
            if offset.checked_add(request.len)? <= range.start {
                break;
            }
            offset = offset.max(range.end.checked_next_multiple_of(LINE)?);
        }
        places[i] = Place { offset, image_stride: request.image_stride };
        total = total.max(offset.checked_add(request.len)?);
        placed.push(i);
    }
    Some((places, total.checked_next_multiple_of(LINE)?))
}

fn overlap(a: &Range<usize>, b: &Range<usize>) -> bool {
    a.start < b.end && b.start < a.end
}

#[cfg(test)]
mod tests {
    use super::{Request, plan};

    #[test]
    fn values_share_a_place_only_if_they_are_never_needed_at_the_same_time() {
        let request = |len, alive| Request { len, image_stride: 0, alive };
        let (places, total) =
            plan(&[request(32, 0..2), request(64, 1..3), request(32, 2..4), request(16, 3..4)]).unwrap();
        assert_eq!(places.iter().map(|place| place.offset).collect::<Vec<_>>(), [64, 0, 64, 0]);
        assert_eq!(total, 96);
    }

    #[test]
    fn what_no_address_reaches_is_refused() {
        let request = |len| Request { len, image_stride: 0, alive: 0..1 };
        assert!(plan(&[request(usize::MAX / 2), request(usize::MAX / 2), request(64)]).is_none());
    }
}
