//! `scorecam explain`: a heatmap, an overlay and a report for every picture.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use scorecam::error::{Error, Result, shown};
use scorecam::explain::{Explanation, Facts, View};
use scorecam::image::{RgbImage, decode, fit_within};
use scorecam::methods::{Method, Part};
use scorecam::passes::Progress;
use scorecam::render::{ColourMap, diverging_overlay, npy, overlay, png};
use scorecam::target::{Target, Wish};

use crate::asking::Asking;
use crate::files::{names, read_picture, unwritable};
use crate::source::{Loaded, Source};

/// Seconds from which on it is said what a picture will take.
const LONG: f64 = 2.0;

#[derive(Args)]
pub struct Explain {
    /// PNG, JPEG, WebP, GIF, BMP or TIFF files
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    asking: Asking,
    /// Writes what speaks for and against too: <image>.signed.npy and, in diverging colours, .signed.png
    #[arg(long)]
    signed: bool,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Explains all pictures; one that fails does not keep the others from being explained.
pub fn explain(arguments: &Explain) -> Result<()> {
    let method = arguments.asking.method()?;
    arguments.asking.threads.start()?;
    let loaded = arguments.source.load()?;
    let target = arguments.asking.wish(&loaded, &*method)?;
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
        let asking = &self.arguments.asking;
        let limits = self.arguments.source.limits();
        let mut explanation = asking.begin(&self.loaded.network, &picture, &self.method, limits)?;
        let Progress { total, eta_ms, .. } = explanation.progress();
        if let Some(seconds) = eta_ms.map(|ms| ms / 1000.0).filter(|&seconds| seconds >= LONG) {
            eprintln!("{}: {total} passes, about {seconds:.0} s", shown(name));
        }
        let view = asking.finish(&mut explanation, &self.target, &self.method)?;
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
