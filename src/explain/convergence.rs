//! How the map settled as channels came in.

use serde::Serialize;

use crate::compare::spearman;
use crate::error::Result;
use crate::heatmap::{heatmap, weights};
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
        let weights = weights(self.scoring.matrix(), &self.baselines, target, recipe);
        // A softmax over fewer channels would differ by a factor, which the map's scale takes out again.
        let map = |passes: usize| {
            let mut first = vec![0.0; weights.len()];
            self.scoring.order()[..passes].iter().for_each(|&channel| first[channel] = weights[channel]);
            heatmap(&self.activations, &first, (SIDE, SIDE), recipe).values
        };
        let done = self.scoring.done();
        let last = map(done);
        let mut counts: Vec<usize> = (1..=POINTS).map(|point| done * point / POINTS).filter(|&n| n > 0).collect();
        counts.dedup();
        Ok(counts.into_iter().map(|passes| Settled { passes, correlation: spearman(&map(passes), &last) }).collect())
    }
}
