//! ViT-CX: made for vision transformers. Maps that look alike become one mask, and a mask weighs what it brings about.
//!
//! ```text
//! M(x) = sum over i of  s_i m_i(x) / sum over i of m_i(x)
//! s_i  = p_c(X m_i + Z_i (1 - m_i)) - p_c(X + Z_i (1 - m_i)) + p_c(X)
//! ```
//!
//! where the masks m_i are clusters of the layer's maps, Z_i is noise and p_c the probability of the class. Xie et al.,
//! "ViT-CX: Causal Explanation of Vision Transformers", IJCAI 2023, arXiv 2211.03064; the details are those of its authors' code
//! (github.com/vaynexie/CausalX-ViT), which besides divides by the number of masks and is shown from its smallest value to its
//! largest, as here. It costs two passes for each cluster: some tens to hundreds instead of a pass for each channel.

mod clusters;
mod masks;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::passes::Masks;
use crate::target::{Score, Target};

use super::{Choice, Description, Entry, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options};
use clusters::Clusters;
use masks::{ClusterMasks, ClusterSummands, Noise};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "vit-cx";
/// The authors' default: maps whose cosine is above 0.9 are one mask.
const DISTANCE: f64 = 0.1;
/// The authors' deviation of the noise.
const NOISE: f64 = 0.1;
/// Seeds that JavaScript, JSON and a form have in common.
const MOST_SEED: u32 = u32::MAX;

/// How alike maps of one mask are, and the noise where masks hide.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct VitCx {
    distance: f64,
    noise: f64,
    seed: u64,
}

impl Default for VitCx {
    fn default() -> VitCx {
        VitCx { distance: DISTANCE, noise: NOISE, seed: 0 }
    }
}

fn describe() -> Description {
    let number = |name, default| Choice { name, values: Values::Number { least: 0.0, most: 1.0, default } };
    Description {
        name: NAME,
        uses_layer: VitCx::default().uses_layer(),
        part: VitCx::default().part(),
        options: vec![
            number("distance", DISTANCE),
            number("noise", NOISE),
            Choice { name: "seed", values: Values::Integer { least: 0, most: MOST_SEED as usize, default: 0 } },
        ],
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    let method: VitCx = read_options(options, &describe())?;
    Ok(Arc::new(method))
}

impl VitCx {
    fn clusters(&self, subject: &Subject) -> Arc<Clusters> {
        Arc::new(Clusters::of(subject.maps(), subject.input.size(), self.distance))
    }
}

impl Method for VitCx {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({ "distance": self.distance, "noise": self.noise, "seed": self.seed })
    }

    fn masking(&self) -> String {
        format!("clusters within {}, noise of {}, seed {}", self.distance, self.noise, self.seed)
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let noise = Noise { deviation: self.noise as f32, seed: self.seed };
        Ok(Box::new(ClusterMasks::new(subject, self.clusters(subject), noise)))
    }

    fn score(&self) -> Score {
        Score::Probability
    }

    /// What is left of the score when all but the mask is noise, less what the same noise alone leaves, plus the picture's own.
    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        Ok(weights(scores))
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(ClusterSummands::new(subject, self.clusters(subject), size)))
    }

    /// From the smallest value to the largest: every score has the picture's own in it, so that zero means nothing here.
    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_all(sum.resized(size), size)
    }

    fn part(&self) -> Part {
        Part::Cluster
    }

    fn weighing(&self) -> Weighing {
        Weighing::CausalImpact
    }
}

/// See [`Method::weights`].
fn weights(scores: &Scores) -> Vec<f32> {
    let (masked, whole) = scores.masked.split_at(scores.masked.len() / 2);
    let impact = |(masked, whole): (&Option<f64>, &Option<f64>)| match (masked, whole) {
        (Some(masked), Some(whole)) => (masked - whole + scores.picture) as f32,
        _ => 0.0,
    };
    masked.iter().zip(whole).map(impact).chain(whole.iter().map(|_| 0.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_weighs_what_it_leaves_less_what_its_noise_leaves_plus_the_picture_s_own() {
        let scores = Scores { masked: vec![Some(0.5), Some(0.1), Some(0.75), None], picture: 0.875, blank: 0.0 };
        assert_eq!(weights(&scores), [0.625, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn senseless_options_are_refused_by_name() {
        for (options, code) in [
            (json!({ "distance": 1.5 }), "method-range"),
            (json!({ "noise": -0.1 }), "method-range"),
            (json!({ "seed": 5_000_000_000_u64 }), "method-range"),
            (json!({ "seed": -1 }), "method-option"),
            (json!({ "window": 3 }), "method-option"),
        ] {
            assert_eq!(make(options.clone()).unwrap_err().code, code, "{options}");
        }
    }
}
