//! Steps that look at one position at a time: factors and summands by channel, sums of two values, functions, and copies
//! into a concatenation.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::function::Function;
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// A value times a factor plus a summand, both by channel, plus another value if there is one, clamped, and a function of
/// that.
pub struct Elementwise {
    /// Read.
    pub input: ValueId,
    /// Read and added.
    pub added: Option<ValueId>,
    /// Written.
    pub output: ValueId,
    /// Of all three.
    pub maps: Maps,
    /// A factor for each channel, padded to blocks.
    pub scale: Vec<f32>,
    /// A summand for each channel, padded to blocks.
    pub shift: Vec<f32>,
    /// A summand for each float of the maps, as they lie, that does not depend on the picture.
    pub pattern: Option<Vec<f32>>,
    /// Smallest and largest result.
    pub clamp: (f32, f32),
    /// What is made of it after that.
    pub function: Option<Function>,
}

impl Step for Elementwise {
    fn reads(&self) -> Vec<ValueId> {
        std::iter::once(self.input).chain(self.added).collect()
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "elementwise"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        let len = self.maps.block_len();
        debug_assert!(self.scale.len() == self.maps.blocks() * LANES && self.shift.len() == self.scale.len());
        debug_assert!(self.pattern.as_ref().is_none_or(|pattern| pattern.len() == self.maps.len()));
        for image in images {
            let (input, output) = (memory.at(self.input, image), memory.at(self.output, image));
            let added = self.added.map(|value| memory.at(value, image));
            for block in 0..self.maps.blocks() {
                // SAFETY: values are whole blocks of `len` floats where the planner put them; factors are padded to blocks.
                unsafe {
                    let scale = F32x4::load(self.scale.as_ptr().add(block * LANES));
                    let shift = F32x4::load(self.shift.as_ptr().add(block * LANES));
                    for at in (block * len..(block + 1) * len).step_by(LANES) {
                        let mut value = F32x4::load(input.add(at)).madd(scale, shift);
                        if let Some(added) = added {
                            value = value.add(F32x4::load(added.add(at)));
                        }
                        if let Some(pattern) = &self.pattern {
                            value = value.add(F32x4::load(pattern.as_ptr().add(at)));
                        }
                        value.max(low).min(high).store(output.add(at));
                    }
                    if let Some(function) = &self.function {
                        function.apply(output.add(block * len), self.maps.positions() * LANES);
                    }
                }
            }
        }
        Ok(())
    }
}

/// Copies a value into a part of another one.
pub struct Copy {
    /// Read.
    pub input: ValueId,
    /// Written.
    pub output: ValueId,
    /// Floats of the input.
    pub len: usize,
}

impl Step for Copy {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input]
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "copy"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        for image in images {
            debug_assert!(
                memory.at(self.input, image).cast_const().addr().abs_diff(memory.at(self.output, image).addr())
                    >= self.len * size_of::<f32>()
            );
            // SAFETY: both have `len` floats and are alive at the same time, so they do not overlap.
            unsafe {
                std::ptr::copy_nonoverlapping(memory.at(self.input, image), memory.at(self.output, image), self.len)
            };
        }
        Ok(())
    }
}
