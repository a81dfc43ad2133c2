//! Steps that look at one position at a time: sums of two values, clamping, and copies into a concatenation.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::{Memory, Step, ValueId};
use crate::engine::simd::{F32x4, LANES};

/// A value, plus another one if there is one, times a factor, plus a constant, clamped.
pub struct Elementwise {
    /// Read.
    pub input: ValueId,
    /// Read and added.
    pub added: Option<ValueId>,
    /// Written.
    pub output: ValueId,
    /// Floats of each.
    pub len: usize,
    /// Applied to `input`.
    pub factor: f32,
    /// Added to all of it.
    pub constant: f32,
    /// Smallest and largest result.
    pub clamp: (f32, f32),
}

impl Step for Elementwise {
    fn reads(&self) -> Vec<ValueId> {
        std::iter::once(self.input).chain(self.added).collect()
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        let (factor, constant) = (F32x4::splat(self.factor), F32x4::splat(self.constant));
        for image in images {
            let (input, output) = (memory.at(self.input, image), memory.at(self.output, image));
            let added = self.added.map(|value| memory.at(value, image));
            debug_assert!(self.len.is_multiple_of(LANES), "values are whole registers");
            for at in (0..self.len).step_by(LANES) {
                // SAFETY: values are whole registers, `len` floats of them, where the planner put them.
                unsafe {
                    let mut value = F32x4::load(input.add(at)).madd(factor, constant);
                    if let Some(added) = added {
                        value = value.add(F32x4::load(added.add(at)));
                    }
                    value.max(low).min(high).store(output.add(at));
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
