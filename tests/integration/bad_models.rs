//! Files that are no network that can be explained, and the sentence each gets. Most are the tiny network with one thing
//! wrong; none may panic, hang or ask for unbounded memory.

use prost::Message;
use scorecam::error::ErrorKind;
use scorecam::model::Network;
use scorecam::model::spec::ModelSpec;
use tract_onnx::pb::attribute_proto::AttributeType;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};
use tract_onnx::pb::tensor_shape_proto::{Dimension, dimension};
use tract_onnx::pb::type_proto::Value;
use tract_onnx::pb::{AttributeProto, GraphProto, ModelProto, NodeProto, StringStringEntryProto, TensorProto};

use crate::fixtures::read;

fn tiny() -> ModelProto {
    ModelProto::decode(read("tests/fixtures/tiny.onnx").as_slice()).unwrap()
}

/// The tiny network with its graph changed.
fn with(change: impl FnOnce(&mut GraphProto)) -> Vec<u8> {
    let mut model = tiny();
    change(model.graph.as_mut().unwrap());
    model.encode_to_vec()
}

/// The tiny network with its file changed.
fn changed(change: impl FnOnce(&mut ModelProto)) -> Vec<u8> {
    let mut model = tiny();
    change(&mut model);
    model.encode_to_vec()
}

fn node<'a>(graph: &'a mut GraphProto, output: &str) -> &'a mut NodeProto {
    graph.node.iter_mut().find(|node| node.output[0] == output).unwrap()
}

fn weight<'a>(graph: &'a mut GraphProto, name: &str) -> &'a mut TensorProto {
    graph.initializer.iter_mut().find(|weight| weight.name == name).unwrap()
}

fn input_shape(graph: &mut GraphProto, dims: &[i64]) {
    let Some(Value::TensorType(tensor)) = graph.input[0].r#type.as_mut().unwrap().value.as_mut() else {
        unreachable!()
    };
    let dim = |&value| Dimension { value: Some(dimension::Value::DimValue(value)), ..Dimension::default() };
    tensor.shape.as_mut().unwrap().dim = dims.iter().map(dim).collect();
}

fn input_type(graph: &mut GraphProto, kind: DataType) {
    let Some(Value::TensorType(tensor)) = graph.input[0].r#type.as_mut().unwrap().value.as_mut() else {
        unreachable!()
    };
    tensor.elem_type = kind as i32;
}

struct Case {
    what: &'static str,
    bytes: Vec<u8>,
    says: &'static str,
}

fn case(what: &'static str, bytes: Vec<u8>, says: &'static str) -> Case {
    Case { what, bytes, says }
}

fn cases() -> Vec<Case> {
    let whole = read("tests/fixtures/tiny.onnx");
    vec![
        case("an empty file", vec![], "Tiny is not a readable ONNX file (it holds no graph)."),
        case("text", b"Dear diary, this is no protobuf.\n".to_vec(), "Tiny is not a readable ONNX file ("),
        case("a picture", read("tests/fixtures/tiny.png"), "Tiny is not a readable ONNX file ("),
        case("zeros", vec![0; 1000], "Tiny is not a readable ONNX file ("),
        case("a truncated file", whole[..whole.len() / 2].to_vec(), "Tiny is not a readable ONNX file ("),
        case(
            "no graph",
            ModelProto { graph: None, ..tiny() }.encode_to_vec(),
            "Tiny is not a readable ONNX file (it holds no graph).",
        ),
        case(
            "a graph without nodes",
            with(|g| g.node.clear()),
            "Tiny is not a readable ONNX file (it holds no graph).",
        ),
        case(
            "an unknown operator",
            with(|g| node(g, "first.relu").op_type = "Sparkle".into()),
            "Tiny contains the operator Sparkle (it makes \"first.relu\"), which is not known here.",
        ),
        case(
            "a quantised network",
            with(|g| node(g, "first").op_type = "QLinearConv".into()),
            "Tiny is quantised: it contains QLinearConv.",
        ),
        case(
            "a cycle",
            with(|g| node(g, "first").input[0] = "second.relu".into()),
            "The graph of Tiny is not in order: \"first\" reads \"second.relu\" before it is made.",
        ),
        case(
            "a missing weight",
            with(|g| g.initializer.retain(|w| w.name != "second.weight")),
            "Tiny is incomplete: \"second\" needs \"second.weight\", which is neither a weight nor made by a node.",
        ),
        case(
            "an output that nothing makes",
            with(|g| g.output[0].name = "nowhere".into()),
            "Tiny is incomplete: \"the graph's output\" needs \"nowhere\"",
        ),
        case("no output", with(|g| g.output.clear()), "Tiny is not an image classifier: it has no output."),
        case(
            "a tensor made twice",
            with(|g| node(g, "second").output[0] = "first".into()),
            "Tiny is not a readable ONNX file (the tensor \"first\" is made twice).",
        ),
        case(
            "NaN among the weights",
            with(|g| weight(g, "second.bias").raw_data[..4].copy_from_slice(&f32::NAN.to_le_bytes())),
            "The weight \"second.bias\" of Tiny holds NaN, so every answer would be NaN.",
        ),
        case(
            "a weight with too few bytes",
            with(|g| weight(g, "second.weight").raw_data.truncate(10)),
            "Tiny is not a readable ONNX file (the weight \"second.weight\" has 10 bytes where its shape needs 96).",
        ),
        case(
            "a weight of negative size",
            with(|g| weight(g, "second.weight").dims[0] = -4),
            "Tiny is not a readable ONNX file (the weight \"second.weight\" has the shape [-4, 6, 1, 1]).",
        ),
        case(
            "a weight that claims terabytes",
            with(|g| weight(g, "second.weight").dims = vec![1 << 40, 6, 1, 1]),
            "Tiny is not a readable ONNX file (the weight \"second.weight\" claims the shape [1099511627776, 6, 1, 1]).",
        ),
        case(
            "a weight whose size overflows",
            with(|g| weight(g, "second.weight").dims = vec![i64::MAX, i64::MAX]),
            "Tiny is not a readable ONNX file (the weight \"second.weight\" claims the shape",
        ),
        case(
            "weights in another file",
            with(|g| {
                let weight = weight(g, "first.weight");
                weight.data_location = Some(DataLocation::External as i32);
                weight.raw_data.clear();
                let entry = StringStringEntryProto { key: "location".into(), value: "tiny.bin".into() };
                weight.external_data.push(entry);
            }),
            "Tiny keeps 1 of its weights in \"tiny.bin\", beside the ONNX file.",
        ),
        case(
            "a second input",
            with(|g| {
                let mut second = g.input[0].clone();
                second.name = "other".into();
                g.input.push(second);
            }),
            "Tiny is not an image classifier: it has 2 inputs (input, other).",
        ),
        case("no input", with(|g| g.input.clear()), "Tiny is not an image classifier: it has 0 inputs ()."),
        case(
            "a 3-D input",
            with(|g| input_shape(g, &[3, 8, 8])),
            "Tiny is not an image classifier: it has an input \"input\" of shape [3, 8, 8].",
        ),
        case(
            "a vector for an input",
            with(|g| input_shape(g, &[1, 784])),
            "Tiny is not an image classifier: it has an input \"input\" of shape [1, 784].",
        ),
        case(
            "an input of one channel",
            with(|g| input_shape(g, &[1, 1, 8, 8])),
            "Tiny is not an image classifier: it has an input \"input\" of shape [1, 1, 8, 8].",
        ),
        case(
            "an input without pixels",
            with(|g| input_shape(g, &[1, 3, 0, 8])),
            "Tiny is not an image classifier: it has an input \"input\" of shape [1, 3, 0, 8].",
        ),
        case(
            "an input of a million pixels a side",
            with(|g| input_shape(g, &[1, 3, 1_000_000, 1_000_000])),
            "Tiny is not an image classifier: it has an input \"input\" of shape [1, 3, 1000000, 1000000].",
        ),
        case(
            "a fixed batch of 32",
            with(|g| input_shape(g, &[32, 3, 8, 8])),
            "Tiny takes several pictures at once: it has an input \"input\" of shape [32, 3, 8, 8].",
        ),
        case(
            "an input of whole numbers",
            with(|g| input_type(g, DataType::Uint8)),
            "Tiny is not an image classifier: it has an input \"input\" of Uint8 instead of Float.",
        ),
        case(
            "an input without a type",
            with(|g| g.input[0].r#type = None),
            "Tiny is not an image classifier: it has an input \"input\" without a tensor type.",
        ),
        case(
            "shapes that do not fit together",
            with(|g| {
                weight(g, "second.weight").dims = vec![8, 3, 1, 1];
            }),
            "Tiny cannot be prepared: ",
        ),
        case(
            "no layer that has positions",
            with(|g| {
                node(g, "first").op_type = "GlobalAveragePool".into();
                node(g, "first").input.truncate(1);
                node(g, "first").attribute.clear();
                weight(g, "second.weight").dims = vec![4, 3, 1, 1];
                weight(g, "second.weight").raw_data.truncate(48);
            }),
            "Tiny has no layer of maps [1, channels, height, width] that can be explained: none of its tensors keeps the picture's positions in rows and columns.",
        ),
        case(
            "an operator set of the far future",
            changed(|model| model.opset_import[0].version = 1 << 62),
            "Tiny is of operator set 4611686018427387904, which is not known here.",
        ),
        case(
            "a negative operator set",
            changed(|model| model.opset_import[0].version = -1),
            "Tiny is of operator set -1, which is not known here.",
        ),
        case(
            "a pool that is larger than its maps",
            with(|g| {
                let pool = node(g, "first.relu");
                pool.op_type = "MaxPool".into();
                let kind = AttributeType::Ints as i32;
                pool.attribute.push(AttributeProto {
                    name: "kernel_shape".into(),
                    ints: vec![4000, 4000],
                    r#type: kind,
                    ..Default::default()
                });
            }),
            "Tiny makes no sense: \"first.relu\" slides a window of [4000, 4000] over [4, 4] positions with a padding of 0 and 0.",
        ),
        case(
            "a branch",
            with(|g| {
                let kind = AttributeType::Graph as i32;
                let branch = AttributeProto {
                    name: "then_branch".into(),
                    g: Some(GraphProto::default()),
                    r#type: kind,
                    ..Default::default()
                };
                let node = node(g, "first.relu");
                node.op_type = "If".into();
                node.attribute.push(branch);
            }),
            "Tiny decides while it runs what to compute: it contains If.",
        ),
        case(
            "more operators than any network has",
            with(|g| {
                let mut last = "first.relu".to_owned();
                for i in 0..20_000 {
                    let output = vec![format!("again{i}")];
                    g.node.insert(
                        2 + i,
                        NodeProto {
                            op_type: "Relu".into(),
                            input: vec![last],
                            output: output.clone(),
                            ..Default::default()
                        },
                    );
                    last = output[0].clone();
                }
            }),
            "Tiny has 20007 operators; at most 20000 can be computed.",
        ),
    ]
}

#[test]
fn each_bad_model_gets_a_sentence_that_says_what_is_wrong_and_what_to_do() {
    let cases = cases();
    assert!(cases.len() >= 25);
    for Case { what, bytes, says } in cases {
        let spec = ModelSpec { title: "Tiny".into(), ..ModelSpec::default() };
        let error = Network::load(bytes, spec).err().unwrap_or_else(|| panic!("{what} was loaded"));
        assert_eq!(error.kind, ErrorKind::Model, "{what}");
        assert!(error.message.starts_with(says), "{what}: {}", error.message);
        assert!(error.hint.ends_with('.'), "{what} has no advice");
    }
}
