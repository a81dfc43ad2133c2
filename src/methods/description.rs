//! What a method is and can be asked, as data, and how its options are read by that.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Error, Result};

use super::score_cam;

/// The options of the method that `description` describes, out of a JSON object; `null` are the defaults.
///
/// # Errors
/// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such option or a value is of another kind or out of
/// the described range.
pub(super) fn read_options<Options: Default + DeserializeOwned>(
    options: Value,
    description: &Description,
) -> Result<Options> {
    if options.is_null() {
        return Ok(Options::default());
    }
    let read = serde_json::from_value(options.clone()).map_err(|cause| {
        let names = description.options.iter().map(|option| option.name).collect::<Vec<_>>().join(", ");
        Error::new("method-option", &[("method", &description.name), ("cause", &cause), ("names", &names)])
    })?;
    for Choice { name, values } in &description.options {
        let Some(found) = options.get(name) else { continue };
        let range = match *values {
            Values::Integer { least, most, .. } => (least as f64, most as f64),
            Values::Number { least, most, .. } => (least, most),
            _ => continue,
        };
        if !found.as_f64().is_some_and(|found| (range.0..=range.1).contains(&found)) {
            let expected = format!("{} to {}", range.0, range.1);
            return Err(Error::new("method-range", &[("option", name), ("found", found), ("expected", &expected)]));
        }
    }
    Ok(read)
}

/// What a method is and can be asked, as data.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The name it is asked for by.
    pub name: &'static str,
    /// Whether it looks at the activation maps of a layer.
    pub uses_layer: bool,
    /// What its masks are made of.
    pub part: Part,
    /// What it can be asked.
    pub options: Vec<Choice>,
    /// Named sets of options, the default first; empty where there are none.
    pub recipes: Vec<score_cam::RecipeDescription>,
}

/// What a mask is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// An activation map.
    Map,
    /// A window over the picture.
    Window,
    /// A cluster of similar activation maps.
    Cluster,
    /// A cell of the layer, with all its channels.
    Cell,
    /// A grid of cells over the picture, drawn by chance.
    Grid,
    /// Superpixels of the picture.
    Superpixel,
    /// An activation map that is left out.
    AblatedMap,
    /// An activation map, changed and asked about several times.
    SmoothedMap,
    /// Nothing: it has no masks.
    None,
}

/// An option of a method.
#[derive(Debug, Clone, Serialize)]
pub struct Choice {
    /// Its name.
    pub name: &'static str,
    /// What it can be.
    #[serde(flatten)]
    pub values: Values,
}

/// What an option can be.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
pub enum Values {
    /// A whole number.
    Integer {
        /// The smallest that is taken.
        least: usize,
        /// The largest that is taken.
        most: usize,
        /// What is taken if nothing is said.
        default: usize,
    },
    /// A number.
    Number {
        /// The smallest that is taken.
        least: f64,
        /// The largest that is taken.
        most: f64,
        /// What is taken if nothing is said.
        default: f64,
    },
    /// One of some names.
    Name {
        /// The names.
        names: &'static [&'static str],
        /// What is taken if nothing is said; `null` if that depends on the recipe.
        default: Option<&'static str>,
    },
    /// Yes or no.
    Boolean {
        /// What is taken if nothing is said.
        default: bool,
    },
}
