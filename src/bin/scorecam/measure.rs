//! `scorecam measure`: several methods, or maps of other tools, put to the test on pictures.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ndarray::Array2;
use ndarray_npy::ReadNpyExt;
use scorecam::error::{Error, ErrorKind, Result, shown};
use scorecam::explain::Explanation;
use scorecam::geometry::Region;
use scorecam::heatmap::Heatmap;
use scorecam::image::decode;
use scorecam::methods::{ALL, Method, find};
use scorecam::metrics::judge::{Asked, Judging, Verdict};
use scorecam::metrics::measure::find as find_measure;
use scorecam::metrics::stability::{Steadiness, Trial};
use scorecam::target::Wish;
use serde_json::{Map, Value};

use crate::asking::{Threads, named_value};
use crate::files::{names as names_of, read_picture};
use crate::source::{Loaded, Source};
use crate::table::{CAUTION, Measured, of_steadiness, of_verdict, print, print_means, write};
use crate::target::read_target;

/// The measure that explains again, which only methods can.
pub const STABILITY: &str = "stability";

#[derive(Args)]
pub struct Measure {
    /// PNG, JPEG, WebP, GIF, BMP or TIFF files; of several, the means and who was the best how often are told in the end
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Methods by their names, with options after colons: score-cam,rise:masks=1000:seed=3; or all
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    methods: Vec<String>,
    /// Maps of other tools: .npy files [height, width] of the network's input size; of one picture
    #[arg(long, value_name = "FILE.npy", num_args = 1..)]
    maps: Vec<PathBuf>,
    /// deletion-insertion, drop, road, energy (which needs --box), and of methods stability (which has ADCC, too)
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = "deletion-insertion,drop,road")]
    measures: Vec<String>,
    /// Where the thing is: left and top edge, width and height in pixels of the picture
    #[arg(long = "box", value_name = "X,Y,W,H", value_parser = region, allow_hyphen_values = true)]
    within: Option<Region>,
    /// Layer, for methods that look at one [default: the network's own]
    #[arg(long, value_name = "NAME")]
    layer: Option<String>,
    /// What is asked about, as of explain [default: the most probable class]
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// Leaves out the maps that know nothing, three random ones and a centred one
    #[arg(long)]
    no_baselines: bool,
    /// Where chance begins: ties, noise, random maps
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u32,
    #[command(flatten)]
    threads: Threads,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// "X,Y,W,H".
pub fn region(text: &str) -> std::result::Result<Region, String> {
    let numbers: Option<Vec<f64>> = text.split(',').map(|number| number.trim().parse().ok()).collect();
    match numbers.as_deref() {
        Some(&[x, y, width, height]) => Ok(Region { x, y, width, height }),
        _ => Err("expected four numbers, as in 10,20,100,80".into()),
    }
}

/// "NAME" or "NAME:OPTION=VALUE:OPTION=VALUE".
pub fn read_method(text: &str) -> Result<Arc<dyn Method>> {
    let mut parts = text.split(':');
    let name = parts.next();
    let unreadable = |cause| Error::new("options-unreadable", &[("cause", &cause)]);
    let options = parts.map(named_value).collect::<std::result::Result<Map<String, Value>, _>>().map_err(unreadable)?;
    find(name, if options.is_empty() { Value::Null } else { options.into() })
}

/// Measures, prints tables and writes them.
pub fn measure(arguments: &Measure) -> Result<()> {
    let is_all = arguments.methods.iter().any(|name| name == "all");
    let names: Vec<String> = if is_all {
        ALL.iter().map(|entry| (entry.describe)().name.to_owned()).collect()
    } else {
        arguments.methods.clone()
    };
    let methods = names.iter().map(|text| Ok((text.clone(), read_method(text)?))).collect::<Result<Vec<_>>>()?;
    let measures: Vec<String> = arguments.measures.iter().filter(|name| *name != STABILITY).cloned().collect();
    for name in &measures {
        find_measure(name)?;
    }
    arguments.threads.start()?;
    let maps = arguments.maps.iter().map(|path| read_map(path)).collect::<Result<Vec<_>>>()?;
    let loaded = arguments.source.load()?;
    let wish = arguments.target.as_deref().map_or(Ok(Wish::MostProbable), |t| read_target(t, &loaded.labels))?;
    let asked =
        Asked { measures, within: arguments.within, baselines: !arguments.no_baselines, seed: arguments.seed.into() };
    let job = Job { arguments, loaded, wish, methods, is_all, maps, asked };
    let mut all = Vec::new();
    for (path, name) in arguments.images.iter().zip(names_of(&arguments.images)) {
        let out = if arguments.images.len() == 1 { arguments.out.clone() } else { arguments.out.join(&name) };
        let measured = job.measure(path)?;
        println!("{name}");
        print(&measured.rows);
        write(&out, &measured.rows, measured.verdict.as_ref(), &measured.steady)?;
        all.push(measured.rows);
    }
    if all.len() > 1 {
        println!("\nMeans over {} pictures, and on how many it was the best that is not chance", all.len());
        print_means(&all);
    }
    println!("{CAUTION}");
    Ok(())
}

/// What is asked of every picture.
struct Job<'a> {
    arguments: &'a Measure,
    loaded: Loaded,
    wish: Wish,
    methods: Vec<(String, Arc<dyn Method>)>,
    /// Whether a method that cannot be asked here is left out.
    is_all: bool,
    maps: Vec<(String, Heatmap)>,
    asked: Asked,
}

/// What was measured on a picture.
struct OfPicture {
    rows: Vec<Measured>,
    verdict: Option<Verdict>,
    steady: Vec<(String, Steadiness)>,
}

impl Job<'_> {
    fn measure(&self, path: &Path) -> Result<OfPicture> {
        let network = &self.loaded.network;
        let limits = self.arguments.source.limits();
        let picture = decode(&read_picture(path)?)?.pixels;
        let begin = |method: &Arc<dyn Method>| {
            Explanation::begin_within(network, &picture, self.arguments.layer.as_deref(), method, limits)
        };
        // One that looks at no layer says what the picture is before its target is known.
        let first = begin(&find(Some("occlusion"), Value::Null)?)?;
        let target = self.wish.resolve(first.logits(), network.output())?;
        let (input, logits) = (first.input().clone(), first.logits().to_vec());
        drop(first);
        let (mut maps, mut steady) = (Vec::new(), Vec::new());
        for (name, method) in &self.methods {
            let mut explanation = match begin(method) {
                Err(error) if self.is_all && error.kind == ErrorKind::Layer => {
                    eprintln!("{name}: {error}");
                    continue;
                }
                other => other?,
            };
            while !explanation.is_complete() {
                explanation.step()?;
            }
            let view = explanation.view(&Wish::from(&target), method)?;
            eprintln!("{name}: explained in {:.1} s", explanation.timings().score_ms / 1000.0);
            maps.push((name.clone(), view.heatmap()));
            if self.arguments.measures.iter().any(|name| name == STABILITY) {
                let mut trial = Trial::begin(&explanation, &target, method, u64::from(self.arguments.seed), limits)?;
                while !trial.is_complete() {
                    trial.step()?;
                }
                steady.push((name.clone(), trial.steadiness()?));
            }
        }
        maps.extend(self.maps.iter().cloned());
        let verdict = if self.asked.measures.is_empty() {
            None
        } else {
            let mut judging = Judging::begin(network, &input, (&target, &logits), maps, &self.asked)?;
            while !judging.is_complete() {
                judging.step()?;
            }
            let progress = judging.progress();
            eprintln!("measured by {} passes in {:.1} s", progress.total, progress.elapsed_ms / 1000.0);
            Some(judging.verdict()?)
        };
        let of_steady = steady.iter().flat_map(|(name, found)| of_steadiness(name, found));
        let rows = verdict.as_ref().map_or_else(Vec::new, of_verdict).into_iter().chain(of_steady).collect();
        Ok(OfPicture { rows, verdict, steady })
    }
}

/// A map of another tool, and what it is called: by its file.
fn read_map(path: &Path) -> Result<(String, Heatmap)> {
    let bytes =
        fs::read(path).map_err(|cause| Error::new("picture-file", &[("file", &path.display()), ("cause", &cause)]))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let single = Array2::<f32>::read_npy(&*bytes);
    let array = single.or_else(|_| Array2::<f64>::read_npy(&*bytes).map(|array| array.mapv(|value| value as f32)));
    let array = array.map_err(|cause| Error::new("map-file", &[("file", &shown(&name)), ("cause", &cause)]))?;
    let (height, width) = array.dim();
    let values: Vec<f32> = array.iter().copied().collect();
    // Checked with the others, once the network's size is known.
    Ok((name, Heatmap { values, height, width, has_positive_evidence: true }))
}
