//! What can be asked of a finished explanation agrees with its heatmap.

use scorecam::explain::{Channel, Explanation};
use scorecam::recipe::{Recipe, RecipeOptions, Score};

use crate::fixtures::{explained, largest_difference, picture, tiny_network};

const TARGET: Option<usize> = Some(1);

fn tiny(recipe: &Recipe) -> Explanation {
    explained(&tiny_network(), &picture("tests/fixtures/tiny.png"), recipe)
}

#[test]
fn the_sum_of_all_channels_leads_to_the_heatmap_and_that_of_one_to_its_own_map() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let outcome = explanation.outcome(TARGET, &recipe).unwrap();
        let all = explanation.partial_sum(TARGET, &recipe, outcome.weights.len()).unwrap();
        assert_eq!(all.heatmap, outcome.heatmap, "{}", recipe.name);
        let none = explanation.partial_sum(TARGET, &recipe, 0).unwrap();
        assert!(none.sum.values.iter().all(|&value| value == 0.0) && !none.heatmap.has_positive_evidence);
    }
    let explanation = tiny(&Recipe::AUTHORS);
    let channels = explanation.channels(TARGET, &Recipe::AUTHORS).unwrap();
    let Channel { channel, weight, .. } =
        *channels.iter().max_by(|a, b| a.weight.abs().total_cmp(&b.weight.abs())).unwrap();
    let map = explanation.activations().channel(channel);
    let expected: Vec<f32> = map.iter().map(|value| value * weight).collect();
    let one = explanation.partial_sum(TARGET, &Recipe::AUTHORS, 1).unwrap();
    assert!(largest_difference(&one.sum.values, &expected) < 1e-6);
}

#[test]
fn a_mask_reaches_from_zero_to_one_and_its_predictions_hold_the_score() {
    let explanation = tiny(&Recipe::AUTHORS);
    for channel in explanation.channels(TARGET, &Recipe::AUTHORS).unwrap() {
        let Some(score) = channel.score else {
            assert_eq!(explanation.masked_predictions(channel.channel, 5), []);
            continue;
        };
        let map = explanation.scaled_map(channel.channel).unwrap();
        let extreme = |pick: fn(f32, f32) -> f32| map.mask.iter().copied().reduce(pick).unwrap();
        assert_eq!((map.mask.len(), extreme(f32::min)), (64, 0.0));
        assert!((extreme(f32::max) - 1.0).abs() < 1e-6);
        // Upsampling reaches no farther than the map does.
        assert!(map.low >= channel.low && map.high <= channel.high && map.low < map.high);
        let predictions = explanation.masked_predictions(channel.channel, 5);
        let of_target = predictions.iter().find(|prediction| prediction.index == TARGET.unwrap()).unwrap();
        assert_eq!(of_target.probability, score);
    }
    let refused = explanation.scaled_map(4).unwrap_err();
    assert_eq!(refused.message, "Channel 4 has no mask: the layer has 6 channels, and constant ones are skipped.");
}

#[test]
fn the_map_correlates_with_itself_once_all_passes_are_done() {
    for recipe in Recipe::all() {
        let explanation = tiny(&recipe);
        let curve = explanation.convergence(TARGET, &recipe).unwrap();
        assert!(curve.windows(2).all(|pair| pair[0].passes < pair[1].passes), "{curve:?}");
        let last = curve.last().unwrap();
        assert_eq!(last.passes, explanation.progress().total, "{}", recipe.name);
        assert!(last.correlation.is_none_or(|correlation| correlation > 0.999_999), "{}: {curve:?}", recipe.name);
    }
    let authors = tiny(&Recipe::AUTHORS).convergence(TARGET, &Recipe::AUTHORS).unwrap();
    assert!(
        authors[0].passes == 1 && authors[0].correlation < Some(0.99),
        "one channel is not yet the map: {authors:?}"
    );
    let begun = Explanation::begin(&tiny_network(), &picture("tests/fixtures/tiny.png"), None, &Recipe::AUTHORS);
    assert_eq!(begun.unwrap().convergence(TARGET, &Recipe::AUTHORS).unwrap(), []);
}

#[test]
fn before_the_softmax_the_weights_are_the_logits_of_the_same_passes() {
    let logits = RecipeOptions { score: Some(Score::Logit), ..RecipeOptions::default() };
    let recipe = Recipe::find(Some("authors"), logits).unwrap();
    let explanation = tiny(&Recipe::AUTHORS);
    let (after, before) = (explanation.outcome(TARGET, &Recipe::AUTHORS), explanation.outcome(TARGET, &recipe));
    let (after, before) = (after.unwrap().weights, before.unwrap().weights);
    assert!(after.iter().all(|&weight| (0.0..=1.0).contains(&weight)));
    assert_ne!(after, before);
    let scores = explanation.channels(TARGET, &recipe).unwrap();
    assert!(scores.iter().all(|channel| channel.score.unwrap_or(0.0) == channel.weight));
}

#[test]
fn the_article_s_weights_are_nearly_even_and_said_to_be() {
    let matlab = Recipe::matlab(true);
    let outcome = tiny(&matlab).outcome(TARGET, &matlab).unwrap();
    assert!(outcome.diagnostics.near_uniform_weights && outcome.diagnostics.evenness > 0.9);
    let paper = tiny(&Recipe::PAPER).outcome(TARGET, &Recipe::PAPER).unwrap().diagnostics;
    assert!(paper.evenness < outcome.diagnostics.evenness, "{paper:?}");
}
