//! Whether a map holds when hardly anything changes, and when only what it marks is left: measures that explain again.
//!
//! - Stability: the largest change of the map under small changes of the picture, relative to the map,
//!   `max over n of |M - M_n| / |M|` (Euclidean), ten times with every value of the picture moved evenly at random by at most 0.02 of its range:
//!   captum's `sensitivity_max` where it is given one change at a time; of several together its version 0.9 gives the norm over
//!   all of them (Yeh et al., NeurIPS 2019, arXiv 1901.09392). Zero is the best.
//! - ADCC: `3 / (1 / coherency + 1 / (1 - complexity) + 1 / (1 - drop))`, where coherency is `(Pearson(M, map of M X) + 1) / 2`, complexity the
//!   mean of M, and drop that of [`measure`](super::measure). Poppi et al., CVPR Workshops 2021, arXiv 2104.10252.

use std::sync::Arc;

use serde::Serialize;

use crate::chance::Chance;
use crate::error::Result;
use crate::explain::Explanation;
use crate::heatmap::Heatmap;
use crate::methods::Method;
use crate::model::{Limits, Network};
use crate::passes::{Progress, faded};
use crate::preprocess::{Input, denormalise, normalisation_table};
use crate::target::{Score, Target};

use super::compare::pearson;
use super::measure::{Better, Number};
use super::series::{Begin, Series};

const SAMPLES: u64 = 10;
/// Of the range of a value.
const RADIUS: f32 = 0.02;

/// The map of one method, explained again under changes of the picture.
pub struct Trial {
    series: Series,
    network: Arc<Network>,
    target: Target,
    input: Input,
    heatmap: Heatmap,
    logits: Vec<f32>,
}

/// What the changes say.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Steadiness {
    /// The largest relative change of the map under small changes; absent if the map is empty. Zero is the best.
    pub stability: Option<f64>,
    /// Of the map with that of what it leaves of the picture, in [0, 1]; absent if one of them is constant.
    pub coherency: Option<f64>,
    /// The map's mean.
    pub complexity: f64,
    /// Average drop of the soft mask.
    pub drop: Option<f64>,
    /// Their harmonic mean; absent if one of them is.
    pub adcc: Option<f64>,
}

impl Steadiness {
    /// What it says in single numbers.
    pub fn numbers(&self) -> [Number; 4] {
        let number = |name: &str, value, better| Number { name: name.into(), value, better };
        [
            number("stability", self.stability, Better::Lower),
            number("coherency", self.coherency, Better::Higher),
            number("complexity", Some(self.complexity), Better::Lower),
            number("adcc", self.adcc, Better::Higher),
        ]
    }
}

impl Trial {
    /// Plans eleven explanations by `method` of what `explanation` explains, whose map for `target` is `heatmap`.
    ///
    /// # Errors
    /// As [`Explanation::view`].
    pub fn begin(
        explanation: &Explanation,
        target: &Target,
        method: &Arc<dyn Method>,
        seed: u64,
        limits: Limits,
    ) -> Result<Trial> {
        let heatmap = explanation.view(&target.into(), method)?.heatmap();
        let (network, input) = (explanation.network(), explanation.input().clone());
        let layer = explanation.layer().map(|layer| layer.name.clone());
        let begin = |tensor: Vec<f32>| -> Begin {
            let (network, method, layer) = (Arc::clone(network), Arc::clone(method), layer.clone());
            let pixels = denormalise(&tensor, &network.spec().input);
            let input = Input { pixels, tensor, region: input.region };
            Box::new(move || Explanation::of_input(&network, input, layer.as_deref(), &method, limits))
        };
        let masked = faded(&input.tensor, &heatmap.values);
        let moved = (0..SAMPLES).map(|sample| moved(&input, network, Chance::new(seed, sample)));
        let jobs = std::iter::once(masked).chain(moved).map(begin).collect();
        Ok(Trial {
            series: Series::new(jobs, target, method),
            network: Arc::clone(network),
            target: target.clone(),
            heatmap,
            logits: explanation.logits().to_vec(),
            input,
        })
    }

    /// Does what comes next.
    ///
    /// # Errors
    /// As [`Explanation::step`].
    pub fn step(&mut self) -> Result<Progress> {
        self.series.step()?;
        Ok(self.series.progress())
    }

    /// Whether all is explained.
    pub fn is_complete(&self) -> bool {
        self.series.is_complete()
    }

    /// What it says; of what is explained by now.
    ///
    /// # Errors
    /// As [`Network::logits`].
    pub fn steadiness(&self) -> Result<Steadiness> {
        let values = &self.heatmap.values;
        let length = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
        let whole = length(&mut values.iter().map(|&value| f64::from(value)));
        let change = |map: &Heatmap| length(&mut map.values.iter().zip(values).map(|(a, b)| f64::from(a - b))) / whole;
        let changes = self
            .series
            .maps()
            .iter()
            .skip(1)
            .map(change)
            .fold(None, |most: Option<f64>, change| Some(most.map_or(change, |most| most.max(change))));
        let of = |logits: &[f32]| self.target.score(logits, self.network.output(), Score::Probability);
        let (before, after) = (of(&self.logits), of(&self.network.logits(&faded(&self.input.tensor, values))?));
        let drop = (before > 0.0).then(|| (before - after).max(0.0) / before);
        let complexity = values.iter().map(|&value| f64::from(value)).sum::<f64>() / values.len() as f64;
        let as_f64 = |values: &[f32]| values.iter().map(|&value| f64::from(value)).collect::<Vec<_>>();
        let again = self.series.maps().first();
        let alike = again.and_then(|again| pearson(&as_f64(values), &as_f64(&again.values)));
        let coherency = alike.map(|pearson| (f64::from(pearson) + 1.0) / 2.0);
        let adcc = coherency.zip(drop).map(|(coherency, drop)| adcc(coherency, complexity, drop));
        Ok(Steadiness { stability: changes.filter(|_| whole > 0.0), coherency, complexity, drop, adcc })
    }
}

fn moved(input: &Input, network: &Network, mut chance: Chance) -> Vec<f32> {
    let pixels = input.positions();
    let moved = input.tensor.chunks_exact(pixels).enumerate().flat_map(|(channel, plane)| {
        let table = normalisation_table(channel, &network.spec().input);
        let radius = RADIUS * (table[255] - table[0]);
        plane.iter().map(|value| value + radius * (2.0 * chance.unit() as f32 - 1.0)).collect::<Vec<_>>()
    });
    moved.collect()
}

/// The harmonic mean of what should be large; zero if one of them is.
fn adcc(coherency: f64, complexity: f64, drop: f64) -> f64 {
    let parts = [coherency, 1.0 - complexity, 1.0 - drop];
    if parts.iter().any(|&part| part <= 0.0) { 0.0 } else { 3.0 / parts.iter().map(|part| 1.0 / part).sum::<f64>() }
}

#[cfg(test)]
mod tests {
    use super::adcc;

    #[test]
    fn adcc_is_the_harmonic_mean_of_three() {
        // 3 / (1 / 0.5 + 1 / 0.75 + 1 / 0.25)
        assert!((adcc(0.5, 0.25, 0.75) - 3.0 / (2.0 + 4.0 / 3.0 + 4.0)).abs() < 1e-12);
        assert_eq!(adcc(0.9, 0.2, 1.0), 0.0);
    }
}
