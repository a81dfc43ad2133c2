//! Maps that know nothing of the network, to set others beside: what a measure says of them is what it says of anything.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::{Rng, SeedableRng};

use crate::heatmap::Heatmap;

/// Random maps that a map is set beside.
pub const RANDOM: u64 = 3;

/// The deviation of the centred map, in sides of the picture.
const SPREAD: f64 = 0.25;

/// A map [height, width] of values drawn evenly from [0, 1), pixel by pixel.
pub fn random((height, width): (usize, usize), seed: u64) -> Heatmap {
    let mut generator = Pcg64::seed_from_u64(seed ^ 0x5eed);
    let values = (0..height * width).map(|_| (generator.next_u64() >> 40) as f32 / (1_u32 << 24) as f32).collect();
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
