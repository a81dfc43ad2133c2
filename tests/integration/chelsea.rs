//! The embedded network on a real picture, all 1,280 channels, against NumPy and onnxruntime.

use ndarray_npy::ReadNpyExt;
use scorecam::methods::score_cam::recipe::Recipe;
use scorecam::model::catalog::find;
use scorecam::preprocess::prepare;
use serde::Deserialize;

use crate::fixtures::{correlation, embedded_network, explained, largest_difference, picture, read, view};

#[derive(Deserialize)]
struct Expected {
    target: usize,
    probability: f32,
    /// Of the pixels at input size, as Pillow makes them.
    resized_crc32: u32,
    weights: Vec<f32>,
}

fn expected() -> Expected {
    serde_json::from_slice(&read("tests/fixtures/chelsea.json")).unwrap()
}

#[test]
fn the_picture_is_resized_to_the_bytes_that_pillow_makes() {
    let input = prepare(&picture("www/samples/chelsea.png"), &find("efficientnet_lite0").unwrap().input, None);
    assert_eq!(crc32fast::hash(input.pixels.as_raw()), expected().resized_crc32);
}

#[test]
fn chelsea_is_an_egyptian_cat_and_the_map_is_that_of_the_reference() {
    let expected = expected();
    let reference = ndarray::Array2::<f32>::read_npy(read("tests/fixtures/chelsea.authors.npy").as_slice()).unwrap();
    let labels: Vec<String> = serde_json::from_slice(&read("models/imagenet_labels.json")).unwrap();

    let explanation = explained(&embedded_network(), &picture("www/samples/chelsea.png"), &Recipe::AUTHORS);
    let top = explanation.predictions(1)[0];
    assert_eq!((top.index, labels[top.index].as_str()), (expected.target, "Egyptian cat"));
    assert!((top.probability - expected.probability).abs() < 0.005, "{} {}", top.probability, expected.probability);

    let outcome = view(&explanation, None, &Recipe::AUTHORS).unwrap().outcome();
    assert_eq!((outcome.heatmap.height, outcome.heatmap.width), reference.dim());
    assert_eq!(outcome.diagnostics.scored_channels + outcome.diagnostics.skipped_channels, 1280);
    let reference = reference.as_slice().unwrap();
    let correlation = correlation(&outcome.heatmap.values, reference);
    let difference = largest_difference(&outcome.heatmap.values, reference);
    let weights = largest_difference(&outcome.weights, &expected.weights);
    println!("Pearson {correlation:.6}, largest difference {difference:.5}, weights {weights:.5}");
    assert!(correlation >= 0.99999, "Pearson {correlation}");
    assert!(difference <= 1e-4, "largest difference {difference}");
    assert!(weights <= 1e-3, "weights differ by {weights}");
}
