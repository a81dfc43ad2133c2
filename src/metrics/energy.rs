//! Energy in a box: the share of a map that lies where somebody says that the thing is. No passes.
//!
//! The energy-based pointing game of the Score-CAM paper: the sum of the map's values in the box over that of all. A pixel counts as in the box
//! if its centre is.

use crate::error::{Error, Result};
use crate::geometry::Region;

use super::measure::{Better, Case, Description, Measure, Number, Reading};

/// See the module.
pub struct Energy;

impl Measure for Energy {
    fn describe(&self) -> Description {
        Description { name: "energy", needs_box: true }
    }

    fn passes(&self, _: &Case) -> usize {
        0
    }

    fn tensor(&self, case: &Case, _: usize) -> Vec<f32> {
        case.picture.input.tensor.clone()
    }

    fn read(&self, case: &Case, _: &[f64]) -> Result<Reading> {
        let Some(within) = case.picture.within else { return Ok(Reading::default()) };
        let seen = case.picture.input.region;
        let map = case.map;
        let (mut inside, mut whole, mut pixels) = (0.0, 0.0, 0);
        for (at, &value) in map.values.iter().enumerate() {
            let (x, y) = seen.centre_of_cell((at / map.width, at % map.width), (map.height, map.width));
            let is_inside =
                (within.x..within.x + within.width).contains(&x) && (within.y..within.y + within.height).contains(&y);
            whole += f64::from(value);
            if is_inside {
                inside += f64::from(value);
                pixels += 1;
            }
        }
        let of_picture = f64::from(pixels) / map.values.len() as f64;
        let energy = (whole > 0.0).then(|| inside / whole);
        Ok(Reading {
            numbers: vec![
                Number { name: "energy".into(), value: energy, better: Better::Higher },
                Number { name: "box-share".into(), value: Some(of_picture), better: Better::Neither },
            ],
            curves: Vec::new(),
        })
    }
}

/// Makes sure that a box, in the picture's pixels, has something of what the network sees.
///
/// # Errors
/// [`ErrorKind::Option`](crate::error::ErrorKind) if it has not.
pub fn check_box(within: Region, seen: Region) -> Result<()> {
    let overlap =
        |start: f64, length: f64, other: f64, others: f64| (start + length).min(other + others) - start.max(other);
    let is_inside = within.width > 0.0
        && within.height > 0.0
        && overlap(within.x, within.width, seen.x, seen.width) > 0.0
        && overlap(within.y, within.height, seen.y, seen.height) > 0.0;
    if is_inside {
        return Ok(());
    }
    let shown = |r: Region| format!("{:.0} by {:.0} pixels at ({:.0}, {:.0})", r.width, r.height, r.x, r.y);
    Err(Error::new("box-outside", &[("box", &shown(within)), ("seen", &shown(seen))]))
}
