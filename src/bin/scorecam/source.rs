//! Which network is meant, and its class names.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use prost::bytes::Bytes;
use scorecam::error::{Error, Result};
use scorecam::model::catalog::find;
use scorecam::model::labels::labels;
use scorecam::model::spec::{ChannelOrder, InputOverrides, ModelSpec, Range, Resize};
use scorecam::model::{Limits, Network, OnnxFile};
use scorecam::resize::Resample;

use crate::files::{read_network, sha256};

#[derive(Args)]
pub struct Source {
    /// A network of the catalogue [default: efficientnet_lite0]
    #[arg(long, value_name = "NAME", conflicts_with = "model")]
    catalog: Option<String>,
    /// An ONNX file of your own; what is not said of its preprocessing is guessed from the file
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// Folder with the catalogue's files [default: models, or else the one of that name beside the program]
    #[arg(long, value_name = "DIR", env = "SCORECAM_MODELS")]
    models: Option<PathBuf>,
    /// Class names: a JSON array, or a text file with one name a line
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Mean to subtract, by channel in the network's order
    #[arg(long, value_name = "R,G,B", value_parser = three_numbers, allow_hyphen_values = true)]
    mean: Option<[f32; 3]>,
    /// Standard deviation to divide by, by channel in the network's order
    #[arg(long, value_name = "R,G,B", value_parser = three_numbers)]
    std: Option<[f32; 3]>,
    /// Range of the pixels before the mean is subtracted: 0..1 or 0..255
    #[arg(long, value_parser = parse::<Range>)]
    range: Option<Range>,
    /// Order of the colour channels: rgb or bgr
    #[arg(long, value_parser = parse::<ChannelOrder>)]
    order: Option<ChannelOrder>,
    /// How pictures of another shape are fitted: stretch or crop
    #[arg(long, value_parser = parse::<Resize>)]
    resize: Option<Resize>,
    /// What pictures are resampled with: nearest, bilinear, bicubic or lanczos, each as Pillow has it [default: bilinear; with
    /// the recipe matlab bicubic]
    #[arg(long, value_parser = parse::<Resample>)]
    resample: Option<Resample>,
    /// Share of each side that is seen: pictures are resized to the input's size divided by it, and the centre is cut out; 0.875
    /// is "resize 256, crop 224". Unless --resize says otherwise they keep their shape [default: 1]
    #[arg(long, value_name = "SHARE")]
    crop: Option<f64>,
    /// Memory that may be used, in megabytes; what needs more is refused before it is begun
    #[arg(long, value_name = "MB", default_value_t = Limits::TAB.memory >> 20, value_parser = clap::value_parser!(u64).range(16..1 << 24))]
    memory: u64,
}

/// A network that is ready to run, and what is known of it besides.
pub struct Loaded {
    pub network: Arc<Network>,
    /// Class names in the order of the output; empty if they are not known.
    pub labels: Vec<String>,
    /// Of the network's file, in hexadecimal digits.
    pub sha256: String,
}

impl Source {
    /// How much may be used.
    pub fn limits(&self) -> Limits {
        Limits { memory: self.memory << 20 }
    }

    /// Loads the network that was asked for.
    pub fn load(&self) -> Result<Loaded> {
        let (spec, path) = match &self.model {
            Some(path) => {
                let title = path.display().to_string();
                (ModelSpec { name: title.clone(), title, ..ModelSpec::default() }, path.clone())
            }
            None => {
                let spec = find(self.catalog.as_deref().unwrap_or("efficientnet_lite0"))?;
                let path = self.models().join(&spec.file);
                if !path.exists() {
                    return Err(Error::new("network-absent", &[("network", &spec.title), ("file", &path.display())]));
                }
                (spec, path)
            }
        };
        let bytes = read_network(&path)?;
        let sha256 = sha256(&bytes);
        if !spec.sha256.is_empty() && spec.sha256 != sha256 {
            return Err(Error::new("network-checksum", &[("file", &path.display())]));
        }
        let file = OnnxFile::read(Bytes::from(bytes), &spec.title)?.within(self.limits());
        let input = match self.model {
            Some(_) => file.guess().input,
            None => spec.input.clone(),
        };
        let input = self.overrides().over(&input);
        let labels = match (&self.labels, spec.labels.as_str()) {
            (Some(path), _) => labels(&read_network(path)?)?,
            (None, "") => Vec::new(),
            (None, file) => labels(&read_network(&self.models().join(file))?)?,
        };
        let network = Arc::new(file.build(ModelSpec { input, ..spec })?);
        Ok(Loaded { network, labels, sha256 })
    }

    /// Where the catalogue's files are: a program that was unpacked or installed has them beside it.
    fn models(&self) -> PathBuf {
        const FOLDER: &str = "models";
        if let Some(folder) = &self.models {
            return folder.clone();
        }
        let here = PathBuf::from(FOLDER);
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(FOLDER)));
        if here.exists() { here } else { beside.filter(|folder| folder.exists()).unwrap_or(here) }
    }

    fn overrides(&self) -> InputOverrides {
        let &Source { mean, std, range, order, resize, resample, crop, .. } = self;
        InputOverrides { mean, std, range, order, resize, resample, crop, ..InputOverrides::default() }
    }
}

/// A value by its name in the catalogue.
pub fn parse<T: serde::de::DeserializeOwned>(name: &str) -> std::result::Result<T, String> {
    serde_json::from_value(name.into()).map_err(|cause| cause.to_string())
}

/// Three numbers with commas between them.
fn three_numbers(text: &str) -> std::result::Result<[f32; 3], String> {
    let numbers: std::result::Result<Vec<f32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers = numbers.map_err(|cause| format!("{cause}; expected three numbers, as in 0.5,0.5,0.5"))?;
    numbers.try_into().map_err(|n: Vec<f32>| format!("{} numbers; expected three, as in 0.5,0.5,0.5", n.len()))
}
