//! The whole chain on a network small enough to follow, against NumPy and onnxruntime.

use prost::Message;
use scorecam::error::ErrorKind;
use scorecam::explain::Explanation;
use scorecam::methods::score_cam::recipe::{Recipe, RecipeOptions};
use scorecam::model::Network;
use scorecam::preprocess::prepare;
use serde::Deserialize;
use tract_onnx::pb::{ModelProto, NodeProto};

use crate::fixtures::{explained, largest_difference, picture, read, tiny_network, view};

#[derive(Deserialize)]
struct Expected {
    logits: Vec<f32>,
    probabilities: Vec<f32>,
    activations: Vec<f32>,
    recipes: Vec<ExpectedMap>,
}

#[derive(Deserialize)]
struct ExpectedMap {
    recipe: String,
    columnwise: Option<bool>,
    target: usize,
    heatmap: Vec<f32>,
    weights: Vec<f32>,
}

fn expected() -> Expected {
    serde_json::from_slice(&read("tests/fixtures/tiny.json")).unwrap()
}

#[test]
fn layers_are_found_in_the_order_of_the_graph_with_their_names_in_the_file() {
    let network = tiny_network();
    let layers: Vec<_> = network.layers().iter().map(|l| (l.name.as_str(), l.channels, l.height, l.width)).collect();
    assert_eq!(layers, [("first", 6, 4, 4), ("first.relu", 6, 4, 4), ("second", 4, 4, 4), ("second.relu", 4, 4, 4)]);
    assert_eq!(network.default_layer().name, "first.relu");
    assert_eq!(network.classes(), 5);
}

#[test]
fn logits_and_activations_are_those_of_onnxruntime() {
    let network = tiny_network();
    let expected = expected();
    let input = prepare(&picture("tests/fixtures/tiny.png"), &network.spec().input, None);
    assert!(largest_difference(&network.logits(&input.tensor).unwrap(), &expected.logits) < 1e-5);
    let activations = network.activations(network.default_layer(), &input.tensor).unwrap();
    assert!(largest_difference(&activations.values, &expected.activations) < 1e-5);
}

#[test]
fn a_softmax_at_the_end_is_taken_off_whatever_the_file_is_said_to_hold() {
    let mut model = ModelProto::decode(read("tests/fixtures/tiny.onnx").as_slice()).unwrap();
    let graph = model.graph.as_mut().unwrap();
    graph.node.push(NodeProto {
        op_type: "Softmax".into(),
        input: vec!["logits".into()],
        output: vec!["probabilities".into()],
        ..NodeProto::default()
    });
    graph.output[0].name = "probabilities".into();
    let spec = tiny_network().spec().clone();
    let network = Network::load(model.encode_to_vec(), spec).unwrap();
    let input = prepare(&picture("tests/fixtures/tiny.png"), &network.spec().input, None);
    assert!(largest_difference(&network.logits(&input.tensor).unwrap(), &expected().logits) < 1e-5);
}

#[test]
fn every_recipe_gives_the_map_and_the_weights_of_the_reference_for_every_class() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    let expected = expected();
    assert_eq!(expected.recipes.len(), 6 * 5);
    for case in &expected.recipes {
        let recipe =
            Recipe::find(Some(&case.recipe), RecipeOptions { columnwise: case.columnwise, score: None }).unwrap();
        let explanation = explained(&network, &picture, &recipe);
        let outcome = view(&explanation, Some(case.target), &recipe).unwrap().outcome();
        let name = format!("{} {:?} class {}", case.recipe, case.columnwise, case.target);
        let weights = largest_difference(&outcome.weights, &case.weights);
        assert!(weights < 1e-4, "{name}: weights differ by {weights}");
        let map = largest_difference(&outcome.heatmap.values, &case.heatmap);
        // A column that hardly varies is stretched to [0, 1], and with it the rounding of float32.
        let bound = if case.columnwise == Some(true) { 1e-3 } else { 1e-4 };
        assert!(map < bound, "{name}: maps differ by {map}");
    }
}

#[test]
fn the_dead_channel_is_skipped_counted_and_without_weight() {
    let network = tiny_network();
    let explanation = explained(&network, &picture("tests/fixtures/tiny.png"), &Recipe::AUTHORS);
    let outcome = view(&explanation, None, &Recipe::AUTHORS).unwrap().outcome();
    assert_eq!(outcome.diagnostics.skipped_channels, 1);
    assert_eq!(outcome.diagnostics.scored_channels, 5);
    assert_eq!(outcome.weights[4], 0.0);
    // pytorch-grad-cam keeps it.
    let kept = explained(&network, &picture("tests/fixtures/tiny.png"), &Recipe::PYTORCH_GRAD_CAM);
    assert_eq!(kept.progress().total, 6);
}

#[test]
fn predictions_are_sorted_probabilities_and_the_first_is_the_default_target() {
    let network = tiny_network();
    let explanation = explained(&network, &picture("tests/fixtures/tiny.png"), &Recipe::AUTHORS);
    let expected = expected().probabilities;
    let predictions = explanation.predictions(5);
    assert!(predictions.windows(2).all(|pair| pair[0].probability >= pair[1].probability));
    for prediction in &predictions {
        assert!((prediction.probability - expected[prediction.index]).abs() < 1e-5);
    }
    let target = view(&explanation, None, &Recipe::AUTHORS).unwrap().target().class();
    assert_eq!(target, Some(predictions[0].index));
}

#[test]
fn a_map_of_some_channels_is_said_to_be_partial_and_of_all_not() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    let explanation = Explanation::begin(&network, &picture, None, &Recipe::AUTHORS.into()).unwrap();
    assert!(view(&explanation, None, &Recipe::AUTHORS).unwrap().outcome().diagnostics.partial);
    assert!(explanation.progress().eta_ms.is_some_and(|ms| ms > 0.0), "by the pace of the picture's own passes");
    let complete = explained(&network, &picture, &Recipe::AUTHORS);
    assert!(!view(&complete, None, &Recipe::AUTHORS).unwrap().outcome().diagnostics.partial);
}

#[test]
fn the_map_does_not_depend_on_the_number_of_threads() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    for recipe in Recipe::all() {
        let maps = [1, 2, 5].map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| view(&explained(&network, &picture, &recipe), None, &recipe).unwrap().heatmap())
        });
        assert!(maps.iter().all(|map| *map == maps[0]), "{}", recipe.name);
    }
}

#[test]
fn what_does_not_exist_is_refused_with_what_does() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    let layer = Explanation::begin(&network, &picture, Some("frist.relu"), &Recipe::AUTHORS.into()).err().unwrap();
    assert_eq!(layer.kind, ErrorKind::Layer);
    assert_eq!(layer.hint, "The nearest names are: first.relu, second.relu, first, second.");

    let explanation = explained(&network, &picture, &Recipe::AUTHORS);
    let class = view(&explanation, Some(5), &Recipe::AUTHORS).err().unwrap();
    assert_eq!(
        (class.kind, class.message.as_str()),
        (ErrorKind::Class, "There is no class 5: the network has 5, counted from 0.")
    );
    let recipe = view(&explanation, None, &Recipe::TORCHCAM).err().unwrap();
    assert_eq!(recipe.kind, ErrorKind::Option);
    assert!(view(&explanation, None, &Recipe::PAPER).is_ok(), "masks as authors does");
}
