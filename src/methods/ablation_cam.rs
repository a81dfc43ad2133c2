//! Ablation-CAM: a map weighs how much the score falls without it.
//!
//! ```text
//! L = ReLU( sum over k of  w_k A_k ),    w_k = (Y - Y without A_k) / Y
//! ```
//!
//! Desai and Ramaswamy, "Ablation-CAM", WACV 2020. A map is set to zero, as in the paper; pytorch-grad-cam does so where a layer's smallest
//! value is zero and else subtracts ten million, which takes a network far from anything it has seen. Where `Y` is negative the
//! weights change their sign. It costs a pass from the layer on for each map that is not zero already.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::model::spec::InputSpec;
use crate::model::{Behind, Tail};
use crate::passes::Masks;
use crate::preprocess::Input;
use crate::target::{Score, Target};

use super::{
    Choice, Description, Entry, LayerMaps, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options,
};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "ablation-cam";
const SCORES: [&str; 2] = ["logit", "probability"];

/// What falls.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct AblationCam {
    score: Score,
}

impl Default for AblationCam {
    fn default() -> AblationCam {
        AblationCam { score: Score::Logit }
    }
}

fn describe() -> Description {
    let method = AblationCam::default();
    Description {
        name: NAME,
        uses_layer: method.uses_layer(),
        part: method.part(),
        options: vec![Choice { name: "score", values: Values::Name { names: &SCORES, default: Some(SCORES[0]) } }],
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    Ok(Arc::new(read_options::<AblationCam>(options, &describe())?))
}

impl Method for AblationCam {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({ "score": self.score })
    }

    fn masking(&self) -> String {
        "without one map".into()
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let maps = subject.maps();
        let is_there = |&channel: &usize| maps.channel(channel).iter().any(|&value| value != 0.0);
        let energy = |channel: usize| maps.channel(channel).iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        let energies: Vec<f64> = (0..maps.channels).map(energy).collect();
        let mut order: Vec<usize> = (0..maps.channels).filter(is_there).collect();
        order.sort_by(|&a, &b| energies[b].total_cmp(&energies[a]));
        Ok(Box::new(Ablations { subject: Arc::clone(subject), tail: Arc::clone(subject.tail()?), order }))
    }

    fn score(&self) -> Score {
        self.score
    }

    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        Ok(weights(scores))
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(LayerMaps::new(Arc::clone(subject.maps()), size)))
    }

    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_positive_cells(sum, size)
    }

    fn behind(&self) -> Behind {
        Behind::Scores
    }

    fn part(&self) -> Part {
        Part::AblatedMap
    }

    fn weighing(&self) -> Weighing {
        Weighing::Drop
    }
}

/// The share of the picture's score that goes with each map; none where there is no score to share.
fn weights(scores: &Scores) -> Vec<f32> {
    let share = |score: f64| if scores.picture == 0.0 { 0.0 } else { (scores.picture - score) / scores.picture };
    scores.masked.iter().map(|score| score.map_or(0.0, |score| share(score) as f32)).collect()
}

/// The layer's maps, one of them zero.
struct Ablations {
    subject: Arc<Subject>,
    tail: Arc<Tail>,
    order: Vec<usize>,
}

impl Masks for Ablations {
    fn count(&self) -> usize {
        self.subject.maps().channels
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn tensor(&self, mask: usize, _: &Input, _: &InputSpec) -> Vec<f32> {
        let maps = self.subject.maps();
        let places = maps.height * maps.width;
        let mut values = maps.values.clone();
        values[mask * places..][..places].fill(0.0);
        values
    }

    fn tail(&self) -> Option<&Arc<Tail>> {
        Some(&self.tail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_weighs_its_share_of_the_score() {
        let scores = Scores { masked: vec![Some(3.0), None, Some(5.0)], picture: 4.0, blank: 0.0 };
        assert_eq!(weights(&scores), [0.25, 0.0, -0.25]);
        // Without a score there are no shares of it.
        assert_eq!(weights(&Scores { picture: 0.0, ..scores }), [0.0; 3]);
    }
}
