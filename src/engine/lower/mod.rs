//! From a tract graph to the steps of a program.
//!
//! A convolution takes along what follows it: a normalisation or bias by channel goes into its weights, a sum with a value
//! that is there already and a clamp (ReLU, ReLU6) into the store of its results.

mod attention;
mod channels;
mod functions;
mod graph;
mod normalization;
mod others;
mod pools;
mod products;
mod rows;
mod rowwise;
mod views;
mod window;

use std::collections::{HashMap, HashSet};

use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::{TractErrorContext, bail};
use tract_onnx::tract_core::ops::array::TypedConcat;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::cnn::{Conv, MaxPool, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::source::TypedSource;
use tract_onnx_opl::lrn::Lrn;

use crate::engine::maps::Maps;
use crate::engine::steps::fallback::{Fallback, Input};
use crate::engine::steps::pick::Channel;
use crate::engine::steps::pool::Summary;
use crate::engine::steps::{Step, ValueId};
use attention::Begun;
use graph::Graph;
pub use views::{View, is_identity};

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
    /// The node of the graph that each step was made for.
    pub nodes: Vec<usize>,
    pub input: ValueId,
    pub output: ValueId,
    /// Where each tensor of the graph is, if it is anywhere; those that were taken along are not.
    pub tensors: HashMap<OutletId, Storage>,
}

/// Where a tensor of the graph is.
#[derive(Debug, Clone)]
pub enum Storage {
    /// All of a value, in its order.
    Maps(ValueId, Maps),
    /// In a value, in another order.
    View(View),
}

impl Storage {
    /// The value that it lies in.
    pub fn value(&self) -> ValueId {
        match self {
            Storage::Maps(value, _) => *value,
            Storage::View(view) => view.value,
        }
    }

    /// Its numbers, row-major, from the floats of its value.
    pub fn read<'a>(&self, floats: impl FnOnce(ValueId, &Maps) -> &'a [f32]) -> Vec<f32> {
        match self {
            Storage::Maps(value, maps) => {
                let mut plain = vec![0.0; maps.channels * maps.positions()];
                maps.unpack(floats(*value, maps), &mut plain);
                plain
            }
            Storage::View(view) => view.read(floats(view.value, &view.maps)),
        }
    }
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
    let mut lowering = Lowering {
        graph,
        purpose,
        values: Vec::new(),
        steps: Vec::new(),
        of: HashMap::new(),
        picked: HashMap::new(),
        listed: 0,
        views: HashMap::new(),
        rows: 0,
        begun: HashMap::new(),
        fused: HashSet::new(),
    };
    let mut input = None;
    let mut nodes = Vec::new();
    for node in lowering.graph.order.clone() {
        let node = model.node(node);
        if node.op_is::<TypedSource>() {
            input = Some(lowering.new_value(node.id.into())?);
        } else if !lowering.fused.contains(&node.id) && lowering.graph.constant(node.id.into()).is_none() {
            lowering.lower(node)?;
        }
        nodes.resize(lowering.steps.len(), node.id);
    }
    lowering.settle(model.outputs[0])?;
    nodes.resize(lowering.steps.len(), model.outputs[0].node);
    let output = *lowering.of.get(&model.outputs[0]).with_context(|| "the output does not depend on the picture")?;
    let input = input.with_context(|| "the graph has no input")?;
    let Lowering { values, steps, of, views, .. } = lowering;
    // Of those that lie in two ways, the view knows the value that a step wrote.
    let plain = of.into_iter().map(|(outlet, value)| (outlet, Storage::Maps(value, values[value].maps)));
    let tensors = plain.chain(views.into_iter().map(|(outlet, view)| (outlet, Storage::View(view)))).collect();
    Ok(Lowered { values, steps, nodes, input, output, tensors })
}

struct Lowering<'a> {
    graph: Graph<'a>,
    purpose: Purpose,
    values: Vec<Value>,
    steps: Vec<Box<dyn Step>>,
    /// The value of each tensor that was lowered.
    of: HashMap<OutletId, ValueId>,
    /// Tensors that are channels of values, as long as nobody reads them as one.
    picked: HashMap<OutletId, Vec<Channel>>,
    /// Channels of all these lists.
    listed: usize,
    /// Tensors whose numbers lie in a value in another order, or that are not maps.
    views: HashMap<OutletId, View>,
    /// Rows of the tables of those that were only moved.
    rows: usize,
    /// Attentions that are found, by their last node.
    begun: HashMap<usize, Begun>,
    /// Nodes that were taken along by one before them.
    fused: HashSet<usize>,
}

impl Lowering<'_> {
    fn lower(&mut self, node: &TypedNode) -> TractResult<()> {
        if node.outputs[0].fact.datum_type != f32::datum_type() {
            bail!("{} makes {:?} of the picture", node.op.name(), node.outputs[0].fact.datum_type);
        }
        let is_joined = match node.op_as::<TypedConcat>() {
            Some(op) => self.concatenation(node, op)?,
            None => false,
        };
        if is_joined || self.channels(node)? || self.viewed(node)? || self.joined(node)? || self.rowwise(node)? {
            return Ok(());
        }
        for &input in &node.inputs {
            self.settle(input)?;
        }
        let lowered = if let Some(op) = node.op_as::<Conv>() {
            self.convolution(node, op)?
        } else if node.op_is::<TypedBinOp>() {
            self.binary(node)?
        } else if let Some(op) = node.op_as::<MaxPool>().filter(|op| op.with_index_outputs.is_none()) {
            self.pool(node, &op.pool_spec, Summary::Max)?
        } else if let Some(op) = node.op_as::<SumPool>() {
            self.sum_pool(node, op)?
        } else if let Some(op) = node.op_as::<Lrn>() {
            self.local_response(node, op)?
        } else if let Some(op) = node.op_as::<EinSum>() {
            self.linear(node, op)?
        } else if node.op_is::<ElementWiseOp>() {
            self.unary(node)?
        } else {
            self.same_order(node)?
        };
        if lowered { Ok(()) } else { self.fallback(node) }
    }

    /// A new value for the tensor at `outlet`.
    fn new_value(&mut self, outlet: OutletId) -> TractResult<ValueId> {
        let shape = self.graph.shape(outlet)?;
        let maps = match *shape {
            [1, channels, height, width] => Maps::checked(channels, height, width),
            _ => shape
                .iter()
                .try_fold(1_usize, |product, &dim| product.checked_mul(dim))
                .and_then(|n| Maps::checked(n, 1, 1)),
        };
        let maps = maps.with_context(|| format!("a tensor of shape {shape:?} is larger than the memory"))?;
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
