//! Looks into an explanation: every channel with its score and weight, its masked picture, and which channels made a pixel.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::heatmap::{Heatmap, WeightedSum, heatmap, score_of, weighted_sum, weights};
use crate::image::RgbImage;
use crate::mask::{Upsampler, is_skipped, mask, range};
use crate::model::Activations;
use crate::preprocess::denormalise;
use crate::recipe::{Grid, Recipe, Summed};
use crate::score::masked_tensor;

use super::{Explanation, Prediction, most_probable};

/// One channel of the layer and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Channel {
    /// Its index in the layer.
    pub channel: usize,
    /// The score of the target class under its mask, a probability or a logit as the recipe has it; absent without a pass.
    pub score: Option<f32>,
    /// Its weight in the map.
    pub weight: f32,
    /// Smallest activation.
    pub low: f32,
    /// Largest activation.
    pub high: f32,
    /// Mean of the squared activations.
    pub energy: f32,
}

/// What a channel has in the value of one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Its index in the layer.
    pub channel: usize,
    /// Its part of the weighted sum at this pixel; all parts sum to one.
    pub share: f32,
    /// Its activation there, upsampled as the recipe sums it.
    pub activation: f32,
}

/// A channel's map at input size.
#[derive(Debug, Clone, PartialEq)]
pub struct ScaledMap {
    /// Smallest value of the upsampled map.
    pub low: f32,
    /// Its largest value.
    pub high: f32,
    /// The mask [height, width] in [0, 1] that it became.
    pub mask: Vec<f32>,
    /// The mask's mean: how much of the picture it keeps.
    pub kept: f32,
}

/// The weighted sum of some of the channels.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialSum {
    /// Before what is negative is dropped.
    pub sum: WeightedSum,
    /// What that leads to: its positive part, scaled to [0, 1].
    pub heatmap: Heatmap,
}

impl Explanation {
    /// The layer's maps [channels, height, width].
    pub fn activations(&self) -> &Activations {
        &self.activations
    }

    /// All channels of the layer for class `target`, or the most probable one.
    ///
    /// # Errors
    /// As [`outcome`](Explanation::outcome).
    pub fn channels(&self, target: Option<usize>, recipe: &Recipe) -> Result<Vec<Channel>> {
        let target = self.target(target)?;
        self.check_recipe(recipe)?;
        let matrix = self.scoring.matrix();
        let weights = weights(matrix, &self.baselines, target, recipe);
        let describe = |(channel, &weight): (usize, &f32)| {
            let map = self.activations.channel(channel);
            let (low, high) = range(map);
            let energy = map.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / map.len() as f64;
            let score = matrix.row(channel).map(|logits| score_of(logits, target, matrix.output(), recipe) as f32);
            Channel { channel, score, weight, low, high, energy: energy as f32 }
        };
        Ok(weights.iter().enumerate().map(describe).collect())
    }

    /// The score of class `target` for the picture as it is, as `recipe` scores.
    ///
    /// # Errors
    /// [`ErrorKind::Class`] if there is no such class.
    pub fn picture_score(&self, target: Option<usize>, recipe: &Recipe) -> Result<f32> {
        let target = self.target(target)?;
        Ok(score_of(&self.baselines.picture, target, self.network.output(), recipe) as f32)
    }

    /// The map of a channel at input size, before and after it is scaled to a mask.
    ///
    /// # Errors
    /// [`ErrorKind::Option`] if there is no such channel, or its map is constant and was skipped.
    pub fn scaled_map(&self, channel: usize) -> Result<ScaledMap> {
        let rule = self.scoring.rule();
        if channel >= self.activations.channels || is_skipped(self.activations.channel(channel), rule) {
            return Err(Error::new(
                ErrorKind::Option,
                format!(
                    "Channel {channel} has no mask: the layer has {} channels, and constant ones are skipped.",
                    self.activations.channels
                ),
                "Choose a channel that has a score.",
            ));
        }
        let map = self.activations.channel(channel);
        let upsampler = self.upsampler(rule.grid);
        let mut upsampled = vec![0.0; upsampler.output_len()];
        upsampler.upsample(map, &mut upsampled);
        let (low, high) = range(&upsampled);
        let mut scaled = upsampled;
        mask(map, &upsampler, rule, &mut scaled);
        let kept = scaled.iter().copied().map(f64::from).sum::<f64>() / scaled.len() as f64;
        Ok(ScaledMap { low, high, mask: scaled, kept: kept as f32 })
    }

    /// The picture at input size as the network saw it under the mask of a channel.
    ///
    /// # Errors
    /// As [`scaled_map`](Explanation::scaled_map).
    pub fn masked_picture(&self, channel: usize) -> Result<RgbImage> {
        let ScaledMap { mask, .. } = self.scaled_map(channel)?;
        let spec = &self.network.spec().input;
        let tensor = masked_tensor(&self.input, &mask, self.scoring.rule().masked, spec);
        Ok(denormalise(&tensor, spec))
    }

    /// The `count` most probable classes of the picture under the mask of a channel, the most probable first; none if it
    /// has no pass yet.
    pub fn masked_predictions(&self, channel: usize, count: usize) -> Vec<Prediction> {
        let matrix = self.scoring.matrix();
        let logits = if channel < matrix.channels() { matrix.row(channel) } else { None };
        logits.map_or_else(Vec::new, |logits| most_probable(logits, matrix.output(), count))
    }

    /// The sum of the `count` channels whose weights are farthest from zero, and the map that it alone would give.
    ///
    /// # Errors
    /// As [`outcome`](Explanation::outcome).
    pub fn partial_sum(&self, target: Option<usize>, recipe: &Recipe, count: usize) -> Result<PartialSum> {
        let target = self.target(target)?;
        self.check_recipe(recipe)?;
        let mut weights = weights(self.scoring.matrix(), &self.baselines, target, recipe);
        let mut order: Vec<usize> = (0..weights.len()).collect();
        order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs()));
        order[count.min(weights.len())..].iter().for_each(|&channel| weights[channel] = 0.0);
        let size = (self.input.pixels.height() as usize, self.input.pixels.width() as usize);
        Ok(PartialSum {
            sum: weighted_sum(&self.activations, &weights, size, recipe),
            heatmap: heatmap(&self.activations, &weights, size, recipe),
        })
    }

    /// The shares of all channels in the weighted sum at a pixel of the map, before it is rectified and scaled; the largest come
    /// first. Empty where the sum is zero.
    ///
    /// # Errors
    /// As [`outcome`](Explanation::outcome); [`ErrorKind::Option`] if the pixel is outside the map.
    pub fn provenance(
        &self,
        target: Option<usize>,
        recipe: &Recipe,
        (row, column): (usize, usize),
    ) -> Result<Vec<Share>> {
        let (height, width) = (self.input.pixels.height() as usize, self.input.pixels.width() as usize);
        if row >= height || column >= width {
            let message = format!("There is no pixel in row {row}, column {column}: the map has {height} x {width}.");
            return Err(Error::new(ErrorKind::Option, message, "Rows and columns are counted from 0."));
        }
        let channels = self.channels(target, recipe)?;
        let upsampler = self.upsampler(if recipe.summed == Summed::Masks { recipe.mask.grid } else { Grid::HalfPixel });
        let mut values = vec![0.0; upsampler.output_len()];
        let mut activation = |channel: usize| {
            let map = self.activations.channel(channel);
            match recipe.summed {
                Summed::RawUpsampled | Summed::RawAtLayerSize => upsampler.value_at(map, row, column),
                Summed::Masks => {
                    mask(map, &upsampler, &recipe.mask, &mut values);
                    values[row * width + column]
                }
            }
        };
        let weighted = channels.iter().filter(|channel| channel.weight != 0.0);
        let parts: Vec<(usize, f32, f64)> = weighted
            .map(|&Channel { channel, weight, .. }| {
                let activation = activation(channel);
                (channel, activation, f64::from(weight) * f64::from(activation))
            })
            .collect();
        let sum: f64 = parts.iter().map(|(_, _, part)| part).sum();
        if sum == 0.0 {
            return Ok(Vec::new());
        }
        let share = |(channel, activation, part)| Share { channel, share: (part / sum) as f32, activation };
        let mut shares: Vec<Share> = parts.into_iter().map(share).collect();
        shares.sort_by(|a, b| b.share.abs().total_cmp(&a.share.abs()));
        Ok(shares)
    }

    fn upsampler(&self, grid: Grid) -> Upsampler {
        let to = (self.input.pixels.height() as usize, self.input.pixels.width() as usize);
        Upsampler::new((self.activations.height, self.activations.width), to, grid)
    }
}
