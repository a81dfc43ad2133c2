//! What a network may ask for. A file of a few kilobytes can ask for terabytes or for hours, so sizes are worked out in
//! 64 bits, whatever the machine's addresses have, before anything of that size is allocated.

mod guard;

use std::collections::HashMap;

use tract_onnx::tract_core::ops::cnn::{Conv, Deconv, MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_hir::internal::*;

use crate::error::Result;

use super::refusal::Refusal;

pub(super) use guard::infer_within;

/// Operators of a graph; large transformers have some five thousand.
pub(super) const MOST_NODES: usize = 20_000;

/// Axes of a tensor; windows of windows have eight.
pub(super) const MOST_AXES: usize = 12;

/// Multiply-adds of a pass: hundreds of passes of more would take days.
const MOST_MULTIPLY_ADDS: u64 = 400_000_000_000;

/// One constant may take this share of the memory, and all that are computed while the file is loaded.
const SHARE_OF_CONSTANTS: u64 = 4;

/// How much a network and an explanation may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
}

impl Limits {
    /// What WebAssembly can address: all that a tab can have.
    pub const TAB: Limits = Limits { memory: 4 << 30 };

    /// Whether `bytes` are no more than there are.
    pub fn hold(&self, bytes: u64) -> bool {
        bytes <= self.memory
    }
}

impl Default for Limits {
    /// Those of a tab, so that what works on one machine works on the other.
    fn default() -> Limits {
        Limits::TAB
    }
}

/// Bytes that a graph takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    /// Its constants.
    pub weights: u64,
    /// The tensors that are alive at the same time in a pass, at most.
    pub pass: u64,
    /// All tensors of a pass, as a way back keeps them.
    pub all: u64,
}

/// Refuses a graph whose tensors, windows or multiply-adds exceed what can be computed; answers with what it takes.
///
/// # Errors
/// [`ErrorKind::Model`](crate::error::ErrorKind) with the number that was found.
pub(super) fn check_graph(graph: &TypedModel, limits: Limits, refuse: &Refusal) -> Result<Needs> {
    let order = graph.eval_order().map_err(|cause| refuse.unsupported(cause))?;
    let mut multiply_adds = 0_u64;
    let mut constants = 0_u64;
    for node in order.iter().map(|&node| graph.node(node)) {
        for output in &node.outputs {
            let fact = &output.fact;
            let dims: Option<Vec<i64>> = fact.shape.iter().map(|dim| dim.to_i64().ok()).collect();
            let Some(dims) = dims else { continue };
            let bytes = bytes_of(dims.iter().copied(), fact.datum_type);
            let Some(bytes) = bytes.filter(|&bytes| bytes <= limits.memory / SHARE_OF_CONSTANTS) else {
                return Err(refuse.too_large_a_tensor(&node.name, &dims, bytes, limits));
            };
            if dims.len() > MOST_AXES {
                return Err(refuse.too_many_axes(dims.len(), MOST_AXES));
            }
            constants = constants.saturating_add(fact.konst.as_ref().map_or(0, |_| bytes));
        }
        check_window(graph, node, limits, refuse)?;
        multiply_adds = multiply_adds.saturating_add(cost(graph, node));
    }
    if !limits.hold(constants) {
        return Err(refuse.heavy_weights(constants, limits));
    }
    if multiply_adds > MOST_MULTIPLY_ADDS {
        return Err(refuse.too_slow(multiply_adds, MOST_MULTIPLY_ADDS));
    }
    let (pass, all) = tensors(graph, &order);
    if !limits.hold(pass) {
        return Err(refuse.heavy_pass(pass, limits));
    }
    Ok(Needs { weights: constants, pass, all })
}

/// Bytes of the tensors that are alive at the same time, at most, each from its maker to its last reader; and of all of them.
fn tensors(graph: &TypedModel, order: &[usize]) -> (u64, u64) {
    let at: HashMap<usize, usize> = order.iter().enumerate().map(|(at, &node)| (node, at)).collect();
    let mut ends = vec![0_u64; order.len()];
    let (mut alive, mut peak, mut all) = (0_u64, 0_u64, 0_u64);
    for (now, &node) in order.iter().enumerate() {
        for (slot, output) in
            graph.node(node).outputs.iter().enumerate().filter(|(_, output)| output.fact.konst.is_none())
        {
            let dims = shape(graph, OutletId::new(node, slot)).unwrap_or_default();
            let bytes = product(&dims).saturating_mul(output.fact.datum_type.size_of() as u64);
            let last = output.successors.iter().filter_map(|reader| at.get(&reader.node)).max();
            ends[last.copied().unwrap_or(now)] += bytes;
            alive = alive.saturating_add(bytes);
            all = all.saturating_add(bytes);
        }
        peak = peak.max(alive);
        alive -= ends[now];
    }
    (peak, all)
}

/// The window of a convolution or pool must lie in its input, and its input between its padding in memory.
fn check_window(graph: &TypedModel, node: &TypedNode, limits: Limits, refuse: &Refusal) -> Result<()> {
    let Some((spec, is_pool)) = window(node) else { return Ok(()) };
    let Some(shape) = shape(graph, node.inputs[0]) else { return Ok(()) };
    let Ok(shape) = spec.data_format.shape(shape) else { return Ok(()) };
    let mut padded = vec![*shape.c() as i64];
    for (side, (padding, &len)) in spec.computed_padding(shape.hw_dims()).iter().zip(shape.hw_dims()).enumerate() {
        let reach = (spec.kernel_shape[side] as u64 - 1).saturating_mul(spec.dilation(side) as u64) + 1;
        let (before, after) = (padding.pad_before as u64, padding.pad_after as u64);
        let with_padding = (len as u64).saturating_add(before).saturating_add(after);
        let outside = reach > with_padding || is_pool && before.max(after) >= reach;
        if outside || padding.convoluted == 0 {
            return Err(refuse.senseless_window(&node.name, &spec.kernel_shape, shape.hw_dims(), (before, after)));
        }
        padded.push(with_padding as i64);
    }
    let bytes = bytes_of(padded.iter().copied(), DatumType::F32);
    if bytes.is_none_or(|bytes| bytes > limits.memory / SHARE_OF_CONSTANTS) {
        return Err(refuse.too_large_a_tensor(&node.name, &padded, bytes, limits));
    }
    Ok(())
}

fn window(node: &TypedNode) -> Option<(&PoolSpec, bool)> {
    let pool =
        node.op_as::<MaxPool>().map(|op| &op.pool_spec).or_else(|| node.op_as::<SumPool>().map(|op| &op.pool_spec));
    node.op_as::<Conv>().map(|op| (&op.pool_spec, false)).or_else(|| pool.map(|spec| (spec, true)))
}

/// Multiply-adds of a node by the definition of its operator; for what has none, the values that it makes.
fn cost(graph: &TypedModel, node: &TypedNode) -> u64 {
    let volume = |outlet: OutletId| shape(graph, outlet).map_or(0, |shape| product(&shape));
    let made = (0..node.outputs.len()).map(|slot| volume(OutletId::new(node.id, slot))).fold(0, u64::saturating_add);
    if let Some(op) = node.op_as::<Conv>() {
        let inputs = (op.pool_spec.input_channels / op.group.max(1)) as u64;
        return made.saturating_mul(inputs).saturating_mul(product(&op.pool_spec.kernel_shape));
    }
    if let Some(op) = node.op_as::<Deconv>() {
        let outputs = (op.pool_spec.output_channels / op.group.max(1)) as u64;
        let kernel = product(&op.pool_spec.kernel_shape);
        return volume(node.inputs[0]).saturating_mul(outputs).saturating_mul(kernel);
    }
    if let Some(op) = node.op_as::<EinSum>() {
        let inputs: Vec<TVec<usize>> = node.inputs.iter().filter_map(|input| shape(graph, *input)).collect();
        let len = |axis: &Axis| {
            let sides =
                axis.inputs.iter().zip(&inputs).flat_map(|(axes, shape)| axes.iter().filter_map(|&at| shape.get(at)));
            sides.copied().max().unwrap_or(1) as u64
        };
        return op.axes.iter_all_axes().map(len).fold(1, u64::saturating_mul);
    }
    match window(node) {
        Some((spec, _)) => made.saturating_mul(product(&spec.kernel_shape)),
        None => made,
    }
}

fn product(dims: &[usize]) -> u64 {
    dims.iter().fold(1, |product: u64, &dim| product.saturating_mul(dim as u64))
}

fn shape(graph: &TypedModel, outlet: OutletId) -> Option<TVec<usize>> {
    graph.outlet_fact(outlet).ok()?.shape.as_concrete().map(|dims| dims.into())
}

/// Bytes of a tensor; `None` where a size is negative or the product has more than 64 bits.
fn bytes_of(dims: impl Iterator<Item = i64>, kind: DatumType) -> Option<u64> {
    let mut bytes = kind.size_of() as u64;
    let mut is_empty = false;
    for dim in dims {
        let dim = u64::try_from(dim).ok()?;
        is_empty |= dim == 0;
        bytes = bytes.checked_mul(dim.max(1))?;
    }
    // An axis of nothing does not excuse another of 2^60: addresses are worked out of all of them.
    Some(if is_empty && bytes < 1 << 32 { 0 } else { bytes })
}
