//! `scorecam explain`: a heatmap, an overlay and a report for every picture.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use clap::Args;
use scorecam::error::{Error, ErrorKind, Result, shown};
use scorecam::explain::{Explanation, Facts, Outcome};
use scorecam::image::{RgbImage, decode, fit_within};
use scorecam::recipe::{Recipe, RecipeOptions, Score};
use scorecam::render::{ColourMap, npy, overlay, png};

use crate::files::{names, read, unwritable};
use crate::source::{Loaded, Source, find_class, parse};

#[derive(Args)]
pub struct Explain {
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

/// Explains all pictures; one that fails does not keep the others from being explained.
pub fn explain(arguments: &Explain) -> Result<()> {
    let options = RecipeOptions { columnwise: arguments.columnwise, score: arguments.score };
    let recipe = Recipe::find(arguments.recipe.as_deref(), options)?;
    if let Some(threads) = arguments.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|cause| Error::internal("starting the threads", cause))?;
    }
    let loaded = arguments.source.load()?;
    let target = arguments.class.as_deref().map(|class| find_class(class, &loaded.labels)).transpose()?;
    // Before the long work and before anything is written.
    target.map_or(Ok(()), |class| loaded.network.check_class(class))?;
    loaded.network.layer(arguments.layer.as_deref())?;
    fs::create_dir_all(&arguments.out).map_err(|cause| unwritable(&arguments.out, &cause))?;

    let job = Job { arguments, loaded, target, recipe };
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
        n => Err(Error::new(ErrorKind::Image, format!("{n} of {} pictures failed.", arguments.images.len()), "")),
    }
}

/// What is asked of every picture.
struct Job<'a> {
    arguments: &'a Explain,
    loaded: Loaded,
    target: Option<usize>,
    recipe: Recipe,
}

impl Job<'_> {
    fn explain(&self, path: &Path, name: &str) -> Result<()> {
        let picture = decode(&read(path, ErrorKind::Image)?)?.pixels;
        let (layer, limits) = (self.arguments.layer.as_deref(), self.arguments.source.limits());
        let mut explanation = Explanation::begin_within(&self.loaded.network, &picture, layer, &self.recipe, limits)?;
        while !explanation.is_complete() {
            explanation.step()?;
        }
        let outcome = explanation.outcome(self.target, &self.recipe)?;
        self.write((path, name), &picture, &explanation, &outcome)
    }

    fn write(
        &self,
        (path, name): (&Path, &str),
        picture: &RgbImage,
        explanation: &Explanation,
        outcome: &Outcome,
    ) -> Result<()> {
        const OVERLAY_SIDE: u32 = 1024;
        const OVERLAY_OPACITY: f32 = 0.5;
        let write = |extension: &str, bytes: &[u8]| {
            let file = self.arguments.out.join(format!("{name}.{extension}"));
            fs::write(&file, bytes).map_err(|cause| unwritable(&file, &cause))
        };
        let shown_picture = fit_within(picture, OVERLAY_SIDE);
        let scale = f64::from(shown_picture.width()) / f64::from(picture.width());
        let region = explanation.region().scaled(scale);
        let overlaid = overlay(&shown_picture, &outcome.heatmap, region, ColourMap::Jet, OVERLAY_OPACITY);
        write("heatmap.npy", &npy(&outcome.heatmap))?;
        write("overlay.png", &png(&overlaid)?)?;

        let image = path.display().to_string();
        let Loaded { labels, sha256, .. } = &self.loaded;
        let facts = Facts { image: &image, labels, sha256: Some(sha256) };
        let report = explanation.report(outcome, &self.recipe, &facts)?;
        write("json", report.to_json()?.as_bytes())?;
        println!(
            "{}: {} ({}) {:.3}, {} channels in {:.1} s{}",
            shown(name),
            labels.get(outcome.target).map_or("class".into(), |label| shown(label)),
            outcome.target,
            outcome.probability,
            outcome.diagnostics.scored_channels,
            explanation.timings().score_ms / 1000.0,
            if outcome.diagnostics.no_positive_evidence { "; no positive evidence, the map is empty" } else { "" }
        );
        Ok(())
    }
}
