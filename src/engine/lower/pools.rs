//! Pools, and sums over all positions.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{PoolSpec, SumPool};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use super::Lowering;
use super::graph::Effect;
use super::window::Window;
use crate::engine::steps::pool::{Pool, Summary};

impl Lowering<'_> {
    pub(super) fn pool(&mut self, node: &TypedNode, spec: &PoolSpec, summary: Summary) -> TractResult<bool> {
        let Some((input, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        let Some(window) = Window::new(spec, maps).filter(|window| window.dilation == (1, 1)) else { return Ok(false) };
        let output = self.new_value(node.id.into())?;
        let made = self.values[output].maps;
        let Window { kernel, stride, padding, .. } = window;
        self.steps.push(Box::new(Pool {
            input: (input, maps),
            output: (output, made),
            summary,
            kernel,
            stride,
            padding,
        }));
        Ok(true)
    }

    pub(super) fn sum_pool(&mut self, node: &TypedNode, op: &SumPool) -> TractResult<bool> {
        let spec = &op.pool_spec;
        let Some((_, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        let Some(window) = Window::new(spec, maps) else { return Ok(false) };
        let kernel = window.kernel.0 * window.kernel.1;
        // Padding is counted where a window lies in it; beyond it, where ceilings lead, it is not: tract knows.
        let summary = match (op.normalize, op.count_include_pad) {
            (false, _) => Summary::Sum(1.0),
            (true, true) if window.is_inside_padding(maps) => Summary::Sum(1.0 / kernel as f32),
            (true, false) => Summary::Mean,
            (true, true) => return Ok(false),
        };
        self.pool(node, spec, summary)
    }

    /// The sum over all positions, with the division that makes it a mean.
    pub(super) fn global_sum(&mut self, node: &TypedNode, op: &Reduce) -> TractResult<bool> {
        let Some((input, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        if op.reducer != Reducer::Sum || *op.axes != [2, 3] {
            return Ok(false);
        }
        let (mut end, mut factor) = (OutletId::from(node.id), 1.0);
        if let Some(next) = self.graph.only_reader(end) {
            let found = match self.graph.effect(next, end) {
                Some(Effect::Times(constant)) => constant.scalar(),
                Some(Effect::Over(constant)) => constant.scalar().map(|divisor| 1.0 / divisor),
                _ => None,
            };
            if let Some(found) = found {
                (end, factor) = (next.id.into(), found);
                self.fused.insert(next.id);
            }
        }
        let output = self.new_value(end)?;
        let made = self.values[output].maps;
        self.steps.push(Box::new(Pool {
            input: (input, maps),
            output: (output, made),
            summary: Summary::Sum(factor),
            kernel: (maps.height, maps.width),
            stride: (1, 1),
            padding: (0, 0),
        }));
        Ok(true)
    }
}
