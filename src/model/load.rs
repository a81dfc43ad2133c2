//! From the bytes of an ONNX file to a [`Network`].

use std::panic::{AssertUnwindSafe, catch_unwind};

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::nn::Softmax;
use tract_onnx::tract_hir::infer::Factoid;

use crate::error::Result;

use super::Network;
use super::check::check;
use super::layers::{Layer, discover};
use super::refusal::Refusal;
use super::spec::{ModelSpec, OutputKind};

impl Network {
    /// Loads an ONNX file of one image input [1, 3, height, width] and one output [1, classes].
    ///
    /// An input size that is fixed in the graph wins over that of `spec`: the network could not run at another.
    /// float16 weights are widened to float32. A softmax at the end of the graph is taken off: scores are kept
    /// as logits, and probabilities made of them where they are wanted.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the file is no such network.
    pub fn load(bytes: Vec<u8>, spec: ModelSpec) -> Result<Network> {
        let title = spec.title.clone();
        let refuse = Refusal { title: &title };
        let proto = onnx().proto_model_for_read(&mut bytes.as_slice()).map_err(|cause| refuse.damaged(cause))?;
        drop(bytes);
        check(&proto, &refuse)?;
        // What `check` lets through and tract still panics at. In wasm a panic cannot be caught; there the worker is
        // started anew.
        catch_unwind(AssertUnwindSafe(|| build(proto, spec, &refuse))).unwrap_or_else(|_| Err(refuse.defect()))
    }
}

/// The network of a graph that was looked over.
fn build(proto: ModelProto, mut spec: ModelSpec, refuse: &Refusal) -> Result<Network> {
    let mut graph = onnx().model_for_proto_model(&proto).map_err(|cause| refuse.unsupported(cause))?;
    drop(proto);

    if let Some((height, width)) = fixed_size(&graph) {
        (spec.input.height, spec.input.width) = (height, width);
    }
    let shape = [1, 3, spec.input.height, spec.input.width];
    graph.set_input_fact(0, f32::fact(shape).into()).map_err(|cause| refuse.unsupported(cause))?;
    let mut graph = graph.into_typed().map_err(|cause| refuse.unsupported(cause))?;

    let (logits, output) = logits_outlet(&graph, spec.output);
    graph.select_output_outlets(&[logits]).map_err(|cause| refuse.unsupported(cause))?;
    let fact = graph.outlet_fact(logits).map_err(|cause| refuse.unsupported(cause))?;
    let Some(classes) = fact.shape.as_concrete().map(|shape| shape.iter().product()).filter(|&n| n > 1) else {
        return Err(refuse.not_a_classifier(format!("an output of shape {:?}", fact.shape)));
    };

    let layers = discover(&graph, logits).map_err(|cause| refuse.unsupported(cause))?;
    let default_layer = default_layer(&layers, &spec).ok_or_else(|| refuse.without_layers())?;
    let plan = graph
        .clone()
        .into_optimized()
        .and_then(|optimized| optimized.into_runnable())
        .map_err(|cause| refuse.unsupported(cause))?;
    Ok(Network { spec, graph, plan, output, classes, layers, default_layer })
}

/// Height and width of the input [batch, 3, height, width] if the graph fixes them.
fn fixed_size(graph: &InferenceModel) -> Option<(usize, usize)> {
    let dims = graph.input_fact(0).ok()?.shape.dims().map(|dim| usize::try_from(dim.concretize()?.to_i64().ok()?).ok());
    match dims.collect::<Vec<_>>()[..] {
        [_, _, Some(height), Some(width)] => Some((height, width)),
        _ => None,
    }
}

/// The tensor with the scores, before a final softmax where there is one, and what it holds.
fn logits_outlet(graph: &TypedModel, output: OutputKind) -> (OutletId, OutputKind) {
    let last = graph.outputs[0];
    let node = graph.node(last.node);
    if node.op_is::<Softmax>() { (node.inputs[0], OutputKind::Logits) } else { (last, output) }
}

fn default_layer(layers: &[Layer], spec: &ModelSpec) -> Option<usize> {
    layers.iter().position(|layer| layer.name == spec.default_layer).or_else(|| layers.len().checked_sub(1))
}
