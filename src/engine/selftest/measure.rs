//! Measures the kernels by themselves, on data that stays in the first-level cache: what they reach of the machine's peak.

use std::hint::black_box;

use serde::Serialize;
use web_time::Instant;

use crate::engine::floats::Floats;
use crate::engine::simd::{F32x4, LANES};
use crate::engine::steps::tile::{Geometry, Tiles, kernels};

/// How fast one kernel is on the calling thread.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rate {
    /// The kernel: positions x blocks of output channels, and the input channels.
    pub kernel: String,
    /// Billions of multiply-adds a second, the best of some runs.
    pub giga_macs: f64,
}

/// A kernel that can be run again and again.
pub struct Kernel {
    /// Its name.
    pub name: String,
    /// Multiply-adds of a run.
    pub macs: usize,
    /// Runs it.
    pub run: Box<dyn FnMut()>,
}

/// Multiply-adds alone, in as many registers as there are: what the machine can do.
fn peak() -> Kernel {
    const ROUNDS: usize = 1000;
    let run = || {
        let x = F32x4::splat(black_box(0.5));
        let [mut a, mut b, mut c, mut d, mut e, mut f] = [x; 6];
        let [mut g, mut h, mut i, mut j, mut k, mut l] = [x; 6];
        for _ in 0..ROUNDS {
            (a, b, c, d) = (x.madd(x, a), x.madd(x, b), x.madd(x, c), x.madd(x, d));
            (e, f, g, h) = (x.madd(x, e), x.madd(x, f), x.madd(x, g), x.madd(x, h));
            (i, j, k, l) = (x.madd(x, i), x.madd(x, j), x.madd(x, k), x.madd(x, l));
        }
        let sums = [a, b, c, d, e, f, g, h, i, j, k, l];
        black_box(sums.into_iter().reduce(F32x4::add));
    };
    Kernel { name: "peak".into(), macs: ROUNDS * 12 * LANES, run: Box::new(run) }
}

/// A tile of a 1 x 1 convolution.
fn tile(positions: usize, blocks: usize, channels: usize) -> Kernel {
    let geometry = Geometry::product(channels / LANES, positions, (0.0, 6.0));
    let kernel = kernels(LANES, blocks).expect("there are kernels of stride 1")[positions - 1];
    let (input, weights) = (Floats::zeros(channels * positions), Floats::zeros(channels * blocks * LANES));
    let (bias, mut output) = (Floats::zeros(blocks * LANES), Floats::zeros(blocks * positions * LANES));
    let run = move || {
        let (input, weights, bias) = (input.as_ptr(), weights.as_ptr(), bias.as_ptr());
        let tiles = Tiles { input, weights, bias, added: std::ptr::null(), output: output.as_mut_ptr(), count: 1 };
        // SAFETY: the buffers are as long as the geometry says.
        unsafe { kernel(&geometry, tiles) };
    };
    let name = format!("{positions} x {blocks}, {channels} channels");
    Kernel { name, macs: positions * blocks * LANES * channels, run: Box::new(run) }
}

/// The peak, and tiles of all shapes that matter.
pub fn all() -> Vec<Kernel> {
    let shapes = [(6, 2), (5, 2), (4, 2), (3, 2), (12, 1), (10, 1), (8, 1), (7, 1)];
    let deep = shapes.map(|(positions, blocks)| tile(positions, blocks, 256));
    std::iter::once(peak()).chain(deep).chain([tile(6, 2, 64), tile(6, 2, 16)]).collect()
}

/// How fast they are here; takes half a second.
pub fn rates() -> Vec<Rate> {
    const RUNS: usize = 8;
    const MACS: usize = 50_000_000;
    let rate = |Kernel { name, macs, mut run }: Kernel| {
        let repeats = MACS / macs;
        let mut best = f64::INFINITY;
        for _ in 0..RUNS {
            let started = Instant::now();
            (0..repeats).for_each(|_| run());
            best = best.min(started.elapsed().as_secs_f64());
        }
        Rate { kernel: name, giga_macs: (repeats * macs) as f64 / best / 1e9 }
    };
    all().into_iter().map(rate).collect()
}
