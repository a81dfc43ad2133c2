//! What has to be known of a network besides its file.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::resize::Resample;

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
    /// What pictures are resampled with; if left open, as a recipe's original does it (`matlab`: bicubic), else bilinear.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resample: Option<Resample>,
    /// The share of each side that is seen, in (0, 1]: pictures are resized to the input's size divided by it, and the centre
    /// is cut out. "Resize 256, crop 224" is 0.875.
    #[serde(skip_serializing_if = "is_whole")]
    pub crop: f64,
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
    /// See [`InputSpec::resample`].
    pub resample: Option<Resample>,
    /// See [`InputSpec::crop`]; unless `resize` is said too, it means that pictures keep their shape.
    pub crop: Option<f64>,
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
            resize: self.resize.or(self.crop.map(|_| Resize::Crop)).unwrap_or(guess.resize),
            resample: self.resample.or(guess.resample),
            crop: self.crop.unwrap_or(guess.crop),
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
    /// Bytes of memory that an explanation of its default layer took, where that was measured (two threads, in a tab).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
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

/// Whether a crop leaves nothing out, which goes without saying.
fn is_whole(crop: &f64) -> bool {
    *crop == 1.0
}

impl InputSpec {
    /// Refuses what no picture can be brought into.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if a side is not from 1 to 4096, the crop is no share of it, or mean or
    /// std are not finite or std is zero.
    pub fn check(&self) -> Result<()> {
        const MAX_SIDE: usize = 4096;
        /// Of the input: pictures would be resized to ten times its size first.
        const LEAST_CROP: f64 = 0.1;
        if ![self.width, self.height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
            return Err(Error::new(
                "input-size",
                &[("width", &self.width), ("height", &self.height), ("most", &MAX_SIDE)],
            ));
        }
        if !(LEAST_CROP..=1.0).contains(&self.crop) {
            return Err(Error::new("input-crop", &[("crop", &self.crop), ("least", &LEAST_CROP)]));
        }
        if !self.mean.iter().all(|mean| mean.is_finite()) || !self.std.iter().all(|std| std.is_finite() && *std != 0.0)
        {
            let (mean, std) = (format!("{:?}", self.mean), format!("{:?}", self.std));
            return Err(Error::new("input-normalisation", &[("mean", &mean), ("std", &std)]));
        }
        Ok(())
    }
}

impl Default for InputSpec {
    /// 224 x 224 RGB with ImageNet's mean and standard deviation, as torchvision's networks have it.
    fn default() -> InputSpec {
        let Preset { order, range, mean, std, .. } = Preset::TORCHVISION;
        let (resize, resample, crop) = (Resize::Stretch, None, 1.0);
        InputSpec { width: 224, height: 224, resize, resample, crop, order, range, mean, std }
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
            memory: None,
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
