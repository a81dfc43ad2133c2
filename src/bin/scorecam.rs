//! The command line: Score-CAM of pictures on the disk, on all cores.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use prost::bytes::Bytes;
use scorecam::error::{Error, ErrorKind, Result};
use scorecam::explain::{Diagnostics, Explanation, Outcome, Timings};
use scorecam::image::{RgbImage, decode, fit_within};
use scorecam::model::spec::{ChannelOrder, InputOverrides, InputSpec, ModelSpec, Range, Resize, find, labels};
use scorecam::model::{Layer, Network, OnnxFile};
use scorecam::preprocess::Region;
use scorecam::recipe::{Recipe, RecipeOptions, Score};
use scorecam::render::{ColourMap, npy, overlay, png};
use serde::Serialize;

/// Which parts of a picture made an image classifier decide as it did, by Score-CAM.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Explains pictures: writes <image>.heatmap.npy, .overlay.png and .json for each.
    Explain(Explain),
    /// Lists the layers that can be explained: name, channels, height and width, one a line.
    Layers(Layers),
}

#[derive(Args)]
struct Source {
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
}

#[derive(Args)]
struct Explain {
    /// PNG, JPEG, WebP, GIF or BMP files
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Layer to explain [default: the network's own]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// Class to explain, by index or name [default: the most probable]
    #[arg(long, value_name = "INDEX|LABEL")]
    class: Option<String>,
    /// Variant of Score-CAM: authors, paper, pytorch-grad-cam, torchcam or matlab
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,
    /// Of matlab: whether every column is scaled by itself, as the article's code does [default: true]
    #[arg(long, value_name = "true|false")]
    columnwise: Option<bool>,
    /// Scores before or after the softmax over the classes: logit or probability [default: the recipe's own]
    #[arg(long, value_parser = parse::<Score>)]
    score: Option<Score>,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Args)]
struct Layers {
    #[command(flatten)]
    source: Source,
    /// As a JSON array
    #[arg(long)]
    json: bool,
}

/// The report beside each heatmap.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    image: String,
    model: &'a str,
    layer: &'a Layer,
    recipe: &'a Recipe,
    target: Class,
    predictions: Vec<Class>,
    region: Region,
    /// How pictures became the network's input.
    input: &'a InputSpec,
    weights: &'a [f32],
    diagnostics: Diagnostics,
    timings: Timings,
}

#[derive(Serialize)]
struct Class {
    index: usize,
    label: Option<String>,
    probability: f32,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Explain(arguments) => explain(&arguments),
        Command::Layers(arguments) => list_layers(&arguments),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("scorecam: {error}");
            ExitCode::FAILURE
        }
    }
}

fn explain(arguments: &Explain) -> Result<()> {
    let recipe = Recipe::find(
        arguments.recipe.as_deref(),
        RecipeOptions { columnwise: arguments.columnwise, score: arguments.score },
    )?;
    if let Some(threads) = arguments.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|cause| Error::internal("starting the threads", cause))?;
    }
    let (network, labels) = load(&arguments.source)?;
    let target = arguments.class.as_deref().map(|class| find_class(class, &labels)).transpose()?;
    // Before the long work and before anything is written.
    target.map_or(Ok(()), |class| network.check_class(class))?;
    network.layer(arguments.layer.as_deref())?;
    fs::create_dir_all(&arguments.out).map_err(|cause| unwritable(&arguments.out, &cause))?;

    let job = Job { arguments, network, labels, target, recipe };
    let mut failures = 0;
    for path in &arguments.images {
        // One bad picture does not keep the others from being explained.
        if let Err(error) = job.explain(path) {
            eprintln!("scorecam: {}: {error}", path.display());
            failures += 1;
        }
    }
    match failures {
        0 => Ok(()),
        n => Err(Error::new(ErrorKind::Image, format!("{n} of {} pictures failed.", arguments.images.len()), "")),
    }
}

/// What is asked of every picture.
struct Job<'a> {
    arguments: &'a Explain,
    network: Arc<Network>,
    labels: Vec<String>,
    target: Option<usize>,
    recipe: Recipe,
}

impl Job<'_> {
    fn explain(&self, path: &Path) -> Result<()> {
        let picture = decode(&read(path, ErrorKind::Image)?)?.pixels;
        let layer = self.arguments.layer.as_deref();
        let mut explanation = Explanation::begin(&self.network, &picture, layer, &self.recipe)?;
        while !explanation.is_complete() {
            explanation.step()?;
        }
        let outcome = explanation.outcome(self.target, &self.recipe)?;
        self.write(path, &picture, &explanation, &outcome)
    }

    fn write(&self, path: &Path, picture: &RgbImage, explanation: &Explanation, outcome: &Outcome) -> Result<()> {
        const OVERLAY_SIDE: u32 = 1024;
        const OVERLAY_OPACITY: f32 = 0.5;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let write = |extension: &str, bytes: &[u8]| {
            let file = self.arguments.out.join(format!("{name}.{extension}"));
            fs::write(&file, bytes).map_err(|cause| unwritable(&file, &cause))
        };
        let shown = fit_within(picture, OVERLAY_SIDE);
        let region = explanation.region().scaled(f64::from(shown.width()) / f64::from(picture.width()));
        let overlaid = overlay(&shown, &outcome.heatmap, region, ColourMap::Jet, OVERLAY_OPACITY);
        write("heatmap.npy", &npy(&outcome.heatmap))?;
        write("overlay.png", &png(&overlaid)?)?;

        let report = self.report(path, explanation, outcome);
        let json = serde_json::to_vec_pretty(&report).map_err(|cause| Error::internal("writing the report", cause))?;
        write("json", &json)?;
        println!(
            "{name}: {} ({}) {:.3}, {} channels in {:.1} s{}",
            report.target.label.as_deref().unwrap_or("class"),
            outcome.target,
            outcome.probability,
            outcome.diagnostics.scored_channels,
            explanation.timings().score_ms / 1000.0,
            if outcome.diagnostics.no_positive_evidence { "; no positive evidence, the map is empty" } else { "" }
        );
        Ok(())
    }

    fn report<'a>(&'a self, path: &Path, explanation: &'a Explanation, outcome: &'a Outcome) -> Report<'a> {
        const PREDICTIONS: usize = 5;
        let class = |index: usize, probability| Class { index, label: self.labels.get(index).cloned(), probability };
        let predictions = explanation.predictions(PREDICTIONS);
        Report {
            image: path.display().to_string(),
            model: &self.network.spec().name,
            layer: explanation.layer(),
            recipe: &self.recipe,
            target: class(outcome.target, outcome.probability),
            predictions: predictions.iter().map(|p| class(p.index, p.probability)).collect(),
            region: explanation.region(),
            input: &self.network.spec().input,
            weights: &outcome.weights,
            diagnostics: outcome.diagnostics,
            timings: explanation.timings(),
        }
    }
}

fn list_layers(arguments: &Layers) -> Result<()> {
    let (network, _) = load(&arguments.source)?;
    if arguments.json {
        let json = serde_json::to_string_pretty(network.layers());
        println!("{}", json.map_err(|cause| Error::internal("writing JSON", cause))?);
        return Ok(());
    }
    for layer in network.layers() {
        println!("{} {} {} {}", layer.name, layer.channels, layer.height, layer.width);
    }
    Ok(())
}

/// The network that was asked for, with its class names if they are known.
fn load(source: &Source) -> Result<(Arc<Network>, Vec<String>)> {
    let (spec, path) = match &source.model {
        Some(path) => {
            let title = path.display().to_string();
            (ModelSpec { name: title.clone(), title, ..ModelSpec::default() }, path.clone())
        }
        None => {
            let spec = find(source.catalog.as_deref().unwrap_or("efficientnet_lite0"))?;
            let path = source.models.join(&spec.file);
            (spec, path)
        }
    };
    let file = OnnxFile::read(Bytes::from(read(&path, ErrorKind::Model)?), &spec.title)?;
    let input = match source.model {
        Some(_) => file.guess().input,
        None => spec.input.clone(),
    };
    let input = source.overrides().over(&input);
    let names = match (&source.labels, spec.labels.as_str()) {
        (Some(path), _) => labels(&read(path, ErrorKind::Model)?)?,
        (None, "") => Vec::new(),
        (None, file) => labels(&read(&source.models.join(file), ErrorKind::Model)?)?,
    };
    Ok((Arc::new(file.build(ModelSpec { input, ..spec })?), names))
}

impl Source {
    fn overrides(&self) -> InputOverrides {
        let &Source { mean, std, range, order, resize, .. } = self;
        InputOverrides { mean, std, range, order, resize, ..InputOverrides::default() }
    }
}

/// The class with this index or, failing that, this label; upper and lower case are the same.
fn find_class(class: &str, labels: &[String]) -> Result<usize> {
    if let Ok(index) = class.parse() {
        return Ok(index);
    }
    labels.iter().position(|label| label.eq_ignore_ascii_case(class)).ok_or_else(|| {
        let part = class.to_lowercase();
        let similar: Vec<_> = labels.iter().filter(|label| label.to_lowercase().contains(&part)).take(5).collect();
        let hint = if similar.is_empty() {
            "Give its index, counted from 0.".into()
        } else {
            format!("Similar: {similar:?}.")
        };
        Error::new(ErrorKind::Class, format!("There is no class called \"{class}\"."), hint)
    })
}

fn read(path: &Path, kind: ErrorKind) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| {
        Error::new(kind, format!("{} cannot be read: {cause}.", path.display()), "Check the path and its permissions.")
    })
}

fn unwritable(path: &Path, cause: &std::io::Error) -> Error {
    let message = format!("{} cannot be written: {cause}.", path.display());
    Error::new(ErrorKind::Option, message, "Choose another --out folder.")
}

/// A value by its name in the catalogue.
fn parse<T: serde::de::DeserializeOwned>(name: &str) -> std::result::Result<T, String> {
    serde_json::from_value(name.into()).map_err(|cause| cause.to_string())
}

/// Three numbers with commas between them.
fn three_numbers(text: &str) -> std::result::Result<[f32; 3], String> {
    let numbers: std::result::Result<Vec<f32>, _> = text.split(',').map(|number| number.trim().parse()).collect();
    let numbers = numbers.map_err(|cause| format!("{cause}; expected three numbers, as in 0.5,0.5,0.5"))?;
    numbers.try_into().map_err(|n: Vec<f32>| format!("{} numbers; expected three, as in 0.5,0.5,0.5", n.len()))
}
