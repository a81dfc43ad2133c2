//! The named variants of Score-CAM. They differ in what is masked, scored, subtracted and summed, and so in the picture.
//!
//! | recipe | masked | upsampling | constant map | score | subtracted | softmax over channels | summed |
//! |---|---|---|---|---|---|---|---|
//! | `authors` | normalised tensor | half-pixel | skipped | probability | nothing | no | raw maps, upsampled |
//! | `paper` | normalised tensor | half-pixel | skipped | logit | blank input | yes | raw maps, upsampled |
//! | `pytorch-grad-cam` | normalised tensor | aligned corners | zeros (eps 1e-8) | logit | nothing | yes | raw maps at layer size |
//! | `torchcam` | normalised tensor | half-pixel, scaled first | zeros (eps 1e-8) | logit | the picture | yes | raw maps at layer size |
//! | `matlab` | 8-bit pixels | half-pixel | zeros | probability | the picture | yes | scaled maps |
//!
//! `matlab` also resamples pictures as the article does, bicubic, unless the network's input says otherwise.
//!
//! `authors` is the published code of the paper's authors, `paper` its Algorithm 1 (arXiv 1910.01279), `matlab` the code
//! of the article that this project started from.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, shown};
pub use crate::geometry::Grid;
use crate::methods::Weighing;
use crate::passes::Fill;
pub use crate::passes::Masked;
use crate::resize::Resample;
pub use crate::target::Score;

/// When a map is scaled to [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Scaling {
    /// At layer size.
    BeforeUpsampling,
    /// At input size.
    AfterUpsampling,
    /// At input size, every column by itself: what MATLAB's `normalize(M, 'range')` does to a matrix.
    AfterUpsamplingByColumn,
}

/// What becomes of a channel whose map is constant, so that it cannot be scaled to [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub enum Constant {
    /// It is left out: no pass, no weight.
    Skipped,
    /// Its mask is all zeros.
    Zeros,
    /// This is added to the range before dividing by it, so its mask is all zeros.
    Epsilon(f32),
}

/// How the masked inputs are made. Recipes that agree in this share their forward passes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MaskRule {
    /// What the mask is multiplied with.
    pub masked: Masked,
    /// How it is upsampled.
    pub grid: Grid,
    /// When it is scaled.
    pub scaling: Scaling,
    /// What becomes of constant maps.
    pub constant: Constant,
}

/// Whose score is subtracted from every channel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Baseline {
    /// Nobody's.
    Nothing,
    /// That of the normalised tensor zero.
    Blank,
    /// That of the picture as it is.
    Picture,
}

/// What is multiplied with the weights and summed over the channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Summed {
    /// The raw maps, upsampled to input size; then ReLU and scaling.
    RawUpsampled,
    /// The raw maps at layer size; then ReLU, scaling, upsampling, and scaling once more.
    RawAtLayerSize,
    /// The masks, at input size; then ReLU and scaling, by column where the masks are.
    Masks,
}

/// One variant of Score-CAM, in full.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recipe {
    /// The name it is asked for by.
    pub name: &'static str,
    /// How the masked inputs are made.
    pub mask: MaskRule,
    /// What is scored.
    pub score: Score,
    /// What is subtracted from the scores.
    pub baseline: Baseline,
    /// Whether the weights are the softmax over the channels of the scores, or the scores themselves.
    pub softmax_over_channels: bool,
    /// What is summed.
    pub summed: Summed,
    /// What pictures are resampled with where the network's input does not say it; absent if that is not its affair.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resample: Option<Resample>,
}

/// What a page has to know of a recipe.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RecipeDescription {
    /// The name it is asked for by.
    pub name: &'static str,
    /// Recipes of the same masks share their passes.
    pub masking: String,
    /// What shows where a mask is zero.
    pub fill: Fill,
    /// What makes a map weigh more than another.
    pub weighing: Weighing,
    /// The default of the option `columnwise`, if it has one.
    pub columnwise: Option<bool>,
    /// Scores before or after the softmax over the classes.
    pub score: Score,
}

/// What may be asked of a recipe besides its name; what is absent is as the recipe has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RecipeOptions {
    /// Of `matlab` only: whether every column of a map is scaled by itself.
    pub columnwise: Option<bool>,
    /// Scores before or after the softmax over the classes, which the paper compares in its Fig. 5.
    pub score: Option<Score>,
}

impl Recipe {
    /// What a page has to know of it.
    pub fn describe(&self) -> RecipeDescription {
        RecipeDescription {
            name: self.name,
            masking: self.masking(),
            fill: self.mask.masked.fill(),
            weighing: self.weighing(),
            columnwise: (self.summed == Summed::Masks).then_some(self.mask.scaling == Scaling::AfterUpsamplingByColumn),
            score: self.score,
        }
    }

    /// Names the masks: recipes whose masks have the same name share their passes.
    pub fn masking(&self) -> String {
        format!("{:?} {:?}", self.mask, self.resample)
    }

    /// What makes a map weigh more than another.
    pub fn weighing(&self) -> Weighing {
        match (self.softmax_over_channels, self.score) {
            (false, _) => Weighing::Score,
            (true, Score::Logit) => Weighing::SoftmaxOfLogits,
            (true, Score::Probability) => Weighing::SoftmaxOfProbabilities,
        }
    }

    /// The published code of the paper's authors; the default.
    pub const AUTHORS: Recipe = Recipe {
        name: Recipe::NAMES[0],
        mask: MaskRule {
            masked: Masked::NormalisedTensor,
            grid: Grid::HalfPixel,
            scaling: Scaling::AfterUpsampling,
            constant: Constant::Skipped,
        },
        score: Score::Probability,
        baseline: Baseline::Nothing,
        softmax_over_channels: false,
        summed: Summed::RawUpsampled,
        resample: None,
    };

    /// Algorithm 1 of the paper.
    pub const PAPER: Recipe = Recipe {
        name: Recipe::NAMES[1],
        score: Score::Logit,
        baseline: Baseline::Blank,
        softmax_over_channels: true,
        ..Recipe::AUTHORS
    };

    /// `ScoreCAM` of the package pytorch-grad-cam.
    pub const PYTORCH_GRAD_CAM: Recipe = Recipe {
        name: Recipe::NAMES[2],
        mask: MaskRule {
            masked: Masked::NormalisedTensor,
            grid: Grid::AlignCorners,
            scaling: Scaling::AfterUpsampling,
            constant: Constant::Epsilon(1e-8),
        },
        score: Score::Logit,
        baseline: Baseline::Nothing,
        softmax_over_channels: true,
        summed: Summed::RawAtLayerSize,
        resample: None,
    };

    /// `ScoreCAM` of the package torchcam.
    pub const TORCHCAM: Recipe = Recipe {
        name: Recipe::NAMES[3],
        mask: MaskRule {
            masked: Masked::NormalisedTensor,
            grid: Grid::HalfPixel,
            scaling: Scaling::BeforeUpsampling,
            constant: Constant::Epsilon(1e-8),
        },
        baseline: Baseline::Picture,
        ..Recipe::PYTORCH_GRAD_CAM
    };

    /// The article's MATLAB code. `columnwise` keeps an accident of the original: `normalize(M, 'range')` scales each
    /// column of a matrix by itself, in the masks and in the final map, and the article's pictures come out of that.
    pub const fn matlab(columnwise: bool) -> Recipe {
        Recipe {
            name: Recipe::NAMES[4],
            mask: MaskRule {
                masked: Masked::Pixels,
                grid: Grid::HalfPixel,
                scaling: if columnwise { Scaling::AfterUpsamplingByColumn } else { Scaling::AfterUpsampling },
                constant: Constant::Zeros,
            },
            score: Score::Probability,
            baseline: Baseline::Picture,
            softmax_over_channels: true,
            summed: Summed::Masks,
            // MATLAB's `imresize`.
            resample: Some(Resample::Bicubic),
        }
    }

    /// The names of all recipes, the default first.
    pub const NAMES: [&str; 5] = ["authors", "paper", "pytorch-grad-cam", "torchcam", "matlab"];

    /// Every recipe, the default first.
    pub const fn all() -> [Recipe; 5] {
        [Recipe::AUTHORS, Recipe::PAPER, Recipe::PYTORCH_GRAD_CAM, Recipe::TORCHCAM, Recipe::matlab(true)]
    }

    /// The recipe called `name`, or the default, with what `options` change of it.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such recipe, or `columnwise` is given to one that has no such option.
    pub fn find(name: Option<&str>, options: RecipeOptions) -> Result<Recipe> {
        let name = name.unwrap_or(Recipe::AUTHORS.name);
        let named = Recipe::all().into_iter().find(|recipe| recipe.name == name).ok_or_else(|| {
            let names = Recipe::NAMES.join(", ");
            Error::new("recipe-unknown", &[("recipe", &shown(name)), ("names", &names)])
        })?;
        let recipe = match options.columnwise {
            None => named,
            Some(columnwise) if named.summed == Summed::Masks => Recipe::matlab(columnwise),
            Some(_) => {
                let only = Recipe::matlab(true).name;
                return Err(Error::new("recipe-not-columnwise", &[("recipe", &name), ("only", &only)]));
            }
        };
        Ok(Recipe { score: options.score.unwrap_or(recipe.score), ..recipe })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: RecipeOptions = RecipeOptions { columnwise: None, score: None };

    #[test]
    fn recipes_are_found_by_name_and_the_default_is_the_authors() {
        assert_eq!(Recipe::find(None, ANY).unwrap(), Recipe::AUTHORS);
        for recipe in Recipe::all() {
            assert_eq!(Recipe::find(Some(recipe.name), ANY).unwrap(), recipe);
        }
        let whole = RecipeOptions { columnwise: Some(false), ..ANY };
        assert_eq!(Recipe::find(Some("matlab"), whole).unwrap(), Recipe::matlab(false));
    }

    #[test]
    fn a_recipe_can_score_before_the_softmax_instead_of_after_it() {
        let logits = Recipe::find(Some("authors"), RecipeOptions { score: Some(Score::Logit), ..ANY }).unwrap();
        assert_eq!(logits, Recipe { score: Score::Logit, ..Recipe::AUTHORS });
    }

    #[test]
    fn an_unknown_recipe_or_a_misplaced_option_is_refused() {
        let unknown = Recipe::find(Some("grad-cam"), ANY).unwrap_err();
        assert_eq!(unknown.hint, "There are: authors, paper, pytorch-grad-cam, torchcam, matlab.");
        let misplaced = Recipe::find(Some("paper"), RecipeOptions { columnwise: Some(true), ..ANY }).unwrap_err();
        assert_eq!(misplaced.message, "The recipe \"paper\" has no option columnwise.");
    }

    #[test]
    fn the_paper_and_its_authors_code_share_their_forward_passes() {
        assert_eq!(Recipe::AUTHORS.mask, Recipe::PAPER.mask);
        assert_ne!(Recipe::AUTHORS.mask, Recipe::TORCHCAM.mask);
    }
}
