//! SqueezeNet 1.1 with its real weights at the article's layer, where the file lies beside the project: a network in Caffe's
//! preprocessing whose graph ends in a softmax.

use std::sync::Arc;

use ndarray_npy::ReadNpyExt;
use scorecam::methods::score_cam::recipe::Recipe;
use scorecam::model::Network;
use scorecam::model::catalog::find;
use scorecam::model::spec::{ChannelOrder, InputSpec, ModelSpec, Range};
use scorecam::resize::Resample;
use serde::Deserialize;

use crate::fixtures::{correlation, explained, largest_difference, path, picture, read, view};

const FILE: &str = "../shared/models/squeezenet_v1.1.onnx";

#[derive(Deserialize)]
struct Expected {
    target: usize,
    probability: f32,
}

fn spec(resample: Option<Resample>) -> ModelSpec {
    let aliases = find("squeezenet").unwrap().aliases;
    ModelSpec {
        title: "SqueezeNet 1.1".into(),
        aliases,
        input: InputSpec {
            order: ChannelOrder::Bgr,
            range: Range::Bytes,
            mean: [104.0, 117.0, 123.0],
            std: [1.0; 3],
            resample,
            ..InputSpec::default()
        },
        default_layer: "relu_conv10".into(),
        ..ModelSpec::default()
    }
}

#[test]
fn squeezenet_gives_the_reference_s_maps_at_conv10_by_every_recipe() {
    if !path(FILE).exists() {
        println!("skipped: {FILE} is not here");
        return;
    }
    let network = Arc::new(Network::load(read(FILE), spec(Some(Resample::Bilinear))).unwrap());
    assert_eq!((network.spec().input.height, network.spec().input.width), (227, 227), "the graph's own size");
    let layer = network.default_layer();
    assert_eq!((layer.channels, layer.height, layer.width), (1000, 14, 14));
    assert_eq!(layer.name, "conv10_relu_conv10");
    assert_eq!(network.layer(Some("conv10")).unwrap().name, "conv10_relu_conv10_pre", "before its activation");

    let expected: Expected = serde_json::from_slice(&read("tests/fixtures/squeezenet.json")).unwrap();
    let picture = picture("www/samples/chelsea.png");
    let mut explanation = explained(&network, &picture, &Recipe::AUTHORS);
    let top = explanation.predictions(1)[0];
    assert_eq!(top.index, expected.target);
    assert!((top.probability - expected.probability).abs() < 1e-3, "{}", top.probability);
    for recipe in Recipe::all() {
        // Recipes that mask in the same way share one run.
        if view(&explanation, None, &recipe).is_err() {
            explanation = explained(&network, &picture, &recipe);
        }
        let file = format!("tests/fixtures/squeezenet.{}.npy", recipe.name);
        let reference = ndarray::Array2::<f32>::read_npy(read(&file).as_slice()).unwrap();
        let map = view(&explanation, None, &recipe).unwrap().heatmap().values;
        let reference = reference.as_slice().unwrap();
        let (correlation, difference) = (correlation(&map, reference), largest_difference(&map, reference));
        println!("{}: Pearson {correlation:.7}, largest difference {difference:.6}", recipe.name);
        assert!(correlation >= 0.999 && difference <= 0.01, "{}: {correlation} {difference}", recipe.name);
    }
}

#[test]
fn the_article_s_recipe_resamples_as_matlab_does_unless_the_input_says_otherwise() {
    if !path(FILE).exists() {
        println!("skipped: {FILE} is not here");
        return;
    }
    let network = Arc::new(Network::load(read(FILE), spec(None)).unwrap());
    let picture = picture("www/samples/chelsea.png");
    let matlab = Recipe::matlab(true);
    let map = view(&explained(&network, &picture, &matlab), None, &matlab).unwrap().heatmap().values;
    let reference = ndarray::Array2::<f32>::read_npy(read("tests/fixtures/squeezenet.matlab.bicubic.npy").as_slice());
    let (reference, bilinear) = (reference.unwrap(), "tests/fixtures/squeezenet.matlab.npy");
    let bilinear = ndarray::Array2::<f32>::read_npy(read(bilinear).as_slice()).unwrap();
    let (close, apart) =
        (correlation(&map, reference.as_slice().unwrap()), correlation(&map, bilinear.as_slice().unwrap()));
    println!("Pearson {close:.7} with bicubic, {apart:.4} with bilinear");
    assert!(close >= 0.999 && apart < close, "{close} {apart}");
}
