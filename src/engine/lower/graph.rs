//! Questions about a tract graph: what is constant in it, and who reads a tensor.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::math;

use crate::engine::steps::function::Binary;

/// A graph with the tensors in it that do not depend on the picture.
pub struct Graph<'a> {
    pub model: &'a TypedModel,
    /// The nodes that the output needs, in an order in which they can run.
    pub order: Vec<usize>,
    constants: HashMap<OutletId, Arc<Tensor>>,
    readers: HashMap<OutletId, Vec<usize>>,
}

impl<'a> Graph<'a> {
    /// Evaluates everything that is constant.
    pub fn new(model: &'a TypedModel) -> TractResult<Graph<'a>> {
        let order = model.eval_order()?;
        let mut readers: HashMap<OutletId, Vec<usize>> = HashMap::new();
        for &node in &order {
            for &input in &model.node(node).inputs {
                readers.entry(input).or_default().push(node);
            }
        }
        let mut graph = Graph { model, order, constants: HashMap::new(), readers };
        for node in graph.order.clone() {
            graph.evaluate(model.node(node))?;
        }
        Ok(graph)
    }

    fn evaluate(&mut self, node: &TypedNode) -> TractResult<()> {
        for slot in 0..node.outputs.len() {
            if let Some(tensor) = &node.outputs[slot].fact.konst {
                self.constants.insert(OutletId::new(node.id, slot), tensor.clone());
            }
        }
        let inputs: Option<TVec<TValue>> =
            node.inputs.iter().map(|input| self.constant(*input).map(|tensor| tensor.into_tvalue())).collect();
        let Some(inputs) = inputs.filter(|inputs| !inputs.is_empty()) else { return Ok(()) };
        if self.constants.contains_key(&OutletId::new(node.id, 0)) {
            return Ok(());
        }
        for (slot, value) in node.op.eval_out_of_plan(inputs)?.unwrap_or_default().into_iter().enumerate() {
            self.constants.insert(OutletId::new(node.id, slot), value.into_arc_tensor());
        }
        Ok(())
    }

    /// The tensor at `outlet`, if it does not depend on the picture.
    pub fn constant(&self, outlet: OutletId) -> Option<Arc<Tensor>> {
        self.constants.get(&outlet).cloned()
    }

    /// Its values in float32, row-major.
    pub fn floats(&self, outlet: OutletId) -> Option<Vec<f32>> {
        floats(&*self.constant(outlet)?)
    }

    /// Its one value, if it has one; larger tensors, weights say, are not copied to find out.
    pub fn scalar(&self, outlet: OutletId) -> Option<f32> {
        let tensor = self.constants.get(&outlet).filter(|tensor| tensor.len() == 1)?;
        floats(tensor)?.first().copied()
    }

    /// The one node that reads `outlet`, if there is only one and the output is another tensor.
    pub fn only_reader(&self, outlet: OutletId) -> Option<&'a TypedNode> {
        match self.readers.get(&outlet).map(Vec::as_slice) {
            Some(&[reader]) if !self.model.outputs.contains(&outlet) => Some(self.model.node(reader)),
            _ => None,
        }
    }

    /// The nodes that read `outlet`; `None` if the output is this tensor, which then has one more reader.
    pub fn readers(&self, outlet: OutletId) -> Option<&[usize]> {
        let readers = self.readers.get(&outlet).map_or(&[][..], Vec::as_slice);
        (!self.model.outputs.contains(&outlet)).then_some(readers)
    }

    /// Shape of a tensor.
    pub fn shape(&self, outlet: OutletId) -> TractResult<Vec<usize>> {
        let fact = self.model.outlet_fact(outlet)?;
        let shape = fact.shape.as_concrete();
        shape.map(<[usize]>::to_vec).with_context(|| format!("the shape {:?} is not known", fact.shape))
    }

    /// What `node` does to every value of the tensor at `outlet`, if it is that kind of operator.
    pub fn effect(&self, node: &TypedNode, outlet: OutletId) -> Option<Effect> {
        let operator = binary(node)?;
        let other = *node.inputs.iter().find(|input| **input != outlet)?;
        let is_first = node.inputs[0] == outlet;
        let Some(tensor) = self.constant(other) else {
            return (operator == Binary::Add).then_some(Effect::Sum(other));
        };
        let constant = Constant { values: floats(&tensor)?, shape: tensor.shape().to_vec() };
        match operator {
            Binary::Add => Some(Effect::Plus(constant)),
            Binary::Subtract => is_first.then_some(Effect::Minus(constant)),
            Binary::Multiply => Some(Effect::Times(constant)),
            Binary::Divide => is_first.then_some(Effect::Over(constant)),
            Binary::Largest => constant.scalar().map(Effect::AtLeast),
            Binary::Smallest => constant.scalar().map(Effect::AtMost),
        }
    }
}

/// The operator of a node with two inputs, if steps can do it.
pub fn binary(node: &TypedNode) -> Option<Binary> {
    let op = &node.op_as::<TypedBinOp>()?.0;
    Some(if op.is::<math::Add>() {
        Binary::Add
    } else if op.is::<math::Sub>() {
        Binary::Subtract
    } else if op.is::<math::Mul>() {
        Binary::Multiply
    } else if op.is::<math::Div>() {
        Binary::Divide
    } else if op.is::<math::Max>() {
        Binary::Largest
    } else if op.is::<math::Min>() {
        Binary::Smallest
    } else {
        return None;
    })
}

/// What an operator does to every value of a tensor.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Another tensor that depends on the picture is added.
    Sum(OutletId),
    /// A constant is added.
    Plus(Constant),
    /// A constant is subtracted.
    Minus(Constant),
    /// It is multiplied with a constant.
    Times(Constant),
    /// It is divided by a constant.
    Over(Constant),
    /// What is smaller becomes this.
    AtLeast(f32),
    /// What is larger becomes this.
    AtMost(f32),
}

/// A tensor that does not depend on the picture.
#[derive(Debug, Clone)]
pub struct Constant {
    values: Vec<f32>,
    shape: Vec<usize>,
}

impl Constant {
    /// The one value, if it has one.
    pub fn scalar(&self) -> Option<f32> {
        match self.values[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    /// The values if there are `count`, whatever their shape.
    pub fn vector(&self, count: usize) -> Option<&[f32]> {
        (self.values.len() == count).then_some(&self.values)
    }

    /// The values if there is one for each of `channels` on an axis with `trailing` axes behind it, or one for all.
    pub fn by_channel(&self, channels: usize, trailing: usize) -> Option<Vec<f32>> {
        if let Some(value) = self.scalar() {
            return Some(vec![value; channels]);
        }
        let axis = self.shape.len().checked_sub(1 + trailing)?;
        (self.values.len() == channels && self.shape[axis] == channels).then(|| self.values.clone())
    }

    /// The values over all of `shape`, row-major.
    pub fn spread(&self, shape: &[usize]) -> Option<Vec<f32>> {
        let tensor = Tensor::from_shape(&self.shape, &self.values).ok()?.broadcast_to_shape(shape).ok()?;
        Some(tensor.view().as_slice::<f32>().ok()?.to_vec())
    }
}

fn floats(tensor: &Tensor) -> Option<Vec<f32>> {
    let tensor = tensor.cast_to::<f32>().ok()?;
    Some(tensor.view().as_slice::<f32>().ok()?.to_vec())
}
