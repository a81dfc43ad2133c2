//! Operators that look at one position at a time, join channels, or only change a shape.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx_opl::lrn::Lrn;

use super::products::{Ending, Taken};
use super::views::is_identity;
use super::{Lowering, Value, functions, graph};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::ValueId;
use crate::engine::steps::convolution::padded_to_blocks;
use crate::engine::steps::elementwise::{Copy, Elementwise};
use crate::engine::steps::function::Binary;
use crate::engine::steps::normalization::LocalResponse;
use crate::engine::steps::pair::Pair;

impl Lowering<'_> {
    /// An operator of two tensors, one of which may be constant, with what follows it.
    pub(super) fn binary(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(&from) = node.inputs.iter().find(|input| self.of.contains_key(input)) else { return Ok(false) };
        let input = self.of[&from];
        let maps = self.values[input].maps;
        // In another shape than that of its maps, the axes of a constant are not the maps'.
        let what = if self.maps(from).is_some() { Taken::Sums } else { Taken::Scalars };
        let mut ending = Ending::none(from, maps.channels);
        if self.take(node, &mut ending, what).is_none() {
            return self.pair(node);
        }
        ending.outlet = node.id.into();
        let ending = self.continued(ending, what);
        self.elementwise(input, ending)
    }

    /// A function of one tensor that several others read, or that nothing before it could take along.
    pub(super) fn unary(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(&input) = node.inputs.first().and_then(|input| self.of.get(input)) else { return Ok(false) };
        let channels = self.values[input].maps.channels;
        let Some(function) = functions::of_node(node, channels) else { return Ok(false) };
        let mut ending = Ending::none(node.id.into(), channels);
        ending.function = Some(function);
        self.elementwise(input, ending)
    }

    fn elementwise(&mut self, input: ValueId, ending: Ending) -> TractResult<bool> {
        let maps = self.values[input].maps;
        let output = self.new_value(ending.outlet)?;
        self.values[output].maps = maps;
        self.fuse(&ending);
        self.steps.push(Box::new(elementwise(input, output, maps, ending, None)));
        Ok(true)
    }

    /// An operator of two tensors that depend on the picture: of the same maps, or maps and one value for each.
    fn pair(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(operator) = graph::binary(node) else { return Ok(false) };
        let inputs = node.inputs.iter().map(|&input| Some((*self.of.get(&input)?, self.graph.shape(input).ok()?)));
        let Some(inputs) = inputs.collect::<Option<Vec<_>>>() else { return Ok(false) };
        let [(left, left_shape), (right, right_shape)] = &inputs[..] else { return Ok(false) };
        let shape = self.graph.shape(node.id.into())?;
        let swapped = *left_shape != shape;
        let (first, second) = if swapped { (*right, *left) } else { (*left, *right) };
        let (maps, others) = (self.values[first].maps, self.values[second].maps);
        let is_same = maps == others && left_shape == right_shape;
        let is_gate = || {
            let is_of_channels = *self.values[second].shape == [1, maps.channels, 1, 1];
            shape == [1, maps.channels, maps.height, maps.width] && is_of_channels && others.positions() == 1
        };
        // Channels that only fill up a block are 0, and 0 by 0 is no number.
        let is_whole = operator != Binary::Divide || maps.channels.is_multiple_of(LANES);
        if !is_whole || self.values[first].shape != shape || !(is_same || is_gate()) {
            return Ok(false);
        }
        let ending = self.ending(node.id.into(), maps.channels, Taken::Clamps);
        let output = self.new_value(ending.outlet)?;
        self.values[output].maps = maps;
        self.fuse(&ending);
        let Ending { clamp, function, .. } = ending;
        let (first, second) = ((first, maps), (second, others));
        self.steps.push(Box::new(Pair { first, second, output, operator, swapped, clamp, function }));
        Ok(true)
    }

    /// Concatenation of channels: its inputs are written where it has them, so it costs nothing.
    pub(super) fn concatenation(&mut self, node: &TypedNode, op: &TypedConcat) -> TractResult<bool> {
        let inputs: Option<Vec<_>> = node.inputs.iter().map(|&input| self.maps(input)).collect();
        let Some(inputs) = inputs.filter(|_| op.axis == 1) else { return Ok(false) };
        let Some((_, but_last)) = inputs.split_last() else { return Ok(false) };
        if !but_last.iter().all(|(_, maps)| maps.channels.is_multiple_of(LANES)) {
            return Ok(false);
        }
        let whole = self.new_value(node.id.into())?;
        let mut before = 0;
        for (input, maps) in inputs {
            let is_whole = self.values[input].parent.is_none() && self.steps.iter().any(|step| step.writes() == input);
            if is_whole && !self.values.iter().any(|value| value.parent.is_some_and(|(parent, _)| parent == input)) {
                self.values[input].parent = Some((whole, before));
            } else {
                let shape = self.values[input].shape.clone();
                self.values.push(Value { maps, shape, parent: Some((whole, before)) });
                self.steps.push(Box::new(Copy { input, output: self.values.len() - 1, len: maps.len() }));
            }
            before += maps.len();
        }
        Ok(true)
    }

    pub(super) fn local_response(&mut self, node: &TypedNode, op: &Lrn) -> TractResult<bool> {
        let Some((input, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        let output = self.new_value(node.id.into())?;
        let &Lrn { alpha, beta, bias, size } = op;
        self.steps.push(Box::new(LocalResponse { input, output, maps, alpha, beta, bias, size }));
        Ok(true)
    }

    /// Operators that change a tensor's shape and leave its values in their order.
    pub(super) fn same_order(&mut self, node: &TypedNode) -> TractResult<bool> {
        let keeps_order = match node.op_as::<AxisOp>() {
            Some(AxisOp::Move(from, to)) => from == to,
            Some(_) => true,
            None => is_identity(node),
        };
        let Some(&input) = self.of.get(&node.inputs[0]).filter(|_| keeps_order) else { return Ok(false) };
        let shape = self.graph.shape(node.id.into())?;
        let value = Value { maps: self.values[input].maps, shape, parent: Some((input, 0)) };
        self.values.push(value);
        self.of.insert(node.id.into(), self.values.len() - 1);
        Ok(true)
    }
}

/// The step that does what `ending` says to a value, and adds a constant of its size if there is one.
pub(super) fn elementwise(
    input: ValueId,
    output: ValueId,
    maps: Maps,
    ending: Ending,
    pattern: Option<Vec<f32>>,
) -> Elementwise {
    let Ending { added, clamp, function, .. } = ending;
    let (scale, shift) = (padded_to_blocks(&ending.scale), padded_to_blocks(&ending.shift));
    Elementwise { input, added, output, maps, scale, shift, pattern, clamp, function }
}
