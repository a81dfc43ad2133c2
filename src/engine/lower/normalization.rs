//! Layer normalisation, in whatever operators an exporter or tract wrote it.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use super::products::{Ending, Taken};
use super::views::is_identity;
use super::{Lowering, graph};
use crate::engine::steps::convolution::padded_to_blocks;
use crate::engine::steps::function::Binary;
use crate::engine::steps::layer_normalization::LayerNormalization;

/// (x - mean) / sqrt(variance + epsilon), found in a graph.
struct Found {
    epsilon: f32,
    /// Its last tensor.
    outlet: OutletId,
    /// The nodes that it takes, but the sum that it begins with.
    taken: Vec<usize>,
}

impl Lowering<'_> {
    /// A sum over channels with which a layer normalisation begins, and all of that.
    pub(super) fn layer_normalization(&mut self, node: &TypedNode, op: &Reduce) -> TractResult<bool> {
        let Some(view) = self.view(node.inputs[0]) else { return Ok(false) };
        if *op.axes != [view.axis] || op.reducer != Reducer::Sum {
            return Ok(false);
        }
        let Some(found) = self.normalization_from(node, view.channels()) else { return Ok(false) };
        let Some(view) = self.whole(node.inputs[0])? else { return Ok(false) };
        let ending = self.ending_of(found.outlet, view.clone(), Taken::Channels);
        self.fused.extend(found.taken);
        self.fuse(&ending);
        let output = self.value_of(view.maps);
        let Ending { clamp, function, outlet, .. } = ending;
        self.steps.push(Box::new(LayerNormalization {
            input: view.value,
            output,
            maps: view.maps,
            epsilon: found.epsilon,
            scale: padded_to_blocks(&ending.scale),
            shift: padded_to_blocks(&ending.shift),
            clamp,
            function,
        }));
        self.define(outlet, view.of(output, view.maps));
        Ok(true)
    }

    fn normalization_from(&self, sum: &TypedNode, channels: usize) -> Option<Found> {
        let axes = &sum.op_as::<Reduce>()?.axes;
        let mut taken = Vec::new();
        let mean = self.mean(sum, channels, &mut taken)?;
        let centred = self.graph.only_reader(mean)?;
        let is_centred = graph::binary(centred)? == Binary::Subtract && *centred.inputs == [sum.inputs[0], mean];
        is_centred.then_some(())?;
        taken.push(centred.id);
        let centred = self.through(centred.id.into(), &mut taken)?;
        // One reader makes the variance of it, the other one divides it.
        let readers: Vec<&TypedNode> =
            self.graph.readers(centred)?.iter().map(|&id| self.graph.model.node(id)).collect();
        let square = readers.iter().find(|node| self.is_square(node, centred))?;
        taken.push(square.id);
        let squares = self.through(square.id.into(), &mut taken)?;
        let sum = self.graph.only_reader(squares)?;
        let op = sum.op_as::<Reduce>().filter(|op| op.reducer == Reducer::Sum && op.axes == *axes)?;
        debug_assert!(op.axes.len() == 1);
        taken.push(sum.id);
        let variance = self.mean(sum, channels, &mut taken)?;
        let added = self.graph.only_reader(variance)?;
        let graph::Effect::Plus(epsilon) = self.graph.effect(added, variance)? else { return None };
        taken.push(added.id);
        let root = self.graph.only_reader(added.id.into())?;
        taken.push(root.id);
        let unary = &root.op_as::<ElementWiseOp>()?.0;
        let (mut deviation, mut is_reciprocal) = (self.through(root.id.into(), &mut taken)?, unary.is::<math::Rsqrt>());
        if !is_reciprocal && !unary.is::<math::Sqrt>() {
            return None;
        }
        if let Some(node) = self.graph.only_reader(deviation)
            && node.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<math::Recip>())
        {
            taken.push(node.id);
            (deviation, is_reciprocal) = (node.id.into(), !is_reciprocal);
        }
        let last = self.graph.only_reader(deviation)?;
        let operator = graph::binary(last)?;
        let fits = match is_reciprocal {
            true => operator == Binary::Multiply && last.inputs.contains(&centred),
            false => operator == Binary::Divide && *last.inputs == [centred, deviation],
        };
        let is_all = readers.iter().all(|reader| reader.id == square.id || reader.id == last.id);
        taken.push(last.id);
        (fits && is_all).then_some(Found { epsilon: epsilon.scalar()?, outlet: last.id.into(), taken })
    }

    /// The mean that a sum over `channels` becomes.
    fn mean(&self, sum: &TypedNode, channels: usize, taken: &mut Vec<usize>) -> Option<OutletId> {
        let (mean, factor) = self.scaled(sum.id.into());
        taken.push(mean.node);
        ((factor * channels as f32 - 1.0).abs() < 1e-6).then_some(())?;
        self.through(mean, taken)
    }

    /// What is made of a tensor by operators that change nothing.
    fn through(&self, mut outlet: OutletId, taken: &mut Vec<usize>) -> Option<OutletId> {
        while let Some(node) = self.graph.only_reader(outlet).filter(|node| is_identity(node)) {
            taken.push(node.id);
            outlet = node.id.into();
        }
        Some(outlet)
    }

    /// Whether `node` squares the tensor at `outlet`.
    fn is_square(&self, node: &TypedNode, outlet: OutletId) -> bool {
        let is_unary = node.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<math::Square>());
        let is_product = graph::binary(node) == Some(Binary::Multiply) && *node.inputs == [outlet, outlet];
        let is_power = node.op_as::<TypedBinOp>().is_some_and(|op| op.0.is::<math::Pow>())
            && node.inputs[0] == outlet
            && self.graph.scalar(node.inputs[1]) == Some(2.0);
        is_unary || is_product || is_power
    }
}
