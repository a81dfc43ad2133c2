//! SS-CAM and IS-CAM: Score-CAM that asks about each mask several times, and weighs by the mean of the answers.
//!
//! ```text
//! weight_k = softmax over k of  mean over i of ( Y_c(X m_ki) - Y_c(X) )
//! SS-CAM   m_ki = H_k + noise_ki                      noise of deviation 2, drawn anew for each pixel; 35 samples
//! IS-CAM   m_ki = (1 + 2 + ... + i) / N  H_k          i from 1 to N; N = 10
//! ```
//!
//! with `H_k` the map scaled to [0, 1], then upsampled, and the weighted sum rectified at layer size, as torchcam 0.5 has both. Its
//! masks of IS-CAM grow beyond 1, up to `(N + 1) / 2`: the picture is then seen with more contrast than it has, which follows the formula of
//! the paper. Wang et al., "SS-CAM: Smoothed Score-CAM for Sharper Visual Feature Localization", arXiv 2006.14255; Naidu et al., "IS-CAM:
//! Integrated Score-CAM for axiomatic-based explanations", arXiv 2010.03023. They cost a forward pass for each map and sample.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::error::Result;
use crate::geometry::Upsampler;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::methods::{
    Choice, Description, Entry, LayerMaps, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options,
};
use crate::passes::Masks;
use crate::target::{Score, Target};

use super::mask::{ActivationMasks, write_mask};
use super::recipe::Recipe;
use super::weights::weights;

/// Its place among the methods.
pub const SS_CAM: Entry = Entry { describe: || describe(Kind::Noise), make: |options| make(Kind::Noise, options) };
/// Its place among the methods.
pub const IS_CAM: Entry = Entry { describe: || describe(Kind::Path), make: |options| make(Kind::Path, options) };

const DEVIATION: f64 = 2.0;
const MOST_SAMPLES: usize = 200;
const MOST_SEED: usize = u32::MAX as usize;

/// How the samples of a mask differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By noise that is added.
    Noise,
    /// By how much of the mask there is.
    Path,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Noise => "ss-cam",
            Kind::Path => "is-cam",
        }
    }

    fn samples(self) -> usize {
        match self {
            Kind::Noise => 35,
            Kind::Path => 10,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct NoiseOptions {
    samples: usize,
    deviation: f64,
    seed: u64,
}

impl Default for NoiseOptions {
    fn default() -> NoiseOptions {
        NoiseOptions { samples: Kind::Noise.samples(), deviation: DEVIATION, seed: 0 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PathOptions {
    samples: usize,
}

impl Default for PathOptions {
    fn default() -> PathOptions {
        PathOptions { samples: Kind::Path.samples() }
    }
}

/// A smoothed Score-CAM; of a path, deviation and seed say nothing.
#[derive(Debug, Clone, Copy)]
struct Smoothed {
    kind: Kind,
    samples: usize,
    deviation: f64,
    seed: u64,
}

fn describe(kind: Kind) -> Description {
    let integer = |name, least, most, default| Choice { name, values: Values::Integer { least, most, default } };
    let mut options = vec![integer("samples", 1, MOST_SAMPLES, kind.samples())];
    if kind == Kind::Noise {
        let values = Values::Number { least: 0.0, most: 10.0, default: DEVIATION };
        options.push(Choice { name: "deviation", values });
        options.push(integer("seed", 0, MOST_SEED, 0));
    }
    Description { name: kind.name(), uses_layer: true, part: Part::SmoothedMap, options, recipes: Vec::new() }
}

fn make(kind: Kind, options: Value) -> Result<Arc<dyn Method>> {
    let description = describe(kind);
    Ok(Arc::new(match kind {
        Kind::Noise => {
            let NoiseOptions { samples, deviation, seed } = read_options(options, &description)?;
            Smoothed { kind, samples, deviation, seed }
        }
        Kind::Path => {
            let PathOptions { samples } = read_options(options, &description)?;
            Smoothed { kind, samples, deviation: 0.0, seed: 0 }
        }
    }))
}

impl Method for Smoothed {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn options(&self) -> Value {
        match self.kind {
            Kind::Noise => json!({ "samples": self.samples, "deviation": self.deviation, "seed": self.seed }),
            Kind::Path => json!({ "samples": self.samples }),
        }
    }

    fn masking(&self) -> String {
        let Smoothed { kind, samples, deviation, seed } = self;
        format!("{samples} masks of each map by {kind:?}, {deviation}, seed {seed}")
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let maps = subject.maps();
        let upsampler = Upsampler::new((maps.height, maps.width), subject.input.size(), Recipe::TORCHCAM.mask.grid);
        let channels = ActivationMasks::new(subject, Recipe::TORCHCAM.mask).order().to_vec();
        // Every map once, then every map again: the map on the page is a Score-CAM from the first round on.
        let again = |sample: usize| channels.iter().map(move |channel| sample * maps.channels + channel);
        let order = (0..self.samples).flat_map(again).collect();
        Ok(Box::new(SmoothedMasks { subject: Arc::clone(subject), method: *self, upsampler, order }))
    }

    fn score(&self) -> Score {
        Recipe::TORCHCAM.score
    }

    fn weights(&self, subject: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        let masked = means(&scores.masked, subject.maps().channels);
        Ok(weights(&Scores { masked, ..*scores }, &Recipe::TORCHCAM))
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(LayerMaps::new(Arc::clone(subject.maps()), size)))
    }

    fn sums_masks(&self) -> bool {
        false
    }

    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_positive_cells(sum, size)
    }

    fn part(&self) -> Part {
        Part::SmoothedMap
    }

    fn weighing(&self) -> Weighing {
        Weighing::SoftmaxOfLogits
    }
}

/// The mean of each map's scores, of those that there are; `scores` has every map once, then every map again.
fn means(scores: &[Option<f64>], maps: usize) -> Vec<Option<f64>> {
    let mean = |map: usize| {
        let known: Vec<f64> = scores.iter().skip(map).step_by(maps).copied().flatten().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    (0..maps).map(mean).collect()
}

/// Each map's mask as often as there are samples.
struct SmoothedMasks {
    subject: Arc<Subject>,
    method: Smoothed,
    upsampler: Upsampler,
    order: Vec<usize>,
}

impl Masks for SmoothedMasks {
    fn count(&self) -> usize {
        self.subject.maps().channels * self.method.samples
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        let maps = self.subject.maps();
        let (sample, channel) = (mask / maps.channels, mask % maps.channels);
        write_mask(maps.channel(channel), &self.upsampler, &Recipe::TORCHCAM.mask, out);
        match self.method.kind {
            Kind::Noise => {
                let mut chance = Chance::new(self.method.seed, mask as u64);
                out.iter_mut().for_each(|value| *value += chance.normal() * self.method.deviation as f32);
            }
            Kind::Path => {
                let factor = path(sample, self.method.samples);
                out.iter_mut().for_each(|value| *value *= factor);
            }
        }
    }
}

/// How much of its mask a sample of IS-CAM has.
fn path(sample: usize, samples: usize) -> f32 {
    ((sample + 1) * (sample + 2) / 2) as f32 / samples as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_s_score_is_the_mean_of_those_that_are_there() {
        let scores = [Some(1.0), None, Some(0.5), Some(2.0), None, None];
        assert_eq!(means(&scores, 3), [Some(1.5), None, Some(0.5)]);
    }

    #[test]
    fn the_masks_of_a_path_grow_as_torchcam_s_do() {
        let grown: Vec<f32> = (0..4).map(|sample| path(sample, 4)).collect();
        assert_eq!(grown, [0.25, 0.75, 1.5, 2.5]);
    }

    #[test]
    fn a_path_has_no_seed_and_says_so() {
        assert_eq!(make(Kind::Path, json!({ "seed": 3 })).unwrap_err().code, "method-option");
        assert_eq!(make(Kind::Noise, json!({ "samples": 0 })).unwrap_err().code, "method-range");
        let chosen = make(Kind::Noise, json!({ "samples": 3, "seed": 5 })).unwrap().options();
        assert_eq!(chosen, json!({ "samples": 3, "deviation": 2.0, "seed": 5 }));
    }
}
