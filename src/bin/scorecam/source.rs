//! Which network is meant, and its class names.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use prost::bytes::Bytes;
use scorecam::error::{Error, ErrorKind, Result, shown};
use scorecam::model::spec::{ChannelOrder, InputOverrides, ModelSpec, Range, Resize, find, labels};
use scorecam::model::{Limits, Network, OnnxFile};
use sha2::{Digest, Sha256};

use crate::files::read;

#[derive(Args)]
pub struct Source {
    /// A network of the catalogue [default: efficientnet_lite0]
    #[arg(long, value_name = "NAME", conflicts_with = "model")]
    catalog: Option<String>,
    /// An ONNX file of your own; what is not said of its preprocessing is guessed from the file
    #[arg(long, value_name = "FILE.onnx")]
    model: Option<PathBuf>,
    /// Folder with the catalogue's files
    #[arg(long, value_name = "DIR", default_value = "models")]
    models: PathBuf,
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
                let path = self.models.join(&spec.file);
                (spec, path)
            }
        };
        let bytes = read(&path, ErrorKind::Model)?;
        let sha256 = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        if !spec.sha256.is_empty() && spec.sha256 != sha256 {
            return Err(Error::new(
                ErrorKind::Model,
                format!("{} is not the file that the catalogue describes: its checksum differs.", path.display()),
                "Fetch it again with ./build.sh models, or give it as --model.",
            ));
        }
        let file = OnnxFile::read(Bytes::from(bytes), &spec.title)?.within(self.limits());
        let input = match self.model {
            Some(_) => file.guess().input,
            None => spec.input.clone(),
        };
        let input = self.overrides().over(&input);
        let labels = match (&self.labels, spec.labels.as_str()) {
            (Some(path), _) => labels(&read(path, ErrorKind::Model)?)?,
            (None, "") => Vec::new(),
            (None, file) => labels(&read(&self.models.join(file), ErrorKind::Model)?)?,
        };
        let network = Arc::new(file.build(ModelSpec { input, ..spec })?);
        Ok(Loaded { network, labels, sha256 })
    }

    fn overrides(&self) -> InputOverrides {
        let &Source { mean, std, range, order, resize, .. } = self;
        InputOverrides { mean, std, range, order, resize, ..InputOverrides::default() }
    }
}

/// The class with this index or, failing that, this label; upper and lower case are the same.
pub fn find_class(class: &str, labels: &[String]) -> Result<usize> {
    if let Ok(index) = class.parse() {
        return Ok(index);
    }
    labels.iter().position(|label| label.eq_ignore_ascii_case(class)).ok_or_else(|| {
        let part = class.to_lowercase();
        let similar: Vec<_> = labels.iter().filter(|label| label.to_lowercase().contains(&part)).take(5).collect();
        let hint = if similar.is_empty() {
            "Give its index, counted from 0.".into()
        } else {
            format!("Similar: {}.", similar.iter().map(|label| shown(label)).collect::<Vec<_>>().join("; "))
        };
        Error::new(ErrorKind::Class, format!("There is no class called \"{}\".", shown(class)), hint)
    })
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
