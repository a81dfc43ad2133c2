//! Pools, and sums over all positions.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{PoolSpec, SumPool};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use super::Lowering;
use super::graph::Effect;
use super::views::View;
use super::window::Window;
use crate::engine::maps::Maps;
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

    /// The sum over all rows of a tensor, the positions of maps or tokens, with the division that makes it a mean.
    pub(super) fn global_sum(&mut self, node: &TypedNode, op: &Reduce) -> TractResult<bool> {
        let Some(view) = self.view(node.inputs[0]) else { return Ok(false) };
        let is_summed = |(axis, &dim): (usize, &usize)| dim == 1 || op.axes.contains(&axis) == (axis != view.axis);
        if op.reducer != Reducer::Sum || !view.shape.iter().enumerate().all(is_summed) {
            return Ok(false);
        }
        let Some(view) = self.whole(node.inputs[0])? else { return Ok(false) };
        let (end, factor) = self.scaled(node.id.into());
        let Some(made) = Maps::checked(view.channels(), 1, 1) else { return Ok(false) };
        self.fused.extend((end.node != node.id).then_some(end.node));
        let output = self.value_of(made);
        self.steps.push(Box::new(Pool {
            input: (view.value, view.maps),
            output: (output, made),
            summary: Summary::Sum(factor),
            kernel: (view.maps.height, view.maps.width),
            stride: (1, 1),
            padding: (0, 0),
        }));
        let table = View::natural(output, made).table;
        let shape = self.graph.shape(end)?;
        self.define(end, View { shape, table, ..view.of(output, made) });
        Ok(true)
    }

    /// What the one reader of the tensor at `outlet` makes of it if it multiplies or divides all of it by a number, and the factor.
    pub(super) fn scaled(&self, outlet: OutletId) -> (OutletId, f32) {
        let found = self.graph.only_reader(outlet).and_then(|next| {
            let factor = match self.graph.effect(next, outlet)? {
                Effect::Times(constant) => constant.scalar()?,
                Effect::Over(constant) => 1.0 / constant.scalar()?,
                _ => return None,
            };
            Some((next.id.into(), factor))
        });
        found.unwrap_or((outlet, 1.0))
    }
}
