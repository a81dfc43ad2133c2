//! `scorecam batch`: many pictures by one network, a line each; on one machine, on several, or as a worker that others feed.

mod account;
mod entry;
mod folders;
mod line;
mod manifest;
mod results;
mod said;
mod shard;
mod table;
mod work;

use std::collections::HashSet;
use std::io::{Write, stdout};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use clap::{Args, ValueEnum};
use scorecam::error::{Error, Result};
use scorecam::heatmap::Heatmap;
use scorecam::metrics::measure::find as find_measure;
use scorecam::render::npy;

use crate::asking::Asking;
use crate::files::unwritable;
use crate::measure::STABILITY;
use crate::source::Source;

use account::Account;
use entry::Listed;
use line::{Line, MapPlace, Status};
use manifest::Format;
use results::Results;
use said::Said;
use shard::Shard;
use work::{Answer, Job};

/// What the program answers with.
pub const EXIT_CODES: &str = "Exit codes: 0 all explained; 3 all done, some pictures failed and their lines say why; 1 stopped, \
what was written stands and the same command goes on; 2 the command cannot be read.";
const SOME_FAILED: u8 = 3;

#[derive(Args)]
pub struct Batch {
    /// Pictures, and folders with all pictures below them
    #[arg(value_name = "IMAGE|FOLDER", required_unless_present = "manifest")]
    images: Vec<PathBuf>,
    /// Names pictures line by line; "-" is standard input. Columns or keys: image (or path), and if need be id, expected (a class's
    /// index or name), target, box (X,Y,W,H)
    #[arg(long, value_name = "FILE|-", conflicts_with = "images")]
    manifest: Option<PathBuf>,
    /// How the manifest is written [default: as its name ends, or as it begins]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Folder that the manifest's paths begin at [default: the one that the program is called in]
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    asking: Asking,
    /// What a picture is expected to show is the name of its folder: a class's index or name
    #[arg(long)]
    expect_folder: bool,
    /// What to measure of every map: deletion-insertion, drop, road, energy (of pictures with a box), stability
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    measures: Vec<String>,
    /// Where chance begins in what is measured
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u32,
    /// Folder for results.I-of-N.jsonl and maps.I-of-N.NUMBER.npz; what it has already is not done again. "-" writes the lines to
    /// standard output, each as soon as it is there
    #[arg(long, value_name = "DIR|-")]
    out: PathBuf,
    /// Where maps go: npz, line (each in its line, a .npy file in base64) or none [default: npz; of standard output none]
    #[arg(long, value_name = "WHERE")]
    maps: Option<Maps>,
    /// Does one of N parts of the pictures, I from 1 to N: for several machines with the same folders
    #[arg(long, value_name = "I/N", default_value = "1/1", value_parser = Shard::read)]
    shard: Shard,
    /// Does pictures again that failed before
    #[arg(long)]
    retry_failed: bool,
    /// Writes results.I-of-N.parquet in the end, too
    #[arg(long)]
    parquet: bool,
    /// Pictures under way at the same time [default: one more than there are threads, at most 8]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    together: Option<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Maps {
    Npz,
    Line,
    None,
}

/// Explains all pictures that are not done. A picture that fails has a line that says why.
pub fn batch(arguments: Batch) -> Result<ExitCode> {
    let method = arguments.asking.method()?;
    for name in arguments.measures.iter().filter(|name| *name != STABILITY) {
        find_measure(name)?;
    }
    let is_stream = arguments.out == Path::new("-");
    let maps = arguments.maps.unwrap_or(if is_stream { Maps::None } else { Maps::Npz });
    if is_stream && (maps == Maps::Npz || arguments.parquet) {
        return Err(Error::new("batch-no-folder", &[]));
    }
    arguments.asking.threads.start()?;
    let loaded = arguments.source.load()?;
    let wish = arguments.asking.wish(&loaded, &*method)?;
    let together = arguments.together.map_or_else(|| (rayon::current_num_threads() + 1).min(8), usize::from);
    let Batch { images, manifest, format, root, expect_folder, measures, shard, retry_failed, parquet, out, .. } =
        arguments;
    let (limits, seed) = (arguments.source.limits(), u64::from(arguments.seed));
    let job = Arc::new(Job {
        asking: arguments.asking,
        loaded,
        wish,
        method,
        measures,
        seed,
        limits,
        turn: Mutex::default(),
    });

    let pictures: Box<dyn Iterator<Item = Listed> + Send> = match &manifest {
        Some(path) => manifest::pictures(path, format, root.as_deref())?,
        None => Box::new(folders::pictures(&images).collect::<Vec<_>>().into_iter()),
    };
    let pictures = pictures.filter(move |listed| shard.has(&listed.id)).map(move |mut listed| {
        if let (true, Ok(entry)) = (expect_folder, &mut listed.entry) {
            entry.expect_folder();
        }
        listed
    });
    if is_stream {
        return stream(&job, pictures, together, maps);
    }
    let mut results = Results::open(&out, shard, retry_failed)?;
    Account::of(&job, maps == Maps::Npz).agree(&out)?;
    let (done, twice) = (results.done().clone(), Arc::new(AtomicUsize::new(0)));
    let (mut seen, counted) = (HashSet::new(), Arc::clone(&twice));
    let fresh = pictures.filter(move |listed| {
        if !seen.insert(listed.id.clone()) {
            counted.fetch_add(1, Ordering::Relaxed);
            return false;
        }
        !done.contains(&listed.id)
    });
    // A manifest that is still being written is not waited for.
    let (pictures, total): (Box<dyn Iterator<Item = Listed> + Send>, _) = if manifest.as_deref() == Some(Path::new("-"))
    {
        (Box::new(fresh), None)
    } else {
        let all: Vec<Listed> = fresh.collect();
        let total = all.len();
        (Box::new(all.into_iter()), Some(total))
    };
    let (before, failed_before) = (results.done().len(), results.failed_before());
    let mut said = Said::new(total);
    work::run(&job, pictures, together, |answer| {
        said.picture(answer.found.is_err(), answer.outcome());
        results.add(line(&answer, maps), answer.map().filter(|_| maps == Maps::Npz))
    })?;
    results.finish()?;
    if parquet {
        table::write(&results.lines_path())?;
    }
    said.end(before, twice.load(Ordering::Relaxed));
    Ok(if said.failed() + failed_before > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// Lines in, lines out; nothing is kept, so that whoever feeds it decides what is done again.
fn stream(
    job: &Arc<Job>,
    pictures: impl Iterator<Item = Listed> + Send + 'static,
    together: usize,
    maps: Maps,
) -> Result<ExitCode> {
    let mut said = Said::new(None);
    work::run(job, pictures, together, |answer| {
        said.picture(answer.found.is_err(), answer.outcome());
        let text = line(&answer, maps).text()?;
        let mut out = stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        written.map_err(|cause| unwritable(Path::new("standard output"), &cause))
    })?;
    said.end(0, 0);
    Ok(if said.failed() > 0 { ExitCode::from(SOME_FAILED) } else { ExitCode::SUCCESS })
}

/// The line of an answer, its map in it if maps go there.
fn line(answer: &Answer, maps: Maps) -> Line<'_> {
    let here = |map: &Heatmap| MapPlace::Here { npy: BASE64.encode(npy(&map.values, (map.height, map.width))) };
    let map = answer.map().filter(|_| maps == Maps::Line).map(here);
    let (status, record, error) = match &answer.found {
        Ok((record, _)) => (Status::Explained, Some(record), None),
        Err(error) => (Status::Failed, None, Some(error.into())),
    };
    Line { id: &answer.id, status, map, sha256: answer.sha256.as_deref(), record, error }
}
