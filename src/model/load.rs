//! From the bytes of an ONNX file to a [`Network`].

use std::fmt::Display;

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::nn::Softmax;
use tract_onnx::tract_hir::infer::Factoid;

use crate::error::{Error, ErrorKind, Result};

use super::layers::{Layer, discover};
use super::spec::{ModelSpec, OutputKind};
use super::Network;

impl Network {
    /// Loads an ONNX file of one image input [1, 3, height, width] and one output [1, classes].
    ///
    /// An input size that is fixed in the graph wins over that of `spec`: the network could not run at another.
    /// float16 weights are widened to float32. If the graph ends in a softmax, as `spec` says, it is taken off: scores are kept
    /// as logits, and probabilities made of them where they are wanted.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] if the file is no such network.
    pub fn load(bytes: Vec<u8>, mut spec: ModelSpec) -> Result<Network> {
        let title = spec.title.clone();
        let refuse = Refusal { title: &title };
        let proto = onnx().proto_model_for_read(&mut bytes.as_slice()).map_err(|cause| refuse.damaged(cause))?;
        drop(bytes);
        if proto.graph.as_ref().is_none_or(|graph| graph.node.is_empty()) {
            return Err(refuse.damaged("it holds no graph"));
        }
        let mut graph = onnx().model_for_proto_model(&proto).map_err(|cause| refuse.unsupported(cause))?;
        drop(proto);

        let inputs = graph.input_outlets().map_err(|cause| refuse.unsupported(cause))?.len();
        if inputs != 1 || graph.outputs.is_empty() {
            return Err(refuse.not_a_classifier(format!("{inputs} inputs and {} outputs", graph.outputs.len())));
        }
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
    match output {
        OutputKind::Probabilities if node.op_is::<Softmax>() => (node.inputs[0], OutputKind::Logits),
        _ => (last, output),
    }
}

fn default_layer(layers: &[Layer], spec: &ModelSpec) -> Option<usize> {
    layers.iter().position(|layer| layer.name == spec.default_layer).or_else(|| layers.len().checked_sub(1))
}

/// Says why a file is no network that can be explained.
struct Refusal<'a> {
    title: &'a str,
}

impl Refusal<'_> {
    fn damaged(&self, cause: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not a readable ONNX file ({cause}).", self.title),
            "Download it again and compare its size and checksum with its source.",
        )
    }

    fn unsupported(&self, cause: TractError) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be prepared: {cause:#}.", self.title),
            "Export the network anew with one image input of fixed size and standard ONNX operators.",
        )
    }

    fn not_a_classifier(&self, found: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not an image classifier: it has {found}.", self.title),
            "Expected are one input [1, 3, height, width] and one output with a score for each of two or more classes.",
        )
    }

    fn without_layers(&self) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} has no layer with activation maps [1, channels, height, width] of more than one position.", self.title),
            "Score-CAM explains convolutional networks; choose one.",
        )
    }
}
