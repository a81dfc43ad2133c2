//! Looks into an explanation: every channel with its score and weight, its masked picture, and which channels made a pixel.

use serde::Serialize;

use crate::error::{Error, ErrorKind, Result};
use crate::heatmap::{score_of, weights};
use crate::image::RgbImage;
use crate::mask::{Upsampler, is_skipped, mask};
use crate::model::Activations;
use crate::preprocess::denormalise;
use crate::recipe::{Grid, Recipe, Summed};
use crate::score::masked_tensor;

use super::Explanation;

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
            let (low, high) = crate::mask::range(map);
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

    /// The picture at input size as the network saw it under the mask of a channel.
    ///
    /// # Errors
    /// [`ErrorKind::Option`] if there is no such channel, or its map is constant and was skipped.
    pub fn masked_picture(&self, channel: usize) -> Result<RgbImage> {
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
        let spec = &self.network.spec().input;
        let upsampler = self.upsampler(rule.grid);
        let mut values = vec![0.0; upsampler.output_len()];
        mask(self.activations.channel(channel), &upsampler, rule, &mut values);
        let tensor = masked_tensor(&self.input, &values, rule.masked, spec);
        Ok(denormalise(&tensor, spec))
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
