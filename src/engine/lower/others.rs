//! Operators that look at one position at a time, join channels, or only change a shape.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx_opl::lrn::Lrn;

use super::graph::Effect;
use super::products::Taken;
use super::{ALL, Lowering, Value};
use crate::engine::simd::LANES;
use crate::engine::steps::elementwise::{Copy, Elementwise};
use crate::engine::steps::normalization::LocalResponse;

impl Lowering<'_> {
    /// Clamps, sums of two values, and scalar factors and summands.
    pub(super) fn binary(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(&from) = node.inputs.iter().find(|input| self.of.contains_key(input)) else { return Ok(false) };
        let Some(effect) = self.graph.effect(node, from) else { return Ok(false) };
        let input = self.of[&from];
        let maps = self.values[input].maps;
        if self.graph.shape(node.id.into())? != self.values[input].shape {
            return Ok(false);
        }
        let mut step =
            Elementwise { input, added: None, output: 0, len: maps.len(), factor: 1.0, constant: 0.0, clamp: ALL };
        match effect {
            Effect::Sum(other) => {
                let Some(&other) = self.of.get(&other) else { return Ok(false) };
                if self.values[other].maps != maps || self.values[other].shape != self.values[input].shape {
                    return Ok(false);
                }
                step.added = Some(other);
            }
            Effect::AtLeast(low) => step.clamp.0 = low,
            Effect::AtMost(high) => step.clamp.1 = high,
            Effect::Plus(constant) => match constant.scalar() {
                Some(value) => step.constant = value,
                None => return Ok(false),
            },
            Effect::Minus(constant) => match constant.scalar() {
                Some(value) => step.constant = -value,
                None => return Ok(false),
            },
            Effect::Times(constant) => match constant.scalar() {
                Some(value) => step.factor = value,
                None => return Ok(false),
            },
            Effect::Over(constant) => match constant.scalar() {
                Some(value) => step.factor = 1.0 / value,
                None => return Ok(false),
            },
        }
        let mut end = OutletId::from(node.id);
        if step.clamp == ALL {
            let ending = self.ending(end, maps.channels, Taken::Clamps);
            (step.clamp, end) = (ending.clamp, ending.outlet);
            self.fuse(&ending);
        }
        step.output = self.new_value(end)?;
        self.values[step.output].maps = maps;
        self.steps.push(Box::new(step));
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
            None => node.op_is::<Identity>() || node.op.name() == "Dropout",
        };
        let Some(&input) = self.of.get(&node.inputs[0]).filter(|_| keeps_order) else { return Ok(false) };
        let shape = self.graph.shape(node.id.into())?;
        let value = Value { maps: self.values[input].maps, shape, parent: Some((input, 0)) };
        self.values.push(value);
        self.of.insert(node.id.into(), self.values.len() - 1);
        Ok(true)
    }
}
