//! An operator of two values that both depend on the picture: gates of squeeze-and-excitation, products and differences of maps.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::function::{Binary, Function};
use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// `operator(first, second)`, and a function of that. The second value has the maps of the first, or one position, which then goes
/// with all positions of its channel.
pub struct Pair {
    /// Read.
    pub first: (ValueId, Maps),
    /// Read.
    pub second: (ValueId, Maps),
    /// Written, with the maps of the first.
    pub output: ValueId,
    /// Of `first` and `second`, or, if it is `swapped`, of `second` and `first`.
    pub operator: Binary,
    /// Whether the second value is the operator's left side.
    pub swapped: bool,
    /// Smallest and largest result.
    pub clamp: (f32, f32),
    /// What is made of it after that.
    pub function: Option<Function>,
}

impl Pair {
    /// # Safety
    /// As [`Step::run`].
    #[inline(always)]
    unsafe fn each(&self, memory: &Memory, images: Range<usize>, f: impl Fn(F32x4, F32x4) -> F32x4) {
        let ((first, maps), (second, others)) = (self.first, self.second);
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        // One position stands for all of them.
        let step = if others == maps { LANES } else { 0 };
        debug_assert!(others == maps || others.positions() == 1 && others.channels == maps.channels);
        for image in images {
            let output = memory.at(self.output, image);
            for block in 0..maps.blocks() {
                // SAFETY: the values are where the planner put them, blocks and positions those of their maps.
                unsafe {
                    let a = memory.at(first, image).add(block * maps.block_len());
                    let b = memory.at(second, image).add(block * others.block_len());
                    let output = output.add(block * maps.block_len());
                    for position in 0..maps.positions() {
                        let (a, b) = (F32x4::load(a.add(position * LANES)), F32x4::load(b.add(position * step)));
                        let value = if self.swapped { f(b, a) } else { f(a, b) };
                        value.max(low).min(high).store(output.add(position * LANES));
                    }
                    if let Some(function) = &self.function {
                        function.apply(output, maps.positions() * LANES);
                    }
                }
            }
        }
    }
}

impl Step for Pair {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.first.0, self.second.0]
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "elementwise"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        // SAFETY: the caller's promise.
        unsafe {
            match self.operator {
                Binary::Add => self.each(memory, images, F32x4::add),
                Binary::Subtract => self.each(memory, images, F32x4::sub),
                Binary::Multiply => self.each(memory, images, F32x4::mul),
                Binary::Divide => self.each(memory, images, F32x4::div),
                Binary::Largest => self.each(memory, images, F32x4::max),
                Binary::Smallest => self.each(memory, images, F32x4::min),
            }
        }
        Ok(())
    }
}
