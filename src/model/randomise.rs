//! A network whose weights are random from a stage on to its end.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::Conv;
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::konst::Const;

use crate::chance::Chance;
use crate::engine::{Program, Purpose};
use crate::error::Result;

use super::refusal::Refusal;
use super::{Network, Runner};

/// What takes the place of learned weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Randomise {
    /// Each tensor's own values in another order.
    #[default]
    Permuted,
    /// Values drawn from a normal distribution of deviation `sqrt(2 / inputs)` (He et al., 2015), and biases of zero.
    He,
}

/// Operators whose weights are random together.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The name of the first of them from the picture on.
    pub from: String,
    /// All of them, and the numbers by which chance knows them.
    nodes: Vec<(usize, u64)>,
}

impl Network {
    /// The network's convolutions and products in `count` stages of about as many each, from the last: every stage has those of the stage before it,
    /// too. Fewer stages if there are not so many operators.
    pub fn stages(&self, count: usize) -> Vec<Weights> {
        let order = self.graph.eval_order().unwrap_or_default();
        let has_weights = |&id: &usize| {
            let node = self.graph.node(id);
            let is_product = node.op_is::<Conv>() || node.op_is::<EinSum>();
            is_product && node.inputs.iter().any(|&input| self.constant(input).is_some_and(|tensor| tensor.len() > 1))
        };
        let weighty: Vec<usize> = order.into_iter().filter(has_weights).rev().collect();
        let count = count.clamp(1, weighty.len().max(1));
        let stage = |stage: usize| {
            let last = weighty.len() * stage / count;
            let nodes: Vec<(usize, u64)> = weighty[..last].iter().copied().zip(0..).collect();
            let from = nodes.last().map_or(String::new(), |&(id, _)| self.graph.node(id).name.clone());
            Weights { from, nodes }
        };
        (1..=count).map(stage).collect()
    }

    /// The same network with random weights there; a tensor's are the same in every stage.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if it cannot be made ready to run.
    pub fn randomised(&self, weights: &Weights, how: Randomise, seed: u64) -> Result<Network> {
        let refuse = Refusal::of(&self.spec.title);
        let mut graph = self.graph.clone();
        let mut randomise = || -> TractResult<()> {
            for &(id, number) in &weights.nodes {
                for slot in 0..graph.node(id).inputs.len() {
                    let outlet = graph.node(id).inputs[slot];
                    let Some(tensor) = self.constant(outlet).filter(|tensor| tensor.len() > 1) else { continue };
                    let outputs = outputs(graph.node(id), slot, &tensor);
                    let random = random(&tensor, how, outputs, Chance::new(seed, number << 8 | slot as u64))?;
                    let name = format!("random {id} {slot}");
                    let random = graph.add_const(name, random.into_arc_tensor())?;
                    graph.add_edge(random, InletId::new(id, slot))?;
                }
            }
            graph.compact()
        };
        let unsupported = |cause| refuse.unsupported(cause);
        // What `compact` numbers anew has its name still.
        let names: Vec<String> =
            self.layers.iter().map(|layer| self.graph.node(layer.outlet.node).name.clone()).collect();
        randomise().map_err(unsupported)?;
        let own = Program::compile(&graph, Purpose::Often).ok();
        let mut layers = self.layers.clone();
        for (layer, name) in layers.iter_mut().zip(&names) {
            layer.outlet = OutletId::new(graph.node_id_by_name(name).map_err(unsupported)?, layer.outlet.slot);
            layer.tap = own.as_ref().and_then(|program| program.tap(layer.outlet));
        }
        let runner = Runner::of(own, &graph).map_err(unsupported)?;
        Ok(Network {
            spec: self.spec.clone(),
            graph,
            layout: self.layout,
            runner,
            output: self.output,
            classes: self.classes,
            layers,
            default_layer: self.default_layer,
            pace: Arc::clone(&self.pace),
            needs: self.needs,
        })
    }

    /// The weights at `outlet`, through what only widens or moves them.
    fn constant(&self, outlet: OutletId) -> Option<Arc<Tensor>> {
        let node = self.graph.node(outlet.node);
        let known = node.outputs[outlet.slot].fact.konst.clone();
        known.or_else(|| node.op_as::<Const>().map(|constant| constant.val().clone())).or_else(|| {
            let inputs = node.inputs.iter().map(|&input| self.constant(input).map(|tensor| tensor.into_tvalue()));
            let inputs = inputs.collect::<Option<TVec<TValue>>>().filter(|inputs| !inputs.is_empty())?;
            Some(node.op.eval_out_of_plan(inputs).ok()??.remove(outlet.slot).into_arc_tensor())
        })
    }
}

/// Outputs that a node's weights lead to: what is left of their number are the inputs of each.
fn outputs(node: &TypedNode, slot: usize, tensor: &Tensor) -> usize {
    if let Some(conv) = node.op_as::<Conv>() {
        return conv.pool_spec.output_channels;
    }
    let Some(product) = node.op_as::<EinSum>() else { return 1 };
    let (inputs, outputs) = product.axes.to_strs();
    let sides = inputs[slot].chars().zip(tensor.shape());
    sides.filter(|(axis, _)| outputs[0].contains(*axis)).map(|(_, side)| side).product()
}

/// As many random values, of the same shape.
fn random(tensor: &Tensor, how: Randomise, outputs: usize, mut chance: Chance) -> TractResult<Tensor> {
    let mut values: Vec<f32> = tensor.cast_to::<f32>()?.view().as_slice::<f32>()?.to_vec();
    match how {
        Randomise::Permuted => chance.shuffle(&mut values),
        Randomise::He => {
            let inputs = values.len() / outputs.max(1);
            let deviation = if inputs > 1 { (2.0 / inputs as f32).sqrt() } else { 0.0 };
            values.iter_mut().for_each(|value| *value = deviation * chance.normal());
        }
    }
    Tensor::from_shape(tensor.shape(), &values)
}
