//! Gradients of a graph's output by a tensor on its way: reverse mode over the operators that lie behind a layer.
//!
//! [`Tape::record`] runs a graph of one input and keeps what every operator made; [`Tape::gradient`] goes back from the output
//! with a factor for each of its values. It is computed once a target and therefore plainly, by `ndarray` on one thread; an operator is
//! a line in [`backward`] and a function in the file of its kind. What an operator is for a gradient at a place where it has none
//! (a ReLU at zero, equal values under a maximum) is as in PyTorch.

mod elementwise;
mod normalization;
mod pools;
mod products;
mod shapes;

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::prelude::tract_ndarray::{ArrayD, ArrayViewD, Axis, IxDyn};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::Downsample;
use tract_onnx::tract_core::ops::array::{Gather, MultiBroadcastTo, Pad, Slice, StridedSlice, Tile, TypedConcat};
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cast::Cast;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math;
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer, Softmax};
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx_opl::lrn::Lrn;

use super::lower::is_identity;

type Array = ArrayD<f32>;

/// What an operator read and made, and the gradient by what it made.
struct Made<'a> {
    inputs: Vec<Arc<Tensor>>,
    output: &'a Tensor,
    gradient: Array,
}

impl Made<'_> {
    /// An input as an array.
    fn input(&self, at: usize) -> TractResult<ArrayViewD<'_, f32>> {
        view(&self.inputs[at])
    }

    /// What was made, as an array.
    fn output(&self) -> TractResult<ArrayViewD<'_, f32>> {
        view(self.output)
    }
}

fn view(tensor: &Tensor) -> TractResult<ArrayViewD<'_, f32>> {
    tensor.to_plain_array_view::<f32>()
}

/// The gradient by input number `wanted` of an operator; `None` for an operator that has no way back here.
fn backward(node: &TypedNode, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    let op = &node.op;
    if let Some(op) = op.downcast_ref::<TypedBinOp>() {
        elementwise::of_two(op, made, wanted)
    } else if let Some(op) = op.downcast_ref::<ElementWiseOp>() {
        elementwise::of_one(op, made)
    } else if let Some(op) = op.downcast_ref::<Conv>() {
        products::convolution(op, made, wanted)
    } else if let Some(op) = op.downcast_ref::<EinSum>() {
        products::einsum(op, made, wanted)
    } else if let Some(op) = op.downcast_ref::<MaxPool>() {
        pools::largest(op, made)
    } else if let Some(op) = op.downcast_ref::<SumPool>() {
        pools::sum(op, made)
    } else if let Some(op) = op.downcast_ref::<Reduce>() {
        pools::reduce(op, made)
    } else if let Some(op) = op.downcast_ref::<Softmax>() {
        normalization::softmax(op, made)
    } else if let Some(op) = op.downcast_ref::<Lrn>() {
        Some(normalization::local_response(op, made))
    } else if let Some(op) = op.downcast_ref::<AxisOp>() {
        Some(shapes::axes(op, made))
    } else if let Some(op) = op.downcast_ref::<TypedConcat>() {
        Some(shapes::concatenation(op, made, wanted))
    } else if let Some(op) = op.downcast_ref::<Slice>() {
        Some(shapes::slice(op, made))
    } else if let Some(op) = op.downcast_ref::<Pad>() {
        shapes::pad(op, made, wanted)
    } else if let Some(op) = op.downcast_ref::<Gather>() {
        shapes::gather(op, made, wanted)
    } else if op.is::<StridedSlice>() || op.is::<Downsample>() || op.is::<Tile>() {
        shapes::moved(&**op, made, wanted)
    } else if op.is::<MultiBroadcastTo>() {
        Some(Ok(summed_to(made.gradient.clone(), made.inputs[0].shape())))
    } else if is_identity(node) || op.is::<Cast>() {
        Some(Ok(made.gradient.clone()))
    } else {
        None
    }
}

/// Sums over the axes along which a tensor of `shape` was spread.
fn summed_to(mut gradient: Array, shape: &[usize]) -> Array {
    for (axis, &side) in shape.iter().enumerate() {
        if side == 1 && gradient.shape()[axis] != 1 {
            gradient = gradient.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
    }
    gradient
}

/// An operator that has no way back here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoWayBack {
    /// The name of its node.
    pub node: String,
    /// What it is.
    pub operator: String,
}

/// A graph that was run, with all that was made on the way.
pub struct Tape {
    graph: TypedModel,
    order: Vec<usize>,
    values: HashMap<OutletId, Arc<Tensor>>,
    /// Tensors that depend on the input.
    depends: Vec<bool>,
}

impl Tape {
    /// Runs `graph`, of one input and one output, and keeps what every operator makes.
    ///
    /// # Errors
    /// If an operator fails.
    pub fn record(graph: TypedModel, input: Tensor) -> TractResult<Tape> {
        let order = graph.eval_order()?;
        let source = graph.input_outlets()?[0];
        let mut values: HashMap<OutletId, Arc<Tensor>> = HashMap::from([(source, input.into_arc_tensor())]);
        let mut depends = vec![false; graph.nodes().len()];
        depends[source.node] = true;
        for &id in &order {
            let node = graph.node(id);
            if node.op_is::<TypedSource>() {
                continue;
            }
            depends[id] = node.inputs.iter().any(|input| depends[input.node]);
            let constants = node.outputs.iter().map(|output| output.fact.konst.clone());
            let made: Vec<Arc<Tensor>> = match constants.collect::<Option<Vec<_>>>() {
                Some(constants) => constants,
                None => {
                    let inputs = node.inputs.iter().map(|input| values[input].clone().into_tvalue()).collect();
                    let made = node.op.eval_out_of_plan(inputs)?;
                    let made = made.with_context(|| format!("{} needs a plan", node.op.name()))?;
                    made.into_iter().map(|value| value.into_arc_tensor()).collect()
                }
            };
            for (slot, tensor) in made.into_iter().enumerate() {
                values.insert(OutletId::new(id, slot), tensor);
            }
        }
        Ok(Tape { graph, order, values, depends })
    }

    /// Whether every operator is linear in the input, up to a constant.
    pub fn is_linear(&self) -> bool {
        self.order.iter().filter(|&&id| self.depends[id]).all(|&id| {
            let node = self.graph.node(id);
            let depending: Vec<usize> = (0..node.inputs.len()).filter(|&i| self.depends[node.inputs[i].node]).collect();
            if let Some(op) = node.op_as::<TypedBinOp>() {
                let op = &op.0;
                let is_sum = op.is::<math::Add>() || op.is::<math::Sub>();
                return is_sum
                    || op.is::<math::Mul>() && depending.len() == 1
                    || op.is::<math::Div>() && depending == [0];
            }
            if let Some(op) = node.op_as::<Reduce>() {
                return op.reducer == Reducer::Sum;
            }
            let is_product = node.op_is::<EinSum>() || node.op_is::<Conv>();
            let only_moves = node.op_is::<AxisOp>() || node.op_is::<Slice>() || node.op_is::<MultiBroadcastTo>();
            let is_nothing = node.op_is::<TypedSource>() || is_identity(node) || node.op_is::<Cast>();
            is_product && depending.len() == 1 || only_moves || is_nothing || node.op_is::<SumPool>()
        })
    }

    fn inputs(&self, node: &TypedNode) -> Vec<Arc<Tensor>> {
        node.inputs.iter().map(|input| self.values[input].clone()).collect()
    }

    /// The gradient, by the input's values row by row, of the sum of the output's values times `factors`; or the operator that has no way
    /// back.
    ///
    /// # Errors
    /// If there are not as many factors as the output has values.
    pub fn gradient(&self, factors: &[f32]) -> TractResult<std::result::Result<Vec<f32>, NoWayBack>> {
        let output = self.graph.output_outlets()?[0];
        let shape = self.values[&output].shape();
        let mut gradients = HashMap::from([(output, Array::from_shape_vec(IxDyn(shape), factors.to_vec())?)]);
        for &id in self.order.iter().rev() {
            let node = self.graph.node(id);
            if node.op_is::<TypedSource>() || !self.depends[id] {
                continue;
            }
            let outlet = OutletId::new(id, 0);
            let Some(gradient) = gradients.remove(&outlet) else { continue };
            let made = Made { inputs: self.inputs(node), output: &self.values[&outlet], gradient };
            let is_real = made.output.datum_type() == f32::datum_type();
            let is_single = node.outputs.len() == 1 || is_identity(node);
            for (at, &input) in node.inputs.iter().enumerate().filter(|(_, input)| self.depends[input.node]) {
                let part = (is_real && is_single).then(|| backward(node, &made, at)).flatten();
                let Some(Ok(part)) = part else {
                    return Ok(Err(NoWayBack { node: node.name.clone(), operator: node.op.name().into_owned() }));
                };
                match gradients.get_mut(&input) {
                    Some(sum) => *sum += &part,
                    None => _ = gradients.insert(input, part),
                }
            }
        }
        let source = self.graph.input_outlets()?[0];
        let zeros = || Array::zeros(IxDyn(self.values[&source].shape()));
        let gradient = gradients.remove(&source).unwrap_or_else(zeros);
        Ok(Ok(gradient.as_standard_layout().iter().copied().collect()))
    }
}
