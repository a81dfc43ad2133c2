//! Convolutions and fully connected layers, with what follows them.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::bail;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat};
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::graph::by_channel;
use super::window::Window;
use super::{ALL, Lowering, Purpose};
use crate::engine::maps::Maps;
use crate::engine::steps::convolution::{Convolution, Direct, Wiring};
use crate::engine::steps::depthwise::Depthwise;
use crate::engine::steps::linear::Linear;
use crate::engine::steps::winograd::Winograd;
use crate::engine::steps::{Step, ValueId};

/// What follows an operator and can be done when its results are stored.
pub(super) struct Ending {
    /// The last tensor of it.
    pub(super) outlet: OutletId,
    /// Factor and summand of each channel.
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) added: Option<ValueId>,
    pub(super) clamp: (f32, f32),
    /// The nodes that were taken along.
    taken: Vec<usize>,
}

impl Ending {
    /// Nothing is taken along with the tensor at `outlet`, which has `channels`.
    fn none(outlet: OutletId, channels: usize) -> Ending {
        let (scale, shift) = (vec![1.0; channels], vec![0.0; channels]);
        Ending { outlet, scale, shift, added: None, clamp: ALL, taken: Vec::new() }
    }
}

impl Lowering<'_> {
    /// Takes along what follows `outlet`, a tensor of `channels`, as far as it can be done in the store of its results.
    pub(super) fn ending(&mut self, outlet: OutletId, channels: usize, with_channels: bool) -> Ending {
        let mut ending = Ending::none(outlet, channels);
        while let Some(node) = self.graph.only_reader(ending.outlet) {
            if !self.take(node, &mut ending, with_channels) {
                break;
            }
            self.fused.insert(node.id);
            ending.taken.push(node.id);
            ending.outlet = node.id.into();
        }
        ending
    }

    /// Gives back what an ending took along.
    fn give_back(&mut self, ending: &Ending) {
        ending.taken.iter().for_each(|node| {
            self.fused.remove(node);
        });
    }

    fn take(&self, node: &TypedNode, ending: &mut Ending, with_channels: bool) -> bool {
        let Some(binary) = self.graph.binary(node, ending.outlet) else { return false };
        let (same_shape, unclamped) =
            (self.graph.shape(node.id.into()).ok() == self.graph.shape(ending.outlet).ok(), ending.clamp == ALL);
        if !same_shape {
            return false;
        }
        let Some(constant) = self.graph.constant(binary.other) else {
            let shape = self.graph.shape(ending.outlet).ok();
            let other = self.maps(binary.other).map(|(other, _)| other);
            let other = other.filter(|&other| Some(&self.values[other].shape) == shape.as_ref());
            let can =
                with_channels && binary.operator == "Add" && ending.added.is_none() && unclamped && other.is_some();
            if can {
                ending.added = other;
            }
            return can;
        };
        let scalar = (constant.len() == 1).then(|| self.graph.floats(binary.other)).flatten().map(|values| values[0]);
        match (binary.operator.as_str(), scalar) {
            ("Max", Some(low)) if ending.clamp.1 == f32::INFINITY => ending.clamp.0 = ending.clamp.0.max(low),
            ("Min", Some(high)) if high >= ending.clamp.0 => ending.clamp.1 = ending.clamp.1.min(high),
            (operator, _) if with_channels && unclamped && ending.added.is_none() => {
                let Some(values) = by_channel(&constant, ending.scale.len()) else { return false };
                for (channel, value) in values.into_iter().enumerate() {
                    let (scale, shift) = (&mut ending.scale[channel], &mut ending.shift[channel]);
                    match operator {
                        "Mul" => (*scale, *shift) = (*scale * value, *shift * value),
                        "Div" if binary.is_first => (*scale, *shift) = (*scale / value, *shift / value),
                        "Add" => *shift += value,
                        "Sub" if binary.is_first => *shift -= value,
                        _ => return false,
                    }
                }
            }
            _ => return false,
        }
        true
    }

    pub(super) fn convolution(&mut self, node: &TypedNode, op: &Conv) -> TractResult<bool> {
        let outlet = OutletId::from(node.id);
        let (Some((input, maps)), Some(mut weights)) = (self.maps(node.inputs[0]), self.graph.floats(node.inputs[1]))
        else {
            return Ok(false);
        };
        let Some(bias) = self.graph.constant(node.inputs[2]) else { return Ok(false) };
        let spec = &op.pool_spec;
        let Some(window) =
            Window::new(spec, maps).filter(|_| op.kernel_fmt == KernelFormat::OIHW && op.q_params.is_none())
        else {
            return Ok(false);
        };
        let bias = bias.cast_to::<f32>()?.view().as_slice::<f32>()?.to_vec();
        let channels = spec.output_channels;
        let depthwise = op.group == maps.channels && op.group == channels && op.group > 1;
        let mut ending = self.ending(outlet, channels, true);
        if depthwise && ending.added.is_some() {
            // Its kernel adds nothing; the sum is a step of its own.
            self.give_back(&ending);
            ending = Ending::none(outlet, channels);
        }
        let an_output = weights.len() / channels;
        for (channel, weights) in weights.chunks_exact_mut(an_output).enumerate() {
            weights.iter_mut().for_each(|weight| *weight *= ending.scale[channel]);
        }
        let bias = (0..channels).map(|channel| {
            let bias = if bias.len() == 1 { bias[0] } else { bias[channel] };
            bias * ending.scale[channel] + ending.shift[channel]
        });
        let Some(made) = Maps::checked(channels, window.output.0, window.output.1) else {
            bail!("a convolution's maps are larger than the memory")
        };
        let convolution = Convolution {
            input: maps,
            output: made,
            weights,
            bias: bias.collect(),
            kernel: window.kernel,
            stride: window.stride,
            dilation: window.dilation,
            padding: window.padding,
            groups: op.group,
            clamp: ending.clamp,
        };
        let output = self.values.len();
        let wiring = Wiring { input, added: ending.added, output };
        let step: Option<Box<dyn Step>> = if depthwise {
            Depthwise::new(&convolution, wiring).map(|step| Box::new(step) as _)
        } else if let Some(step) =
            (self.purpose == Purpose::Often).then(|| Winograd::new(&convolution, wiring)).flatten()
        {
            Some(Box::new(step))
        } else {
            Direct::new(&convolution, wiring).map(|step| Box::new(step) as _)
        };
        match step {
            Some(step) => {
                self.new_value(ending.outlet)?;
                self.steps.push(step);
                Ok(true)
            }
            None => {
                self.give_back(&ending);
                Ok(false)
            }
        }
    }

    /// A product with a matrix of weights, and the bias and clamp after it.
    pub(super) fn linear(&mut self, node: &TypedNode, op: &EinSum) -> TractResult<bool> {
        let [input, weights] = node.inputs[..] else { return Ok(false) };
        let (Some(&value), Some(tensor)) = (self.of.get(&input), self.graph.constant(weights)) else {
            return Ok(false);
        };
        let (maps, shape) = (self.values[value].maps, &self.values[value].shape);
        if !maps.is_dense() {
            return Ok(false);
        }
        let (&[1, inputs], &[rows, columns]) = (&shape[..], tensor.shape()) else { return Ok(false) };
        let (outputs, transposed) = match op.axes.to_string().as_str() {
            "mk,nk->mn" if columns == inputs => (rows, false),
            "mk,kn->mn" if rows == inputs => (columns, true),
            _ => return Ok(false),
        };
        let (mut end, mut bias, mut clamp) = (OutletId::from(node.id), vec![0.0; outputs], ALL);
        while let Some(next) = self.graph.only_reader(end) {
            let Some(binary) = self.graph.binary(next, end) else { break };
            let Some(values) = self.graph.floats(binary.other) else { break };
            match (binary.operator.as_str(), values.len()) {
                ("Add", n) if n == outputs && clamp == ALL => bias.iter_mut().zip(values).for_each(|(b, v)| *b += v),
                ("Max", 1) if clamp.1 == f32::INFINITY => clamp.0 = clamp.0.max(values[0]),
                ("Min", 1) if values[0] >= clamp.0 => clamp.1 = clamp.1.min(values[0]),
                _ => break,
            }
            self.fused.insert(next.id);
            end = next.id.into();
        }
        // Not copied where it is in float32 already: fully connected layers have most of a network's weights.
        let tensor = tensor.cast_to::<f32>()?;
        let view = tensor.view();
        let weights = (view.as_slice::<f32>()?, transposed);
        let output = self.new_value(end)?;
        self.steps.push(Box::new(Linear::new((value, maps), (output, outputs), weights, &bias, clamp)));
        Ok(true)
    }
}
