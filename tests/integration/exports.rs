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
    for (file, Probed { maps, others }) in probed().iter() {
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
        let has_tokens = ["vit", "deit", "hybrid"].iter().any(|name| file.starts_with(name));
        assert!(has_tokens || maps.contains(default), "{file}: {default}");
    }
}

/// What onnxruntime makes of a file.
#[derive(Deserialize)]
struct Made {
    logits: Vec<f32>,
    /// The first values of a layer and the mean of all.
    layers: BTreeMap<String, Vec<f32>>,
}

#[test]
fn their_logits_and_layers_are_those_of_onnxruntime() {
    let made: BTreeMap<String, Made> = serde_json::from_slice(&read("tests/fixtures/exports/logits.json")).unwrap();
    let largest = |values: &[f32]| values.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (file, Made { logits, layers }) in &made {
        let network = load(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let len = 3 * network.spec().input.height * network.spec().input.width;
        let input: Vec<f32> = (0..len).map(|i| ((i * 7919 % 1000) as f64 / 500.0 - 1.0) as f32).collect();
        let difference = largest_difference(&network.logits(&input).unwrap(), logits) / largest(logits);
        assert!(difference < 1e-4, "{file}: {difference}");
        let mut compared = 0;
        for (name, expected) in layers {
            let Some(layer) = network.layers().iter().find(|layer| layer.name == *name) else { continue };
            let values = network.activations(layer, &input).unwrap().values;
            let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
            let found: Vec<f32> = values[..expected.len() - 1].iter().copied().chain([mean as f32]).collect();
            let difference = largest_difference(&found, expected) / largest(&values);
            assert!(difference < 1e-4, "{file}, {name}: {difference}");
            compared += 1;
        }
        assert!(compared > 0, "{file}: none of {:?}", layers.keys());
    }
}

#[test]
fn a_bright_patch_lights_its_token() {
    for (file, special) in [("vit_torchscript", 1), ("vit_dynamo", 1), ("deit_torchscript", 2), ("deit_dynamo", 2)] {
        let network = load(&format!("{file}.onnx")).unwrap();
        // Where tokens begin, each has seen its own patch alone.
        let tokens = network.layers().iter().find(|layer| layer.channels == 16 && layer.operator == "Concat").unwrap();
        assert_eq!((tokens.height, tokens.width), (4, 4), "{file}, of {} tokens", 16 + special);
        let plain = vec![0.1; 3 * 32 * 32];
        let before = network.activations(tokens, &plain).unwrap();
        for patch in 0..16 {
            let mut bright = plain.clone();
            for (at, value) in bright.iter_mut().enumerate() {
                let (row, column) = (at / 32 % 32, at % 32);
                if (row / 8, column / 8) == (patch / 4, patch % 4) {
                    *value = 2.0;
                }
            }
            let after = network.activations(tokens, &bright).unwrap();
            for place in 0..16 {
                let changes = (0..16).any(|channel| before.channel(channel)[place] != after.channel(channel)[place]);
                assert_eq!(changes, place == patch, "{file}: patch {patch}, place {place}");
            }
        }
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
fn a_vision_transformers_default_is_the_last_layer_whose_places_the_answer_depends_on() {
    for file in ["vit_torchscript.onnx", "vit_dynamo.onnx", "deit_torchscript.onnx", "deit_dynamo.onnx"] {
        let network = load(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let layer = network.default_layer();
        // What the last attention reads; behind it only the class token is looked at.
        assert_eq!(layer.operator, "LayerNormalization", "{file}: {}", layer.name);
        assert_eq!((layer.channels, layer.height, layer.width), (16, 4, 4), "{file}: {}", layer.name);
        let normalizations = network.layers().iter().filter(|layer| layer.operator == "LayerNormalization");
        // Two blocks of two, and one before the head.
        let names: Vec<&str> = normalizations.map(|layer| layer.name.as_str()).collect();
        assert_eq!(names.iter().position(|name| *name == layer.name), Some(2), "{file}: {names:?}");
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
