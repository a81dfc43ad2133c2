//! Maps that know nothing of the network, to set others beside: what a measure says of them is what it says of anything.

use crate::chance::Chance;
use crate::heatmap::Heatmap;

/// Random maps that a map is set beside.
pub const RANDOM: u64 = 3;

/// The deviation of the centred map, in sides of the picture.
const SPREAD: f64 = 0.25;

/// Map `number` [height, width] of values drawn evenly from [0, 1), pixel by pixel.
pub fn random((height, width): (usize, usize), seed: u64, number: u64) -> Heatmap {
    let mut chance = Chance::new(seed, number);
    let values = (0..height * width).map(|_| chance.unit() as f32).collect();
    Heatmap { values, height, width, has_positive_evidence: true }
}

/// A Gaussian [height, width] around the picture's centre: photographers put there what they mean.
pub fn centred((height, width): (usize, usize)) -> Heatmap {
    let along = |at: usize, side: usize| {
        let distance = ((at as f64 + 0.5) / side as f64 - 0.5) / SPREAD;
        (-0.5 * distance * distance).exp()
    };
    let values = (0..height * width).map(|at| (along(at / width, height) * along(at % width, width)) as f32).collect();
    Heatmap { values, height, width, has_positive_evidence: true }
}
