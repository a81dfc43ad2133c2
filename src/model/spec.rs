//! What has to be known of a network besides its file: the entries of `models/catalog.json`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// The catalogue, the one source for every network's facts; the page reads the same file.
const CATALOG: &str = include_str!("../../models/catalog.json");

/// Order of the colour channels in the input tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelOrder {
    /// Red, green, blue.
    Rgb,
    /// Blue, green, red, as Caffe has it.
    Bgr,
}

/// How a picture of any shape becomes one of the network's input size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resize {
    /// The whole picture, its aspect ratio lost.
    Stretch,
    /// The largest centred part with the input's aspect ratio.
    Crop,
}

/// The numbers that a pixel's 0..255 are mapped to before mean and standard deviation are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Range {
    /// Divided by 255.
    #[serde(rename = "0..1")]
    Unit,
    /// As they are.
    #[serde(rename = "0..255")]
    Bytes,
}

/// From pixels to the input tensor: `(pixel in range - mean) / std`, by channel in `order`.
///
/// What is left out takes the value of [`InputSpec::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct InputSpec {
    /// Width of the input in pixels.
    pub width: usize,
    /// Height of the input in pixels.
    pub height: usize,
    /// How pictures of another shape are fitted.
    pub resize: Resize,
    /// Order of the colour channels.
    pub order: ChannelOrder,
    /// Range of the pixels before the mean is subtracted.
    pub range: Range,
    /// Subtracted, by channel in `order`, in units of `range`.
    pub mean: [f32; 3],
    /// Divided by, by channel in `order`, in units of `range`.
    pub std: [f32; 3],
}

/// What the network's last tensor holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OutputKind {
    /// Scores before softmax.
    Logits,
    /// Probabilities: the graph ends in a softmax.
    Probabilities,
}

/// A network's entry in the catalogue, or what is said of one that is not in it.
///
/// What is left out takes the value of [`ModelSpec::default`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct ModelSpec {
    /// The name it is asked for by.
    pub name: String,
    /// The name people know it by.
    pub title: String,
    /// Its file, beside the catalogue.
    pub file: String,
    /// The file's size.
    pub bytes: u64,
    /// The file's SHA-256, in hexadecimal.
    pub sha256: String,
    /// SPDX identifier of the weights' licence.
    pub licence: String,
    /// Where file or weights come from.
    pub source: String,
    /// From pixels to the input tensor.
    pub input: InputSpec,
    /// The layer that is explained when none is named.
    pub default_layer: String,
    /// What the last tensor holds; a softmax at the end of the graph is recognised without being told.
    pub output: OutputKind,
    /// The file of class names beside the catalogue: a JSON array in the order of the classes.
    pub labels: String,
}

impl Default for InputSpec {
    /// 224 x 224 RGB with ImageNet's mean and standard deviation, as torchvision's networks have it.
    fn default() -> InputSpec {
        InputSpec {
            width: 224,
            height: 224,
            resize: Resize::Stretch,
            order: ChannelOrder::Rgb,
            range: Range::Unit,
            mean: [0.485, 0.456, 0.406],
            std: [0.229, 0.224, 0.225],
        }
    }
}

impl Default for ModelSpec {
    /// A network that nothing is known of: the default input, logits, and the last layer that has positions.
    fn default() -> ModelSpec {
        ModelSpec {
            name: "model".into(),
            title: "The network".into(),
            file: String::new(),
            bytes: 0,
            sha256: String::new(),
            licence: String::new(),
            source: String::new(),
            input: InputSpec::default(),
            default_layer: String::new(),
            output: OutputKind::Logits,
            labels: String::new(),
        }
    }
}

/// All entries of the catalogue, the default network first.
///
/// # Errors
/// [`ErrorKind::Internal`] if the catalogue that was compiled in does not have the form of [`ModelSpec`].
pub fn catalog() -> Result<Vec<ModelSpec>> {
    #[derive(Deserialize)]
    struct Catalog {
        models: Vec<ModelSpec>,
    }
    let catalog: Catalog =
        serde_json::from_str(CATALOG).map_err(|cause| Error::internal("reading models/catalog.json", cause))?;
    Ok(catalog.models)
}

/// The catalogue's entry `name`.
///
/// # Errors
/// [`ErrorKind::Model`] if there is none; the message lists the names there are.
pub fn find(name: &str) -> Result<ModelSpec> {
    let models = catalog()?;
    let names: Vec<_> = models.iter().map(|spec| spec.name.clone()).collect();
    models.into_iter().find(|spec| spec.name == name).ok_or_else(|| {
        Error::new(
            ErrorKind::Model,
            format!("The catalogue has no network called \"{name}\"."),
            format!("It has: {}.", names.join(", ")),
        )
    })
}

/// Class names from the bytes of a labels file: a JSON array of strings in the order of the classes.
///
/// # Errors
/// [`ErrorKind::Model`] if the bytes are something else.
pub fn labels(bytes: &[u8]) -> Result<Vec<String>> {
    serde_json::from_slice(bytes).map_err(|cause| {
        Error::new(
            ErrorKind::Model,
            format!("The labels file is not a JSON array of strings ({cause})."),
            "Give one string a class, in the order of the network's output.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_has_the_form_that_is_documented() {
        let models = catalog().unwrap();
        assert_eq!(models[0].name, "efficientnet_lite0");
        assert!(models.iter().all(|spec| spec.sha256.len() == 64 && spec.input.std.iter().all(|&std| std > 0.0)));
    }

    #[test]
    fn an_unknown_network_is_answered_with_the_known_ones() {
        let error = find("lenet").unwrap_err();
        assert_eq!(error.kind, ErrorKind::Model);
        assert!(error.message.contains("\"lenet\"") && error.hint.contains("efficientnet_lite0"), "{error}");
    }
}
