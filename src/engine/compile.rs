//! From a tract graph to the steps of a program.
//!
//! A convolution takes along what follows it: a normalisation or bias by channel goes into its weights, a sum with a value
//! that is there already and a clamp (ReLU, ReLU6) into the store of its results.

use std::collections::{HashMap, HashSet};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::internal::bail;
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::nn::{DataFormat, Reduce, Reducer};
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx_opl::lrn::Lrn;

use super::convolution::{Convolution, Direct, Wiring};
use super::depthwise::Depthwise;
use super::elementwise::{Copy, Elementwise};
use super::fallback::{Fallback, Input};
use super::graph::{Graph, by_channel};
use super::linear::Linear;
use super::maps::Maps;
use super::normalization::LocalResponse;
use super::pool::{Pool, Summary};
use super::simd::LANES;
use super::step::{Step, ValueId};
use super::winograd::Winograd;

/// No clamp.
const ALL: (f32, f32) = (f32::NEG_INFINITY, f32::INFINITY);

/// A value of a program.
#[derive(Debug, Clone)]
pub struct Value {
    /// How it is stored. Its row-major order is that of `shape`.
    pub maps: Maps,
    /// Its shape in the graph.
    pub shape: Vec<usize>,
    /// The value that it is a part of, and the floats before it there.
    pub parent: Option<(ValueId, usize)>,
}

/// The steps of a graph, and the values that they read and write.
pub struct Lowered {
    pub values: Vec<Value>,
    pub steps: Vec<Box<dyn Step>>,
    pub input: ValueId,
    pub output: ValueId,
    /// The value of each tensor of the graph that has one; those that were taken along have none.
    pub of: HashMap<OutletId, ValueId>,
}

/// How often a program will run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Hundreds of times: it pays to transform weights.
    Often,
    /// Once.
    Once,
}

/// Lowers the graph.
///
/// # Errors
/// If an operator keeps a state, or makes something else than floats of the picture.
pub fn lower(model: &TypedModel, purpose: Purpose) -> TractResult<Lowered> {
    let graph = Graph::new(model)?;
    let mut lowering =
        Lowering { graph, purpose, values: Vec::new(), steps: Vec::new(), of: HashMap::new(), fused: HashSet::new() };
    let mut input = None;
    for node in lowering.graph.order.clone() {
        let node = model.node(node);
        if node.op_is::<TypedSource>() {
            input = Some(lowering.new_value(node.id.into())?);
        } else if !lowering.fused.contains(&node.id) && lowering.graph.constant(node.id.into()).is_none() {
            lowering.lower(node)?;
        }
    }
    let output = *lowering.of.get(&model.outputs[0]).with_context(|| "the output does not depend on the picture")?;
    let input = input.with_context(|| "the graph has no input")?;
    let Lowering { values, steps, of, .. } = lowering;
    Ok(Lowered { values, steps, input, output, of })
}

struct Lowering<'a> {
    graph: Graph<'a>,
    purpose: Purpose,
    values: Vec<Value>,
    steps: Vec<Box<dyn Step>>,
    /// The value of each tensor that was lowered.
    of: HashMap<OutletId, ValueId>,
    /// Nodes that were taken along by one before them.
    fused: HashSet<usize>,
}

/// What follows an operator and can be done when its results are stored.
struct Ending {
    /// The last tensor of it.
    outlet: OutletId,
    /// Factor and summand of each channel.
    scale: Vec<f32>,
    shift: Vec<f32>,
    added: Option<ValueId>,
    clamp: (f32, f32),
}

impl Lowering<'_> {
    fn lower(&mut self, node: &TypedNode) -> TractResult<()> {
        if node.outputs[0].fact.datum_type != f32::datum_type() {
            bail!("{} makes {:?} of the picture", node.op.name(), node.outputs[0].fact.datum_type);
        }
        let lowered = if let Some(op) = node.op_as::<Conv>() {
            self.convolution(node, op)?
        } else if node.op_is::<TypedBinOp>() {
            self.binary(node)?
        } else if let Some(op) = node.op_as::<MaxPool>().filter(|op| op.with_index_outputs.is_none()) {
            self.pool(node, &op.pool_spec, Summary::Max)?
        } else if let Some(op) = node.op_as::<SumPool>() {
            self.sum_pool(node, op)?
        } else if let Some(op) = node.op_as::<Reduce>() {
            self.global_sum(node, op)?
        } else if let Some(op) = node.op_as::<TypedConcat>() {
            self.concatenation(node, op)?
        } else if let Some(op) = node.op_as::<Lrn>() {
            self.local_response(node, op)?
        } else if let Some(op) = node.op_as::<EinSum>() {
            self.linear(node, op)?
        } else {
            self.same_order(node)?
        };
        if lowered { Ok(()) } else { self.fallback(node) }
    }

    /// A new value for the tensor at `outlet`.
    fn new_value(&mut self, outlet: OutletId) -> TractResult<ValueId> {
        let shape = self.graph.shape(outlet)?;
        let maps = match *shape {
            [1, channels, height, width] => Maps { channels, height, width },
            _ => Maps { channels: shape.iter().product(), height: 1, width: 1 },
        };
        self.values.push(Value { maps, shape, parent: None });
        self.of.insert(outlet, self.values.len() - 1);
        Ok(self.values.len() - 1)
    }

    /// The value at `outlet` if it is stored as the maps that its shape says.
    fn maps(&self, outlet: OutletId) -> Option<(ValueId, Maps)> {
        let value = *self.of.get(&outlet)?;
        let Value { maps, shape, .. } = &self.values[value];
        (**shape == [1, maps.channels, maps.height, maps.width]).then_some((value, *maps))
    }

    /// Takes along what follows `outlet`, a tensor of `channels`, as far as it can be done in the store of its results.
    fn ending(&mut self, outlet: OutletId, channels: usize, with_channels: bool) -> Ending {
        let mut ending =
            Ending { outlet, scale: vec![1.0; channels], shift: vec![0.0; channels], added: None, clamp: ALL };
        while let Some(node) = self.graph.only_reader(ending.outlet) {
            if !self.take(node, &mut ending, with_channels) {
                break;
            }
            self.fused.insert(node.id);
            ending.outlet = node.id.into();
        }
        ending
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

    fn convolution(&mut self, node: &TypedNode, op: &Conv) -> TractResult<bool> {
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
        let (before, depthwise) =
            (self.fused.clone(), op.group == maps.channels && op.group == channels && op.group > 1);
        let mut ending = self.ending(outlet, channels, true);
        if depthwise && ending.added.is_some() {
            // Its kernel adds nothing; the sum is a step of its own.
            self.fused.clone_from(&before);
            ending = Ending { outlet, scale: vec![1.0; channels], shift: vec![0.0; channels], added: None, clamp: ALL };
        }
        let an_output = weights.len() / channels;
        for (channel, weights) in weights.chunks_exact_mut(an_output).enumerate() {
            weights.iter_mut().for_each(|weight| *weight *= ending.scale[channel]);
        }
        let bias = (0..channels).map(|channel| {
            let bias = if bias.len() == 1 { bias[0] } else { bias[channel] };
            bias * ending.scale[channel] + ending.shift[channel]
        });
        let (height, width) = window.output;
        let convolution = Convolution {
            input: maps,
            output: Maps { channels, height, width },
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
                self.fused = before;
                Ok(false)
            }
        }
    }

    /// Clamps, sums of two values, and scalar factors and summands.
    fn binary(&mut self, node: &TypedNode) -> TractResult<bool> {
        let Some(&from) = node.inputs.iter().find(|input| self.of.contains_key(input)) else { return Ok(false) };
        let Some(binary) = self.graph.binary(node, from) else { return Ok(false) };
        let input = self.of[&from];
        let maps = self.values[input].maps;
        let same_shape = self.graph.shape(node.id.into())? == self.values[input].shape;
        let mut step =
            Elementwise { input, added: None, output: 0, len: maps.len(), factor: 1.0, constant: 0.0, clamp: ALL };
        if let Some(&other) = self.of.get(&binary.other) {
            let same_order = self.values[other].maps == maps && self.values[other].shape == self.values[input].shape;
            if !same_order || !same_shape || binary.operator != "Add" {
                return Ok(false);
            }
            step.added = Some(other);
        } else {
            let scalar = self.graph.floats(binary.other).filter(|values| values.len() == 1);
            let Some(scalar) = scalar.filter(|_| same_shape).map(|values| values[0]) else { return Ok(false) };
            match binary.operator.as_str() {
                "Max" => step.clamp.0 = scalar,
                "Min" => step.clamp.1 = scalar,
                "Add" => step.constant = scalar,
                "Sub" if binary.is_first => step.constant = -scalar,
                "Mul" => step.factor = scalar,
                "Div" if binary.is_first => step.factor = 1.0 / scalar,
                _ => return Ok(false),
            }
        }
        let mut end = OutletId::from(node.id);
        if step.clamp == ALL {
            let ending = self.ending(end, maps.channels, false);
            (step.clamp, end) = (ending.clamp, ending.outlet);
        }
        step.output = self.new_value(end)?;
        self.values[step.output].maps = maps;
        self.steps.push(Box::new(step));
        Ok(true)
    }

    fn pool(&mut self, node: &TypedNode, spec: &PoolSpec, summary: Summary) -> TractResult<bool> {
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

    fn sum_pool(&mut self, node: &TypedNode, op: &SumPool) -> TractResult<bool> {
        let spec = &op.pool_spec;
        let Some((_, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        let Some(window) = Window::new(spec, maps) else { return Ok(false) };
        let kernel = window.kernel.0 * window.kernel.1;
        // Padding is counted where a window lies in it; beyond it, where ceilings lead, it is not: tract knows.
        let summary = match (op.normalize, op.count_include_pad, window.is_inside(maps)) {
            (false, ..) => Summary::Sum(1.0),
            (true, true, true) => Summary::Sum(1.0 / kernel as f32),
            (true, false, _) => Summary::Mean,
            (true, true, false) => return Ok(false),
        };
        self.pool(node, spec, summary)
    }

    /// The sum over all positions, with the division that makes it a mean.
    fn global_sum(&mut self, node: &TypedNode, op: &Reduce) -> TractResult<bool> {
        let Some((input, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        if op.reducer != Reducer::Sum || *op.axes != [2, 3] {
            return Ok(false);
        }
        let (mut end, mut factor) = (OutletId::from(node.id), 1.0);
        if let Some(next) = self.graph.only_reader(end) {
            let binary = self.graph.binary(next, end);
            let scalar =
                binary.as_ref().and_then(|binary| self.graph.floats(binary.other)).filter(|values| values.len() == 1);
            if let (Some(binary), Some(scalar)) = (binary, scalar.map(|values| values[0])) {
                let found = match binary.operator.as_str() {
                    "Mul" => Some(scalar),
                    "Div" if binary.is_first => Some(1.0 / scalar),
                    _ => None,
                };
                if let Some(found) = found {
                    (end, factor) = (next.id.into(), found);
                    self.fused.insert(next.id);
                }
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

    /// Concatenation of channels: its inputs are written where it has them, so it costs nothing.
    fn concatenation(&mut self, node: &TypedNode, op: &TypedConcat) -> TractResult<bool> {
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

    fn local_response(&mut self, node: &TypedNode, op: &Lrn) -> TractResult<bool> {
        let Some((input, maps)) = self.maps(node.inputs[0]) else { return Ok(false) };
        let output = self.new_value(node.id.into())?;
        let &Lrn { alpha, beta, bias, size } = op;
        self.steps.push(Box::new(LocalResponse { input, output, maps, alpha, beta, bias, size }));
        Ok(true)
    }

    /// A product with a matrix of weights, and the bias and clamp after it.
    fn linear(&mut self, node: &TypedNode, op: &EinSum) -> TractResult<bool> {
        let [input, weights] = node.inputs[..] else { return Ok(false) };
        let (Some(&value), Some(tensor)) = (self.of.get(&input), self.graph.constant(weights)) else {
            return Ok(false);
        };
        let (maps, shape) = (self.values[value].maps, &self.values[value].shape);
        if !maps.is_dense() {
            return Ok(false);
        }
        let (&[1, inputs], Some(floats)) = (&shape[..], self.graph.floats(weights)) else { return Ok(false) };
        let &[rows, columns] = tensor.shape() else { return Ok(false) };
        let (outputs, floats) = match op.axes.to_string().as_str() {
            "mk,nk->mn" if columns == inputs => (rows, floats),
            "mk,kn->mn" if rows == inputs => {
                let transposed = (0..columns).flat_map(|n| floats.iter().skip(n).step_by(columns).copied());
                (columns, transposed.collect())
            }
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
        let output = self.new_value(end)?;
        self.steps.push(Box::new(Linear::new((value, maps), (output, outputs), &floats, &bias, clamp)));
        Ok(true)
    }

    /// Operators that change a tensor's shape and leave its values in their order.
    fn same_order(&mut self, node: &TypedNode) -> TractResult<bool> {
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

    fn fallback(&mut self, node: &TypedNode) -> TractResult<()> {
        let inputs = node.inputs.iter().map(|&input| {
            if let Some(tensor) = self.graph.constant(input) {
                return Ok(Input::Constant(tensor));
            }
            let &value =
                self.of.get(&input).with_context(|| format!("{} reads what was not lowered", node.op.name()))?;
            let Value { maps, shape, .. } = &self.values[value];
            Ok(Input::Value(value, *maps, shape.clone()))
        });
        let inputs = inputs.collect::<TractResult<_>>()?;
        if node.outputs.len() != 1 {
            bail!("{} has {} outputs", node.op.name(), node.outputs.len());
        }
        let output = self.new_value(node.id.into())?;
        let made = self.values[output].maps;
        self.steps.push(Box::new(Fallback { op: node.op.clone(), inputs, output: (output, made) }));
        Ok(())
    }
}

/// The window of a convolution or pool over maps.
struct Window {
    kernel: (usize, usize),
    stride: (usize, usize),
    dilation: (usize, usize),
    /// Rows above and columns to the left.
    padding: (usize, usize),
    /// Rows and columns of the result.
    output: (usize, usize),
}

impl Window {
    fn new(spec: &PoolSpec, maps: Maps) -> Option<Window> {
        let (&[height, width], DataFormat::NCHW) = (&spec.kernel_shape[..], spec.data_format) else { return None };
        let pair = |values: &[usize]| (values[0], values[1]);
        let computed = spec.computed_padding(&[maps.height, maps.width]);
        Some(Window {
            kernel: (height, width),
            stride: pair(&spec.strides()),
            dilation: pair(&spec.dilations()),
            padding: (computed[0].pad_before, computed[1].pad_before),
            output: (computed[0].convoluted, computed[1].convoluted),
        })
    }

    /// Whether every window lies in the maps.
    fn is_inside(&self, maps: Maps) -> bool {
        let reaches = |output: usize, stride: usize, kernel: usize| (output - 1) * stride + kernel;
        self.padding == (0, 0)
            && reaches(self.output.0, self.stride.0, self.kernel.0) <= maps.height
            && reaches(self.output.1, self.stride.1, self.kernel.1) <= maps.width
    }
}
