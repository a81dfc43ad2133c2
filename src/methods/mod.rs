//! The methods: each says which masks it wants, what each mask's score weighs, and what is summed by these weights.
//!
//! To add one, write a file here with a type that implements [`Method`], and name it in [`ALL`]. What it can be asked is
//! described as data, from which JavaScript, the command line and the page's menu make theirs.

pub mod ablation_cam;
mod description;
pub mod eigen_cam;
pub mod grad_cam;
pub mod occlusion;
pub mod recipro_cam;
pub mod rise;
pub mod score_cam;
mod subject;
pub mod superpixels;
pub mod vit_cx;

use std::fmt::Debug;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result, shown};
use crate::geometry::{Grid, Upsampler};
use crate::heatmap::{Heatmap, WeightedSum};
use crate::model::{Activations, Behind};
use crate::passes::Masks;
use crate::resize::Resample;
use crate::target::{Score, Target};

use description::read_options;
pub use description::{Choice, Description, Part, Values};
pub use subject::{References, Subject};

/// A method by its name: what it is, and how one is made of options.
pub struct Entry {
    /// What it can be asked.
    pub describe: fn() -> Description,
    /// One with these options, a JSON object; `null` are the defaults.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such option or a value is out of range.
    pub make: fn(Value) -> Result<Arc<dyn Method>>,
}

/// Every method, the default first.
pub const ALL: [Entry; 17] = [
    score_cam::ENTRY,
    grad_cam::CAM,
    grad_cam::GRAD_CAM,
    grad_cam::GRAD_CAM_PLUS_PLUS,
    grad_cam::LAYER_CAM,
    grad_cam::X_GRAD_CAM,
    grad_cam::HI_RES_CAM,
    eigen_cam::ENTRY,
    ablation_cam::ENTRY,
    recipro_cam::ENTRY,
    rise::ENTRY,
    superpixels::LIME,
    superpixels::KERNEL_SHAP,
    score_cam::SS_CAM,
    score_cam::IS_CAM,
    vit_cx::ENTRY,
    occlusion::ENTRY,
];

/// The method called `name`, or the default, with these options.
///
/// # Errors
/// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such method, or as of [`Entry::make`].
pub fn find(name: Option<&str>, options: Value) -> Result<Arc<dyn Method>> {
    let Some(name) = name else { return (ALL[0].make)(options) };
    let entry = ALL.iter().find(|entry| (entry.describe)().name == name).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|entry| (entry.describe)().name).collect();
        Error::new("method-unknown", &[("method", &shown(name)), ("names", &names.join(", "))])
    })?;
    (entry.make)(options)
}

/// A target's scores: of every mask that has one, and of what they are set against.
#[derive(Debug, Clone)]
pub struct Scores {
    /// By mask.
    pub masked: Vec<Option<f64>>,
    /// Of the picture as it is.
    pub picture: f64,
    /// Of the normalised tensor zero.
    pub blank: f64,
}

/// A way to explain, with its options chosen.
pub trait Method: Debug + Send + Sync {
    /// The name it is asked for by.
    fn name(&self) -> &'static str;

    /// Its options as they were chosen, for the account of an explanation.
    fn options(&self) -> Value;

    /// What it is called in a sentence.
    fn title(&self) -> String {
        format!("the method \"{}\" with these options", self.name())
    }

    /// Names the masks: methods whose masks have the same name share their passes.
    fn masking(&self) -> String;

    /// The masks that it wants of a picture.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if its options do not fit the picture.
    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>>;

    /// Whether it scores before or after the softmax over the classes.
    fn score(&self) -> Score;

    /// A weight for each summand; of masks, zero for those without a score.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if an operator of the network fails.
    fn weights(&self, subject: &Arc<Subject>, target: &Target, scores: &Scores) -> Result<Vec<f32>>;

    /// Scores with a guess for each of the masks `waiting` for their pass, if the method can make one. Only previews
    /// are made of them.
    fn forecast(&self, subject: &Subject, scores: &Scores, waiting: &[usize]) -> Option<Scores> {
        let _ = (subject, scores, waiting);
        None
    }

    /// What is summed by the weights, for a map of `size` [height, width].
    ///
    /// # Errors
    /// As [`weights`](Method::weights).
    fn summands(&self, subject: &Arc<Subject>, target: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>>;

    /// Whether every mask has a summand of its own, so that the map grows with the passes.
    fn sums_masks(&self) -> bool {
        true
    }

    /// The heatmap [height, width] = `size` of the sum: what is positive, scaled to [0, 1].
    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_positive(sum.resized(size), size)
    }

    /// Whether it looks at the activation maps of a layer.
    fn uses_layer(&self) -> bool {
        true
    }

    /// What it needs of the network behind the layer.
    fn behind(&self) -> Behind {
        Behind::Nothing
    }

    /// What its masks are made of.
    fn part(&self) -> Part {
        Part::Map
    }

    /// What makes one mask weigh more than another.
    fn weighing(&self) -> Weighing {
        Weighing::Score
    }

    /// What pictures are resampled with where the network's input does not say it.
    fn resample(&self) -> Option<Resample> {
        None
    }
}

/// What makes a mask weigh more than another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weighing {
    /// Its score alone.
    Score,
    /// The softmax over the masks of their logits, in which a few decide.
    SoftmaxOfLogits,
    /// The softmax over the masks of their probabilities: no weight is more than e times another.
    SoftmaxOfProbabilities,
    /// How much the score falls under it.
    Drop,
    /// How much what it hides brings about the score.
    CausalImpact,
    /// How fast the score rises with it.
    Gradient,
    /// How much it varies with the others, whatever the class.
    Variation,
    /// What a linear model of the scores says that it is worth.
    Regression,
}

/// What is summed by the weights: one summand a mask, all of one size.
pub trait Summands: Send + Sync {
    /// Rows and columns of the sum.
    fn size(&self) -> (usize, usize);

    /// Adds `weight` times a summand to `sums` [height, width].
    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]);

    /// The value of a summand at a pixel (row, column) of the map.
    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32;

    /// Whether the sum is divided, position by position, by what the summands with a score sum up to.
    fn are_averaged(&self) -> bool {
        false
    }
}

/// Maps of a layer, or others of its size, as summands: at layer size, read between their cells.
pub struct LayerMaps {
    maps: Arc<Activations>,
    upsampler: Upsampler,
}

impl LayerMaps {
    /// `maps`, for a map of `size` [height, width].
    pub fn new(maps: Arc<Activations>, size: (usize, usize)) -> LayerMaps {
        let upsampler = Upsampler::new((maps.height, maps.width), size, Grid::HalfPixel);
        LayerMaps { maps, upsampler }
    }
}

impl Summands for LayerMaps {
    fn size(&self) -> (usize, usize) {
        (self.maps.height, self.maps.width)
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        for (sum, &value) in sums.iter_mut().zip(self.maps.channel(summand)) {
            *sum += weight * f64::from(value);
        }
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        self.upsampler.value_at(self.maps.channel(summand), pixel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_found_by_name_and_score_cam_is_the_default() {
        assert_eq!(find(None, Value::Null).unwrap().name(), "score-cam");
        for entry in ALL {
            let name = (entry.describe)().name;
            assert_eq!(find(Some(name), Value::Null).unwrap().name(), name);
        }
        let unknown = find(Some("magic"), Value::Null).unwrap_err();
        assert_eq!(unknown.code, "method-unknown");
        assert!(unknown.hint.starts_with("There are: score-cam, cam, grad-cam"), "{}", unknown.hint);
    }
}
