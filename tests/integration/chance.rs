//! Methods with chance in them, as means over some seeds, against public code with chance of its own, ten seeds of it: see `tests/reference/make_chance.py`.

use std::sync::Arc;

use scorecam::heatmap::Heatmap;
use scorecam::methods::find;
use scorecam::metrics::stability::Trial;
use scorecam::model::{Limits, Network, OnnxFile, catalog};
use scorecam::target::{Target, Wish};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{correlation, embedded_network, explained_by, picture, read};

const SEEDS: u64 = 6;

#[derive(Deserialize)]
struct Theirs {
    picture: String,
    target: usize,
    samples: usize,
    masks: usize,
    smoothed: Vec<Smoothed>,
    stability: Vec<f64>,
    lime: Vec<f32>,
    kernel_shap: Vec<f32>,
    rise: Vec<f32>,
}

#[derive(Deserialize)]
struct Smoothed {
    network: String,
    target: usize,
    maps: std::collections::BTreeMap<String, Vec<f32>>,
}

fn theirs() -> Theirs {
    serde_json::from_slice(&read("tests/fixtures/chance.json")).unwrap()
}

/// A method's weighted sum for a class of a sample picture.
fn sum(network: &Arc<Network>, sample: &str, target: usize, (name, options): (&str, Value)) -> (Vec<f32>, usize) {
    let picture = picture(&format!("www/samples/{sample}"));
    let method = find(Some(name), options).unwrap();
    let explanation = explained_by(network, &picture, &method);
    let mut view = explanation.view(&Wish::Class(target), &method).unwrap();
    let whole = view.weights().len();
    let sum = view.partial_sum(whole).sum;
    (sum.values, sum.width)
}

fn mean(maps: &[Vec<f32>]) -> Vec<f32> {
    let count = maps.len() as f32;
    (0..maps[0].len()).map(|at| maps.iter().map(|map| map[at]).sum::<f32>() / count).collect()
}

/// Means over blocks of 8 by 8 pixels.
fn blocks(map: &[f32], width: usize) -> Vec<f32> {
    const BLOCK: usize = 8;
    let (rows, columns) = (map.len() / width / BLOCK, width / BLOCK);
    let of = |block: usize| {
        let (top, left) = (block / columns * BLOCK, block % columns * BLOCK);
        let rows = (top..top + BLOCK).map(|row| &map[row * width + left..][..BLOCK]);
        rows.flatten().sum::<f32>() / (BLOCK * BLOCK) as f32
    };
    (0..rows * columns).map(of).collect()
}

#[test]
fn random_masks_say_on_average_what_they_say_in_the_public_code() {
    let (network, theirs) = (embedded_network(), theirs());
    for (name, count, expected) in [
        ("rise", json!({ "masks": theirs.masks }), &theirs.rise),
        ("lime", json!({ "samples": theirs.samples }), &theirs.lime),
        ("kernel-shap", json!({ "samples": theirs.samples }), &theirs.kernel_shap),
    ] {
        let of_seed = |seed: u64| {
            let mut options = count.clone();
            options["seed"] = json!(seed);
            let (values, width) = sum(&network, &theirs.picture, theirs.target, (name, options));
            blocks(&values, width)
        };
        let maps: Vec<Vec<f32>> = (0..SEEDS).map(of_seed).collect();
        let (whole, half) = (mean(&maps), mean(&maps[..SEEDS as usize / 2]));
        let pearson = correlation(&whole, expected);
        let own = correlation(&half, &mean(&maps[SEEDS as usize / 2..]));
        println!("{name}: Pearson {pearson:.4} with theirs; of one half of our seeds with the other {own:.4}");
        // As like theirs as one half of ours is like the other, which have twice the noise.
        assert!(pearson > own - 0.1, "{name}: {pearson}, {own}");
    }
}

#[test]
fn the_change_of_a_map_under_small_changes_is_that_of_captum() {
    let (network, theirs) = (embedded_network(), theirs());
    let picture = picture(&format!("www/samples/{}", theirs.picture));
    let method = find(Some("grad-cam"), Value::Null).unwrap();
    let explanation = explained_by(&network, &picture, &method);
    let target = Target::Class { index: theirs.target };
    let of_seed = |seed: u64| {
        let mut trial = Trial::begin(&explanation, &target, &method, seed, Limits::default()).unwrap();
        while !trial.is_complete() {
            trial.step().unwrap();
        }
        trial.steadiness().unwrap().stability.unwrap()
    };
    let ours: Vec<f64> = (0..SEEDS).map(of_seed).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    println!("mean {:.4}, theirs {:.4}; {ours:.3?} {:.3?}", mean(&ours), mean(&theirs.stability), theirs.stability);
    assert!((mean(&ours) / mean(&theirs.stability) - 1.0).abs() < 0.15);
}

#[test]
fn smoothed_score_cams_are_those_of_torchcam() {
    let mut compared = 0;
    for Smoothed { network: name, target, maps } in theirs().smoothed {
        let file = format!("target/networks/{name}.onnx");
        if !std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file).exists() {
            eprintln!("{file} is not there: ./build.sh test makes it");
            continue;
        }
        let spec = catalog::find(&name).unwrap();
        let network = Arc::new(OnnxFile::read(&*read(&file), &name).unwrap().build(spec).unwrap());
        let theirs_of = |method: &str| &maps[method];
        let rectified = |(values, width): (Vec<f32>, usize)| {
            Heatmap::of_positive(values.clone(), (values.len() / width, width)).values
        };
        let path = rectified(sum(&network, &theirs().picture, target, ("is-cam", json!({}))));
        let pearson = correlation(&path, theirs_of("is-cam"));
        let of_seed = |seed: u64| {
            let options = json!({ "samples": 5, "seed": seed });
            rectified(sum(&network, &theirs().picture, target, ("ss-cam", options)))
        };
        let noisy: Vec<Vec<f32>> = (0..SEEDS).map(of_seed).collect();
        let on_average = correlation(&mean(&noisy), theirs_of("ss-cam"));
        println!("{name}: IS-CAM Pearson {pearson:.6}, SS-CAM on average {on_average:.5}");
        assert!(pearson > 0.999, "{name}: {pearson}");
        assert!(on_average > 0.98, "{name}: {on_average}");
        compared += 1;
    }
    println!("{compared} networks");
}
