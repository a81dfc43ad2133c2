//! ViT-CX against its authors' own code, see `tests/reference/make_vit_cx.py`.

use std::sync::Arc;

use scorecam::explain::Explanation;
use scorecam::image::RgbImage;
use scorecam::methods::find;
use scorecam::model::Network;
use scorecam::model::spec::{InputSpec, ModelSpec};
use scorecam::target::Wish;
use serde::Deserialize;
use serde_json::json;

use crate::fixtures::{correlation, explained_by, largest_difference, read};

#[derive(Deserialize)]
struct Theirs {
    side: u32,
    pixels: Vec<u8>,
    logits: Vec<f32>,
    still: Vec<Still>,
    noisy: Vec<Noisy>,
}

#[derive(Deserialize)]
struct Still {
    distance: f64,
    target: usize,
    /// None where no mask reaches.
    map: Vec<Option<f32>>,
}

/// Of a hundred runs.
#[derive(Deserialize)]
struct Noisy {
    target: usize,
    mean: Vec<f32>,
    deviation: Vec<f32>,
}

impl Theirs {
    fn read() -> Theirs {
        serde_json::from_slice(&read("tests/fixtures/vit_cx.json")).unwrap()
    }

    fn picture(&self) -> RgbImage {
        RgbImage::from_raw(self.side, self.side, self.pixels.clone()).unwrap()
    }

    fn network(&self) -> Arc<Network> {
        let input = InputSpec {
            width: self.side as usize,
            height: self.side as usize,
            mean: [0.5; 3],
            std: [0.5; 3],
            ..InputSpec::default()
        };
        let spec = ModelSpec { name: "vit".into(), input, ..ModelSpec::default() };
        Arc::new(Network::load(read("tests/fixtures/exports/vit_torchscript.onnx"), spec).unwrap())
    }
}

/// The sum of a target, as their code has it: divided by the number of masks, two passes each.
fn sum_of(explanation: &Explanation, target: usize, options: serde_json::Value) -> Vec<f32> {
    let view = explanation.view(&Wish::Class(target), &find(Some("vit-cx"), options).unwrap()).unwrap();
    let masks = explanation.progress().total as f32 / 2.0;
    view.signed().values.iter().map(|value| value / masks).collect()
}

#[test]
fn without_noise_every_class_has_the_map_of_the_authors_code() {
    let theirs = Theirs::read();
    let (network, picture) = (theirs.network(), theirs.picture());
    assert_eq!(theirs.still.len(), 7);
    for Still { distance, target, map } in &theirs.still {
        let options = json!({ "distance": distance, "noise": 0.0 });
        let explanation = explained_by(&network, &picture, &find(Some("vit-cx"), options.clone()).unwrap());
        let logits: Vec<_> = explanation.predictions(1).iter().map(|most| most.index).collect();
        let most = (0..5).max_by(|&a, &b| theirs.logits[a].total_cmp(&theirs.logits[b])).unwrap();
        assert_eq!(logits, [most]);
        let sum = sum_of(&explanation, *target, options);
        let unreached = map.iter().zip(&sum).filter(|(theirs, _)| theirs.is_none());
        assert!(unreached.clone().all(|(_, &ours)| ours == 0.0));
        assert_eq!(unreached.count() > 0, *distance == 0.4);
        let map: Vec<f32> = map.iter().map(|value| value.unwrap_or(0.0)).collect();
        let scale = map.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
        let difference = largest_difference(&sum, &map) / scale;
        assert!(difference < 1e-3, "within {distance}, class {target}: {difference} of the largest value");
        assert!(correlation(&sum, &map) > 0.9999, "within {distance}, class {target}");
    }
}

#[test]
fn with_noise_a_hundred_seeds_scatter_as_theirs_do_and_their_mean_is_as_near_as_chance_allows() {
    let theirs = Theirs::read();
    let (network, picture) = (theirs.network(), theirs.picture());
    for Noisy { target, mean, deviation } in &theirs.noisy {
        let run = |seed: u32| {
            let options = json!({ "seed": seed });
            sum_of(&explained_by(&network, &picture, &find(Some("vit-cx"), options.clone()).unwrap()), *target, options)
        };
        let runs: Vec<Vec<f32>> = (0..100).map(run).collect();
        let over_runs = |at: usize, of: &dyn Fn(f32) -> f32| runs.iter().map(|run| of(run[at])).sum::<f32>();
        let means: Vec<f32> = (0..mean.len()).map(|at| over_runs(at, &|value| value) / 100.0).collect();
        let spread = |at: usize| (over_runs(at, &|value| (value - means[at]).powi(2)) / 99.0).sqrt();
        // The means of two hundreds differ by the deviation of one run times the root of two hundredths; four of those are far.
        let distances = means.iter().zip(mean).zip(deviation);
        let farthest = distances.map(|((a, b), s)| (a - b).abs() / (s * 0.02_f32.sqrt())).fold(0.0, f32::max);
        assert!(farthest < 4.0, "class {target}: {farthest} standard errors");
        let ratio = (0..mean.len()).map(spread).sum::<f32>() / deviation.iter().sum::<f32>();
        assert!((0.8..1.25).contains(&ratio), "class {target}: scattered {ratio} times as theirs");
    }
}

#[test]
fn every_seed_has_its_own_noise_and_the_same_one_each_time() {
    let theirs = Theirs::read();
    let (network, picture) = (theirs.network(), theirs.picture());
    let run = |seed: u32| {
        let options = json!({ "seed": seed });
        sum_of(&explained_by(&network, &picture, &find(Some("vit-cx"), options.clone()).unwrap()), 0, options)
    };
    let first = run(1);
    assert_eq!(first, run(1));
    assert!(largest_difference(&first, &run(2)) > 0.0);
}

#[test]
fn its_masks_are_clusters_so_there_are_no_channels_to_list_and_each_has_two_passes() {
    let theirs = Theirs::read();
    let method = find(Some("vit-cx"), json!({})).unwrap();
    let explanation = explained_by(&theirs.network(), &theirs.picture(), &method);
    let view = explanation.view(&Wish::MostProbable, &method).unwrap();
    assert_eq!(view.channels().unwrap_err().code, "method-without-maps");
    let clusters = explanation.progress().total / 2;
    let weights = view.outcome().weights;
    assert!(clusters > 1 && weights.len() == 2 * clusters);
    assert!(weights[..clusters].iter().all(|&weight| weight != 0.0));
    assert!(weights[clusters..].iter().all(|&weight| weight == 0.0));
    // Under a mask some is hidden; what it is set against is the whole picture, with noise.
    assert!(explanation.mask(0).unwrap().kept < 1.0);
    assert_eq!(explanation.mask(clusters).unwrap().kept, 1.0);
    assert_ne!(explanation.masked_picture(clusters).unwrap(), explanation.masked_picture(0).unwrap());
    let outcome = view.outcome();
    assert!(!outcome.diagnostics.tokens_as_maps, "its maps are no weighed tokens");
    let shares = view.provenance((0, 0)).unwrap();
    assert!((shares.iter().map(|share| share.share).sum::<f32>() - 1.0).abs() < 1e-4);
}

#[test]
fn score_cam_of_tokens_says_so() {
    let theirs = Theirs::read();
    let method = find(None, json!({})).unwrap();
    let explanation = explained_by(&theirs.network(), &theirs.picture(), &method);
    let diagnostics = explanation.view(&Wish::MostProbable, &method).unwrap().outcome().diagnostics;
    assert!(diagnostics.tokens_as_maps);
}
