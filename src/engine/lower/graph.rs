//! Questions about a tract graph: what is constant in it, and who reads a tensor.

use std::collections::HashMap;
use std::sync::Arc;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::binary::TypedBinOp;

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

    /// The one node that reads `outlet`, if there is only one and the output is another tensor.
    pub fn only_reader(&self, outlet: OutletId) -> Option<&'a TypedNode> {
        match self.readers.get(&outlet).map(Vec::as_slice) {
            Some(&[reader]) if !self.model.outputs.contains(&outlet) => Some(self.model.node(reader)),
            _ => None,
        }
    }

    /// Shape of a tensor.
    pub fn shape(&self, outlet: OutletId) -> TractResult<Vec<usize>> {
        let fact = self.model.outlet_fact(outlet)?;
        let shape = fact.shape.as_concrete();
        shape.map(<[usize]>::to_vec).with_context(|| format!("the shape {:?} is not known", fact.shape))
    }

    /// What `node` does to the tensor at `outlet`, if it is an operator of two inputs.
    pub fn binary(&self, node: &TypedNode, outlet: OutletId) -> Option<Binary> {
        let op = node.op_as::<TypedBinOp>()?;
        let other = *node.inputs.iter().find(|input| **input != outlet)?;
        Some(Binary { operator: op.0.name().to_string(), other, is_first: node.inputs[0] == outlet })
    }
}

/// An operator of two inputs, seen from one of them.
pub struct Binary {
    /// Its name.
    pub operator: String,
    /// The other input.
    pub other: OutletId,
    /// Whether the input that it is seen from comes first.
    pub is_first: bool,
}

fn floats(tensor: &Tensor) -> Option<Vec<f32>> {
    let tensor = tensor.cast_to::<f32>().ok()?;
    Some(tensor.view().as_slice::<f32>().ok()?.to_vec())
}

/// The values of `tensor` if there is one for each of `channels` on axis 1 of [1, channels, height, width], or one for all.
pub fn by_channel(tensor: &Tensor, channels: usize) -> Option<Vec<f32>> {
    let values = floats(tensor)?;
    if values.len() == 1 {
        return Some(vec![values[0]; channels]);
    }
    let [.., on_axis, 1, 1] = *tensor.shape() else { return None };
    (values.len() == channels && on_axis == channels).then_some(values)
}
