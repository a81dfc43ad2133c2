//! Tables of places: over some of the axes of a tensor, where in the picture its elements lie.

use std::sync::Arc;

/// Tables of more entries than this are not made: no picture has as many positions.
const LARGEST: usize = 1 << 23;

/// Row and column in pixels of the input; NaN for what has no place, a class token say.
pub(super) type Place = [f32; 2];

/// The places of a tensor's elements, which depend on `axes` of it and on no other.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Table {
    /// Ascending.
    pub axes: Vec<usize>,
    /// Elements along each of `axes`.
    dims: Vec<usize>,
    /// Row-major over `axes`. Shared, since most operators leave places as they are.
    places: Arc<Vec<Place>>,
}

impl Table {
    /// Of a picture whose rows are on axis `first` and whose columns are on the next one.
    pub fn of_picture(first: usize, height: usize, width: usize) -> Table {
        let places = (0..height).flat_map(|row| (0..width).map(move |column| [row as f32, column as f32]));
        Table::new(vec![first, first + 1], vec![height, width], places.collect())
    }

    /// With the axes left out along which nothing varies.
    fn new(axes: Vec<usize>, dims: Vec<usize>, places: Vec<Place>) -> Table {
        let mut table = Table { axes, dims, places: Arc::new(places) };
        for axis in (0..table.axes.len()).rev() {
            if !table.varies(axis, 0) && !table.varies(axis, 1) {
                table = table.first_along(axis);
            }
        }
        table
    }

    /// The table at the first element of its axis number `axis`.
    fn first_along(&self, axis: usize) -> Table {
        let inner: usize = self.dims[axis + 1..].iter().product();
        let places = self.places.chunks(inner * self.dims[axis]).flat_map(|part| &part[..inner]).copied().collect();
        let mut first = Table { axes: self.axes.clone(), dims: self.dims.clone(), places: Arc::new(places) };
        first.axes.remove(axis);
        first.dims.remove(axis);
        first
    }

    /// Whether its axis number `axis` tells rows (`side` 0) or columns (1).
    pub fn varies(&self, axis: usize, side: usize) -> bool {
        let inner: usize = self.dims[axis + 1..].iter().product();
        let differs = |a: f32, b: f32| a != b && !(a.is_nan() && b.is_nan());
        let part_differs = |part: &[Place]| (inner..part.len()).any(|i| differs(part[i][side], part[i - inner][side]));
        inner > 0 && self.dims[axis] > 1 && self.places.chunks(inner * self.dims[axis]).any(part_differs)
    }

    /// Whether every element has a place.
    pub fn is_finite(&self) -> bool {
        self.places.iter().flatten().all(|place| place.is_finite())
    }

    /// The places along its axis number `axis`, at the first element of the others.
    pub fn along(&self, axis: usize) -> Vec<Place> {
        let inner: usize = self.dims[axis + 1..].iter().product();
        (0..self.dims[axis]).map(|i| self.places[i * inner]).collect()
    }

    /// Elements along an axis of the tensor, if places depend on it.
    pub fn len(&self, axis: usize) -> Option<usize> {
        self.axes.iter().position(|&other| other == axis).map(|at| self.dims[at])
    }

    /// The same places where axis `a` of the tensor is now axis `becomes(a)`; `None` if one of its axes is gone.
    pub fn renamed(&self, becomes: &dyn Fn(usize) -> Option<usize>) -> Option<Table> {
        let renamed: Option<Vec<usize>> = self.axes.iter().map(|&axis| becomes(axis)).collect();
        let axes = renamed?;
        if axes.is_sorted() {
            return Some(Table { axes, ..self.clone() });
        }
        let mut order: Vec<usize> = (0..axes.len()).collect();
        order.sort_by_key(|&at| axes[at]);
        let strides = strides(&self.dims);
        let dims: Vec<usize> = order.iter().map(|&at| self.dims[at]).collect();
        let mut places = Vec::with_capacity(self.places.len());
        each_index(&dims, |index| {
            let at: usize = index.iter().zip(&order).map(|(i, &axis)| i * strides[axis]).sum();
            places.push(self.places[at]);
        });
        Some(Table { axes: order.iter().map(|&at| axes[at]).collect(), dims, places: Arc::new(places) })
    }

    /// Elements of one axis, by their indices; `None` among them is one that cannot be told.
    pub fn picked(&self, axis: usize, indices: &mut dyn Iterator<Item = Option<usize>>) -> Option<Table> {
        let Some(at) = self.axes.iter().position(|&other| other == axis) else { return Some(self.clone()) };
        let indices: Option<Vec<usize>> = indices.collect();
        let within = |indices: &Vec<usize>| !indices.is_empty() && indices.iter().all(|&index| index < self.dims[at]);
        let indices = indices.filter(within)?;
        if indices.iter().copied().eq(0..self.dims[at]) {
            return Some(self.clone());
        }
        let inner: usize = self.dims[at + 1..].iter().product();
        let pick = |part: &[Place]| -> Vec<Place> {
            indices.iter().flat_map(|index| part[index * inner..(index + 1) * inner].to_vec()).collect()
        };
        let places = self.places.chunks(inner * self.dims[at]).flat_map(pick).collect();
        let mut dims = self.dims.clone();
        dims[at] = indices.len();
        Some(Table::new(self.axes.clone(), dims, places))
    }

    /// With `len` elements on an axis; element i takes the place at `at(i)` of it, between elements or beyond its ends.
    /// `None` where that is not known: the axis does not lead through the picture in even steps.
    pub fn resampled(&self, axis: usize, len: usize, at: impl Fn(f32) -> f32) -> Option<Table> {
        let Some(axis) = self.axes.iter().position(|&other| other == axis) else { return Some(self.clone()) };
        let old = self.dims[axis];
        if len == 0 {
            return None;
        }
        if len == old && (0..len).all(|i| at(i as f32) == i as f32) {
            return Some(self.clone());
        }
        let inner: usize = self.dims[axis + 1..].iter().product();
        let outer = self.places.len() / (inner * old);
        if outer.checked_mul(inner)?.checked_mul(len)? > LARGEST {
            return None;
        }
        let step = |part: &[Place], i: usize, from: usize| -> Place {
            std::array::from_fn(|side| part[(i + 1) * inner + from][side] - part[i * inner + from][side])
        };
        let mut places = Vec::with_capacity(outer * inner * len);
        for part in self.places.chunks(inner * old) {
            let first: Vec<Place> = (0..inner).map(|from| step(part, 0, from)).collect();
            let close = |a: Place, b: Place| (0..2).all(|side| (a[side] - b[side]).abs() < 1e-2);
            if !(1..old - 1).all(|i| (0..inner).all(|from| close(step(part, i, from), first[from]))) {
                return None;
            }
            for i in 0..len {
                let way = at(i as f32);
                places.extend(
                    (0..inner).map(|from| -> Place {
                        std::array::from_fn(|side| part[from][side] + first[from][side] * way)
                    }),
                );
            }
        }
        let mut dims = self.dims.clone();
        dims[axis] = len;
        Some(Table::new(self.axes.clone(), dims, places))
    }

    /// The mean place along an axis, which keeps one element.
    pub fn averaged(&self, axis: usize) -> Table {
        let Some(axis) = self.axes.iter().position(|&other| other == axis) else { return self.clone() };
        let (inner, len) = (self.dims[axis + 1..].iter().product::<usize>(), self.dims[axis]);
        let mean = |part: &[Place], from: usize| -> Place {
            std::array::from_fn(|side| (0..len).map(|i| part[i * inner + from][side]).sum::<f32>() / len as f32)
        };
        let average = |part: &[Place]| (0..inner).map(|from| mean(part, from)).collect::<Vec<_>>();
        let places = self.places.chunks(inner * len).flat_map(average).collect();
        let mut dims = self.dims.clone();
        dims[axis] = 1;
        Table::new(self.axes.clone(), dims, places)
    }

    /// The axes from `at` on, of sizes `from`, regrouped to sizes `to`: the elements stay in their order.
    pub fn regrouped(&self, at: usize, from: &[usize], to: &[usize]) -> Option<Table> {
        let end = at + from.len();
        let shifted = |axis: usize| axis + to.len() - from.len().min(axis + to.len());
        let later = |axis: usize| if axis >= end { shifted(axis) } else { axis };
        if !self.axes.iter().any(|axis| (at..end).contains(axis)) {
            return self.renamed(&|axis| Some(later(axis)));
        }
        // Spread over all the axes that are regrouped, those on which places do not depend among them.
        let before = self.axes.iter().filter(|&&axis| axis < at);
        let after = self.axes.iter().filter(|&&axis| axis >= end);
        let axes: Vec<usize> = before.clone().copied().chain(at..end).chain(after.clone().copied()).collect();
        let size = |axis: usize| if (at..end).contains(&axis) { from[axis - at] } else { self.len(axis).unwrap_or(1) };
        let dims: Vec<usize> = axes.iter().map(|&axis| size(axis)).collect();
        let places = self.spread_over(&axes, &dims)?;
        let axes = before.copied().chain(at..at + to.len()).chain(after.map(|&axis| later(axis)));
        let regrouped: Vec<usize> = axes.collect();
        let new_size = |axis: usize, old: usize| if (at..at + to.len()).contains(&axis) { to[axis - at] } else { old };
        let mut kept = self.axes.iter().filter(|&&axis| !(at..end).contains(&axis)).map(|&axis| size(axis));
        let dims: Vec<usize> = regrouped
            .iter()
            .map(|&axis| {
                let is_new = (at..at + to.len()).contains(&axis);
                new_size(axis, if is_new { 0 } else { kept.next().unwrap_or(1) })
            })
            .collect();
        (dims.iter().product::<usize>() == places.len()).then(|| Table::new(regrouped, dims, places))
    }

    /// What tensors of these tables and shapes become when they are joined along `axis`: a table, or none if they have
    /// none. `None` for what cannot be followed.
    pub fn joined(parts: &[(Option<Table>, Vec<usize>)], axis: usize) -> Option<Option<Table>> {
        let known: Vec<&Table> = parts.iter().filter_map(|(table, _)| table.as_ref()).collect();
        let Some(first) = known.first() else { return Some(None) };
        if known.iter().all(|table| !table.axes.contains(&axis)) {
            // Maps beside maps, or beside what is the same everywhere.
            return known.iter().all(|table| table.agrees(first)).then(|| Some((*first).clone()));
        }
        let mut axes: Vec<usize> = known.iter().flat_map(|table| table.axes.iter().copied()).collect();
        axes.sort_unstable();
        axes.dedup();
        let at = axes.iter().position(|&other| other == axis)?;
        let size =
            |shape: &[usize]| -> Option<Vec<usize>> { axes.iter().map(|&axis| shape.get(axis).copied()).collect() };
        let mut all: Vec<Vec<Place>> = Vec::new();
        let (mut dims, mut len) = (size(&parts[0].1)?, 0);
        let outer: usize = dims[..at].iter().product();
        for (table, shape) in parts {
            let part_dims = size(shape)?;
            let count = part_dims.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim)).filter(|&n| n <= LARGEST)?;
            let places = match table {
                Some(table) => table.spread_over(&axes, &part_dims)?,
                None => vec![[f32::NAN; 2]; count],
            };
            len += part_dims[at];
            all.push(places);
        }
        dims[at] = len;
        let rows = (0..outer).flat_map(|row| {
            all.iter().flat_map(move |places| {
                let len = places.len() / outer;
                places[row * len..(row + 1) * len].to_vec()
            })
        });
        Some(Some(Table::new(axes, dims, rows.collect())))
    }

    /// The places over more axes, which must contain those of the table: repeated along the others.
    fn spread_over(&self, axes: &[usize], dims: &[usize]) -> Option<Vec<Place>> {
        dims.iter().try_fold(1_usize, |n, &dim| n.checked_mul(dim)).filter(|&n| n <= LARGEST)?;
        let own = strides(&self.dims);
        let stride = |axis: &usize| self.axes.iter().position(|other| other == axis).map_or(0, |at| own[at]);
        let strides: Vec<usize> = axes.iter().map(stride).collect();
        let mut places = Vec::new();
        each_index(dims, |index| {
            places.push(self.places[index.iter().zip(&strides).map(|(i, stride)| i * stride).sum::<usize>()])
        });
        Some(places)
    }

    /// Whether two tables tell the same to a step: windows of other sizes have their centres elsewhere.
    pub fn agrees(&self, other: &Table) -> bool {
        if self.axes != other.axes || self.dims != other.dims {
            return false;
        }
        if Arc::ptr_eq(&self.places, &other.places) {
            return true;
        }
        let along = |axis| self.along(axis);
        let steps = (0..self.axes.len()).flat_map(along).collect::<Vec<_>>();
        let steps = steps.windows(2).flat_map(|pair| (0..2).map(|side| (pair[1][side] - pair[0][side]).abs()));
        let step = steps.filter(|&step| step > 0.0).fold(f32::INFINITY, f32::min);
        let close = |a: f32, b: f32| a.is_nan() && b.is_nan() || (a - b).abs() <= 1.01 * step;
        self.places.iter().zip(other.places.iter()).all(|(a, b)| (0..2).all(|side| close(a[side], b[side])))
    }
}

fn strides(dims: &[usize]) -> Vec<usize> {
    (0..dims.len()).map(|axis| dims[axis + 1..].iter().product()).collect()
}

/// Every index of a row-major array, in order.
fn each_index(dims: &[usize], mut visit: impl FnMut(&[usize])) {
    let mut index = vec![0; dims.len()];
    for _ in 0..dims.iter().product::<usize>() {
        visit(&index);
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            if index[axis] < dims[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Table;

    /// Rows and columns of a picture of 8 x 8 on axes 1 and 2, four pixels apart.
    fn maps() -> Table {
        Table::of_picture(1, 32, 32)
            .resampled(1, 8, |i| 4.0 * i)
            .and_then(|table| table.resampled(2, 8, |i| 4.0 * i))
            .unwrap()
    }

    /// [1, 8, 8, c] cut into windows of 4 x 4: [4, 16, c].
    fn windows(table: &Table) -> Option<Table> {
        let cut = table.regrouped(1, &[8], &[2, 4])?.regrouped(3, &[8], &[2, 4])?;
        let swapped = cut.renamed(&|axis| Some([0, 1, 3, 2, 4, 5][axis]))?;
        swapped.regrouped(0, &[1, 2, 2], &[4])?.regrouped(1, &[4, 4], &[16])
    }

    /// And back.
    fn together(table: &Table) -> Option<Table> {
        let cut = table.regrouped(1, &[16], &[4, 4])?.regrouped(0, &[4], &[1, 2, 2])?;
        let swapped = cut.renamed(&|axis| Some([0, 1, 3, 2, 4, 5][axis]))?;
        swapped.regrouped(3, &[2, 4], &[8])?.regrouped(1, &[2, 4], &[8])
    }

    /// The first `shift` of axis 1 behind the others.
    fn rolled(table: &Table, shift: usize) -> Table {
        let part = |from: usize, to: usize| (table.picked(1, &mut (from..to).map(Some)), vec![1, to - from, 8, 3]);
        Table::joined(&[part(shift, 8), part(0, shift)], 1).unwrap().unwrap()
    }

    #[test]
    fn windows_that_are_cut_and_put_together_again_are_where_they_were() {
        let cut = windows(&maps()).unwrap();
        assert_eq!(cut.axes, [0, 1]);
        assert_eq!(together(&cut).unwrap(), maps());
    }

    #[test]
    fn windows_of_what_was_shifted_around_the_edge_come_back_too() {
        let shifted = rolled(&maps(), 2);
        assert!(!shifted.agrees(&maps()));
        let back = together(&windows(&shifted).unwrap()).unwrap();
        assert_eq!(back, shifted);
        assert_eq!(rolled(&back, 6), maps());
    }

    #[test]
    fn tokens_are_split_into_rows_and_columns_again_and_a_class_token_has_no_place() {
        let tokens = maps().regrouped(1, &[8, 8], &[64]).unwrap();
        assert_eq!(tokens.axes, [1]);
        let class = (None, vec![1, 1, 3]);
        let with_class = Table::joined(&[class, (Some(tokens.clone()), vec![1, 64, 3])], 1).unwrap().unwrap();
        assert!(!with_class.is_finite());
        assert_eq!(with_class.picked(1, &mut (1..65).map(Some)).unwrap(), tokens);
        assert_eq!(tokens.regrouped(1, &[64], &[8, 8]).unwrap(), maps());
    }

    #[test]
    fn what_is_cut_to_nothing_is_not_followed() {
        assert_eq!(maps().picked(1, &mut std::iter::empty()), None);
        assert_eq!(maps().resampled(1, 0, |i| i), None);
    }

    #[test]
    fn a_mean_over_all_positions_has_none() {
        assert!(maps().averaged(1).averaged(2).axes.is_empty());
    }
}
