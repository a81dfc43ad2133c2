//! `scorecam explain`: a heatmap, an overlay and a report for every picture.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use scorecam::error::{Error, Result, shown};
use scorecam::explain::{Explanation, Facts, View};
use scorecam::image::{RgbImage, decode, fit_within};
use scorecam::methods::{Method, Part, find};
use scorecam::passes::Progress;
use scorecam::render::{ColourMap, diverging_overlay, npy, overlay, png};
use scorecam::target::{Score, Target, Wish, check_class};
use serde_json::{Map, Value};

use crate::files::{names, read_picture, unwritable};
use crate::source::{Loaded, Source, parse};
use crate::target::read_target;

/// Seconds from which on it is said what a picture will take.
const LONG: f64 = 2.0;

#[derive(Args)]
pub struct Explain {
    /// PNG, JPEG, WebP, GIF, BMP or TIFF files
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Layer to explain, for methods that look at one [default: the network's own]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// What to ask about: a class by index or label; group:A,B (any of them); difference:A,B (A less B); finer or finer:A (A, or
    /// the most probable class, against the three nearest), finer:A,B,C (against B and C) [default: the most probable class]
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// A class by index or label: the same as --target
    #[arg(long, value_name = "INDEX|LABEL", conflicts_with = "target")]
    class: Option<String>,
    /// How to explain; `scorecam methods` lists the ways [default: score-cam]
    #[arg(long, value_name = "NAME")]
    method: Option<String>,
    /// An option of the method, as in --option window=48; `scorecam methods` lists them
    #[arg(long = "option", value_name = "NAME=VALUE", value_parser = named_value)]
    options: Vec<(String, Value)>,
    /// Variant of Score-CAM: authors, paper, pytorch-grad-cam, torchcam or matlab
    #[arg(long, value_name = "NAME")]
    recipe: Option<String>,
    /// Of matlab: whether every column is scaled by itself, as the article's code does [default: true]
    #[arg(long, value_name = "true|false")]
    columnwise: Option<bool>,
    /// Scores before or after the softmax over the classes: logit or probability [default: the method's own]
    #[arg(long, value_parser = parse::<Score>)]
    score: Option<Score>,
    /// Ends the passes early once the map's values are expected to change by no more than this, in [0, 1]: 0.02, say. Of methods that
    /// cannot tell, all are done
    #[arg(long, value_name = "SPREAD", value_parser = spread)]
    until: Option<f32>,
    /// Writes what speaks for and against too: <image>.signed.npy and, in diverging colours, .signed.png
    #[arg(long)]
    signed: bool,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// A number in [0, 1].
fn spread(text: &str) -> std::result::Result<f32, String> {
    let value = text.parse().ok().filter(|value| (0.0..=1.0).contains(value));
    value.ok_or_else(|| "expected a number from 0 to 1, as in 0.02".into())
}

/// "NAME=VALUE"; a value is JSON, or else text.
pub fn named_value(text: &str) -> std::result::Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, as in window=48")?;
    Ok((name.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| value.into())))
}

impl Explain {
    /// The method with the options that were given; those of them that have a flag of their own among them.
    fn method(&self) -> Result<Arc<dyn Method>> {
        let mut options: Map<String, Value> = self.options.iter().cloned().collect();
        let mut flag = |name: &str, value: Option<Value>| value.map(|value| options.insert(name.to_owned(), value));
        flag("recipe", self.recipe.clone().map(Value::from));
        flag("columnwise", self.columnwise.map(Value::from));
        flag("score", self.score.map(|score| serde_json::to_value(score).unwrap_or_default()));
        find(self.method.as_deref(), Value::Object(options))
    }
}

/// Explains all pictures; one that fails does not keep the others from being explained.
pub fn explain(arguments: &Explain) -> Result<()> {
    let method = arguments.method()?;
    if let Some(threads) = arguments.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|cause| Error::internal("starting the threads", cause))?;
    }
    let loaded = arguments.source.load()?;
    let target = arguments.target.as_deref().or(arguments.class.as_deref());
    let target = target.map_or(Ok(Wish::MostProbable), |target| read_target(target, &loaded.labels))?;
    // Before the long work and before anything is written.
    for class in target.named() {
        check_class(class, loaded.network.classes())?;
    }
    if method.uses_layer() {
        loaded.network.layer(arguments.layer.as_deref())?;
    }
    fs::create_dir_all(&arguments.out).map_err(|cause| unwritable(&arguments.out, &cause))?;

    let job = Job { arguments, loaded, target, method };
    let mut failures = 0;
    for (path, name) in arguments.images.iter().zip(names(&arguments.images)) {
        let explained = catch_unwind(AssertUnwindSafe(|| job.explain(path, &name)));
        let explained = explained.unwrap_or_else(|_| Err(Error::internal("explaining the picture", "it broke off")));
        if let Err(error) = explained {
            eprintln!("scorecam: {}: {error}", shown(&path.to_string_lossy()));
            failures += 1;
        }
    }
    match failures {
        0 => Ok(()),
        failed => Err(Error::new("pictures-failed", &[("failed", &failed), ("all", &arguments.images.len())])),
    }
}

/// What is asked of every picture.
struct Job<'a> {
    arguments: &'a Explain,
    loaded: Loaded,
    target: Wish,
    method: Arc<dyn Method>,
}

impl Job<'_> {
    fn explain(&self, path: &Path, name: &str) -> Result<()> {
        let picture = decode(&read_picture(path)?)?.pixels;
        let (layer, limits) = (self.arguments.layer.as_deref(), self.arguments.source.limits());
        let mut explanation = Explanation::begin_within(&self.loaded.network, &picture, layer, &self.method, limits)?;
        let Progress { total, eta_ms, .. } = explanation.progress();
        if let Some(seconds) = eta_ms.map(|ms| ms / 1000.0).filter(|&seconds| seconds >= LONG) {
            eprintln!("{}: {total} passes, about {seconds:.0} s", shown(name));
        }
        let mut view = explanation.view(&self.target, &self.method)?;
        while !explanation.is_complete() {
            explanation.step()?;
            if let Some(until) = self.arguments.until {
                explanation.refresh(&mut view)?;
                if view.preview().spread.is_some_and(|spread| spread <= until) {
                    break;
                }
            }
        }
        explanation.refresh(&mut view)?;
        view.settle();
        self.write((path, name), &picture, &explanation, &view)
    }

    fn write(
        &self,
        (path, name): (&Path, &str),
        picture: &RgbImage,
        explanation: &Explanation,
        view: &View,
    ) -> Result<()> {
        const OVERLAY_SIDE: u32 = 1024;
        const OVERLAY_OPACITY: f32 = 0.5;
        let write = |extension: &str, bytes: &[u8]| {
            let file = self.arguments.out.join(format!("{name}.{extension}"));
            fs::write(&file, bytes).map_err(|cause| unwritable(&file, &cause))
        };
        let outcome = view.outcome();
        let size = (outcome.heatmap.height, outcome.heatmap.width);
        let shown_picture = fit_within(picture, OVERLAY_SIDE);
        let scale = f64::from(shown_picture.width()) / f64::from(picture.width());
        let region = explanation.region().scaled(scale);
        let overlaid = overlay(&shown_picture, &outcome.heatmap, region, ColourMap::Jet, OVERLAY_OPACITY);
        write("heatmap.npy", &npy(&outcome.heatmap.values, size))?;
        write("overlay.png", &png(&overlaid)?)?;
        if self.arguments.signed {
            let signed = view.signed();
            write("signed.npy", &npy(&signed.values, size))?;
            write("signed.png", &png(&diverging_overlay(&shown_picture, &signed, region, OVERLAY_OPACITY))?)?;
        }

        let image = path.display().to_string();
        let Loaded { labels, sha256, .. } = &self.loaded;
        let facts = Facts { image: &image, labels, sha256: Some(sha256) };
        write("json", explanation.report(view, &facts)?.to_json()?.as_bytes())?;
        let masks = match view.method().part() {
            Part::Map | Part::AblatedMap | Part::SmoothedMap | Part::None => "channels",
            Part::Window => "windows",
            Part::Cell => "cells",
            Part::Grid => "masks",
            Part::Superpixel => "superpixels",
            Part::Cluster => "passes, two for each cluster of maps,",
        };
        println!(
            "{}: {} {:.3}, {} {masks} in {:.1} s{}{}",
            shown(name),
            described(view.target(), labels),
            outcome.probability,
            outcome.diagnostics.scored_channels,
            explanation.timings().score_ms / 1000.0,
            match outcome.spread {
                Some(spread) if outcome.diagnostics.partial =>
                    format!(", the rest would change it by about {spread:.3}"),
                _ => String::new(),
            },
            if outcome.diagnostics.no_positive_evidence { "; no positive evidence, the map is empty" } else { "" }
        );
        Ok(())
    }
}

/// What was asked about, in words.
fn described(target: &Target, labels: &[String]) -> String {
    let class = |&index: &usize| {
        let label = labels.get(index).map_or("class".into(), |label| shown(label));
        format!("{label} ({index})")
    };
    let listed = |classes: &[usize]| classes.iter().map(class).collect::<Vec<_>>().join(", ");
    match target {
        Target::Class { index } => class(index),
        Target::Group { classes } => format!("any of {}", listed(classes)),
        Target::Difference { index, against } => format!("{} against {}", class(index), class(against)),
        Target::Finer { index, against } => format!("{} against {}", class(index), listed(against)),
    }
}
