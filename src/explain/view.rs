//! A finished or growing explanation, seen for one target and one method: it owns the scores of that target, the weights and
//! the sum, so that nothing that is asked of it is computed twice.

use std::sync::Arc;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::geometry::range;
use crate::heatmap::{Heatmap, Signed, WeightedSum};
use crate::methods::{Method, Part, Scores, Subject, Summands};
use crate::metrics::convergence::{Settled, convergence};
use crate::model::Layer;
use crate::passes::Passes;
use crate::sum::Sum;
use crate::target::Target;

use super::Diagnostics;

/// The map of one target.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What was asked about.
    pub target: Target,
    /// How probable the network finds it for the picture as it is, in [0, 1]; see [`Target::probability`].
    pub probability: f32,
    /// Where the evidence for it lies.
    pub heatmap: Heatmap,
    /// The weight of every mask; zero for masks without a pass.
    pub weights: Vec<f32>,
    /// What one should know before trusting the map.
    pub diagnostics: Diagnostics,
    /// See [`Preview::spread`].
    pub spread: Option<f32>,
}

/// One channel of the layer and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Channel {
    /// Its index in the layer.
    pub channel: usize,
    /// The target's score under its mask, before or after the softmax as the method has it; absent without a pass.
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

/// What a mask has in the value of one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Share {
    /// Its index: the channel of the layer, the window or the cluster.
    pub channel: usize,
    /// Its part of the weighted sum at this pixel; all parts sum to one.
    pub share: f32,
    /// The value there of what is weighed: its activation, upsampled as the recipe sums it, or that of the mask.
    pub activation: f32,
}

/// The weighted sum of some of the masks.
#[derive(Debug, Clone, PartialEq)]
pub struct PartialSum {
    /// Before what is negative is dropped.
    pub sum: WeightedSum,
    /// What that leads to: its positive part, scaled to [0, 1].
    pub heatmap: Heatmap,
}

/// What the passes done so far lead to, and what is still open.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The map so far.
    pub heatmap: Heatmap,
    /// How far the map's values, in [0, 1], have moved since half as many passes: the root of the mean square over the cells of the layer. What
    /// the rest will move is most often less; it is an estimate, no bound. Zero of a complete explanation, absent where the method
    /// cannot guess or has too few passes for it.
    pub spread: Option<f32>,
}

/// Passes before which a map that has hardly moved may only not have begun to.
const LEAST_FOR_SPREAD: usize = 32;

/// An explanation seen for one target and one method.
pub struct View {
    subject: Arc<Subject>,
    method: Arc<dyn Method>,
    target: Target,
    summands: Box<dyn Summands>,
    scores: Scores,
    weights: Vec<f32>,
    /// The masks whose passes are in it, in the order in which they were done.
    scored: Vec<usize>,
    /// What is in the sum: these masks, or all summands where they are no masks.
    summed: Vec<usize>,
    /// Masks that get a pass, in the order in which they get it.
    order: Vec<usize>,
    sum: Sum,
    /// Whether `sum` was taken in the order of the masks rather than of the passes.
    is_exact: bool,
    /// Masks by descending weight, and the sum of the first ones: as many as were asked for last.
    heaviest: Vec<usize>,
    partial: Option<(usize, Sum)>,
}

impl View {
    /// What `passes` say of a target by `method`.
    pub(super) fn new(
        subject: &Arc<Subject>,
        method: &Arc<dyn Method>,
        target: Target,
        passes: &Passes,
    ) -> Result<View> {
        let output = subject.network.output();
        let score = |logits: &[f32]| target.score(logits, output, method.score());
        let count = passes.matrix().masks();
        let scores = Scores {
            masked: vec![None; count],
            picture: score(&subject.references.picture),
            blank: score(&subject.references.blank),
        };
        let summands = method.summands(subject, &target, subject.input.size())?;
        let mut view = View {
            subject: Arc::clone(subject),
            method: Arc::clone(method),
            target,
            sum: Sum::new(&*summands),
            summands,
            scores,
            weights: Vec::new(),
            scored: Vec::new(),
            summed: Vec::new(),
            order: passes.masks().order().to_vec(),
            is_exact: false,
            heaviest: Vec::new(),
            partial: None,
        };
        view.take_scores(passes)?;
        view.settle();
        Ok(view)
    }

    /// Takes in the scores of passes that it has not seen, and what weights they lead to.
    fn take_scores(&mut self, passes: &Passes) -> Result<Vec<usize>> {
        let new = passes.scored()[self.scored.len()..].to_vec();
        let output = self.subject.network.output();
        for &mask in &new {
            let logits = passes.matrix().row(mask);
            self.scores.masked[mask] = logits.map(|row| self.target.score(row, output, self.method.score()));
        }
        self.weights = self.method.weights(&self.subject, &self.target, &self.scores)?;
        self.scored.extend(&new);
        self.summed = if self.method.sums_masks() { self.scored.clone() } else { (0..self.weights.len()).collect() };
        (self.is_exact, self.partial) = (false, None);
        self.heaviest.clear();
        Ok(new)
    }

    /// See [`Explanation::refresh`](super::Explanation::refresh).
    pub(super) fn refresh(&mut self, passes: &Passes) -> Result<()> {
        let known = self.scored.len();
        if passes.scored().len() == known {
            return Ok(());
        }
        let before = std::mem::take(&mut self.weights);
        let new = self.take_scores(passes)?;
        let factor =
            if self.method.sums_masks() { common_factor(&before, &self.weights, &self.scored[..known]) } else { None };
        match factor {
            // The weights so far have changed by a factor, as those of a softmax do, or not at all.
            Some(factor) => {
                self.sum.scale(factor);
                new.iter().for_each(|&mask| self.sum.add(&*self.summands, mask, self.weights[mask]));
            }
            None => self.settle(),
        }
        Ok(())
    }

    /// Sums in the order of the masks, which does not depend on how the passes came in.
    pub fn settle(&mut self) {
        if self.is_exact {
            return;
        }
        let mut ascending = self.summed.clone();
        ascending.sort_unstable();
        self.sum = Sum::of(&*self.summands, &ascending, &self.weights);
        self.is_exact = true;
    }

    /// What was asked about.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// How the explanation was made.
    pub fn method(&self) -> &dyn Method {
        &*self.method
    }

    /// The weight of every mask; zero for masks without a pass.
    pub fn weights(&self) -> &[f32] {
        &self.weights
    }

    /// The target's score for the picture as it is, before or after the softmax as the method has it.
    pub fn picture_score(&self) -> f32 {
        self.scores.picture as f32
    }

    /// The map; while passes are still to be done, with a guess of their scores where the method can make one.
    pub fn heatmap(&self) -> Heatmap {
        self.map_of(&self.forecast(self.scored.len()).unwrap_or_else(|| self.sum.weighted()))
    }

    /// The map so far, and how far from it the complete one may be.
    pub fn preview(&self) -> Preview {
        if self.scored.len() == self.order.len() {
            return Preview { heatmap: self.heatmap(), spread: Some(0.0) };
        }
        let Some(now) = self.forecast(self.scored.len()) else {
            return Preview { heatmap: self.heatmap(), spread: None };
        };
        let is_enough = self.scored.len() >= LEAST_FOR_SPREAD;
        let before = if is_enough { self.forecast(self.scored.len() / 2) } else { None };
        let spread = before.map(|before| {
            // At layer size: what is between the cells follows from them.
            let cells = |sum: &WeightedSum| Heatmap::of_positive(sum.values.clone(), (sum.height, sum.width)).values;
            let (before, now) = (cells(&before), cells(&now));
            let squares = before.iter().zip(&now).map(|(a, b)| f64::from(a - b).powi(2));
            (squares.sum::<f64>() / now.len() as f64).sqrt() as f32
        });
        Preview { heatmap: self.map_of(&now), spread }
    }

    fn map_of(&self, sum: &WeightedSum) -> Heatmap {
        self.method.heatmap(sum, self.subject.input.size())
    }

    /// The weighted sum with a guess of all scores but those of the first `known` passes, where the method can make one.
    fn forecast(&self, known: usize) -> Option<WeightedSum> {
        let (known, waiting) = self.order.split_at(known);
        let mut masked = vec![None; self.scores.masked.len()];
        known.iter().for_each(|&mask| masked[mask] = self.scores.masked[mask]);
        let scores = self.method.forecast(&self.subject, &Scores { masked, ..self.scores }, waiting)?;
        let weights = self.method.weights(&self.subject, &self.target, &scores).ok()?;
        let mut all: Vec<usize> = self.order.clone();
        all.sort_unstable();
        Some(Sum::of(&*self.summands, &all, &weights).weighted())
    }

    /// What speaks for the target and what against it.
    pub fn signed(&self) -> Signed {
        self.sum.weighted().signed(self.subject.input.size())
    }

    /// The map with all that is known of it.
    pub fn outcome(&self) -> Outcome {
        let Preview { heatmap, spread } = self.preview();
        let probability = self.target.probability(&self.subject.references.picture, self.subject.network.output());
        let diagnostics = Diagnostics::of(&self.facts(), &heatmap, probability);
        let (target, weights) = (self.target.clone(), self.weights.clone());
        Outcome { target, probability, heatmap, weights, diagnostics, spread }
    }

    fn facts(&self) -> super::diagnostics::Facts<'_> {
        super::diagnostics::Facts {
            weights: &self.weights,
            masks: self.weights.len(),
            scored: self.summed.len(),
            total: if self.method.sums_masks() { self.order.len() } else { self.weights.len() },
            partial: self.scored.len() < self.order.len(),
            range: self.sum.weighted().range(),
            weighs_maps: self.method.part() == Part::Map,
            are_tokens: self.subject.layer.as_ref().is_some_and(Layer::is_tokens),
        }
    }

    /// How the map settled as masks came in; no inference. Empty where it does not grow mask by mask.
    ///
    /// # Errors
    /// As [`Explanation::refresh`](super::Explanation::refresh).
    pub fn convergence(&self) -> Result<Vec<Settled>> {
        if !self.method.sums_masks() {
            return Ok(Vec::new());
        }
        convergence(&self.subject, (&*self.method, &self.target), &self.weights, &self.scored)
    }

    /// All channels of the layer.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if it is not the layer's maps that the method weighs.
    pub fn channels(&self) -> Result<Vec<Channel>> {
        let weighs_maps = matches!(self.method.part(), Part::Map | Part::AblatedMap | Part::None);
        let maps = self.subject.activations.as_ref().filter(|_| weighs_maps);
        let Some(maps) = maps else {
            return Err(Error::new("method-without-maps", &[("method", &self.method.name())]));
        };
        let describe = |(channel, &weight): (usize, &f32)| {
            let map = maps.channel(channel);
            let (low, high) = range(map);
            let energy = map.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>() / map.len() as f64;
            let score = self.scores.masked.get(channel).copied().flatten().map(|score| score as f32);
            Channel { channel, score, weight, low, high, energy: energy as f32 }
        };
        Ok(self.weights.iter().enumerate().map(describe).collect())
    }

    /// The sum of the `count` masks whose weights are farthest from zero, and the map that it alone would give. Of one more than the
    /// last time, only that one is added.
    pub fn partial_sum(&mut self, count: usize) -> PartialSum {
        if self.heaviest.is_empty() {
            self.heaviest.clone_from(&self.summed);
            self.heaviest.sort_unstable();
            self.heaviest.sort_by(|&a, &b| self.weights[b].abs().total_cmp(&self.weights[a].abs()));
        }
        let count = count.min(self.heaviest.len());
        let sum = if count == self.heaviest.len() && self.is_exact {
            self.sum.clone()
        } else {
            let (summed, mut sum) = match self.partial.take() {
                Some((summed, sum)) if summed <= count => (summed, sum),
                _ => (0, Sum::new(&*self.summands)),
            };
            let mut added = self.heaviest[summed..count].to_vec();
            added.sort_unstable();
            sum.join(&Sum::of(&*self.summands, &added, &self.weights));
            self.partial = Some((count, sum.clone()));
            sum
        };
        let sum = sum.weighted();
        PartialSum { heatmap: self.method.heatmap(&sum, self.subject.input.size()), sum }
    }

    /// The shares of all masks in the weighted sum at a pixel of the map, before it is rectified and scaled; the largest come
    /// first. Empty where the sum is zero.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if the pixel is outside the map.
    pub fn provenance(&self, (row, column): (usize, usize)) -> Result<Vec<Share>> {
        let (height, width) = self.subject.input.size();
        if row >= height || column >= width {
            return Err(Error::new(
                "pixel-outside",
                &[("row", &row), ("column", &column), ("height", &height), ("width", &width)],
            ));
        }
        let weighed = self.weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0);
        let parts: Vec<(usize, f32, f64)> = weighed
            .map(|(channel, &weight)| {
                let activation = self.summands.value_at(channel, (row, column));
                (channel, activation, f64::from(weight) * f64::from(activation))
            })
            .filter(|(_, _, part)| self.method.part() == Part::Map || *part != 0.0)
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
}

/// The factor by which all weights of the masks `known` have changed, if it is one.
fn common_factor(before: &[f32], now: &[f32], known: &[usize]) -> Option<f64> {
    /// Of the largest weight: what rounding to float32 leaves.
    const ROUNDING: f64 = 1e-6;
    let size = |&&mask: &&usize| before[mask].abs();
    let Some(&largest) = known.iter().max_by(|a, b| size(a).total_cmp(&size(b))) else { return Some(1.0) };
    if before[largest] == 0.0 {
        return known.iter().all(|&mask| now[mask] == 0.0).then_some(1.0);
    }
    let factor = f64::from(now[largest]) / f64::from(before[largest]);
    let allowed = ROUNDING * f64::from(now[largest]).abs();
    let agrees = |&mask: &usize| (f64::from(before[mask]) * factor - f64::from(now[mask])).abs() <= allowed;
    known.iter().all(agrees).then_some(factor)
}

#[cfg(test)]
mod tests {
    use super::common_factor;

    #[test]
    fn weights_that_changed_by_one_factor_are_told_from_others() {
        let known = [0, 2];
        assert_eq!(common_factor(&[0.5, 9.0, 0.25], &[0.25, 1.0, 0.125], &known), Some(0.5));
        assert_eq!(common_factor(&[0.5, 9.0, 0.25], &[0.25, 1.0, 0.25], &known), None);
        assert_eq!(common_factor(&[0.0, 9.0, 0.0], &[0.0, 1.0, 0.0], &known), Some(1.0));
        assert_eq!(common_factor(&[0.0, 9.0, 0.0], &[0.1, 1.0, 0.0], &known), None);
        assert_eq!(common_factor(&[1.0], &[2.0], &[]), Some(1.0));
    }
}
