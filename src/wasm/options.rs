//! The one translator from JavaScript's options to strict Rust.

use serde::Deserialize;

use crate::error::Result;
use crate::recipe::{Recipe, RecipeOptions, Score};

/// What JavaScript may ask for; every call reads the part that concerns it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Options {
    pub layer: Option<String>,
    pub target: Option<usize>,
    recipe: Option<RecipeOption>,
    pub colour_map: Option<String>,
    pub opacity: Option<f32>,
}

/// A recipe by its name, or with its options.
#[derive(Deserialize)]
#[serde(untagged)]
enum RecipeOption {
    Name(String),
    WithOptions(RecipeWithOptions),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecipeWithOptions {
    name: String,
    columnwise: Option<bool>,
    score: Option<Score>,
}

impl Options {
    pub fn recipe(&self) -> Result<Recipe> {
        match &self.recipe {
            None => Recipe::find(None, RecipeOptions::default()),
            Some(RecipeOption::Name(name)) => Recipe::find(Some(name), RecipeOptions::default()),
            Some(RecipeOption::WithOptions(RecipeWithOptions { name, columnwise, score })) => {
                Recipe::find(Some(name), RecipeOptions { columnwise: *columnwise, score: *score })
            }
        }
    }
}
