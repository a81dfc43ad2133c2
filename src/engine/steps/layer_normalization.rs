//! Layer normalisation over the channels of each position.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::function::Function;
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Positions that are normalised together: neighbours share the lines of the cache, whose blocks are far apart.
const TOGETHER: usize = 16;

/// (x - mean) / sqrt(variance + epsilon) over the channels of a position, the variance divided by the channels (Ba, Kiros and Hinton,
/// *Layer Normalization*, 2016), times a factor plus a summand by channel, clamped, and a function of that.
pub struct LayerNormalization {
    /// Read.
    pub input: ValueId,
    /// Written.
    pub output: ValueId,
    /// Of both.
    pub maps: Maps,
    /// What is added to the variance.
    pub epsilon: f32,
    /// A factor for each channel, padded to blocks with zeros.
    pub scale: Vec<f32>,
    /// A summand for each channel, padded to blocks with zeros.
    pub shift: Vec<f32>,
    /// Smallest and largest result.
    pub clamp: (f32, f32),
    /// What is made of it after that.
    pub function: Option<Function>,
}

impl LayerNormalization {
    /// # Safety
    /// As [`Step::run`]; `count` positions from `first` on must be positions of the maps.
    unsafe fn some(&self, input: *const f32, output: *mut f32, first: usize, count: usize) {
        let Maps { channels, .. } = self.maps;
        let (blocks, block_len) = (self.maps.blocks(), self.maps.block_len());
        debug_assert!(count <= TOGETHER && first + count <= self.maps.positions());
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        let zero = F32x4::splat(0.0);
        // 1 for lanes of the last block that are channels.
        let mut is_channel = [1.0; LANES];
        is_channel[(channels - 1) % LANES + 1..].fill(0.0);
        // SAFETY: the array has four floats; blocks and positions are those of the maps.
        unsafe {
            let is_channel = F32x4::load(is_channel.as_ptr());
            let at = |block: usize, position: usize| block * block_len + (first + position) * LANES;
            let mut sums = [zero; TOGETHER];
            for block in 0..blocks {
                for (position, sum) in sums[..count].iter_mut().enumerate() {
                    *sum = sum.add(F32x4::load(input.add(at(block, position))));
                }
            }
            let mut means = [zero; TOGETHER];
            for (mean, sum) in means.iter_mut().zip(&mut sums) {
                *mean = F32x4::splat(total(*sum) / channels as f32);
                *sum = zero;
            }
            for block in 0..blocks {
                for (position, sum) in sums[..count].iter_mut().enumerate() {
                    let mut centred = F32x4::load(input.add(at(block, position))).sub(means[position]);
                    if block + 1 == blocks {
                        centred = centred.mul(is_channel);
                    }
                    *sum = centred.madd(centred, *sum);
                }
            }
            let mut factors = [zero; TOGETHER];
            for (factor, sum) in factors.iter_mut().zip(&sums) {
                *factor = F32x4::splat(1.0 / (total(*sum) / channels as f32 + self.epsilon).sqrt());
            }
            for block in 0..blocks {
                let scale = F32x4::load(self.scale.as_ptr().add(block * LANES));
                let shift = F32x4::load(self.shift.as_ptr().add(block * LANES));
                for position in 0..count {
                    let at = at(block, position);
                    let normal = F32x4::load(input.add(at)).sub(means[position]).mul(factors[position]);
                    normal.madd(scale, shift).max(low).min(high).store(output.add(at));
                }
                if let Some(function) = &self.function {
                    function.apply(output.add(at(block, 0)), count * LANES);
                }
            }
        }
    }
}

/// The sum of the lanes.
fn total(sums: F32x4) -> f32 {
    let mut lanes = [0.0; LANES];
    // SAFETY: the array has four floats.
    unsafe { sums.store(lanes.as_mut_ptr()) };
    lanes.iter().sum()
}

impl Step for LayerNormalization {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input]
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "normalization"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        debug_assert!(self.scale.len() == self.maps.blocks() * LANES && self.shift.len() == self.scale.len());
        let positions = self.maps.positions();
        for image in images {
            let (input, output) = (memory.at(self.input, image).cast_const(), memory.at(self.output, image));
            for first in (0..positions).step_by(TOGETHER) {
                // SAFETY: the caller's promise; the positions are those of the maps.
                unsafe { self.some(input, output, first, TOGETHER.min(positions - first)) };
            }
        }
        Ok(())
    }
}
