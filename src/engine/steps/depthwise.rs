//! Depthwise convolutions: every channel by its own kernel.
//!
//! A block of maps is copied between zeros, where it stays in the first-level cache, and four positions are computed at
//! once; seven under the common kernels of stride 1, which keep a row's weights in registers.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::convolution::{Convolution, Wiring, pad, padded_to_blocks};
use super::function::Function;
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Positions that are computed at once.
const POSITIONS: usize = 4;

/// Positions that are computed at once under square kernels of stride 1: the sides of most networks' maps are multiples of it, and
/// with the seven weights of a row they fit into the registers.
const SIDE_BY_SIDE: usize = 7;

/// [`SIDE_BY_SIDE`] positions from the input of the first one's first tap, the width of its rows, the weights and the bias.
type Seven = unsafe fn(*const f32, usize, *const f32, F32x4) -> [F32x4; SIDE_BY_SIDE];

/// Defines seven neighbouring positions of a row under a kernel of stride 1: an input serves all taps that reach it, and sums and
/// weights of a row stay in registers. They are written out as those of [`super::tile`] are.
macro_rules! seven {
    ($name:ident, $side:literal; $($at:literal: $($sum:literal $tap:literal),+;)+) => {
        /// # Safety
        /// All that the seven reach from `input` on must lie in the padded block, whose rows are `width` positions; `weights` must be
        /// those of a block.
        #[inline(always)]
        unsafe fn $name(input: *const f32, width: usize, weights: *const f32, bias: F32x4) -> [F32x4; SIDE_BY_SIDE] {
            let mut sums = [bias; SIDE_BY_SIDE];
            for y in 0..$side {
                // SAFETY: the caller's promise.
                unsafe {
                    let row = input.add(y * width * LANES);
                    let of_row = weights.add(y * $side * LANES);
                    let mut taps = [bias; $side];
                    for (tap, weight) in taps.iter_mut().enumerate() {
                        *weight = F32x4::load(of_row.add(tap * LANES));
                    }
                    $(
                        let value = F32x4::load(row.add($at * LANES));
                        $(sums[$sum] = value.madd(taps[$tap], sums[$sum]);)+
                    )+
                }
            }
            sums
        }
    };
}

seven! { seven_under_three, 3;
            0: 0 0;
            1: 1 0, 0 1;
            2: 2 0, 1 1, 0 2;
            3: 3 0, 2 1, 1 2;
            4: 4 0, 3 1, 2 2;
            5: 5 0, 4 1, 3 2;
            6: 6 0, 5 1, 4 2;
            7: 6 1, 5 2;
            8: 6 2;
}

seven! { seven_under_five, 5;
            0: 0 0;
            1: 1 0, 0 1;
            2: 2 0, 1 1, 0 2;
            3: 3 0, 2 1, 1 2, 0 3;
            4: 4 0, 3 1, 2 2, 1 3, 0 4;
            5: 5 0, 4 1, 3 2, 2 3, 1 4;
            6: 6 0, 5 1, 4 2, 3 3, 2 4;
            7: 6 1, 5 2, 4 3, 3 4;
            8: 6 2, 5 3, 4 4;
            9: 6 3, 5 4;
            10: 6 4;
}

seven! { seven_under_seven, 7;
            0: 0 0;
            1: 1 0, 0 1;
            2: 2 0, 1 1, 0 2;
            3: 3 0, 2 1, 1 2, 0 3;
            4: 4 0, 3 1, 2 2, 1 3, 0 4;
            5: 5 0, 4 1, 3 2, 2 3, 1 4, 0 5;
            6: 6 0, 5 1, 4 2, 3 3, 2 4, 1 5, 0 6;
            7: 6 1, 5 2, 4 3, 3 4, 2 5, 1 6;
            8: 6 2, 5 3, 4 4, 3 5, 2 6;
            9: 6 3, 5 4, 4 5, 3 6;
            10: 6 4, 5 5, 4 6;
            11: 6 5, 5 6;
            12: 6 6;
}

/// A convolution whose groups are single channels.
pub struct Depthwise {
    wiring: Wiring,
    input: Maps,
    output: Maps,
    /// One block of the input between its zeros.
    padded: Maps,
    padding: (usize, usize),
    kernel: (usize, usize),
    stride: (usize, usize),
    dilation: (usize, usize),
    clamp: (f32, f32),
    function: Option<Function>,
    /// [blocks, taps, 4]
    weights: Vec<f32>,
    /// [blocks, 4]
    bias: Vec<f32>,
    macs: u64,
}

impl Depthwise {
    /// Packs the weights, or answers `None` if it is another kind of convolution.
    pub fn new(convolution: &Convolution, wiring: Wiring) -> Option<Depthwise> {
        let Convolution { input, output, kernel, stride, dilation, padding, groups, clamp, .. } = *convolution;
        if groups != input.channels || groups != output.channels || wiring.added.is_some() {
            return None;
        }
        let taps = kernel.0 * kernel.1;
        let mut weights = vec![0.0; input.blocks() * taps * LANES];
        for (channel, kernel) in convolution.weights.chunks_exact(taps).enumerate() {
            for (tap, &weight) in kernel.iter().enumerate() {
                weights[(channel / LANES * taps + tap) * LANES + channel % LANES] = weight;
            }
        }
        let (height, width) = convolution.reach()?;
        let padded = Maps::checked(LANES, height, width)?;
        let (bias, macs, function) =
            (padded_to_blocks(&convolution.bias), convolution.macs(), convolution.function.clone());
        Some(Depthwise {
            wiring,
            input,
            output,
            padded,
            padding,
            kernel,
            stride,
            dilation,
            clamp,
            function,
            weights,
            bias,
            macs,
        })
    }

    /// One position, from the input of its first tap.
    ///
    /// # Safety
    /// All taps must lie in the padded block; `weights` must be those of a block.
    #[inline(always)]
    unsafe fn one(&self, input: *const f32, weights: *const f32, bias: F32x4) -> F32x4 {
        let mut sum = bias;
        let mut weight = weights;
        for y in 0..self.kernel.0 {
            for x in 0..self.kernel.1 {
                // SAFETY: the caller's promise.
                unsafe {
                    let at = input.add((y * self.dilation.0 * self.padded.width + x * self.dilation.1) * LANES);
                    sum = F32x4::load(at).madd(F32x4::load(weight), sum);
                    weight = weight.add(LANES);
                }
            }
        }
        sum
    }

    /// Four neighbouring positions of a row. The sums are written out, so that they stay in registers.
    ///
    /// # Safety
    /// As `one`, for all four.
    #[inline(always)]
    unsafe fn four(&self, input: *const f32, weights: *const f32, bias: F32x4) -> [F32x4; POSITIONS] {
        let mut sums = [bias; POSITIONS];
        let stride = self.stride.1 * LANES;
        let mut weight = weights;
        for y in 0..self.kernel.0 {
            // SAFETY: the caller's promise.
            unsafe {
                let mut at = input.add(y * self.dilation.0 * self.padded.width * LANES);
                for _ in 0..self.kernel.1 {
                    let factor = F32x4::load(weight);
                    sums[0] = F32x4::load(at).madd(factor, sums[0]);
                    sums[1] = F32x4::load(at.add(stride)).madd(factor, sums[1]);
                    sums[2] = F32x4::load(at.add(2 * stride)).madd(factor, sums[2]);
                    sums[3] = F32x4::load(at.add(3 * stride)).madd(factor, sums[3]);
                    weight = weight.add(LANES);
                    at = at.add(self.dilation.1 * LANES);
                }
            }
        }
        sums
    }

    /// One block of one image, `source` being its input between zeros.
    ///
    /// # Safety
    /// As [`Step::run`].
    unsafe fn block(&self, block: usize, source: *const f32, output: *mut f32) {
        let reach = |output: usize, stride: usize, kernel: usize, dilation: usize| {
            (output - 1) * stride + (kernel - 1) * dilation
        };
        debug_assert!(reach(self.output.height, self.stride.0, self.kernel.0, self.dilation.0) < self.padded.height);
        debug_assert!(reach(self.output.width, self.stride.1, self.kernel.1, self.dilation.1) < self.padded.width);
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        let seven: Option<Seven> = match (self.kernel, self.stride, self.dilation) {
            ((3, 3), (1, 1), (1, 1)) => Some(seven_under_three),
            ((5, 5), (1, 1), (1, 1)) => Some(seven_under_five),
            ((7, 7), (1, 1), (1, 1)) => Some(seven_under_seven),
            _ => None,
        };
        // SAFETY: rows and columns stay within the padded block and the output.
        unsafe {
            let weights = self.weights.as_ptr().add(block * self.kernel.0 * self.kernel.1 * LANES);
            let bias = F32x4::load(self.bias.as_ptr().add(block * LANES));
            let output = output.add(block * self.output.block_len());
            for row in 0..self.output.height {
                let from = source.add(row * self.stride.0 * self.padded.width * LANES);
                let to = output.add(row * self.output.width * LANES);
                let mut column = 0;
                while let Some(seven) = seven.filter(|_| column + SIDE_BY_SIDE <= self.output.width) {
                    let sums = seven(from.add(column * LANES), self.padded.width, weights, bias);
                    for (at, sum) in sums.into_iter().enumerate() {
                        sum.max(low).min(high).store(to.add((column + at) * LANES));
                    }
                    column += SIDE_BY_SIDE;
                }
                while column + POSITIONS <= self.output.width {
                    let input = from.add(column * self.stride.1 * LANES);
                    let [a, b, c, d] = self.four(input, weights, bias);
                    let to = to.add(column * LANES);
                    a.max(low).min(high).store(to);
                    b.max(low).min(high).store(to.add(LANES));
                    c.max(low).min(high).store(to.add(2 * LANES));
                    d.max(low).min(high).store(to.add(3 * LANES));
                    column += POSITIONS;
                }
                for column in column..self.output.width {
                    let sum = self.one(from.add(column * self.stride.1 * LANES), weights, bias);
                    sum.max(low).min(high).store(to.add(column * LANES));
                }
            }
            if let Some(function) = &self.function {
                function.apply(output, self.output.positions() * LANES);
            }
        }
    }
}

impl Step for Depthwise {
    fn reads(&self) -> Vec<ValueId> {
        self.wiring.reads()
    }

    fn writes(&self) -> ValueId {
        self.wiring.output
    }

    fn kind(&self) -> &'static str {
        "depthwise convolution"
    }

    fn macs(&self) -> u64 {
        self.macs
    }

    fn scratch(&self, _images: usize) -> usize {
        self.padded.len()
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let one_block = Maps { channels: LANES, ..self.input };
        for image in images {
            for block in 0..self.input.blocks() {
                // SAFETY: the caller's promise; the block lies in the input and its copy in the scratch.
                unsafe {
                    let from = memory.at(self.wiring.input, image).add(block * self.input.block_len());
                    pad(one_block, from, self.padded, self.padding, memory.scratch);
                    self.block(block, memory.scratch, memory.at(self.wiring.output, image));
                }
            }
        }
        Ok(())
    }
}
