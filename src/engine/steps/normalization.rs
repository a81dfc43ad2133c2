//! Local response normalisation over neighbouring channels, as AlexNet and GoogLeNet have it.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// x / (bias + alpha / size * sum of the squares of `size` neighbouring channels) ^ beta
pub struct LocalResponse {
    /// Read.
    pub input: ValueId,
    /// Written.
    pub output: ValueId,
    /// Of both.
    pub maps: Maps,
    /// Factor of the sum.
    pub alpha: f32,
    /// Exponent.
    pub beta: f32,
    /// Added to the sum.
    pub bias: f32,
    /// Channels of a sum.
    pub size: usize,
}

impl LocalResponse {
    /// Channels before and after one that belong to its sum, as far as there are channels.
    fn reach(&self) -> (usize, usize) {
        let most = self.maps.blocks() * LANES;
        (((self.size - 1) / 2).min(most), (self.size - 1).div_ceil(2).min(most))
    }

    /// base ^ -beta. All networks have 0.75, which takes two square roots.
    fn inverse_power(&self, base: F32x4) -> F32x4 {
        if self.beta == 0.75 {
            let root = base.sqrt();
            return F32x4::splat(1.0).div(root.mul(root.sqrt()));
        }
        let mut lanes = [0.0_f32; LANES];
        // SAFETY: both are four floats.
        unsafe {
            base.store(lanes.as_mut_ptr());
            lanes = lanes.map(|value| value.powf(-self.beta));
            F32x4::load(lanes.as_ptr())
        }
    }
}

impl Step for LocalResponse {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input]
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "local response normalisation"
    }

    /// The squares of one position's channels, between zeros.
    fn scratch(&self, _images: usize) -> usize {
        self.maps.blocks() * LANES + self.reach().0 + self.reach().1
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (before, after) = self.reach();
        let (factor, bias) = (F32x4::splat(self.alpha / self.size as f32), F32x4::splat(self.bias));
        for image in images {
            let (input, output) = (memory.at(self.input, image), memory.at(self.output, image));
            // SAFETY: scratch() asked for the squares; the values are where the planner put them.
            unsafe {
                std::ptr::write_bytes(memory.scratch, 0, self.scratch(1));
                for position in 0..self.maps.positions() {
                    let at = |block: usize| block * self.maps.block_len() + position * LANES;
                    for block in 0..self.maps.blocks() {
                        let value = F32x4::load(input.add(at(block)));
                        value.mul(value).store(memory.scratch.add(before + block * LANES));
                    }
                    for block in 0..self.maps.blocks() {
                        let mut sum = F32x4::splat(0.0);
                        for neighbour in 0..=before + after {
                            sum = sum.add(F32x4::load(memory.scratch.add(block * LANES + neighbour)));
                        }
                        let value = F32x4::load(input.add(at(block)));
                        value.mul(self.inverse_power(sum.madd(factor, bias))).store(output.add(at(block)));
                    }
                }
            }
        }
        Ok(())
    }
}
