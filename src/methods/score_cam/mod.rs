//! Score-CAM: activation maps are the masks, their scores weigh them, and they are summed.
//!
//! ```text
//! L = ReLU( sum over k of  weight_k * A_k ),    weight_k = score_c(H_k * X)
//! ```
//!
//! Wang et al., "Score-CAM: Score-Weighted Visual Explanations for Convolutional Neural Networks", CVPR Workshops 2020, arXiv
//! 1910.01279. It costs a forward pass for each map that varies. Its variants are [`recipe`]s.

mod forecast;
mod mask;
pub mod recipe;
mod smoothed;
mod sum;
mod weights;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::geometry::Upsampler;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::passes::Masks;
use crate::resize::Resample;
use crate::target::Target;

use super::{Choice, Description, Entry, LayerMaps, Method, Scores, Subject, Summands, Values, Weighing, read_options};
use mask::ActivationMasks;
use recipe::{Recipe, RecipeOptions, Scaling, Score, Summed};
use sum::MaskSummands;

pub use recipe::RecipeDescription;

pub use smoothed::{IS_CAM, SS_CAM};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "score-cam";

/// The recipe by name, or with its options.
#[derive(Deserialize)]
#[serde(untagged)]
enum Named {
    Name(String),
    WithOptions(WithOptions),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WithOptions {
    name: String,
    columnwise: Option<bool>,
    score: Option<Score>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Options {
    recipe: Option<Named>,
    columnwise: Option<bool>,
    score: Option<Score>,
}

fn describe() -> Description {
    let names = const { &Recipe::NAMES };
    Description {
        name: NAME,
        uses_layer: Recipe::AUTHORS.uses_layer(),
        part: Recipe::AUTHORS.part(),
        options: vec![
            Choice { name: "recipe", values: Values::Name { names, default: Some(names[0]) } },
            Choice { name: "columnwise", values: Values::Boolean { default: true } },
            Choice { name: "score", values: Values::Name { names: &["logit", "probability"], default: None } },
        ],
        recipes: Recipe::all().iter().map(Recipe::describe).collect(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    let Options { recipe, columnwise, score } = read_options(options, &describe())?;
    let (name, own) = match recipe {
        None => (None, RecipeOptions::default()),
        Some(Named::Name(name)) => (Some(name), RecipeOptions::default()),
        Some(Named::WithOptions(WithOptions { name, columnwise, score })) => {
            (Some(name), RecipeOptions { columnwise, score })
        }
    };
    let options = RecipeOptions { columnwise: own.columnwise.or(columnwise), score: own.score.or(score) };
    Ok(Arc::new(Recipe::find(name.as_deref(), options)?))
}

impl From<Recipe> for Arc<dyn Method> {
    fn from(recipe: Recipe) -> Arc<dyn Method> {
        Arc::new(recipe)
    }
}

impl Method for Recipe {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({ "recipe": self })
    }

    fn title(&self) -> String {
        format!("the recipe \"{}\"", self.name)
    }

    fn masking(&self) -> String {
        Recipe::masking(self)
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        Ok(Box::new(ActivationMasks::new(subject, self.mask)))
    }

    fn score(&self) -> Score {
        self.score
    }

    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        Ok(weights::weights(scores, self))
    }

    /// Not where whole masks are summed: to sum all of them for each preview takes longer than the passes.
    fn forecast(&self, subject: &Subject, scores: &Scores, waiting: &[usize]) -> Option<Scores> {
        if self.summed == Summed::Masks {
            return None;
        }
        let masked = forecast::forecast(subject.maps(), &scores.masked, waiting)?;
        Some(Scores { masked, ..*scores })
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        let maps = subject.maps();
        Ok(match self.summed {
            Summed::RawUpsampled | Summed::RawAtLayerSize => Box::new(LayerMaps::new(Arc::clone(maps), size)),
            Summed::Masks => {
                let upsampler = Upsampler::new((maps.height, maps.width), size, self.mask.grid);
                Box::new(MaskSummands::new(subject, self.mask, upsampler))
            }
        })
    }

    /// Upsampling is linear, so [`Summed::RawUpsampled`] sums at layer size and upsamples once, which differs from the sum
    /// of upsampled maps by rounding only.
    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        match self.summed {
            Summed::RawUpsampled => Heatmap::of_positive(sum.resized(size), size),
            Summed::RawAtLayerSize => Heatmap::of_positive_cells(sum, size),
            Summed::Masks => {
                let mut heatmap = Heatmap::of_positive(sum.values.clone(), size);
                if self.mask.scaling == Scaling::AfterUpsamplingByColumn {
                    mask::scale_to_unit(&mut heatmap.values, size.1, &self.mask);
                }
                heatmap
            }
        }
    }

    fn weighing(&self) -> Weighing {
        Recipe::weighing(self)
    }

    fn resample(&self) -> Option<Resample> {
        self.resample
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_are_named_alone_or_with_their_options_or_beside_them() {
        let made = |options: Value| make(options).unwrap().options();
        assert_eq!(made(Value::Null), json!({ "recipe": Recipe::AUTHORS }));
        assert_eq!(made(json!({ "recipe": "paper" })), json!({ "recipe": Recipe::PAPER }));
        let whole = json!({ "recipe": Recipe::matlab(false) });
        assert_eq!(made(json!({ "recipe": { "name": "matlab", "columnwise": false } })), whole);
        assert_eq!(made(json!({ "recipe": "matlab", "columnwise": false })), whole);
        let unknown = make(json!({ "window": 3 })).unwrap_err();
        assert_eq!((unknown.code, unknown.hint.as_str()), ("method-option", "It has: recipe, columnwise, score."));
    }

    fn assert_close(actual: &[f32], expected: &[f32]) {
        let close = actual.len() == expected.len() && actual.iter().zip(expected).all(|(a, e)| (a - e).abs() < 1e-6);
        assert!(close, "{actual:?} is not {expected:?}");
    }

    /// The heatmap of a sum at layer size.
    fn heatmap(recipe: &Recipe, values: &[f32], size: (usize, usize)) -> Heatmap {
        let (height, width) = (1, values.len());
        recipe.heatmap(&WeightedSum { values: values.to_vec(), height, width }, size)
    }

    #[test]
    fn the_sum_is_rectified_scaled_and_upsampled() {
        // Scaled (0, 1), upsampled to four columns.
        let map = heatmap(&Recipe::AUTHORS, &[0.75, 1.0], (1, 4));
        assert_close(&map.values, &[0.0, 0.25, 0.75, 1.0]);
        assert!(map.has_positive_evidence);
        // (-1, 2) has a positive part of (0, 2); upsampled first: -1 -0.25 1.25 2, rectified 0 0 1.25 2.
        assert_close(&heatmap(&Recipe::AUTHORS, &[-1.0, 2.0], (1, 4)).values, &[0.0, 0.0, 0.625, 1.0]);
        // At layer size the ReLU comes first: (0, 1), then upsampled.
        assert_close(&heatmap(&Recipe::PYTORCH_GRAD_CAM, &[-1.0, 2.0], (1, 4)).values, &[0.0, 0.25, 0.75, 1.0]);
    }

    #[test]
    fn what_sums_masks_is_scaled_as_they_are() {
        assert_close(&heatmap(&Recipe::matlab(false), &[0.2, 0.35, 0.65, 0.8], (1, 4)).values, &[0.0, 0.25, 0.75, 1.0]);
        // A map of one row has constant columns only: nothing is left.
        assert_close(&heatmap(&Recipe::matlab(true), &[0.2, 0.35, 0.65, 0.8], (1, 4)).values, &[0.0; 4]);
    }

    #[test]
    fn a_sum_without_a_positive_part_is_said_to_be_no_evidence() {
        for recipe in [Recipe::AUTHORS, Recipe::PAPER, Recipe::PYTORCH_GRAD_CAM, Recipe::TORCHCAM] {
            let map = heatmap(&recipe, &[-1.0, -2.0], (2, 4));
            assert!(!map.has_positive_evidence, "{}", recipe.name);
            assert_close(&map.values, &[0.0; 8]);
        }
        assert!(!heatmap(&Recipe::matlab(false), &[-1.0, -2.0], (1, 2)).has_positive_evidence);
    }
}
