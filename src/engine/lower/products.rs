//! Convolutions and fully connected layers, with what follows them.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::bail;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat};
use tract_onnx::tract_core::ops::einsum::EinSum;

use super::graph::{Constant, Effect};
use super::rows::is_aligned;
use super::views::View;
use super::window::Window;
use super::{ALL, Lowering, Purpose};
use crate::engine::maps::Maps;
use crate::engine::simd::LANES;
use crate::engine::steps::convolution::{Convolution, Direct, Wiring};
use crate::engine::steps::depthwise::Depthwise;
use crate::engine::steps::function::Function;
use crate::engine::steps::linear::Linear;
use crate::engine::steps::patches::Patches;
use crate::engine::steps::tile;
use crate::engine::steps::winograd::Winograd;
use crate::engine::steps::{Step, ValueId};

/// What follows an operator and can be done when its results are stored: a plan, which [`Lowering::fuse`] applies once the
/// step that does it is made.
pub(super) struct Ending {
    /// The last tensor of it.
    pub(super) outlet: OutletId,
    /// Factor and summand of each channel.
    pub(super) scale: Vec<f32>,
    pub(super) shift: Vec<f32>,
    pub(super) added: Option<ValueId>,
    pub(super) clamp: (f32, f32),
    /// What is made of each value after that.
    pub(super) function: Option<Function>,
    /// How the tensor lies in the value that the step writes, if not as maps.
    pub(super) frame: Option<View>,
    /// The nodes that it takes along.
    pub(super) taken: Vec<usize>,
}

/// What a step can take along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Clamps alone.
    Clamps,
    /// Factors and summands that are the same for all channels too, before the clamps.
    Scalars,
    /// Factors and summands by channel too, before the clamps.
    Channels,
    /// And a sum with another value, before the clamps.
    Sums,
}

impl Ending {
    /// Nothing is taken along with the tensor at `outlet`, which has `channels`.
    pub(super) fn none(outlet: OutletId, channels: usize) -> Ending {
        let (scale, shift) = (vec![1.0; channels], vec![0.0; channels]);
        Ending { outlet, scale, shift, added: None, clamp: ALL, function: None, frame: None, taken: Vec::new() }
    }

    /// Whether factors and summands can still come: what was added is not scaled any more, what was clamped not shifted.
    fn is_open(&self) -> bool {
        self.clamp == ALL && self.added.is_none()
    }

    /// What is taken along does this to each channel.
    fn by_channel(&mut self, constant: &Constant, apply: impl Fn(&mut f32, &mut f32, f32)) -> Option<()> {
        // Of maps: rows and columns.
        let trailing = self.frame.as_ref().map_or(2, View::trailing);
        let values = constant.by_channel(self.scale.len(), trailing)?;
        let channels = self.scale.iter_mut().zip(&mut self.shift).zip(values);
        channels.for_each(|((scale, shift), value)| apply(scale, shift, value));
        Some(())
    }
}

impl Lowering<'_> {
    /// What follows `outlet`, a tensor of `channels`, as far as a step that can take along `what` does it in the store of its
    /// results.
    pub(super) fn ending(&self, outlet: OutletId, channels: usize, what: Taken) -> Ending {
        self.continued(Ending::none(outlet, channels), what)
    }

    /// As [`ending`](Lowering::ending), going on from what is taken along already.
    pub(super) fn continued(&self, mut ending: Ending, what: Taken) -> Ending {
        while let Some(node) = self.graph.only_reader(ending.outlet) {
            if self.take(node, &mut ending, what).is_none() {
                break;
            }
            ending.taken.push(node.id);
            ending.outlet = node.id.into();
        }
        if let Some(part) = self.function(ending.outlet, ending.scale.len()) {
            ending.taken.extend(part.taken);
            (ending.outlet, ending.function) = (part.outlet, Some(part.function));
        }
        ending
    }

    /// As [`ending`](Lowering::ending), of a tensor that lies in the step's value as `frame` says.
    pub(super) fn ending_of(&self, outlet: OutletId, frame: View, what: Taken) -> Ending {
        let none = Ending::none(outlet, frame.channels());
        self.continued(Ending { frame: Some(frame), ..none }, what)
    }

    /// What an ending takes along is not lowered any more.
    pub(super) fn fuse(&mut self, ending: &Ending) {
        self.fused.extend(&ending.taken);
    }

    /// Takes `node` along with what it follows, or answers `None`.
    pub(super) fn take(&self, node: &TypedNode, ending: &mut Ending, what: Taken) -> Option<()> {
        let shape = self.graph.shape(ending.outlet).ok()?;
        let effect = self.graph.effect(node, ending.outlet)?;
        if self.graph.shape(node.id.into()).ok()? != shape {
            return None;
        }
        let takes_channels = what != Taken::Clamps && ending.is_open();
        if let Effect::Plus(constant) | Effect::Minus(constant) | Effect::Times(constant) | Effect::Over(constant) =
            &effect
            && what == Taken::Scalars
        {
            constant.scalar()?;
        }
        match effect {
            Effect::AtLeast(low) if ending.clamp.1 == f32::INFINITY => ending.clamp.0 = ending.clamp.0.max(low),
            Effect::AtMost(high) if high >= ending.clamp.0 => ending.clamp.1 = ending.clamp.1.min(high),
            Effect::Sum(other) if what == Taken::Sums && ending.is_open() => {
                ending.added = Some(match &ending.frame {
                    Some(frame) => {
                        self.view(other).filter(|view| view.shape == shape && is_aligned(view, frame))?.value
                    }
                    None => self.maps(other).filter(|(other, _)| self.values[*other].shape == shape)?.0,
                });
            }
            Effect::Times(constant) if takes_channels => ending.by_channel(&constant, |scale, shift, value| {
                (*scale, *shift) = (*scale * value, *shift * value);
            })?,
            Effect::Over(constant) if takes_channels => ending.by_channel(&constant, |scale, shift, value| {
                (*scale, *shift) = (*scale / value, *shift / value);
            })?,
            Effect::Plus(constant) if takes_channels => {
                ending.by_channel(&constant, |_, shift, value| *shift += value)?;
            }
            Effect::Minus(constant) if takes_channels => {
                ending.by_channel(&constant, |_, shift, value| *shift -= value)?;
            }
            _ => return None,
        }
        Some(())
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
        // The depthwise kernel adds nothing; such a sum is a step of its own.
        let ending = self.ending(outlet, channels, if depthwise { Taken::Channels } else { Taken::Sums });
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
            function: ending.function.clone(),
        };
        let convolution = if depthwise { convolution } else { convolution.in_whole_blocks() };
        let patched = self.patched(&convolution, input, ending.added);
        let output = self.values.len();
        let wiring = Wiring { input, added: ending.added, output };
        let step: Option<Box<dyn Step>> = if patched.is_some() {
            patched
        } else if depthwise {
            Depthwise::new(&convolution, wiring).map(|step| Box::new(step) as _)
        } else if let Some(step) =
            (self.purpose == Purpose::Often).then(|| Winograd::new(&convolution, wiring)).flatten()
        {
            Some(Box::new(step))
        } else {
            Direct::new(&convolution, wiring).map(|step| Box::new(step) as _)
        };
        let Some(step) = step else { return Ok(false) };
        self.new_value(ending.outlet)?;
        self.fuse(&ending);
        self.steps.push(step);
        Ok(true)
    }

    /// The step of a convolution whose stride no kernel has, over its windows as channels; the value that it writes is the next one.
    fn patched(&mut self, convolution: &Convolution, input: ValueId, added: Option<ValueId>) -> Option<Box<dyn Step>> {
        let has_kernel = tile::kernels(convolution.stride.1 * LANES, 1).is_some();
        let maps = Patches::maps(convolution).filter(|_| convolution.groups == 1 && !has_kernel)?;
        let product = Patches::product(convolution, maps);
        let patches = self.value_of(maps);
        let wiring = Wiring { input: patches, added, output: patches + 1 };
        let Some(step) = Direct::new(&product, wiring) else {
            self.values.pop();
            return None;
        };
        self.steps.push(Box::new(Patches::new(convolution, input, (patches, maps))));
        Some(Box::new(step))
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
        let mut taken = Vec::new();
        while let Some(next) = self.graph.only_reader(end) {
            match self.graph.effect(next, end) {
                Some(Effect::Plus(constant)) if clamp == ALL && constant.vector(outputs).is_some() => {
                    let values = constant.vector(outputs).unwrap_or_default();
                    bias.iter_mut().zip(values).for_each(|(bias, value)| *bias += value);
                }
                Some(Effect::AtLeast(low)) if clamp.1 == f32::INFINITY => clamp.0 = clamp.0.max(low),
                Some(Effect::AtMost(high)) if high >= clamp.0 => clamp.1 = clamp.1.min(high),
                _ => break,
            }
            taken.push(next.id);
            end = next.id.into();
        }
        // Not copied where it is in float32 already: fully connected layers have most of a network's weights.
        let tensor = tensor.cast_to::<f32>()?;
        let view = tensor.view();
        let weights = (view.as_slice::<f32>()?, transposed);
        let output = self.new_value(end)?;
        self.fused.extend(taken);
        self.steps.push(Box::new(Linear::new((value, maps), (output, outputs), weights, &bias, clamp)));
        Ok(true)
    }
}
