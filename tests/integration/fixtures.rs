//! Files that tests read, and how close two maps are.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use scorecam::error::Result;
use scorecam::explain::{Explanation, View};
use scorecam::image::RgbImage;
use scorecam::methods::Method;
use scorecam::methods::score_cam::recipe::Recipe;
use scorecam::model::Network;
use scorecam::model::catalog::find;
use scorecam::model::spec::{InputSpec, ModelSpec, Range};
use scorecam::target::Wish;

/// A path below the project's folder.
pub fn path(relative: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(relative)
}

pub fn read(relative: &str) -> Vec<u8> {
    let path = path(relative);
    fs::read(&path).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

pub fn picture(relative: &str) -> RgbImage {
    scorecam::image::decode(&read(relative)).unwrap().pixels
}

/// The network of three layers that `tests/reference/make_reference.py` describes.
pub fn tiny_network() -> Arc<Network> {
    let input = InputSpec {
        width: 8,
        height: 8,
        range: Range::Bytes,
        mean: [127.0; 3],
        std: [128.0; 3],
        ..InputSpec::default()
    };
    let spec = ModelSpec { name: "tiny".into(), input, default_layer: "first.relu".into(), ..ModelSpec::default() };
    Arc::new(Network::load(read("tests/fixtures/tiny.onnx"), spec).unwrap())
}

/// The network that is part of the page.
pub fn embedded_network() -> Arc<Network> {
    let spec = find("efficientnet_lite0").unwrap();
    Arc::new(Network::load(read("models/efficientnet_lite0.onnx"), spec).unwrap())
}

/// All passes of a picture at the network's default layer.
pub fn explained(network: &Arc<Network>, picture: &RgbImage, recipe: &Recipe) -> Explanation {
    explained_by(network, picture, &recipe.clone().into())
}

/// All passes of a picture by any method.
pub fn explained_by(network: &Arc<Network>, picture: &RgbImage, method: &Arc<dyn Method>) -> Explanation {
    let mut explanation = Explanation::begin(network, picture, None, method).unwrap();
    while !explanation.is_complete() {
        explanation.step().unwrap();
    }
    explanation
}

/// An explanation as it is seen for one class, or the most probable one.
pub fn view(explanation: &Explanation, class: Option<usize>, recipe: &Recipe) -> Result<View> {
    explanation.view(&class.map_or(Wish::MostProbable, Wish::Class), &recipe.clone().into())
}

pub fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Pearson's correlation.
pub fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let mean = |values: &[f32]| values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (&a, &b) in a.iter().zip(b) {
        let (a, b) = (f64::from(a) - mean_a, f64::from(b) - mean_b);
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    ab / (aa * bb).sqrt()
}
