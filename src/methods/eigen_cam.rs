//! Eigen-CAM: what varies most in a layer, whatever the class.
//!
//! ```text
//! L = ReLU( sum over k of  v_k (A_k - mean(A_k)) )
//! ```
//!
//! where `v` is the first right singular vector of the maps as a matrix [places, channels], each column less its mean. Muhammad and Yeasin,
//! "Eigen-CAM: Class Activation Map using Principal Components", IJCNN 2020, arXiv 2008.00299; centred as in pytorch-grad-cam. No class is in
//! it. The sign of a singular vector is arbitrary: here the value farthest from zero is positive, as in Seg-Eigen-CAM (Chung and Ying,
//! 2025); pytorch-grad-cam has whatever LAPACK gives, which may be the opposite. It costs no pass.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::model::Activations;
use crate::passes::{Masks, NoMasks};
use crate::target::{Score, Target};

use super::{Description, Entry, LayerMaps, Method, Part, Scores, Subject, Summands, Weighing, read_options};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "eigen-cam";

/// Steps of the power iteration at most, and the change of the vector at which it ends.
const STEPS: usize = 2000;
const SETTLED: f64 = 1e-9;

/// It has no options.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct EigenCam {}

fn describe() -> Description {
    let method = EigenCam {};
    Description {
        name: NAME,
        uses_layer: method.uses_layer(),
        part: method.part(),
        options: Vec::new(),
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    Ok(Arc::new(read_options::<EigenCam>(options, &describe())?))
}

impl Method for EigenCam {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({})
    }

    fn masking(&self) -> String {
        NAME.into()
    }

    fn masks(&self, _: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        Ok(Box::new(NoMasks))
    }

    fn score(&self) -> Score {
        Score::Logit
    }

    fn weights(&self, subject: &Arc<Subject>, _: &Target, _: &Scores) -> Result<Vec<f32>> {
        let centred = Centred::of(subject.maps());
        Ok(centred.first_component().iter().map(|&weight| weight as f32).collect())
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(LayerMaps::new(Arc::new(Centred::of(subject.maps()).maps), size)))
    }

    fn sums_masks(&self) -> bool {
        false
    }

    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_positive_cells(sum, size)
    }

    fn part(&self) -> Part {
        Part::None
    }

    fn weighing(&self) -> Weighing {
        Weighing::Variation
    }
}

/// Maps less their means.
struct Centred {
    maps: Activations,
}

impl Centred {
    fn of(maps: &Activations) -> Centred {
        let places = (maps.height * maps.width) as f64;
        let centred = (0..maps.channels).flat_map(|channel| {
            let map = maps.channel(channel);
            let mean = (map.iter().map(|&value| f64::from(value)).sum::<f64>() / places) as f32;
            map.iter().map(move |value| value - mean)
        });
        Centred { maps: Activations { values: centred.collect(), ..*maps } }
    }

    /// By place: the sum of the maps by `weights`.
    fn projected(&self, weights: &[f64]) -> Vec<f64> {
        let mut sums = vec![0.0; self.maps.height * self.maps.width];
        for (channel, &weight) in weights.iter().enumerate() {
            let map = self.maps.channel(channel);
            sums.iter_mut().zip(map).for_each(|(sum, &value)| *sum += weight * f64::from(value));
        }
        sums
    }

    /// The first right singular vector, one value a channel, by power iteration; zeros if nothing varies.
    fn first_component(&self) -> Vec<f64> {
        let dot = |map: &[f32], by: &[f64]| map.iter().zip(by).map(|(&a, b)| f64::from(a) * b).sum::<f64>();
        let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        let of_channel =
            |by: &[f64]| (0..self.maps.channels).map(|k| dot(self.maps.channel(k), by)).collect::<Vec<_>>();
        // The channel that varies most is a start that is not orthogonal to it, but for constructed cases.
        let deviation = |k: &usize| self.maps.channel(*k).iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
        let Some(most) = (0..self.maps.channels).max_by(|a, b| deviation(a).total_cmp(&deviation(b))) else {
            return Vec::new();
        };
        let start: Vec<f64> = self.maps.channel(most).iter().map(|&value| f64::from(value)).collect();
        let mut component = of_channel(&start);
        for _ in 0..STEPS {
            let length = norm(&component);
            if length == 0.0 {
                return component;
            }
            component.iter_mut().for_each(|value| *value /= length);
            let mut next = of_channel(&self.projected(&component));
            let length = norm(&next).max(f64::MIN_POSITIVE);
            next.iter_mut().for_each(|value| *value /= length);
            let change = next.iter().zip(&component).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
            component = next;
            if change < SETTLED {
                break;
            }
        }
        let farthest = self.projected(&component).into_iter().max_by(|a, b| a.abs().total_cmp(&b.abs()));
        if farthest.is_some_and(|value| value < 0.0) {
            component.iter_mut().for_each(|value| *value = -*value);
        }
        component
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_the_direction_of_most_variation_its_farthest_value_positive() {
        // Two channels that vary together, the second twice as much and the other way, and one that is constant.
        let values = vec![1.0, 2.0, 6.0, -2.0, -4.0, -12.0, 5.0, 5.0, 5.0];
        let maps = Activations { values, channels: 3, height: 1, width: 3 };
        let component = Centred::of(&maps).first_component();
        let expected = [1.0 / 5.0_f64.sqrt(), -2.0 / 5.0_f64.sqrt(), 0.0];
        assert!(component.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{component:?}");
        let flat = Activations { values: vec![1.0; 4], channels: 2, height: 1, width: 2 };
        assert_eq!(Centred::of(&flat).first_component(), [0.0, 0.0]);
    }
}
