//! Methods and targets beside Score-CAM of one class, against NumPy (and captum, see `tests/reference/make_captum.py`).

use std::sync::Arc;

use scorecam::explain::Explanation;
use scorecam::methods::score_cam::recipe::{Recipe, RecipeOptions};
use scorecam::methods::{Method, find};
use scorecam::target::{Score, Wish};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fixtures::{explained, explained_by, largest_difference, picture, read, tiny_network};

#[derive(Deserialize)]
struct Expected {
    occlusion: Vec<Occlusion>,
    targets: Vec<Asked>,
}

#[derive(Deserialize)]
struct Occlusion {
    options: Value,
    target: usize,
    signed: Vec<f32>,
}

#[derive(Deserialize)]
struct Asked {
    wish: Wish,
    score: Score,
    picture: f32,
    heatmap: Vec<f32>,
    weights: Vec<f32>,
}

fn expected() -> Expected {
    serde_json::from_slice(&read("tests/fixtures/tiny.json")).unwrap()
}

fn occlusion(options: Value) -> Arc<dyn Method> {
    find(Some("occlusion"), options).unwrap()
}

fn explained_tiny(method: &Arc<dyn Method>) -> Explanation {
    explained_by(&tiny_network(), &picture("tests/fixtures/tiny.png"), method)
}

#[test]
fn occlusion_is_the_mean_fall_of_the_score_over_the_windows_that_cover_a_pixel() {
    let cases = expected().occlusion;
    assert_eq!(cases.len(), 3 * 5);
    for Occlusion { options, target, signed } in cases {
        let method = occlusion(options.clone());
        let view = explained_tiny(&method).view(&Wish::Class(target), &method).unwrap();
        let difference = largest_difference(&view.signed().values, &signed);
        assert!(difference < 1e-4, "{options} class {target}: {difference}");
        let (heatmap, strongest) = (view.heatmap(), view.signed().high.max(0.0));
        let low = signed.iter().fold(f32::INFINITY, |low, value| low.min(value.max(0.0)));
        let scaled = |value: &f32| if strongest > low { (value.max(0.0) - low) / (strongest - low) } else { 0.0 };
        let scaled: Vec<f32> = signed.iter().map(scaled).collect();
        assert!(largest_difference(&heatmap.values, &scaled) < 1e-3, "{options} class {target}");
    }
}

#[test]
fn occlusion_is_what_captum_makes_of_the_same_windows() {
    #[derive(Deserialize)]
    struct Captum {
        occlusion: Vec<Occlusion>,
    }
    let captum: Captum = serde_json::from_slice(&read("tests/fixtures/captum.json")).unwrap();
    for Occlusion { options, target, signed } in captum.occlusion {
        let method = occlusion(options.clone());
        let view = explained_tiny(&method).view(&Wish::Class(target), &method).unwrap();
        let difference = largest_difference(&view.signed().values, &signed);
        assert!(difference < 1e-5, "{options} class {target}: {difference}");
    }
}

#[test]
fn occlusion_looks_at_no_layer_and_says_so() {
    let method = occlusion(json!({ "window": 4, "stride": 4 }));
    let explanation = explained_tiny(&method);
    assert!(explanation.layer().is_none() && explanation.activations().is_none());
    let view = explanation.view(&Wish::MostProbable, &method).unwrap();
    assert_eq!(view.channels().unwrap_err().code, "method-without-maps");
    let diagnostics = view.outcome().diagnostics;
    assert_eq!((diagnostics.channels, diagnostics.scored_channels, diagnostics.partial), (4, 4, false));
    assert!(!diagnostics.near_uniform_weights, "its windows are no maps");
    // One window of 4 x 4 covers a pixel: all of its value is that window's.
    let shares = view.provenance((1, 6)).unwrap();
    assert!(shares.iter().all(|share| (share.channel, share.share) == (1, 1.0)), "{shares:?}");
}

#[test]
fn windows_of_one_kind_share_their_passes_whatever_is_scored() {
    let probabilities = occlusion(json!({ "window": 3, "stride": 2 }));
    let logits = occlusion(json!({ "window": 3, "stride": 2, "score": "logit" }));
    let explanation = explained_tiny(&probabilities);
    assert!(explanation.view(&Wish::Class(0), &logits).is_ok());
    for other in [occlusion(json!({ "window": 3, "stride": 1 })), Recipe::AUTHORS.into()] {
        assert_eq!(explanation.view(&Wish::Class(0), &other).err().unwrap().code, "passes-differ");
    }
}

#[test]
fn too_many_windows_are_refused_before_the_first_pass() {
    let network = crate::fixtures::embedded_network();
    let method = occlusion(json!({ "window": 2, "stride": 1 }));
    let refused = Explanation::begin(&network, &picture("www/samples/coffee.png"), None, &method).err().unwrap();
    assert_eq!(refused.code, "method-range");
    assert!(refused.message.contains("49729 passes"), "{refused}");
}

#[test]
fn groups_differences_and_finer_contrasts_are_explained_from_the_same_passes() {
    let explanation = explained(&tiny_network(), &picture("tests/fixtures/tiny.png"), &Recipe::AUTHORS);
    let cases = expected().targets;
    assert_eq!(cases.len(), 4 * 2);
    for Asked { wish, score, picture, heatmap, weights } in cases {
        let options = RecipeOptions { score: Some(score), ..RecipeOptions::default() };
        let method = Recipe::find(Some("authors"), options).unwrap().into();
        let view = explanation.view(&wish, &method).unwrap();
        let name = format!("{wish:?} {score:?}");
        assert!((view.picture_score() - picture).abs() < 1e-4, "{name}: {} is not {picture}", view.picture_score());
        let difference = largest_difference(view.weights(), &weights);
        assert!(difference < 1e-4, "{name}: weights differ by {difference}");
        let difference = largest_difference(&view.heatmap().values, &heatmap);
        assert!(difference < 1e-3, "{name}: maps differ by {difference}");
    }
}

#[test]
fn a_map_without_evidence_still_shows_what_speaks_against() {
    // Class 0 less every other one in turn: where the difference is negative under all masks, so is the whole sum.
    let explanation = explained(&tiny_network(), &picture("tests/fixtures/tiny.png"), &Recipe::AUTHORS);
    let method: Arc<dyn Method> = Recipe::AUTHORS.into();
    let mut blank = 0;
    for (index, against) in (0..5).flat_map(|a| (0..5).map(move |b| (a, b))).filter(|(a, b)| a != b) {
        let wish = Wish::Difference { difference: (index, against) };
        let view = explanation.view(&wish, &method).unwrap();
        let (outcome, signed) = (view.outcome(), view.signed());
        assert_eq!(
            (outcome.diagnostics.high > 0.0, outcome.diagnostics.low < 0.0),
            (signed.high > 0.0, signed.low < 0.0)
        );
        if outcome.diagnostics.no_positive_evidence {
            assert!(signed.low < 0.0 && signed.high <= 0.0, "{wish:?}: {} {}", signed.low, signed.high);
            blank += 1;
        }
    }
    assert!(blank > 0, "some class is less probable than another under every mask");
}
