//! What exporters write and loaders stumble over, against onnxruntime; and what is guessed of a file.

use prost::Message;
use prost::bytes::Bytes;
use scorecam::error::ErrorKind;
use scorecam::model::spec::{ChannelOrder, InputSpec, ModelSpec, OutputKind, Range};
use scorecam::model::{Clue, Network, OnnxFile};
use serde::Deserialize;
use tract_onnx::pb::ModelProto;

use crate::fixtures::{largest_difference, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Case {
    name: String,
    layer: String,
    shape: [usize; 3],
    input: Vec<f32>,
    logits: Vec<f32>,
    activations: Vec<f32>,
    /// Whether others than `layer` come after it.
    #[serde(default)]
    has_more_layers: bool,
}

fn bytes(name: &str) -> Vec<u8> {
    read(&format!("tests/fixtures/operators/{name}.onnx"))
}

fn tiny() -> ModelProto {
    ModelProto::decode(read("tests/fixtures/tiny.onnx").as_slice()).unwrap()
}

#[test]
fn networks_of_every_kind_of_export_compute_what_onnxruntime_computes() {
    let cases: Vec<Case> = serde_json::from_slice(&read("tests/fixtures/operators/operators.json")).unwrap();
    assert_eq!(cases.len(), 75);
    for case in &cases {
        let network = Network::load(bytes(&case.name), ModelSpec::default());
        let network = network.unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let layer = network.layer(Some(&case.layer)).unwrap();
        assert!(case.has_more_layers || layer.name == network.default_layer().name, "{}", case.name);
        assert_eq!([layer.channels, layer.height, layer.width], case.shape, "{}", case.name);
        let scale = |values: &[f32]| values.iter().fold(1.0_f32, |largest, value| largest.max(value.abs()));
        let logits = largest_difference(&network.logits(&case.input).unwrap(), &case.logits) / scale(&case.logits);
        assert!(logits < 1e-4, "{}: logits differ by {logits}", case.name);
        let activations = network.activations(layer, &case.input).unwrap().values;
        let activations = largest_difference(&activations, &case.activations) / scale(&case.activations);
        assert!(activations < 1e-4, "{}: activations differ by {activations}", case.name);
    }
}

#[test]
fn activation_functions_gates_and_groups_are_operators_of_ours() {
    let cases: Vec<Case> = serde_json::from_slice(&read("tests/fixtures/operators/operators.json")).unwrap();
    for Case { name, .. } in cases.iter().filter(|case| case.name.starts_with("own_")) {
        let network = Network::load(bytes(name), ModelSpec::default()).unwrap();
        assert_eq!(network.foreign_operators(), [""; 0], "{name}");
    }
}

#[test]
fn every_opset_from_7_to_22_is_read() {
    let input = [0.5; 3 * 8 * 8];
    let expected = Network::load(tiny().encode_to_vec(), ModelSpec::default()).unwrap().logits(&input).unwrap();
    for opset in 7..=22 {
        let mut model = tiny();
        model.opset_import[0].version = opset;
        let network = Network::load(model.encode_to_vec(), ModelSpec::default());
        let network = network.unwrap_or_else(|error| panic!("opset {opset}: {error}"));
        assert_eq!(network.logits(&input).unwrap(), expected, "opset {opset}");
    }
}

#[test]
fn a_sigmoid_at_the_end_gives_each_class_a_probability_of_its_own() {
    let network = Network::load(bytes("sigmoid_scores"), ModelSpec::default()).unwrap();
    assert_eq!(network.output(), OutputKind::Sigmoid);
    assert_eq!(Network::load(bytes("softmax_of_opset_13"), ModelSpec::default()).unwrap().output(), OutputKind::Logits);
}

#[test]
fn networks_of_2_to_21843_classes_are_taken() {
    for classes in [2, 21_843] {
        let mut model = tiny();
        let graph = model.graph.as_mut().unwrap();
        for (name, per_class) in [("logits.weight", 4), ("logits.bias", 1)] {
            let weight = graph.initializer.iter_mut().find(|weight| weight.name == name).unwrap();
            weight.dims[0] = classes;
            weight.raw_data = (0..classes * per_class).flat_map(|i| (i as f32).to_le_bytes()).collect();
        }
        graph.output.iter_mut().for_each(|output| output.r#type = None);
        let network = Network::load(model.encode_to_vec(), ModelSpec::default()).unwrap();
        assert_eq!(network.classes(), classes as usize);
        assert_eq!(network.logits(&[0.1; 3 * 8 * 8]).unwrap().len(), classes as usize);
    }
}

#[test]
fn the_preprocessing_is_guessed_from_the_first_operators_the_converter_and_the_layout() {
    let guess = |bytes: Vec<u8>| OnnxFile::read(Bytes::from(bytes), "it").unwrap().guess();
    let made_by = |producer: &str| {
        let mut model = tiny();
        model.producer_name = producer.into();
        model.encode_to_vec()
    };
    let plain = guess(made_by("pytorch"));
    assert_eq!(plain.clues, [Clue::Nothing]);
    assert_eq!((plain.input.range, plain.input.mean), (Range::Unit, [0.485, 0.456, 0.406]));
    assert_eq!((plain.input.height, plain.input.width), (8, 8), "the graph's size");

    let caffe = guess(made_by("onnx-caffe2"));
    assert_eq!(caffe.clues, [Clue::Caffe]);
    assert_eq!((caffe.input.order, caffe.input.range), (ChannelOrder::Bgr, Range::Bytes));
    assert_eq!(caffe.input.mean, [104.0, 117.0, 123.0]);

    let itself = guess(bytes("normalises_itself"));
    assert_eq!(itself.clues, [Clue::NormalisesItself]);
    assert_eq!((itself.input.range, itself.input.mean, itself.input.std), (Range::Bytes, [0.0; 3], [1.0; 3]));

    let tensorflow = guess(bytes("channels_last"));
    assert_eq!(tensorflow.clues, [Clue::ChannelsLast, Clue::TensorFlow]);
    assert_eq!((tensorflow.input.mean, tensorflow.input.std), ([127.5; 3], [127.5; 3]));
    assert_eq!((tensorflow.input.height, tensorflow.input.width), (9, 9));
}

#[test]
fn preprocessing_that_cannot_be_is_refused() {
    let load = |input| Network::load(tiny().encode_to_vec(), ModelSpec { input, ..ModelSpec::default() });
    for (input, says) in [
        (InputSpec { std: [1.0, 0.0, 1.0], ..InputSpec::default() }, "std [1.0, 0.0, 1.0]"),
        (InputSpec { mean: [f32::NAN; 3], ..InputSpec::default() }, "mean [NaN, NaN, NaN]"),
        (InputSpec { width: 0, ..InputSpec::default() }, "0 x 224 pixels"),
    ] {
        let error = load(input).map(|_| ()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Option);
        assert!(error.message.contains(says), "{error}");
    }
}

#[test]
fn an_unknown_default_layer_is_refused_with_the_nearest_names() {
    let spec = ModelSpec { default_layer: "frist.relu".into(), ..ModelSpec::default() };
    let error = Network::load(tiny().encode_to_vec(), spec).map(|_| ()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Layer);
    assert!(error.hint.contains("first.relu"), "{error}");
}
