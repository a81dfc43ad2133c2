//! Networks as PyTorch's two exporters write them: which of their tensors are taken for maps of the picture.
//!
//! What is right was found without looking at operators or shapes: `make_exports.py` changed the picture at one place
//! after another and looked where each tensor changes most.

use std::collections::BTreeMap;

use scorecam::model::Network;
use scorecam::model::spec::ModelSpec;
use serde::Deserialize;

use crate::fixtures::{largest_difference, read};

/// The tensors of a file: those that follow the picture's places, and those that do not.
#[derive(Deserialize)]
struct Probed {
    maps: Vec<String>,
    others: Vec<String>,
}

fn probed() -> BTreeMap<String, Probed> {
    serde_json::from_slice(&read("tests/fixtures/exports/exports.json")).unwrap()
}

fn load(file: &str) -> scorecam::error::Result<Network> {
    let spec = ModelSpec { title: file.into(), ..ModelSpec::default() };
    Network::load(read(&format!("tests/fixtures/exports/{file}")), spec)
}

#[test]
fn what_follows_the_pictures_places_is_a_layer_and_what_does_not_is_none() {
    for (file, Probed { maps, others }) in probed().iter().filter(|(file, _)| !file.starts_with("vit")) {
        let network = load(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let layers: Vec<&str> = network.layers().iter().map(|layer| layer.name.as_str()).collect();
        let wrong: Vec<_> = network.layers().iter().filter(|layer| others.contains(&layer.name)).collect();
        // A slice that lacks a row of many has its positions, one step aside.
        assert!(wrong.iter().all(|layer| layer.operator == "Slice"), "{file}: {wrong:?}");
        // Padded, shifted and cut maps follow places roughly, and are not taken.
        let moved = |name: &str| {
            ["Pad", "Slice", "Concat", "Reshape", "pad", "slice", "roll", "val", "view"]
                .iter()
                .any(|part| name.contains(part))
        };
        let missing: Vec<_> = maps.iter().filter(|name| !layers.contains(&name.as_str()) && !moved(name)).collect();
        assert!(missing.is_empty(), "{file}: {missing:?}");
        let default = &network.default_layer().name;
        assert!(maps.contains(default), "{file}: {default}");
    }
}

#[test]
fn their_logits_are_those_of_onnxruntime() {
    let expected: BTreeMap<String, Vec<f32>> =
        serde_json::from_slice(&read("tests/fixtures/exports/logits.json")).unwrap();
    for (file, expected) in expected.iter().filter(|(file, _)| !file.starts_with("vit")) {
        let network = load(file).unwrap();
        let len = 3 * network.spec().input.height * network.spec().input.width;
        let input: Vec<f32> = (0..len).map(|i| ((i * 7919 % 1000) as f64 / 500.0 - 1.0) as f32).collect();
        let scale = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let difference = largest_difference(&network.logits(&input).unwrap(), expected) / scale;
        assert!(difference < 1e-4, "{file}: {difference}");
    }
}

#[test]
fn the_default_layer_is_the_last_one_before_space_collapses() {
    for (file, channels, side) in [
        ("swin_torchscript.onnx", 16, 8),
        ("swin_dynamo.onnx", 16, 8),
        ("swin_padded_dynamo.onnx", 16, 8),
        ("convnext_dynamo.onnx", 16, 8),
        // After its last attention, not before it.
        ("maxvit_torchscript.onnx", 16, 8),
        ("maxvit_dynamo.onnx", 16, 8),
        ("efficientnetv2_dynamo.onnx", 24, 8),
    ] {
        let network = load(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let layer = network.default_layer();
        assert_eq!((layer.channels, layer.height, layer.width), (channels, side, side), "{file}: {}", layer.name);
    }
}

#[test]
fn what_attention_made_of_windows_is_the_default_once_it_is_put_together() {
    let network = load("maxvit_torchscript.onnx").unwrap();
    let name = &network.default_layer().name;
    assert_eq!(name, "/blocks.1/layers.0/layers/grid_attention/departition_op/Reshape_1_output_0");
}

#[test]
fn a_vision_transformer_is_refused_with_what_was_found_instead_of_maps() {
    for file in ["vit_torchscript.onnx", "vit_dynamo.onnx"] {
        let error = load(file).err().unwrap_or_else(|| panic!("{file} was accepted"));
        assert!(error.message.contains("it goes on with the picture's positions as tokens [1, 17, 16]"), "{error}");
    }
}

#[test]
fn no_attention_matrix_is_a_layer() {
    for (file, heads) in [
        ("swin_torchscript.onnx", "Softmax"),
        ("maxvit_torchscript.onnx", "Softmax"),
        ("hybrid_dynamo.onnx", "Softmax"),
    ] {
        let network = load(file).unwrap();
        assert!(network.layers().iter().all(|layer| layer.operator != heads), "{file}");
    }
}
