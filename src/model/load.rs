//! From an ONNX file to a [`Network`].

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use prost::Message;
use prost::bytes::Buf;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::DataType;
use tract_onnx::pb::{AttributeProto, ModelProto, TensorProto};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::change_axes::AxisOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::identity::Identity;
use tract_onnx::tract_core::ops::nn::{Sigmoid, Softmax};
use tract_onnx::tract_hir::infer::Factoid;

use crate::engine::{Program, Purpose};
use crate::error::Result;

use super::check::check;
use super::guess::{Guess, guess};
use super::layers;
use super::limits::{self, Limits};
use super::refusal::Refusal;
use super::spec::{ModelSpec, OutputKind};
use super::trace::{self, Layout, dimensions, free_inputs, picture_layout};
use super::{Network, Operators, Runner};

/// An ONNX file that was read and looked over.
pub struct OnnxFile {
    proto: ModelProto,
    limits: Limits,
}

impl OnnxFile {
    /// Reads an ONNX file; `title` is what it is called in errors. `source` is read once, front to back, so a file that
    /// lies elsewhere need not be in memory as a whole.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the file is damaged, incomplete, quantised or no image classifier.
    pub fn read(source: impl Buf, title: &str) -> Result<OnnxFile> {
        let refuse = Refusal::of(title);
        let mut proto = ModelProto::decode(source).map_err(|cause| refuse.damaged(cause))?;
        check(&proto, &refuse)?;
        fill_in_defaults(&mut proto);
        Ok(OnnxFile { proto, limits: Limits::default() })
    }

    /// The same file, to be built within `limits`.
    pub fn within(self, limits: Limits) -> OnnxFile {
        OnnxFile { limits, ..self }
    }

    /// How it wants its pictures, as far as the file shows it.
    pub fn guess(&self) -> Guess {
        guess(&self.proto)
    }

    /// The network that takes pictures as `spec` says.
    ///
    /// An input size that is fixed in the graph wins over that of `spec`: the network could not run at another.
    /// float16 weights are widened to float32. A softmax or sigmoid at the end of the graph is taken off: scores are
    /// kept as logits, and probabilities made of them where they are wanted.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if its operators do not fit together or nothing in it can be
    /// explained, [`ErrorKind::Option`](crate::error::ErrorKind) if `spec` cannot be met,
    /// [`ErrorKind::Layer`](crate::error::ErrorKind) if it has no such default layer.
    pub fn build(self, spec: ModelSpec) -> Result<Network> {
        self.build_with(spec, Operators::Own)
    }

    /// As [`build`](OnnxFile::build), with a choice of operators.
    ///
    /// # Errors
    /// As [`build`](OnnxFile::build).
    pub fn build_with(self, spec: ModelSpec, operators: Operators) -> Result<Network> {
        spec.input.check()?;
        let refuse = Refusal::of(&spec.title);
        // What `check` lets through and tract still panics at. In wasm a panic cannot be caught; there the worker is
        // started anew.
        let network = || build(self.proto, self.limits, spec, operators, &refuse);
        catch_unwind(AssertUnwindSafe(network)).unwrap_or_else(|_| Err(refuse.defect()))
    }
}

impl Network {
    /// Loads the ONNX file in `bytes` as `spec` says, with nothing guessed.
    ///
    /// # Errors
    /// As [`OnnxFile::read`] and [`OnnxFile::build`].
    pub fn load(bytes: Vec<u8>, spec: ModelSpec) -> Result<Network> {
        // Read as an owned buffer, which is let go as soon as the file is parsed.
        OnnxFile::read(prost::bytes::Bytes::from(bytes), &spec.title)?.build(spec)
    }
}

/// Says what ONNX leaves unsaid and tract takes for something else: a ConstantOfShape without a value makes zeros of
/// float32, tract's are of float64.
fn fill_in_defaults(proto: &mut ModelProto) {
    for node in proto.graph.iter_mut().flat_map(|graph| &mut graph.node) {
        if node.op_type == "ConstantOfShape" && node.attribute.is_empty() {
            let zero = TensorProto {
                dims: vec![1],
                data_type: DataType::Float as i32,
                float_data: vec![0.0],
                ..Default::default()
            };
            let r#type = AttributeType::Tensor as i32;
            node.attribute.push(AttributeProto { name: "value".into(), t: Some(zero), r#type, ..Default::default() });
        }
    }
}

/// The network of a graph that was looked over.
fn build(
    proto: ModelProto,
    limits: Limits,
    mut spec: ModelSpec,
    operators: Operators,
    refuse: &Refusal,
) -> Result<Network> {
    let unsupported = |cause| refuse.unsupported(cause);
    let mut graph = onnx().model_for_proto_model(&proto).map_err(unsupported)?;
    let file = proto.graph.as_ref().expect("check saw a graph");
    let made_by = trace::operators(file);
    let dims = free_inputs(file).first().and_then(|input| dimensions(input)).unwrap_or_default();
    let layout = picture_layout(&dims);
    drop(proto);

    if let Some((height, width)) = fixed_size(&graph, layout) {
        (spec.input.height, spec.input.width) = (height, width);
    }
    let shape = input_shape(&spec, layout);
    graph.set_input_fact(0, f32::fact(shape).into()).map_err(unsupported)?;
    limits::infer_within(&mut graph, limits).map_err(unsupported)?;
    let mut graph = graph.into_typed().map_err(unsupported)?;
    let needs = limits::check_graph(&graph, limits, refuse)?;

    let (logits, output) = logits_outlet(&graph, spec.output);
    graph.select_output_outlets(&[logits]).map_err(unsupported)?;
    let fact = graph.outlet_fact(logits).map_err(unsupported)?;
    let Some(classes) = fact.shape.as_concrete().and_then(classes) else {
        return Err(refuse.not_a_classifier(format!("an output of shape {:?}", fact.shape)));
    };

    let layers = layers::discover(&graph, logits, layout, &made_by).map_err(unsupported)?;
    let mut layers = layers.map_err(|found| refuse.without_layers(&found))?;
    let default_layer = match spec.default_layer.as_str() {
        "" => layers::last_computed(&layers),
        name => layers::position(name, &layers, &spec)?,
    };
    let own = (operators == Operators::Own).then(|| Program::compile(&graph, Purpose::Often).ok()).flatten();
    for layer in &mut layers {
        layer.tap = own.as_ref().and_then(|program| program.tap(layer.outlet));
    }
    let runner = Runner::of(own, &graph).map_err(unsupported)?;
    Ok(Network { spec, graph, layout, runner, output, classes, layers, default_layer, needs, pace: Arc::default() })
}

/// The number of classes of an output of this shape: all of its axes but one must be 1.
fn classes(shape: &[usize]) -> Option<usize> {
    let classes = shape.iter().product();
    (classes > 1 && shape.iter().filter(|&&dim| dim != 1).count() == 1).then_some(classes)
}

/// The shape of the input tensor.
pub(super) fn input_shape(spec: &ModelSpec, layout: Layout) -> [usize; 4] {
    let (height, width) = (spec.input.height, spec.input.width);
    match layout {
        Layout::ChannelsFirst => [1, 3, height, width],
        Layout::ChannelsLast => [1, height, width, 3],
    }
}

/// Height and width of the input if the graph fixes them.
fn fixed_size(graph: &InferenceModel, layout: Layout) -> Option<(usize, usize)> {
    let dims = graph.input_fact(0).ok()?.shape.dims().map(|dim| usize::try_from(dim.concretize()?.to_i64().ok()?).ok());
    match (layout, &dims.collect::<Vec<_>>()[..]) {
        (Layout::ChannelsFirst, [_, _, Some(height), Some(width)]) => Some((*height, *width)),
        (Layout::ChannelsLast, [_, Some(height), Some(width), _]) => Some((*height, *width)),
        _ => None,
    }
}

/// The tensor with the scores, before a final softmax or sigmoid where there is one, and what it holds. Operators that
/// only reshape what comes after it are stepped over.
fn logits_outlet(graph: &TypedModel, output: OutputKind) -> (OutletId, OutputKind) {
    let last = graph.outputs[0];
    let mut outlet = last;
    loop {
        let node = graph.node(outlet.node);
        if node.op_is::<Softmax>() {
            return (node.inputs[0], OutputKind::Logits);
        }
        if node.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<Sigmoid>()) {
            return (node.inputs[0], OutputKind::Sigmoid);
        }
        if !node.op_is::<AxisOp>() && !node.op_is::<Identity>() {
            return (last, output);
        }
        outlet = node.inputs[0];
    }
}
