//! Sixth stage: scores become weights, weighted activation maps the heatmap.

use rayon::prelude::*;

use crate::error::{Error, ErrorKind, Result};
use crate::mask::{Upsampler, mask, range, scale_columns_to_unit};
use crate::model::Activations;
use crate::model::spec::OutputKind;
use crate::recipe::{Baseline, Grid, Recipe, Scaling, Score, Summed};
use crate::score::{ScoreMatrix, probabilities};

/// Where the evidence for a class lies: the result of Score-CAM.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// Values [height, width] in [0, 1].
    pub values: Vec<f32>,
    /// Rows, those of the network's input.
    pub height: usize,
    /// Columns, those of the network's input.
    pub width: usize,
    /// Whether the weighted sum varies where it is positive. If not, `values` are all zero and say nothing.
    pub has_positive_evidence: bool,
}

impl Heatmap {
    /// The map of `values` [height, width], which are its own scale.
    ///
    /// # Errors
    /// [`ErrorKind::Option`] if there are not as many values as the size says, or one is not finite.
    pub fn new(values: Vec<f32>, height: usize, width: usize) -> Result<Heatmap> {
        let fits = height.checked_mul(width).is_some_and(|len| len == values.len() && len > 0);
        if !fits || !values.iter().all(|value| value.is_finite()) {
            let found = format!("{} values are no map of {height} x {width} finite numbers.", values.len());
            return Err(Error::new(ErrorKind::Option, found, "Give a map as Result.heatmap has it."));
        }
        let has_positive_evidence = values.iter().any(|&value| value > 0.0);
        Ok(Heatmap { values, height, width, has_positive_evidence })
    }

    /// How its values are spread over three by three parts of equal size: nine shares by rows, which sum to one, or nine
    /// zeros if the map is empty.
    pub fn ninths(&self) -> [f32; 9] {
        let mut sums = [0.0_f64; 9];
        for (i, &value) in self.values.iter().enumerate() {
            let (row, column) = (i / self.width, i % self.width);
            sums[row * 3 / self.height * 3 + column * 3 / self.width] += f64::from(value);
        }
        let whole: f64 = sums.iter().sum();
        sums.map(|sum| if whole > 0.0 { (sum / whole) as f32 } else { 0.0 })
    }

    /// The value between its cells, bilinear; `x` and `y` are in cells, whole numbers at their centres. Outside it is that
    /// of the nearest cell.
    pub fn value_at(&self, x: f64, y: f64) -> f32 {
        let clamp = |position: f64, cells: usize| position.clamp(0.0, (cells - 1) as f64);
        let (x, y) = (clamp(x, self.width), clamp(y, self.height));
        let (left, top) = (x as usize, y as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let at = |row: usize, column: usize| self.values[row * self.width + column];
        let (across, down) = ((x - left as f64) as f32, (y - top as f64) as f32);
        let upper = at(top, left) * (1.0 - across) + at(top, right) * across;
        let lower = at(bottom, left) * (1.0 - across) + at(bottom, right) * across;
        upper * (1.0 - down) + lower * down
    }
}

/// The logits that a recipe may subtract from the channels' scores.
#[derive(Debug, Clone)]
pub struct Baselines {
    /// Those of the picture as it is.
    pub picture: Vec<f32>,
    /// Those of the normalised tensor zero.
    pub blank: Vec<f32>,
}

/// The score of class `target` as `recipe` has it: its logit, or its probability.
pub fn score_of(logits: &[f32], target: usize, output: OutputKind, recipe: &Recipe) -> f64 {
    match recipe.score {
        Score::Logit => f64::from(logits[target]),
        Score::Probability => f64::from(probabilities(logits, output)[target]),
    }
}

/// The weight of every channel for class `target` under `recipe`; zero for channels without scores.
pub fn weights(scores: &ScoreMatrix, baselines: &Baselines, target: usize, recipe: &Recipe) -> Vec<f32> {
    let score = |logits: &[f32]| score_of(logits, target, scores.output(), recipe);
    let subtracted = match recipe.baseline {
        Baseline::Nothing => 0.0,
        Baseline::Blank => score(&baselines.blank),
        Baseline::Picture => score(&baselines.picture),
    };
    let increases: Vec<Option<f64>> =
        (0..scores.channels()).map(|channel| scores.row(channel).map(|row| score(row) - subtracted)).collect();
    if !recipe.softmax_over_channels {
        return increases.iter().map(|increase| increase.unwrap_or(0.0) as f32).collect();
    }
    let largest = increases.iter().flatten().copied().fold(f64::NEG_INFINITY, f64::max);
    let exponential = |increase: &Option<f64>| increase.map_or(0.0, |value| (value - largest).exp());
    let sum: f64 = increases.iter().map(exponential).sum();
    increases.iter().map(|increase| (exponential(increase) / sum.max(f64::MIN_POSITIVE)) as f32).collect()
}

/// The weighted sum of the maps, before what is negative is dropped.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedSum {
    /// Values [height, width] of either sign.
    pub values: Vec<f32>,
    /// Rows: the layer's, or the input's where masks are summed.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

/// What `recipe` sums of channels `activations` under `weights`: raw maps at layer size, or masks at input `size`
/// [height, width].
///
/// Sums are taken in float64 and in the order of the channels.
pub fn weighted_sum(activations: &Activations, weights: &[f32], size: (usize, usize), recipe: &Recipe) -> WeightedSum {
    match recipe.summed {
        Summed::RawUpsampled | Summed::RawAtLayerSize => WeightedSum {
            values: sum_of_maps(activations, weights),
            height: activations.height,
            width: activations.width,
        },
        Summed::Masks => {
            WeightedSum { values: sum_of_masks(activations, weights, size, recipe), height: size.0, width: size.1 }
        }
    }
}

/// The heatmap [height, width] = `size` of channels `activations` under `weights`: their sum, its positive part, scaled to
/// [0, 1].
pub fn heatmap(activations: &Activations, weights: &[f32], size: (usize, usize), recipe: &Recipe) -> Heatmap {
    heatmap_of_sum(weighted_sum(activations, weights, size, recipe), size, recipe)
}

/// The heatmap [height, width] = `size` that a weighted sum leads to under `recipe`.
///
/// Upsampling is linear, so `RawUpsampled` sums at layer size and upsamples once, which differs from the sum of upsampled
/// maps by rounding only.
pub fn heatmap_of_sum(mut sum: WeightedSum, size: (usize, usize), recipe: &Recipe) -> Heatmap {
    let from = (sum.height, sum.width);
    let upsampled = |map: &[f32]| {
        let upsampler = Upsampler::new(from, size, Grid::HalfPixel);
        let mut values = vec![0.0; upsampler.output_len()];
        upsampler.upsample(map, &mut values);
        values
    };
    let (mut values, rectified_before) = match recipe.summed {
        Summed::RawUpsampled => (upsampled(&sum.values), None),
        Summed::RawAtLayerSize => {
            let evidence = rectify_and_scale(&mut sum.values);
            (upsampled(&sum.values), Some(evidence))
        }
        Summed::Masks => (sum.values, None),
    };
    let evidence = rectify_and_scale(&mut values);
    // Where the sum was rectified at layer size, that decides; upsampling only spreads it.
    let has_positive_evidence = rectified_before.unwrap_or(evidence);
    if recipe.mask.scaling == Scaling::AfterUpsamplingByColumn {
        scale_columns_to_unit(&mut values, size.1);
    }
    Heatmap { values, height: size.0, width: size.1, has_positive_evidence }
}

/// Sum over the channels of weight times raw map, at layer size.
fn sum_of_maps(activations: &Activations, weights: &[f32]) -> Vec<f32> {
    let mut sum = vec![0.0_f64; activations.height * activations.width];
    for (channel, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
        for (total, &value) in sum.iter_mut().zip(activations.channel(channel)) {
            *total += f64::from(weight) * f64::from(value);
        }
    }
    sum.iter().map(|&total| total as f32).collect()
}

/// Sum over the channels of weight times mask, at input size.
fn sum_of_masks(activations: &Activations, weights: &[f32], size: (usize, usize), recipe: &Recipe) -> Vec<f32> {
    /// Channels that are summed by one task: fixed, so that the order of additions does not depend on the threads.
    const BLOCK: usize = 64;
    let upsampler = Upsampler::new((activations.height, activations.width), size, recipe.mask.grid);
    let blocks: Vec<Vec<f64>> = weights
        .par_chunks(BLOCK)
        .enumerate()
        .map(|(block, weights)| {
            let mut sum = vec![0.0_f64; upsampler.output_len()];
            let mut values = vec![0.0; upsampler.output_len()];
            for (offset, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                mask(activations.channel(block * BLOCK + offset), &upsampler, &recipe.mask, &mut values);
                for (total, &value) in sum.iter_mut().zip(&values) {
                    *total += f64::from(weight) * f64::from(value);
                }
            }
            sum
        })
        .collect();
    let mut sum = vec![0.0_f64; upsampler.output_len()];
    for block in &blocks {
        for (total, value) in sum.iter_mut().zip(block) {
            *total += value;
        }
    }
    sum.iter().map(|&total| total as f32).collect()
}

/// Sets what is below zero to zero and scales the rest to [0, 1]. A map that is constant then becomes all zeros, and
/// the answer is `false`.
fn rectify_and_scale(values: &mut [f32]) -> bool {
    for value in values.iter_mut() {
        *value = value.max(0.0);
    }
    let (low, high) = range(values);
    let varies = high > low;
    let factor = if varies { 1.0 / (high - low) } else { 0.0 };
    for value in values {
        *value = ((*value - low) * factor).min(1.0);
    }
    varies
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninths_are_shares_of_the_evidence_by_rows() {
        let mut values = vec![0.0; 36];
        (values[0], values[7], values[35]) = (0.5, 0.5, 1.0); // twice top left, once bottom right
        let map = Heatmap { values, height: 6, width: 6, has_positive_evidence: true };
        assert_eq!(map.ninths(), [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]);
        let empty = Heatmap { values: vec![0.0; 4], height: 2, width: 2, has_positive_evidence: false };
        assert_eq!(empty.ninths(), [0.0; 9]);
    }

    /// Three channels of 1 x 2 cells; the second has no scores.
    fn activations() -> Activations {
        Activations { values: vec![1.0, 0.0, 7.0, 7.0, 0.0, 2.0], channels: 3, height: 1, width: 2 }
    }

    fn scores() -> (ScoreMatrix, Baselines) {
        let mut scores = ScoreMatrix::new(3, 2, OutputKind::Logits);
        scores.set_row(0, &[3.0_f32.ln(), 0.0]);
        scores.set_row(2, &[0.0, 0.0]);
        (scores, Baselines { picture: vec![0.0, 0.0], blank: vec![1.0, 0.0] })
    }

    fn assert_close(actual: &[f32], expected: &[f32]) {
        let close = actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-6);
        assert!(close, "{actual:?} is not {expected:?}");
    }

    #[test]
    fn weights_are_probabilities_or_a_softmax_over_the_scored_channels() {
        let (scores, baselines) = scores();
        assert_close(&weights(&scores, &baselines, 0, &Recipe::AUTHORS), &[0.75, 0.0, 0.5]);
        assert_close(&weights(&scores, &baselines, 1, &Recipe::AUTHORS), &[0.25, 0.0, 0.5]);
        // exp(ln 3) : exp(0) = 3 : 1, whatever constant is subtracted.
        assert_close(&weights(&scores, &baselines, 0, &Recipe::PAPER), &[0.75, 0.0, 0.25]);
        assert_close(&weights(&scores, &baselines, 0, &Recipe::TORCHCAM), &[0.75, 0.0, 0.25]);
        // Probabilities 0.75 and 0.5: exp(0.25) : 1.
        let ratio = 0.25_f32.exp();
        assert_close(
            &weights(&scores, &baselines, 0, &Recipe::matlab(false)),
            &[ratio / (1.0 + ratio), 0.0, 1.0 / (1.0 + ratio)],
        );
    }

    #[test]
    fn the_sum_is_rectified_scaled_and_upsampled() {
        // 0.75 * (1, 0) + 0.5 * (0, 2) = (0.75, 1): scaled (0, 1), upsampled to four columns.
        let map = heatmap(&activations(), &[0.75, 0.0, 0.5], (1, 4), &Recipe::AUTHORS);
        assert_close(&map.values, &[0.0, 0.25, 0.75, 1.0]);
        assert!(map.has_positive_evidence);
        // (-1, 2) has a positive part of (0, 2); upsampled first: -1 -0.25 1.25 2, rectified 0 0 1.25 2.
        let map = heatmap(&activations(), &[-1.0, 0.0, 1.0], (1, 4), &Recipe::AUTHORS);
        assert_close(&map.values, &[0.0, 0.0, 0.625, 1.0]);
        // At layer size the ReLU comes first: (0, 1), then upsampled.
        let map = heatmap(&activations(), &[-1.0, 0.0, 1.0], (1, 4), &Recipe::PYTORCH_GRAD_CAM);
        assert_close(&map.values, &[0.0, 0.25, 0.75, 1.0]);
    }

    #[test]
    fn masks_are_summed_where_the_recipe_says_so() {
        // Masks of the channels: (1 .75 .25 0), zeros (constant), (0 .25 .75 1); sum .2 .35 .65 .8
        let map = heatmap(&activations(), &[0.2, 0.5, 0.8], (1, 4), &Recipe::matlab(false));
        assert_close(&map.values, &[0.0, 0.25, 0.75, 1.0]);
        // A map of one row has constant columns only: nothing is left.
        let map = heatmap(&activations(), &[0.2, 0.5, 0.8], (1, 4), &Recipe::matlab(true));
        assert_close(&map.values, &[0.0; 4]);
        assert!(!map.has_positive_evidence);
    }

    #[test]
    fn a_sum_without_a_positive_part_is_said_to_be_no_evidence() {
        for recipe in Recipe::all() {
            let map = heatmap(&activations(), &[-1.0, -1.0, -1.0], (2, 4), &recipe);
            assert!(!map.has_positive_evidence, "{}", recipe.name);
            assert_close(&map.values, &[0.0; 8]);
        }
    }
}
