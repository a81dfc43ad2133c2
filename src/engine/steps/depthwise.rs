//! Depthwise convolutions: every channel by its own kernel.
//!
//! A block of maps is copied between zeros, where it stays in the first-level cache, and four positions are computed at
//! once. The common 3 x 3 keeps a row of the input in registers for its three taps.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::convolution::{Convolution, Wiring, pad, padded_to_blocks};
use super::function::Function;
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Positions that are computed at once.
const POSITIONS: usize = 4;

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

    /// Four neighbouring positions under a 3 x 3 kernel of stride 1: a row's six inputs serve three taps.
    ///
    /// # Safety
    /// As `four`.
    #[inline(always)]
    unsafe fn four_under_three_by_three(
        &self,
        input: *const f32,
        weights: *const f32,
        bias: F32x4,
    ) -> [F32x4; POSITIONS] {
        let [mut a, mut b, mut c, mut d] = [bias; POSITIONS];
        for y in 0..3 {
            // SAFETY: the caller's promise.
            unsafe {
                let row = input.add(y * self.padded.width * LANES);
                let weights = weights.add(y * 3 * LANES);
                let (first, second) = (F32x4::load(weights), F32x4::load(weights.add(LANES)));
                let third = F32x4::load(weights.add(2 * LANES));
                a = F32x4::load(row).madd(first, a);
                let value = F32x4::load(row.add(LANES));
                (a, b) = (value.madd(second, a), value.madd(first, b));
                let value = F32x4::load(row.add(2 * LANES));
                (a, b, c) = (value.madd(third, a), value.madd(second, b), value.madd(first, c));
                let value = F32x4::load(row.add(3 * LANES));
                (b, c, d) = (value.madd(third, b), value.madd(second, c), value.madd(first, d));
                let value = F32x4::load(row.add(4 * LANES));
                (c, d) = (value.madd(third, c), value.madd(second, d));
                d = F32x4::load(row.add(5 * LANES)).madd(third, d);
            }
        }
        [a, b, c, d]
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
        let plain = self.kernel == (3, 3) && self.stride == (1, 1) && self.dilation == (1, 1);
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        // SAFETY: rows and columns stay within the padded block and the output.
        unsafe {
            let weights = self.weights.as_ptr().add(block * self.kernel.0 * self.kernel.1 * LANES);
            let bias = F32x4::load(self.bias.as_ptr().add(block * LANES));
            let output = output.add(block * self.output.block_len());
            for row in 0..self.output.height {
                let from = source.add(row * self.stride.0 * self.padded.width * LANES);
                let to = output.add(row * self.output.width * LANES);
                let mut column = 0;
                while column + POSITIONS <= self.output.width {
                    let input = from.add(column * self.stride.1 * LANES);
                    let [a, b, c, d] = match plain {
                        true => self.four_under_three_by_three(input, weights, bias),
                        false => self.four(input, weights, bias),
                    };
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
