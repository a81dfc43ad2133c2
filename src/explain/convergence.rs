//! How the map settled as channels came in.

use serde::Serialize;

use crate::compare::spearman;
use crate::error::Result;
use crate::heatmap::{Heatmap, WeightedSum, heatmap_of_sum, weighted_sum, weights};
use crate::recipe::Recipe;

use super::Explanation;

/// Points of the curve.
const POINTS: usize = 20;

/// Rows and columns of the maps that are compared: coarser than the heatmap, so that the curve can be drawn while passes
/// go on. Maps are smooth at this scale, since layers are smaller still.
const SIDE: usize = 32;

/// The map after some of the passes, compared with the map after all that were done.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Settled {
    /// Masked passes.
    pub passes: usize,
    /// Spearman's rank correlation in [-1, 1] with the latest map; absent if one of the two is constant.
    pub correlation: Option<f32>,
}

impl Explanation {
    /// The map of class `target`, or of the most probable one, after a twentieth, two twentieths, ... all of the passes done so far:
    /// how well each correlates with the last. No inference.
    ///
    /// Channels that vary most in space are scored first, so the curve rises early. Empty before the first pass.
    ///
    /// # Errors
    /// As [`outcome`](Explanation::outcome).
    pub fn convergence(&self, target: Option<usize>, recipe: &Recipe) -> Result<Vec<Settled>> {
        let target = self.target(target)?;
        self.check_recipe(recipe)?;
        // A softmax over fewer channels would differ by a factor, which the map's scale takes out again.
        let weights = weights(self.scoring.matrix(), &self.baselines, target, recipe);
        let done = self.scoring.done();
        let mut counts: Vec<usize> = (1..=POINTS).map(|point| done * point / POINTS).filter(|&n| n > 0).collect();
        counts.dedup();
        let maps = self.maps_after(&counts, &weights, recipe);
        let last = maps.last().map_or(&[][..], |map| &map.values);
        let settled = |(&passes, map): (&usize, &Heatmap)| Settled { passes, correlation: spearman(&map.values, last) };
        Ok(counts.iter().zip(&maps).map(settled).collect())
    }

    /// The maps after each of `counts` passes, which ascend. Every channel is summed once.
    fn maps_after(&self, counts: &[usize], weights: &[f32], recipe: &Recipe) -> Vec<Heatmap> {
        let size = (SIDE, SIDE);
        let mut sum: Option<WeightedSum> = None;
        let mut summed = 0;
        let mut grown = |&passes: &usize| {
            let mut added = vec![0.0; weights.len()];
            self.scoring.order()[summed..passes].iter().for_each(|&channel| added[channel] = weights[channel]);
            summed = passes;
            let mut next = weighted_sum(&self.activations, &added, size, recipe);
            if let Some(before) = &sum {
                next.values.iter_mut().zip(&before.values).for_each(|(value, before)| *value += before);
            }
            sum = Some(next.clone());
            heatmap_of_sum(next, size, recipe)
        };
        counts.iter().map(&mut grown).collect()
    }
}
