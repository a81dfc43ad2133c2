//! How a map settled as masks came in.

use std::sync::Arc;

use serde::Serialize;

use crate::error::Result;
use crate::heatmap::Heatmap;
use crate::methods::{Method, Subject};
use crate::metrics::compare::spearman;
use crate::sum::Sum;
use crate::target::Target;

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

/// The map that `weights` give after a twentieth, two twentieths, ... all of the passes done so far, whose masks are `scored` in
/// their order: how well each correlates with the last. No inference; every summand is added once.
///
/// Empty before the first pass.
///
/// # Errors
/// As [`Method::summands`].
pub fn convergence(
    subject: &Arc<Subject>,
    (method, target): (&dyn Method, &Target),
    weights: &[f32],
    scored: &[usize],
) -> Result<Vec<Settled>> {
    let done = scored.len();
    let mut counts: Vec<usize> = (1..=POINTS).map(|point| done * point / POINTS).filter(|&n| n > 0).collect();
    counts.dedup();
    let size = (SIDE, SIDE);
    let summands = method.summands(subject, target, size)?;
    let mut sum = Sum::new(&*summands);
    let mut summed = 0;
    // A softmax over fewer masks would differ by a factor, which the map's scale takes out again.
    let mut grown = |&passes: &usize| {
        scored[summed..passes].iter().for_each(|&mask| sum.add(&*summands, mask, weights[mask]));
        summed = passes;
        method.heatmap(&sum.weighted(), size)
    };
    let maps: Vec<Heatmap> = counts.iter().map(&mut grown).collect();
    let last = maps.last().map_or(&[][..], |map| &map.values);
    let settled = |(&passes, map): (&usize, &Heatmap)| Settled { passes, correlation: spearman(&map.values, last) };
    Ok(counts.iter().zip(&maps).map(settled).collect())
}
