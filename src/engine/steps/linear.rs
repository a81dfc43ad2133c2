//! Fully connected layers: the positions of a tile are the images.
//!
//! Such a layer is bound by reading its weights, so all images of a task share one pass over them.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::convolution::padded_to_blocks;
use super::tile::{Column, Geometry, Tiles, columns, kernels, side_by_side, sweep, widest};
use super::{Memory, Step, ValueId};
use crate::engine::floats::Floats;
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Outputs = weights x inputs + bias, clamped.
pub struct Linear {
    input: ValueId,
    output: ValueId,
    /// Blocks of inputs and of outputs.
    blocks: (usize, usize),
    clamp: (f32, f32),
    /// [columns of output blocks, inputs, blocks of the column, 4]
    weights: Floats,
    /// [output blocks, 4]
    bias: Vec<f32>,
    macs: u64,
}

impl Linear {
    /// `weights` are [outputs, inputs], or [inputs, outputs] if they are `transposed`; the inputs are the maps' values in
    /// row-major order.
    pub fn new(
        (input, maps): (ValueId, Maps),
        (output, outputs): (ValueId, usize),
        (weights, transposed): (&[f32], bool),
        bias: &[f32],
        clamp: (f32, f32),
    ) -> Linear {
        let blocks = (maps.len() / LANES, outputs.div_ceil(LANES));
        let inputs = maps.channels * maps.positions();
        let macs = (inputs * outputs) as u64;
        let mut packed = Floats::with_capacity(blocks.1 * LANES * maps.len());
        for Column { first, blocks } in columns(blocks.1) {
            for from in 0..maps.len() {
                // The blocked order of the maps, in terms of the row-major one.
                let (block, position, lane) = (from / maps.block_len(), from % maps.block_len() / LANES, from % LANES);
                let channel = block * LANES + lane;
                for to in first * LANES..(first + blocks) * LANES {
                    let is_weight = channel < maps.channels && to < outputs;
                    let input = channel * maps.positions() + position;
                    let at = if transposed { input * outputs + to } else { to * inputs + input };
                    packed.push(if is_weight { weights[at] } else { 0.0 });
                }
            }
        }
        Linear { input, output, blocks, clamp, weights: packed, bias: padded_to_blocks(bias), macs }
    }
}

impl Step for Linear {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.input]
    }

    fn writes(&self) -> ValueId {
        self.output
    }

    fn kind(&self) -> &'static str {
        "fully connected"
    }

    fn macs(&self) -> u64 {
        self.macs
    }

    fn scratch(&self, images: usize) -> usize {
        (self.blocks.0 + self.blocks.1) * LANES * images
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (first, count) = (images.start, images.len());
        let (inputs, outputs) = self.blocks;
        // [input blocks, images, 4], then [output blocks, images, 4]
        let gathered = memory.scratch;
        let geometry = Geometry::product(inputs, count, self.clamp);
        // SAFETY: scratch() asked for both parts; the values are where the planner put them.
        unsafe {
            let results = memory.scratch.add(inputs * count * LANES);
            for image in 0..count {
                let from = memory.at(self.input, first + image);
                for block in 0..inputs {
                    F32x4::load(from.add(block * LANES)).store(gathered.add((block * count + image) * LANES));
                }
            }
            for Column { first, blocks } in columns(outputs) {
                debug_assert!((first + blocks) * inputs * LANES * LANES <= self.weights.len());
                let kernels = kernels(LANES, blocks).expect("there are kernels of stride 1");
                let tiles = Tiles {
                    input: gathered,
                    weights: self.weights.as_ptr().add(first * inputs * LANES * LANES),
                    bias: self.bias.as_ptr().add(first * LANES),
                    added: std::ptr::null(),
                    output: results.add(first * count * LANES),
                    count: 0,
                };
                sweep(kernels, &geometry, side_by_side(count, widest(blocks)), tiles);
            }
            for image in 0..count {
                let to = memory.at(self.output, first + image);
                for block in 0..outputs {
                    F32x4::load(results.add((block * count + image) * LANES)).store(to.add(block * LANES));
                }
            }
        }
        Ok(())
    }
}
