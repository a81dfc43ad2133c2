//! `scorecam randomise`: does the map depend on what the network learned?

use std::fs;
use std::path::PathBuf;

use clap::Args;
use scorecam::error::{Error, Result};
use scorecam::explain::Explanation;
use scorecam::image::{decode, fit_within};
use scorecam::metrics::randomisation::Cascade;
use scorecam::model::Randomise as How;
use scorecam::render::{ColourMap, overlay, png};
use scorecam::target::Wish;

use crate::files::{read_picture, unwritable};
use crate::measure::read_method;
use crate::source::{Source, parse};
use crate::target::read_target;

#[derive(Args)]
pub struct Randomise {
    /// A PNG, JPEG, WebP, GIF, BMP or TIFF file
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    #[command(flatten)]
    source: Source,
    /// The method, with options after colons
    #[arg(long, value_name = "NAME", default_value = "score-cam")]
    method: String,
    /// Layer, for methods that look at one [default: the network's own]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// What is asked about, as of explain [default: the most probable class]
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Stages, each with those before it
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    stages: u16,
    /// What takes the place of the weights: permuted (their own values) or he (drawn anew)
    #[arg(long, default_value = "permuted", value_parser = parse::<How>)]
    weights: How,
    /// Seeds, a cascade each
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,2,3")]
    seeds: Vec<u32>,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Prints a line a stage and writes the maps.
pub fn randomise(arguments: &Randomise) -> Result<()> {
    const SIDE: u32 = 448;
    const OPACITY: f32 = 0.5;
    let method = read_method(&arguments.method)?;
    let loaded = arguments.source.load()?;
    let wish = arguments.target.as_deref().map_or(Ok(Wish::MostProbable), |t| read_target(t, &loaded.labels))?;
    let picture = decode(&read_picture(&arguments.image)?)?.pixels;
    fs::create_dir_all(&arguments.out).map_err(|cause| unwritable(&arguments.out, &cause))?;
    let (layer, limits) = (arguments.layer.as_deref(), arguments.source.limits());
    let mut explanation = Explanation::begin_within(&loaded.network, &picture, layer, &method, limits)?;
    let target = wish.resolve(explanation.logits(), loaded.network.output())?;
    while !explanation.is_complete() {
        explanation.step()?;
    }
    let shown = fit_within(&picture, SIDE);
    let region = explanation.region().scaled(f64::from(shown.width()) / f64::from(picture.width()));
    let mut told = Vec::new();
    for &seed in &arguments.seeds {
        let plan = (usize::from(arguments.stages), arguments.weights, u64::from(seed));
        let mut cascade = Cascade::begin(&explanation, &target, &method, plan, limits)?;
        while !cascade.is_complete() {
            cascade.step()?;
        }
        for (number, stage) in cascade.stages().iter().enumerate() {
            let correlation = stage.correlation.map_or("-".to_owned(), |value| format!("{value:.3}"));
            println!("seed {seed}, {} and all behind it: Spearman {correlation}, SSIM {:.3}", stage.from, stage.ssim);
            let file = arguments.out.join(format!("seed-{seed}.stage-{}.png", number + 1));
            let drawn = overlay(&shown, &stage.heatmap, region, ColourMap::Jet, OPACITY);
            fs::write(&file, png(&drawn)?).map_err(|cause| unwritable(&file, &cause))?;
        }
        told.push(serde_json::json!({ "seed": seed, "stages": cascade.stages() }));
    }
    let text = serde_json::to_string_pretty(&told).map_err(|cause| Error::internal("writing JSON", cause))?;
    let file = arguments.out.join("randomise.json");
    fs::write(&file, text).map_err(|cause| unwritable(&file, &cause))
}
