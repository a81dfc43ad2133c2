//! `scorecam measure`: several methods, or maps of other tools, put to the test on one picture.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use ndarray::Array2;
use ndarray_npy::ReadNpyExt;
use scorecam::error::{Error, Result, shown};
use scorecam::explain::Explanation;
use scorecam::geometry::Region;
use scorecam::heatmap::Heatmap;
use scorecam::image::decode;
use scorecam::methods::{Method, find};
use scorecam::metrics::judge::{Asked, Better, Judging, Number, Verdict, find as find_measure};
use scorecam::metrics::stability::Trial;
use scorecam::target::Wish;
use serde_json::{Map, Value};

use crate::curves::{Line, draw};
use crate::explain::named_value;
use crate::files::{read_picture, unwritable};
use crate::source::Source;
use crate::target::read_target;

/// The measure that explains again, which only methods can.
const STABILITY: &str = "stability";

#[derive(Args)]
pub struct Measure {
    /// A PNG, JPEG, WebP, GIF, BMP or TIFF file
    #[arg(value_name = "IMAGE")]
    image: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Methods by their names, with options after colons: score-cam,rise:masks=1000:seed=3
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    methods: Vec<String>,
    /// Maps of other tools: .npy files [height, width] of the network's input size
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
    seed: u64,
    /// Threads to use [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Folder to write to; it is made if need be
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// "X,Y,W,H".
fn region(text: &str) -> std::result::Result<Region, String> {
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

/// Measures, prints a table and writes it.
pub fn measure(arguments: &Measure) -> Result<()> {
    let methods = arguments.methods.iter().map(|text| read_method(text)).collect::<Result<Vec<_>>>()?;
    let is_stability = |name: &&String| name.as_str() == STABILITY;
    let measures: Vec<String> = arguments.measures.iter().filter(|name| !is_stability(name)).cloned().collect();
    for name in &measures {
        find_measure(name)?;
    }
    if let Some(threads) = arguments.threads {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|cause| Error::internal("starting the threads", cause))?;
    }
    let mut maps = arguments.maps.iter().map(|path| read_map(path)).collect::<Result<Vec<_>>>()?;
    let loaded = arguments.source.load()?;
    let wish = arguments.target.as_deref().map_or(Ok(Wish::MostProbable), |t| read_target(t, &loaded.labels))?;
    let picture = decode(&read_picture(&arguments.image)?)?.pixels;
    fs::create_dir_all(&arguments.out).map_err(|cause| unwritable(&arguments.out, &cause))?;
    let limits = arguments.source.limits();

    // One that looks at no layer says what the picture is before its target is known.
    let looking = find(Some("occlusion"), Value::Null)?;
    let begin = |method: &Arc<dyn Method>| {
        Explanation::begin_within(&loaded.network, &picture, arguments.layer.as_deref(), method, limits)
    };
    let first = begin(&looking)?;
    let target = wish.resolve(first.logits(), loaded.network.output())?;
    let (input, logits) = (first.input().clone(), first.logits().to_vec());
    drop(first);
    let mut steady = Vec::new();
    let mut of_methods = Vec::new();
    for (method, name) in methods.iter().zip(&arguments.methods) {
        let mut explanation = begin(method)?;
        while !explanation.is_complete() {
            explanation.step()?;
        }
        let view = explanation.view(&Wish::from(&target), method)?;
        eprintln!("{name}: explained in {:.1} s", explanation.timings().score_ms / 1000.0);
        of_methods.push((name.clone(), view.heatmap()));
        if arguments.measures.iter().any(|name| name == STABILITY) {
            let mut trial = Trial::begin(&explanation, &target, method, arguments.seed, limits)?;
            while !trial.is_complete() {
                trial.step()?;
            }
            steady.push((name.clone(), trial.steadiness()?));
        }
    }
    maps.splice(0..0, of_methods);
    let asked = Asked { measures, within: arguments.within, baselines: !arguments.no_baselines, seed: arguments.seed };
    let verdict = if asked.measures.is_empty() {
        None
    } else {
        let mut judging = Judging::begin(&loaded.network, &input, (&target, &logits), maps, &asked)?;
        while !judging.is_complete() {
            judging.step()?;
        }
        eprintln!("measured by {} passes in {:.1} s", judging.progress().total, judging.progress().elapsed_ms / 1000.0);
        Some(judging.verdict()?)
    };
    let mut rows = verdict.as_ref().map_or_else(Vec::new, table);
    for (name, found) in &steady {
        let number =
            |measure: &str, value, better| Measured { map: name.clone(), measure: measure.into(), value, better };
        rows.extend([
            number("stability", found.stability, Better::Lower),
            number("coherency", found.coherency, Better::Higher),
            number("complexity", Some(found.complexity), Better::Lower),
            number("adcc", found.adcc, Better::Higher),
        ]);
    }
    print(&rows);
    write(&arguments.out, &rows, verdict.as_ref(), &steady)
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

/// A cell of the table.
struct Measured {
    map: String,
    measure: String,
    value: Option<f64>,
    better: Better,
}

fn table(verdict: &Verdict) -> Vec<Measured> {
    let of_row = |row: &scorecam::metrics::judge::Row| {
        let cell = |Number { name, value, better }: &Number| Measured {
            map: row.name.clone(),
            measure: name.clone(),
            value: *value,
            better: *better,
        };
        row.reading.numbers.iter().map(cell).collect::<Vec<_>>()
    };
    verdict.rows.iter().flat_map(of_row).collect()
}

/// A row a number, a column a map, the best of the maps that are not chance marked.
fn print(rows: &[Measured]) {
    let maps = distinct(rows.iter().map(|cell| cell.map.as_str()));
    let measures = distinct(rows.iter().map(|cell| cell.measure.as_str()));
    let width = maps.iter().map(|map| map.len()).max().unwrap_or(0).max(8) + 2;
    print!("{:<30}", "");
    maps.iter().for_each(|map| print!("{map:>width$}"));
    println!();
    for measure in measures {
        let cells: Vec<&Measured> = rows.iter().filter(|cell| cell.measure == measure).collect();
        let arrow = match cells[0].better {
            Better::Higher => " (higher)",
            Better::Lower => " (lower)",
            Better::Neither => "",
        };
        print!("{:<30}", format!("{measure}{arrow}"));
        for map in &maps {
            let value = cells.iter().find(|cell| cell.map == *map).and_then(|cell| cell.value);
            print!("{:>width$}", value.map_or("-".to_owned(), |value| format!("{value:.4}")));
        }
        println!();
    }
    println!("One picture proves nothing: removed pixels make pictures that the network has never seen.");
}

/// Each once, in the order of its first appearance.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut found = Vec::new();
    for name in names {
        if !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

fn write(
    out: &Path,
    rows: &[Measured],
    verdict: Option<&Verdict>,
    steady: &[(String, scorecam::metrics::stability::Steadiness)],
) -> Result<()> {
    let internal = |cause: &dyn std::fmt::Display| Error::internal("writing the table", cause.to_string());
    let file = out.join("measures.csv");
    let mut csv = csv::Writer::from_path(&file).map_err(|cause| internal(&cause))?;
    csv.write_record(["map", "measure", "value", "better"]).map_err(|cause| internal(&cause))?;
    for Measured { map, measure, value, better } in rows {
        let better = match better {
            Better::Higher => "higher",
            Better::Lower => "lower",
            Better::Neither => "",
        };
        let value = value.map_or(String::new(), |value| value.to_string());
        csv.write_record([map, measure, &value, better]).map_err(|cause| internal(&cause))?;
    }
    csv.flush().map_err(|cause| unwritable(&file, &cause))?;
    let steady: Map<String, Value> =
        steady.iter().map(|(name, found)| (name.clone(), serde_json::to_value(found).unwrap_or_default())).collect();
    let all = serde_json::json!({ "verdict": verdict, "stability": steady });
    let file = out.join("measures.json");
    let text = serde_json::to_string_pretty(&all).map_err(|cause| internal(&cause))?;
    fs::write(&file, text).map_err(|cause| unwritable(&file, &cause))?;
    let Some(verdict) = verdict else { return Ok(()) };
    let curves = verdict.rows.iter().flat_map(|row| &row.reading.curves);
    let names = distinct(curves.map(|curve| curve.name.as_str()));
    for name in names {
        let line = |row: &scorecam::metrics::judge::Row| {
            let curve = row.reading.curves.iter().find(|curve| curve.name == name)?;
            let points = curve.x.iter().copied().zip(curve.y.iter().copied()).collect();
            Some(Line { name: row.name.clone(), is_baseline: row.is_baseline, points })
        };
        let lines: Vec<Line> = verdict.rows.iter().filter_map(line).collect();
        draw(&out.join(format!("{name}.svg")), name, &lines)?;
    }
    Ok(())
}
