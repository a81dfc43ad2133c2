//! Pools: the largest value of a window, its sum or mean, and the sum over all positions.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::{Memory, Step, ValueId};
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// What a pool makes of its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Summary {
    /// The largest value.
    Max,
    /// The sum divided by the number of positions that lie in the input.
    Mean,
    /// The sum times a factor.
    Sum(f32),
}

/// A pool over windows that are clipped to the input.
pub struct Pool {
    /// Read.
    pub input: (ValueId, Maps),
    /// Written.
    pub output: (ValueId, Maps),
    /// What is made of a window.
    pub summary: Summary,
    /// Rows and columns of a window.
    pub kernel: (usize, usize),
    /// Rows and columns from a window to the next.
    pub stride: (usize, usize),
    /// Rows and columns that the first window begins before the input.
    pub padding: (usize, usize),
}

impl Pool {
    /// # Safety
    /// `block` must be a block of the input; the window must lie in it.
    #[inline(always)]
    unsafe fn summarise(&self, block: *const f32, rows: &Range<usize>, columns: &Range<usize>) -> F32x4 {
        let (start, is_max) = match self.summary {
            Summary::Max => (F32x4::splat(f32::NEG_INFINITY), true),
            Summary::Mean | Summary::Sum(_) => (F32x4::splat(0.0), false),
        };
        let mut result = start;
        for row in rows.clone() {
            for column in columns.clone() {
                // SAFETY: the caller's promise.
                let value = unsafe { F32x4::load(block.add((row * self.input.1.width + column) * LANES)) };
                result = if is_max { value.max(result) } else { result.add(value) };
            }
        }
        match self.summary {
            Summary::Max => result,
            Summary::Mean => result.mul(F32x4::splat(1.0 / (rows.len() * columns.len()) as f32)),
            Summary::Sum(factor) => result.mul(F32x4::splat(factor)),
        }
    }
}

impl Step for Pool {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input.0]
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        "pool"
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let ((input, from), (output, to)) = (self.input, self.output);
        let window = |at: usize, stride: usize, padding: usize, kernel: usize, side: usize| {
            // A window that lies in the padding as a whole is empty.
            let start = (at * stride).saturating_sub(padding).min(side);
            start..(at * stride + kernel).saturating_sub(padding).clamp(start, side)
        };
        for image in images {
            for block in 0..from.blocks() {
                for row in 0..to.height {
                    let rows = window(row, self.stride.0, self.padding.0, self.kernel.0, from.height);
                    for column in 0..to.width {
                        let columns = window(column, self.stride.1, self.padding.1, self.kernel.1, from.width);
                        debug_assert!(rows.end <= from.height && columns.end <= from.width);
                        // SAFETY: windows are clipped to the input; the values are where the planner put them.
                        unsafe {
                            let block_of_input = memory.at(input, image).add(block * from.block_len());
                            let at = block * to.block_len() + (row * to.width + column) * LANES;
                            self.summarise(block_of_input, &rows, &columns).store(memory.at(output, image).add(at));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
