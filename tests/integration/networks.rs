//! The article's six topologies with seeded weights, made by `tests/reference/make_networks.py`, against onnxruntime and
//! NumPy: logits, the default layer's activations, and every recipe over a seeded subset of the channels.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use ndarray_npy::ReadNpyExt;
use scorecam::methods::score_cam::recipe::Recipe;
use scorecam::methods::{Method, References, Scores, Subject};
use scorecam::model::catalog::find;
use scorecam::model::{Activations, Network};
use scorecam::passes::Passes;
use scorecam::preprocess::prepare;
use scorecam::resize::Resample;
use scorecam::sum::Sum;
use scorecam::target::Target;
use serde::Deserialize;

use crate::fixtures::{correlation, largest_difference, path, picture};

#[derive(Deserialize)]
struct Expected {
    layer: String,
    before: String,
    target: usize,
    subset: Vec<usize>,
}

/// `target/networks`, or where the networks of true size are: `./build.sh test` makes what is needed.
fn file(folder: &str, name: &str) -> PathBuf {
    let path = path("target").join(folder).join(name);
    assert!(path.exists(), "{} is not there; ./build.sh test makes it", path.display());
    path
}

fn array(folder: &str, name: &str) -> Vec<f32> {
    let file = File::open(file(folder, name)).unwrap();
    ndarray::ArrayD::<f32>::read_npy(file).unwrap().into_raw_vec_and_offset().0
}

/// The largest difference in units of the largest expected value.
fn relative_difference(found: &[f32], expected: &[f32]) -> f32 {
    let scale = expected.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    largest_difference(found, expected) / scale
}

/// `aliases` are the article's names for the default layer, before and after its activation function.
fn verify(folder: &str, name: &str, aliases: [&str; 2]) {
    let expected: Expected =
        serde_json::from_reader(File::open(file(folder, &format!("{name}.json"))).unwrap()).unwrap();
    let bytes = std::fs::read(file(folder, &format!("{name}.onnx"))).unwrap();
    let network = Arc::new(Network::load(bytes, find(name).unwrap()).unwrap());
    assert_eq!(network.default_layer().name, expected.layer, "{name}");
    let named = aliases.map(|alias| network.layer(Some(alias)).unwrap().name.clone());
    assert_eq!(named, [expected.before, expected.layer], "{name}: {aliases:?}");

    let input = prepare(&picture("www/samples/chelsea.png"), &network.spec().input, Some(Resample::Bilinear));
    let logits = network.logits(&input.tensor).unwrap();
    let difference = relative_difference(&logits, &array(folder, &format!("{name}.logits.npy")));
    println!("{name}: logits differ by {difference:.1e}");
    assert!(difference < 1e-3, "{name}: logits differ by {difference}");
    let activations = network.activations(network.default_layer(), &input.tensor).unwrap();
    let difference = relative_difference(&activations.values, &array(folder, &format!("{name}.activations.npy")));
    println!("{name}: activations differ by {difference:.1e}");
    assert!(difference < 1e-3, "{name}: activations differ by {difference}");

    let subset = Activations {
        values: expected.subset.iter().flat_map(|&channel| activations.channel(channel).to_vec()).collect(),
        channels: expected.subset.len(),
        ..activations
    };
    let blank = network.logits(&vec![0.0; input.tensor.len()]).unwrap();
    let channels: Vec<usize> = (0..subset.channels).collect();
    let references = References { picture: logits, blank };
    let layer = Some(network.default_layer().clone());
    let subject = Subject::new(&network, layer.map(|layer| (layer, subset)), input, references);
    let subject = Arc::new(subject);
    let target = Target::Class { index: expected.target };
    for recipe in Recipe::all() {
        let mut passes = Passes::new(recipe.masks(&subject).unwrap(), &network);
        passes.advance(&network, &subject.input, channels.len()).unwrap();
        let score = |logits: &[f32]| target.score(logits, network.output(), recipe.score);
        let scores = Scores {
            masked: channels.iter().map(|&channel| passes.matrix().row(channel).map(score)).collect(),
            picture: score(&subject.references.picture),
            blank: score(&subject.references.blank),
        };
        let size = subject.input.size();
        let summands = recipe.summands(&subject, &target, size).unwrap();
        let sum = Sum::of(&*summands, &channels, &recipe.weights(&subject, &target, &scores).unwrap());
        let map = recipe.heatmap(&sum.weighted(), size).values;
        let reference = array(folder, &format!("{name}.{}.npy", recipe.name));
        let (correlation, difference) = (correlation(&map, &reference), largest_difference(&map, &reference));
        println!("{name}, {}: Pearson {correlation:.7}, largest difference {difference:.6}", recipe.name);
        assert!(correlation >= 0.999, "{name}, {}: Pearson {correlation}", recipe.name);
    }
}

const EVERYDAY: &str = "networks";

#[test]
fn squeezenet_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "squeezenet", ["conv10", "relu_conv10"]);
}

#[test]
fn googlenet_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "googlenet", ["inception_5b-output", "inception_5b-output"]);
}

#[test]
fn resnet18_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "resnet18", ["res5b", "res5b_relu"]);
}

#[test]
fn mobilenetv2_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "mobilenetv2", ["Conv_1", "out_relu"]);
}

#[test]
fn vgg16_of_a_quarter_of_its_width_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "vgg16", ["conv5_3", "relu5_3"]);
}

#[test]
fn alexnet_of_a_quarter_of_its_width_is_computed_and_explained_as_the_references_do() {
    verify(EVERYDAY, "alexnet", ["conv5", "relu5"]);
}

#[test]
#[ignore = "a minute and gigabytes; ./build.sh test --full runs it"]
fn vgg16_and_alexnet_of_true_size_are_computed_and_explained_as_the_references_do() {
    verify("networks/full", "vgg16", ["conv5_3", "relu5_3"]);
    verify("networks/full", "alexnet", ["conv5", "relu5"]);
}
