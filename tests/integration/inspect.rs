//! What can be asked of a finished explanation agrees with its heatmap.

use scorecam::explain::{Channel, Explanation};
use scorecam::methods::score_cam::recipe::{Recipe, RecipeOptions};
use scorecam::target::Score;

use crate::fixtures::{explained, largest_difference, picture, tiny_network, view};

const TARGET: Option<usize> = Some(1);

fn tiny(recipe: &Recipe) -> Explanation {
    explained(&tiny_network(), &picture("tests/fixtures/tiny.png"), recipe)
}

#[test]
fn the_sum_of_all_channels_leads_to_the_heatmap_and_that_of_one_to_its_own_map() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let mut view = view(&explanation, TARGET, &recipe).unwrap();
        let all = view.partial_sum(view.weights().len());
        assert_eq!(all.heatmap, view.heatmap(), "{}", recipe.name);
        let none = view.partial_sum(0);
        assert!(none.sum.values.iter().all(|&value| value == 0.0) && !none.heatmap.has_positive_evidence);
    }
    let explanation = tiny(&Recipe::AUTHORS);
    let mut view = view(&explanation, TARGET, &Recipe::AUTHORS).unwrap();
    let channels = view.channels().unwrap();
    let Channel { channel, weight, .. } =
        *channels.iter().max_by(|a, b| a.weight.abs().total_cmp(&b.weight.abs())).unwrap();
    let map = explanation.activations().unwrap().channel(channel);
    let expected: Vec<f32> = map.iter().map(|value| value * weight).collect();
    let one = view.partial_sum(1);
    assert!(largest_difference(&one.sum.values, &expected) < 1e-6);
}

#[test]
fn a_mask_reaches_from_zero_to_one_and_its_predictions_hold_the_score() {
    let explanation = tiny(&Recipe::AUTHORS);
    for channel in view(&explanation, TARGET, &Recipe::AUTHORS).unwrap().channels().unwrap() {
        let Some(score) = channel.score else {
            assert_eq!(explanation.masked_predictions(channel.channel, 5), []);
            continue;
        };
        let map = explanation.mask(channel.channel).unwrap();
        let extreme = |pick: fn(f32, f32) -> f32| map.mask.iter().copied().reduce(pick).unwrap();
        assert_eq!((map.mask.len(), extreme(f32::min)), (64, 0.0));
        assert!((extreme(f32::max) - 1.0).abs() < 1e-6);
        // Upsampling reaches no farther than the map does.
        assert!(map.low >= channel.low && map.high <= channel.high && map.low < map.high);
        let predictions = explanation.masked_predictions(channel.channel, 5);
        let of_target = predictions.iter().find(|prediction| prediction.index == TARGET.unwrap()).unwrap();
        assert_eq!(of_target.probability, score);
    }
    let refused = explanation.mask(4).unwrap_err();
    assert_eq!(refused.message, "Channel 4 has no mask: there are 6, and constant ones are skipped.");
}

#[test]
fn the_map_correlates_with_itself_once_all_passes_are_done() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let curve = view(&explanation, TARGET, &recipe).unwrap().convergence().unwrap();
        assert!(curve.windows(2).all(|pair| pair[0].passes < pair[1].passes), "{curve:?}");
        let last = curve.last().unwrap();
        assert_eq!(last.passes, explanation.progress().total, "{}", recipe.name);
        assert!(last.correlation.is_none_or(|correlation| correlation > 0.999_999), "{}: {curve:?}", recipe.name);
    }
    let authors = view(&tiny(&Recipe::AUTHORS), TARGET, &Recipe::AUTHORS).unwrap().convergence().unwrap();
    assert!(
        authors[0].passes == 1 && authors[0].correlation < Some(0.99),
        "one channel is not yet the map: {authors:?}"
    );
    let begun = Explanation::begin(&tiny_network(), &picture("tests/fixtures/tiny.png"), None, &Recipe::AUTHORS.into());
    assert_eq!(view(&begun.unwrap(), TARGET, &Recipe::AUTHORS).unwrap().convergence().unwrap(), []);
}

#[test]
fn before_the_softmax_the_weights_are_the_logits_of_the_same_passes() {
    let logits = RecipeOptions { score: Some(Score::Logit), ..RecipeOptions::default() };
    let recipe = Recipe::find(Some("authors"), logits).unwrap();
    let explanation = tiny(&Recipe::AUTHORS);
    let (after, before) = (view(&explanation, TARGET, &Recipe::AUTHORS), view(&explanation, TARGET, &recipe));
    let (after, before) = (after.unwrap().weights().to_vec(), before.unwrap().weights().to_vec());
    assert!(after.iter().all(|&weight| (0.0..=1.0).contains(&weight)));
    assert_ne!(after, before);
    let scores = view(&explanation, TARGET, &recipe).unwrap().channels().unwrap();
    assert!(scores.iter().all(|channel| channel.score.unwrap_or(0.0) == channel.weight));
}

#[test]
fn the_article_s_weights_are_nearly_even_and_said_to_be() {
    let matlab = Recipe::matlab(true);
    let outcome = view(&tiny(&matlab), TARGET, &matlab).unwrap().outcome();
    assert!(outcome.diagnostics.near_uniform_weights && outcome.diagnostics.evenness > 0.9);
    let paper = view(&tiny(&Recipe::PAPER), TARGET, &Recipe::PAPER).unwrap().outcome().diagnostics;
    assert!(paper.evenness < outcome.diagnostics.evenness, "{paper:?}");
}

#[test]
fn a_view_that_grows_with_the_passes_is_the_view_of_all_of_them() {
    let network = tiny_network();
    for recipe in Recipe::all() {
        let method = recipe.clone().into();
        let mut explanation = Explanation::begin(&network, &picture("tests/fixtures/tiny.png"), None, &method).unwrap();
        let mut growing = view(&explanation, TARGET, &recipe).unwrap();
        let mut steps = 0;
        while !explanation.is_complete() {
            // One pass a thread: some steps.
            explanation.step().unwrap();
            explanation.refresh(&mut growing).unwrap();
            let anew = view(&explanation, TARGET, &recipe).unwrap();
            assert_eq!(growing.weights(), anew.weights(), "{}", recipe.name);
            let difference = largest_difference(&growing.heatmap().values, &anew.heatmap().values);
            let bound = if recipe == Recipe::matlab(true) { 1e-3 } else { 1e-4 };
            assert!(difference < bound, "{} after {steps} steps: {difference}", recipe.name);
            steps += 1;
        }
        assert!(steps > 1);
        growing.settle();
        assert_eq!(growing.heatmap(), view(&explanation, TARGET, &recipe).unwrap().heatmap(), "{}", recipe.name);
    }
}

#[test]
fn sums_of_the_heaviest_maps_are_the_same_in_whatever_order_they_are_asked_for() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let mut asked = view(&explanation, TARGET, &recipe).unwrap();
        for count in [1, 2, 4, 3, 6, 2] {
            let anew = view(&explanation, TARGET, &recipe).unwrap().partial_sum(count);
            let difference = largest_difference(&asked.partial_sum(count).sum.values, &anew.sum.values);
            assert!(difference < 1e-6, "{} {count}: {difference}", recipe.name);
        }
    }
}

#[test]
fn the_shares_of_a_pixel_are_its_part_of_the_sum_by_every_recipe() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let view = view(&explanation, TARGET, &recipe).unwrap();
        let signed = view.signed();
        for (row, column) in [(0, 0), (3, 5), (7, 7)] {
            let shares = view.provenance((row, column)).unwrap();
            let sum: f32 = shares.iter().map(|share| share.share).sum();
            let weighed: f32 = shares.iter().map(|share| view.weights()[share.channel] * share.activation).sum();
            assert!(shares.is_empty() || (sum - 1.0).abs() < 1e-4, "{}: {sum}", recipe.name);
            let there = signed.values[row * signed.width + column];
            assert!((weighed - there).abs() < 1e-4, "{}: {weighed} is not {there}", recipe.name);
        }
    }
}
