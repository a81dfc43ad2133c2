//! What has to be known of a network besides its file: the entries of `models/catalog.json`.

use std::collections::BTreeMap;

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
    /// Scores before a softmax: one class excludes the others.
    Logits,
    /// Probabilities: the graph ends in a softmax.
    Probabilities,
    /// Scores before a sigmoid: each class has its own probability, several may be likely.
    Sigmoid,
}

/// A name that the article or MATLAB has for a layer of a network.
///
/// Files of one network name their tensors differently, so it is told by what makes it: the last layer of `operator`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Alias {
    /// The name it may be asked for by.
    pub name: String,
    /// ONNX operators of which the last one that makes a layer makes this one.
    pub operators: Vec<String>,
}

/// A way to normalise pixels that many networks share.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Preset {
    /// What it is asked for by.
    pub name: &'static str,
    /// See [`InputSpec::order`].
    pub order: ChannelOrder,
    /// See [`InputSpec::range`].
    pub range: Range,
    /// See [`InputSpec::mean`].
    pub mean: [f32; 3],
    /// See [`InputSpec::std`].
    pub std: [f32; 3],
}

impl Preset {
    /// ImageNet's mean and standard deviation, as torchvision's networks have it.
    pub const TORCHVISION: Preset = Preset {
        name: "torchvision",
        order: ChannelOrder::Rgb,
        range: Range::Unit,
        mean: [0.485, 0.456, 0.406],
        std: [0.229, 0.224, 0.225],
    };
    /// Pixels in [-1, 1], as most of TensorFlow's networks have it.
    pub const SYMMETRIC: Preset =
        Preset { name: "-1..1", order: ChannelOrder::Rgb, range: Range::Bytes, mean: [127.5; 3], std: [127.5; 3] };
    /// Pixels in [0, 1].
    pub const UNIT: Preset =
        Preset { name: "0..1", order: ChannelOrder::Rgb, range: Range::Unit, mean: [0.0; 3], std: [1.0; 3] };
    /// Pixels as they are.
    pub const BYTES: Preset =
        Preset { name: "0..255", order: ChannelOrder::Rgb, range: Range::Bytes, mean: [0.0; 3], std: [1.0; 3] };
    /// BGR less ImageNet's mean colour.
    pub const CAFFE: Preset = Preset {
        name: "caffe",
        order: ChannelOrder::Bgr,
        range: Range::Bytes,
        mean: [104.0, 117.0, 123.0],
        std: [1.0; 3],
    };
    /// All of them.
    pub const ALL: [Preset; 5] = [Preset::TORCHVISION, Preset::SYMMETRIC, Preset::UNIT, Preset::BYTES, Preset::CAFFE];

    /// `input`, its pixels normalised this way.
    pub fn applied_to(&self, input: InputSpec) -> InputSpec {
        let &Preset { order, range, mean, std, .. } = self;
        InputSpec { order, range, mean, std, ..input }
    }
}

/// What is said of the preprocessing where not all is; the rest is guessed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub struct InputOverrides {
    /// See [`InputSpec::width`].
    pub width: Option<usize>,
    /// See [`InputSpec::height`].
    pub height: Option<usize>,
    /// See [`InputSpec::resize`].
    pub resize: Option<Resize>,
    /// See [`InputSpec::order`].
    pub order: Option<ChannelOrder>,
    /// See [`InputSpec::range`].
    pub range: Option<Range>,
    /// See [`InputSpec::mean`].
    pub mean: Option<[f32; 3]>,
    /// See [`InputSpec::std`].
    pub std: Option<[f32; 3]>,
}

impl InputOverrides {
    /// What is said here, and the rest from `guess`.
    pub fn over(&self, guess: &InputSpec) -> InputSpec {
        InputSpec {
            width: self.width.unwrap_or(guess.width),
            height: self.height.unwrap_or(guess.height),
            resize: self.resize.unwrap_or(guess.resize),
            order: self.order.unwrap_or(guess.order),
            range: self.range.unwrap_or(guess.range),
            mean: self.mean.unwrap_or(guess.mean),
            std: self.std.unwrap_or(guess.std),
        }
    }
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
    /// The layer that is explained when none is named, by its name or alias; if empty, the last one that is computed
    /// before space is collapsed.
    pub default_layer: String,
    /// Other names of layers.
    pub aliases: Vec<Alias>,
    /// What the last tensor holds; a softmax or sigmoid at the end of the graph is recognised without being told.
    pub output: OutputKind,
    /// The file of class names beside the catalogue: a JSON array in the order of the classes.
    pub labels: String,
}

impl InputSpec {
    /// Refuses what no picture can be brought into.
    ///
    /// # Errors
    /// [`ErrorKind::Option`] if a side is not from 1 to 4096, or mean or std are not finite or std is zero.
    pub fn check(&self) -> Result<()> {
        const MAX_SIDE: usize = 4096;
        let refuse = |message: String, hint: &str| Err(Error::new(ErrorKind::Option, message, hint));
        if ![self.width, self.height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            let message = format!("An input of {} x {} pixels cannot be computed.", self.width, self.height);
            return refuse(message, "Give sides from 1 to 4096 pixels.");
        }
        if !self.mean.iter().all(|mean| mean.is_finite()) || !self.std.iter().all(|std| std.is_finite() && *std != 0.0)
        {
            let message = format!("Pixels cannot be normalised with mean {:?} and std {:?}.", self.mean, self.std);
            return refuse(message, "Give three finite numbers each; std is divided by and must not be 0.");
        }
        Ok(())
    }
}

impl Default for InputSpec {
    /// 224 x 224 RGB with ImageNet's mean and standard deviation, as torchvision's networks have it.
    fn default() -> InputSpec {
        let Preset { order, range, mean, std, .. } = Preset::TORCHVISION;
        InputSpec { width: 224, height: 224, resize: Resize::Stretch, order, range, mean, std }
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
            aliases: Vec::new(),
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

/// Class names from the bytes of a labels file, in the order of the classes: a JSON array of strings, a JSON object whose
/// keys are class indices (its values are names, or end in one, as ImageNet's `["n02123045", "tabby"]` do), or text with
/// one name a line.
///
/// # Errors
/// [`ErrorKind::Model`] if the bytes are something else.
pub fn labels(bytes: &[u8]) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Json {
        Names(Vec<String>),
        ByIndex(BTreeMap<String, Name>),
    }
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Name {
        Plain(String),
        WithCode(Vec<String>),
    }
    let refuse = |found: String| {
        Error::new(
            ErrorKind::Model,
            format!("The labels file is {found}."),
            "Give a JSON array of strings or a text file with one name a line, in the order of the network's output.",
        )
    };
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("not UTF-8 text".into()))?;
    if text.trim_start().starts_with(['[', '{']) {
        let json = serde_json::from_str(text);
        return match json.map_err(|cause| refuse(format!("JSON, but not of class names ({cause})")))? {
            Json::Names(names) => Ok(names),
            Json::ByIndex(entries) => {
                let mut names = vec![String::new(); entries.len()];
                for (index, name) in entries {
                    let place = index.parse::<usize>().ok().and_then(|index| names.get_mut(index));
                    let place = place.ok_or_else(|| refuse(format!("a JSON object with the key \"{index}\"")))?;
                    *place = match name {
                        Name::Plain(name) => name,
                        Name::WithCode(parts) => parts.into_iter().next_back().unwrap_or_default(),
                    };
                }
                Ok(names)
            }
        };
    }
    let names: Vec<_> = text.lines().map(|line| line.trim().to_owned()).collect();
    let used = names.iter().rposition(|name| !name.is_empty()).map_or(0, |last| last + 1);
    if used == 0 {
        return Err(refuse("empty".into()));
    }
    Ok(names[..used].to_vec())
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

    #[test]
    fn class_names_come_as_a_json_array_by_index_or_one_a_line() {
        let expected = ["cat", "dog, hound"];
        for file in [
            r#"["cat", "dog, hound"]"#,
            r#" {"1": "dog, hound", "0": "cat"}"#,
            r#"{"0": ["n1", "cat"], "1": ["n2", "dog, hound"]}"#,
            "cat\r\ndog, hound\r\n\r\n",
        ] {
            assert_eq!(labels(file.as_bytes()).unwrap(), expected, "{file}");
        }
        for (file, says) in [
            (&b"\xff\xd8\xff"[..], "not UTF-8"),
            (b" \n", "empty"),
            (b"[1, 2]", "not of class names"),
            (br#"{"7": "cat"}"#, "the key \"7\""),
        ] {
            let error = labels(file).unwrap_err();
            assert!(error.message.contains(says), "{error}");
        }
    }
}
