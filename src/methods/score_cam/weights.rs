//! Scores become weights.

use crate::methods::Scores;

use super::recipe::{Baseline, Recipe};

/// The weight of every channel under `recipe`; zero for channels without scores.
pub fn weights(scores: &Scores, recipe: &Recipe) -> Vec<f32> {
    let subtracted = match recipe.baseline {
        Baseline::Nothing => 0.0,
        Baseline::Blank => scores.blank,
        Baseline::Picture => scores.picture,
    };
    let increases: Vec<Option<f64>> = scores.masked.iter().map(|score| score.map(|score| score - subtracted)).collect();
    if !recipe.softmax_over_channels {
        return increases.iter().map(|increase| increase.unwrap_or(0.0) as f32).collect();
    }
    let largest = increases.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponential = |increase: &Option<f64>| increase.map_or(0.0, |value| (value - largest).exp());
    let sum: f64 = increases.iter().map(exponential).sum();
    increases.iter().map(|increase| (exponential(increase) / sum.max(f64::MIN_POSITIVE)) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(actual: &[f32], expected: &[f32]) {
        let close = actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-6);
        assert!(close, "{actual:?} is not {expected:?}");
    }

    #[test]
    fn weights_are_scores_or_a_softmax_over_the_scored_channels() {
        let scores =
            |first: f64, third: f64| Scores { masked: vec![Some(first), None, Some(third)], picture: 0.5, blank: 1.0 };
        assert_close(&weights(&scores(0.75, 0.5), &Recipe::AUTHORS), &[0.75, 0.0, 0.5]);
        // exp(ln 3) : exp(0) = 3 : 1, whatever constant is subtracted.
        let logits = scores(3.0_f64.ln(), 0.0);
        assert_close(&weights(&logits, &Recipe::PAPER), &[0.75, 0.0, 0.25]);
        assert_close(&weights(&logits, &Recipe::TORCHCAM), &[0.75, 0.0, 0.25]);
        // Probabilities 0.75 and 0.5: exp(0.25) : 1.
        let ratio = 0.25_f32.exp();
        let expected = [ratio / (1.0 + ratio), 0.0, 1.0 / (1.0 + ratio)];
        assert_close(&weights(&scores(0.75, 0.5), &Recipe::matlab(false)), &expected);
    }

    #[test]
    fn what_is_subtracted_counts_where_there_is_no_softmax() {
        let less_the_picture = Recipe { baseline: Baseline::Picture, ..Recipe::AUTHORS };
        let scores = Scores { masked: vec![Some(0.25), Some(0.75)], picture: 0.5, blank: 0.0 };
        assert_close(&weights(&scores, &less_the_picture), &[-0.25, 0.25]);
    }
}
