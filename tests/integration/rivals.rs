//! Methods that look at gradients or at what is behind a layer, against public code: see `tests/reference/make_rivals.py`.

use std::path::Path;
use std::sync::Arc;

use scorecam::error::ErrorKind;
use scorecam::explain::Explanation;
use scorecam::methods::{Method, find};
use scorecam::model::catalog;
use scorecam::model::spec::{InputSpec, ModelSpec};
use scorecam::model::{Network, OnnxFile};
use scorecam::preprocess::prepare;
use scorecam::target::{Score, Target, Wish};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{correlation, embedded_network, explained_by, picture, read, tiny_network};

#[derive(Deserialize)]
struct Case {
    network: String,
    picture: String,
    target: usize,
    layer: String,
    gradients: Vec<Gradient>,
    maps: std::collections::BTreeMap<String, Vec<f32>>,
}

#[derive(Deserialize)]
struct Gradient {
    layer: String,
    norm: f64,
    at: Vec<usize>,
    values: Vec<f32>,
}

fn cases() -> Vec<(Case, Arc<Network>)> {
    let cases: Vec<Case> = serde_json::from_slice(&read("tests/fixtures/rivals.json")).unwrap();
    let folder = |name: &str| if name == "efficientnet_lite0" { "models" } else { "target/networks" };
    let made = cases.into_iter().filter_map(|case| {
        let file = format!("{}/{}.onnx", folder(&case.network), case.network);
        if !Path::new(env!("CARGO_MANIFEST_DIR")).join(&file).exists() {
            eprintln!("{file} is not there: ./build.sh test makes it");
            return None;
        }
        let spec = catalog::find(&case.network).unwrap();
        let network = OnnxFile::read(&*read(&file), &case.network).unwrap().build(spec).unwrap();
        Some((case, Arc::new(network)))
    });
    made.collect()
}

/// A method's map at layer size, before it is rectified and scaled.
fn raw(network: &Arc<Network>, name: &str, picture_name: &str, target: usize) -> (Vec<f32>, f32) {
    let picture = picture(&format!("www/samples/{picture_name}"));
    let method = find(Some(name), Value::Null).unwrap();
    let explanation = explained_by(network, &picture, &method);
    let mut view = explanation.view(&Wish::Class(target), &method).unwrap();
    let whole = view.weights().len();
    (view.partial_sum(whole).sum.values, view.picture_score())
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |most, value| most.max(value.abs()))
}

#[test]
fn gradients_are_those_of_torch_autograd() {
    let (mut exact, mut all) = (0, 0);
    for (case, network) in cases() {
        let input = prepare(&picture(&format!("www/samples/{}", case.picture)), &network.spec().input, None);
        let logits = network.logits(&input.tensor).unwrap();
        let target = Target::Class { index: case.target };
        let by_logits = target.gradient(&logits, network.output(), Score::Logit);
        for Gradient { layer, norm, at, values } in &case.gradients {
            let tail = network.tail(network.layer(Some(layer)).unwrap(), &input.tensor).unwrap();
            let ours = tail.gradients().unwrap().by_maps(&by_logits, &logits).unwrap();
            let length = ours.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
            let scale = largest(values);
            let of_length = (length - norm).abs() / norm;
            let difference = at.iter().zip(values).map(|(&at, value)| (ours[at] - value).abs()).fold(0.0, f32::max);
            println!("{} {layer}: differs by {:.1e}, length by {of_length:.1e}", case.network, difference / scale);
            // A ReLU or a maximum whose input is rounded to the other side of its kink lets another path through.
            assert!(difference <= 2e-2 * scale && of_length < 1e-3, "{} {layer}", case.network);
            exact += usize::from(difference <= 1e-4 * scale);
            all += 1;
        }
    }
    assert!(exact * 5 >= all * 4, "{exact} of {all} gradients are the same");
}

#[test]
fn maps_are_those_of_the_public_code() {
    for (case, network) in cases() {
        assert_eq!(network.default_layer().name, case.layer, "{}", case.network);
        for (name, theirs) in &case.maps {
            let (mut ours, _) = raw(&network, name, &case.picture, case.target);
            let mut theirs = theirs.clone();
            match name.as_str() {
                // The sign of a singular vector is arbitrary.
                "eigen-cam" if correlation(&ours, &theirs) < 0.0 => ours.iter_mut().for_each(|value| *value = -*value),
                // Theirs is scaled to [0, 1].
                "recipro-cam" => {
                    let (low, high) = scorecam::geometry::range(&ours);
                    ours.iter_mut().for_each(|value| *value = (*value - low) / (high - low));
                }
                _ => {}
            }
            let scale = largest(&theirs).max(f32::MIN_POSITIVE);
            theirs.iter_mut().for_each(|value| *value /= scale);
            ours.iter_mut().for_each(|value| *value /= scale);
            let pearson = correlation(&ours, &theirs);
            let difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            println!(
                "{} {} {name}: Pearson {pearson:.7}, largest difference {difference:.1e}",
                case.network, case.picture
            );
            assert!(pearson > 0.9999 || difference < 1e-3, "{} {name}: {pearson}", case.network);
        }
    }
}

#[test]
fn a_cam_is_the_grad_cam_of_a_linear_head_and_is_refused_elsewhere() {
    let mut compared = 0;
    for (case, network) in cases() {
        let method = find(Some("cam"), Value::Null).unwrap();
        let picture = picture(&format!("www/samples/{}", case.picture));
        match Explanation::begin(&network, &picture, None, &method) {
            Ok(_) => {
                let ours = raw(&network, "cam", &case.picture, case.target).0;
                let theirs = &case.maps["grad-cam"];
                // The mean over the places against the sum.
                let places = theirs.len() as f32;
                let (scale, scaled) = (largest(theirs) * places, theirs.iter().map(|value| value * places));
                let difference = ours.iter().zip(scaled).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / scale;
                assert!(difference < 1e-4, "{}: {difference}", case.network);
                compared += 1;
            }
            Err(error) => assert_eq!((error.code, error.kind), ("layer-not-linear", ErrorKind::Layer)),
        }
    }
    assert!(compared >= 2, "the embedded network has a linear head");
}

#[test]
fn the_tail_answers_as_the_whole_network_for_the_layer_s_own_maps() {
    let exports: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/exports"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".onnx"))
        .collect();
    assert!(exports.len() > 20);
    for file in exports {
        let bytes = read(&format!("tests/fixtures/exports/{file}"));
        let guessed = OnnxFile::read(&*bytes, &file).unwrap().guess().input;
        let spec = ModelSpec { name: file.clone(), input: InputSpec { ..guessed }, ..ModelSpec::default() };
        let network = Arc::new(Network::load(bytes, spec).unwrap());
        let side = network.spec().input.height * network.spec().input.width * 3;
        let input: Vec<f32> = (0..side).map(|at| (at as f32 * 0.618_034).fract() - 0.5).collect();
        let whole = network.logits(&input).unwrap();
        let scale = largest(&whole);
        let layers = network.layers();
        for layer in layers.iter().step_by(layers.len().div_ceil(6)).chain([network.default_layer()]) {
            let tail = network.tail(layer, &input).unwrap();
            let maps = tail.activations();
            assert_eq!(maps, network.activations(layer, &input).unwrap(), "{file} {}", layer.name);
            let other: Vec<f32> = maps.values.iter().map(|value| value * 0.5).collect();
            let answers = tail.logits_of(&[&maps.values, &other, &maps.values]).unwrap();
            let far = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far(&answers[0], &whole) <= 1e-4 * scale, "{file} {}: {}", layer.name, far(&answers[0], &whole));
            assert_eq!(answers[0], answers[2], "{file} {}", layer.name);
            finite_differences(&file, &tail, &maps.values, &whole);
        }
    }
}

/// The gradient along a direction, against the difference of two runs of the tail; where the network has no kink between them.
fn finite_differences(file: &str, tail: &scorecam::model::Tail, maps: &[f32], logits: &[f32]) {
    let by_logits: Vec<f32> = (0..logits.len()).map(|class| (class as f32 * 0.618_034).fract() - 0.5).collect();
    let gradient = match tail.gradients().unwrap().by_maps(&by_logits, logits) {
        Ok(gradient) => gradient,
        Err(error) => {
            assert_eq!(error.code, "gradient-operator");
            println!("{file}: {error}");
            return;
        }
    };
    let spread = maps.iter().map(|value| value * value).sum::<f32>().sqrt() / (maps.len() as f32).sqrt();
    let direction: Vec<f32> = (0..maps.len()).map(|at| ((at as f32 * 0.754_877_7).fract() - 0.5) * spread).collect();
    let along: f64 = gradient.iter().zip(&direction).map(|(g, d)| f64::from(g * d)).sum();
    let value = |step: f32| -> f64 {
        let moved: Vec<f32> = maps.iter().zip(&direction).map(|(value, d)| value + step * d).collect();
        let logits = tail.logits_of(&[&moved]).unwrap().remove(0);
        logits.iter().zip(&by_logits).map(|(logit, by)| f64::from(logit * by)).sum()
    };
    // Of several steps the best: small ones are rounded, large ones cross kinks.
    let error = |step: f32| (((value(step) - value(-step)) / f64::from(2.0 * step)) - along).abs();
    let best = [3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4].into_iter().map(error).fold(f64::INFINITY, f64::min);
    let scale = along.abs().max(value(0.0).abs() * 1e-2).max(1e-3);
    assert!(best <= 5e-2 * scale, "{file}: {best} of {along}");
}

#[test]
fn the_sum_of_rise_is_what_its_definition_says() {
    let network = tiny_network();
    let picture = picture("tests/fixtures/tiny.png");
    let method: Arc<dyn Method> =
        find(Some("rise"), json!({ "masks": 30, "cells": 3, "probability": 0.4, "seed": 5 })).unwrap();
    let explanation = explained_by(&network, &picture, &method);
    let view = explanation.view(&Wish::Class(2), &method).unwrap();
    let mut expected = vec![0.0_f64; 64];
    for number in 0..30 {
        let mask = explanation.mask(number).unwrap().mask;
        let score = explanation.masked_predictions(number, 5).iter().find(|p| p.index == 2).unwrap().probability;
        expected.iter_mut().zip(&mask).for_each(|(sum, &value)| *sum += f64::from(score * value) / (30.0 * 0.4));
    }
    let found = view.signed().values;
    assert!(found.iter().zip(&expected).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-5), "{found:?} {expected:?}");
    let again = explained_by(&network, &picture, &method).view(&Wish::Class(2), &method).unwrap();
    assert_eq!(again.heatmap(), view.heatmap());
    let other = find(Some("rise"), json!({ "masks": 30, "cells": 3, "probability": 0.4, "seed": 6 })).unwrap();
    let other = explained_by(&network, &picture, &other).view(&Wish::Class(2), &other).unwrap();
    assert_ne!(other.heatmap().values, view.heatmap().values);
}

#[test]
fn a_preview_after_a_tenth_of_the_passes_is_nearly_the_map() {
    const SAMPLES: [&str; 7] = [
        "chelsea.png",
        "coffee.png",
        "rocket.jpg",
        "camera.png",
        "astronaut.png",
        "grace_hopper.jpg",
        "cat_and_coffee.jpg",
    ];
    let network = embedded_network();
    let method = find(None, Value::Null).unwrap();
    for sample in SAMPLES {
        let picture = picture(&format!("www/samples/{sample}"));
        let mut explanation = Explanation::begin(&network, &picture, None, &method).unwrap();
        let total = explanation.progress().total;
        while explanation.progress().done * 10 < total {
            explanation.step().unwrap();
        }
        let done = explanation.progress().done;
        let mut view = explanation.view(&Wish::MostProbable, &method).unwrap();
        let early = view.heatmap();
        let said = view.preview().spread.expect("Score-CAM can tell");
        assert!(view.weights().iter().filter(|weight| **weight != 0.0).count() <= done, "a guess is no weight");
        while !explanation.is_complete() {
            explanation.step().unwrap();
        }
        explanation.refresh(&mut view).unwrap();
        view.settle();
        let last = view.heatmap();
        let alike = scorecam::metrics::compare::spearman(&early.values, &last.values).unwrap();
        let squares = early.values.iter().zip(&last.values).map(|(a, b)| f64::from(a - b).powi(2));
        let found = (squares.sum::<f64>() / early.values.len() as f64).sqrt();
        println!("{sample}: {done} of {total} passes, Spearman {alike:.4}, spread {said:.4}, apart {found:.4}");
        assert!(found < 2.0 * f64::from(said), "{sample}: {said} is said to be open, {found} was");
        assert_eq!(view.preview().spread, Some(0.0));
        assert!(alike > 0.98, "{sample}: {alike}");
        assert_eq!(last, explanation.view(&Wish::MostProbable, &method).unwrap().heatmap());
    }
}
