//! The results of a shard as files. Whatever moment the program ends at, what a line says is there, and a picture has one line:
//!
//! 1. a map is written to `maps.I-of-N.pending/NAME.npy`, by another name first;
//! 2. its picture's line, which says in which archive the map will be, is added to `results.I-of-N.jsonl` in one piece;
//! 3. every 256 maps become `maps.I-of-N.NUMBER.npz`, by another name first, and leave the folder.
//!
//! The next run takes away what was begun: half a line, a line whose map is nowhere, a map without a line.

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::Array2;
use ndarray_npy::{NpzWriter, ReadNpyExt};
use scorecam::error::{Error, Result};
use scorecam::heatmap::Heatmap;
use scorecam::render::npy;

use crate::files::unwritable;

use super::line::{Earlier, Line, MapPlace, Status};
use super::shard::{Shard, short_name};

/// Maps in an archive: of 224 by 224, 51 MB.
const MAPS_AN_ARCHIVE: usize = 256;

/// The files of a shard, open to be added to. No other process adds to them.
pub struct Results {
    folder: PathBuf,
    shard: Shard,
    lines: File,
    /// Bytes of whole lines.
    length: u64,
    /// Ids that have a line, in this shard's results or another's.
    done: HashSet<String>,
    /// Pictures of this shard that failed before and are not tried again.
    failed_before: usize,
    /// Maps that are in no archive yet, by their names.
    pending: Vec<String>,
    /// The next archive.
    archive: usize,
}

impl Results {
    /// Opens what there is, or begins. With `retry`, pictures that failed are done again.
    pub fn open(folder: &Path, shard: Shard, retry: bool) -> Result<Results> {
        fs::create_dir_all(folder).map_err(|cause| unwritable(folder, &cause))?;
        let path = folder.join(lines_name(shard));
        let open = |path: &Path| OpenOptions::new().create(true).append(true).read(true).open(path);
        let mut lines = open(&path).map_err(|cause| unwritable(&path, &cause))?;
        lock(&lines, &path)?;
        let archive = (0..).find(|&number| !folder.join(archive_name(shard, number)).exists()).unwrap_or_default();
        let mut results = Results {
            folder: folder.to_path_buf(),
            shard,
            length: 0,
            lines: lines.try_clone().map_err(|cause| unwritable(&path, &cause))?,
            done: HashSet::new(),
            failed_before: 0,
            pending: Vec::new(),
            archive,
        };
        let (kept, is_whole) = results.keep(&path, retry)?;
        if !is_whole {
            // The lock is on the file, which is written over rather than replaced. A copy stands beside it until that is done.
            let copy = path.with_extension("jsonl.new");
            write_whole(&copy, kept.as_bytes())?;
            rewrite(&mut lines, kept.as_bytes()).map_err(|cause| unwritable(&path, &cause))?;
            fs::remove_file(&copy).map_err(|cause| unwritable(&copy, &cause))?;
        }
        results.length = kept.len() as u64;
        results.take_away_strays()?;
        results.count_others()?;
        Ok(results)
    }

    /// The lines that stand, and whether those are all. What was begun to be written over comes from its copy.
    fn keep(&mut self, path: &Path, retry: bool) -> Result<(String, bool)> {
        let copy = path.with_extension("jsonl.new");
        let source = if copy.exists() { &copy } else { path };
        let bytes = fs::read(source).map_err(|cause| unwritable(source, &cause))?;
        let (mut kept, mut is_whole) = (String::new(), source == path);
        for part in bytes.split_inclusive(|&byte| byte == b'\n') {
            let line = part.ends_with(b"\n").then(|| std::str::from_utf8(part).ok()).flatten();
            let earlier = line.and_then(|line| serde_json::from_str::<Earlier>(line).ok());
            let (Some(line), Some(earlier)) = (line, earlier) else {
                is_whole = false;
                continue;
            };
            let stands = match (&earlier.map, earlier.status) {
                (_, Status::Failed) => !retry,
                (Some(MapPlace::Archive { file, name }), _) => self.has_map(file, name),
                _ => true,
            };
            if !stands || !self.done.insert(earlier.id) {
                is_whole = false;
                continue;
            }
            self.failed_before += usize::from(earlier.status == Status::Failed);
            kept += line;
        }
        Ok((kept, is_whole))
    }

    /// Whether a map is where its line says. One that waits for its archive is counted as waiting.
    fn has_map(&mut self, file: &str, name: &str) -> bool {
        if file != archive_name(self.shard, self.archive) {
            return self.folder.join(file).exists();
        }
        let is_there = read_map(&self.pending_file(name)).is_ok();
        if is_there {
            self.pending.push(name.to_owned());
        }
        is_there
    }

    /// Maps without a line. An archive that was begun is written over by the next one, which has its name.
    fn take_away_strays(&self) -> Result<()> {
        let pending = self.pending_folder();
        fs::create_dir_all(&pending).map_err(|cause| unwritable(&pending, &cause))?;
        let kept: HashSet<String> = self.pending.iter().map(|name| format!("{name}.npy")).collect();
        for entry in fs::read_dir(&pending).map_err(|cause| unwritable(&pending, &cause))?.flatten() {
            if !kept.contains(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path()).map_err(|cause| unwritable(&entry.path(), &cause))?;
            }
        }
        Ok(())
    }

    /// Ids that other shards have lines of: those of a run with another number of shards among them.
    fn count_others(&mut self) -> Result<()> {
        let own = lines_name(self.shard);
        for entry in fs::read_dir(&self.folder).map_err(|cause| unwritable(&self.folder, &cause))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name == own || !(name.starts_with("results.") && name.ends_with(".jsonl")) {
                continue;
            }
            let file = File::open(entry.path()).map_err(|cause| unwritable(&entry.path(), &cause))?;
            let earlier = BufReader::new(file).lines().map_while(io::Result::ok);
            self.done.extend(earlier.filter_map(|line| Some(serde_json::from_str::<Earlier>(&line).ok()?.id)));
        }
        Ok(())
    }

    /// The ids that have one.
    pub fn done(&self) -> &HashSet<String> {
        &self.done
    }

    /// How many of this shard's pictures have a line that says that they failed.
    pub fn failed_before(&self) -> usize {
        self.failed_before
    }

    /// Adds a picture's line, and its map if it has one and maps are kept.
    pub fn add(&mut self, line: Line, map: Option<&Heatmap>) -> Result<()> {
        let mut line = line;
        if let Some(map) = map {
            let name = short_name(line.id);
            write_whole(&self.pending_file(&name), &npy(&map.values, (map.height, map.width)))?;
            line.map = Some(MapPlace::Archive { file: archive_name(self.shard, self.archive), name: name.clone() });
            self.pending.push(name);
        }
        let text = line.text()?;
        let path = self.folder.join(lines_name(self.shard));
        if let Err(cause) = self.lines.write_all(text.as_bytes()) {
            // Half a line is taken away at once where that can be done, else by the next run.
            let _ = self.lines.set_len(self.length);
            return Err(unwritable(&path, &cause));
        }
        self.length += text.len() as u64;
        if self.pending.len() >= MAPS_AN_ARCHIVE { self.pack() } else { Ok(()) }
    }

    /// Makes an archive of the maps that wait for one.
    fn pack(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        // What the lines say has to be on the disk before the maps change their place.
        let lines = self.folder.join(lines_name(self.shard));
        self.lines.sync_data().map_err(|cause| unwritable(&lines, &cause))?;
        let path = self.folder.join(archive_name(self.shard, self.archive));
        let new = path.with_extension("npz.new");
        write_archive(&new, self.pending.iter().map(|name| (name.as_str(), self.pending_file(name))))?;
        fs::rename(&new, &path).map_err(|cause| unwritable(&path, &cause))?;
        for name in self.pending.drain(..).collect::<Vec<_>>() {
            let file = self.pending_file(&name);
            fs::remove_file(&file).map_err(|cause| unwritable(&file, &cause))?;
        }
        self.archive += 1;
        Ok(())
    }

    /// All pictures are done: the last archive is made.
    pub fn finish(&mut self) -> Result<()> {
        self.pack()?;
        let path = self.folder.join(lines_name(self.shard));
        self.lines.sync_all().map_err(|cause| unwritable(&path, &cause))?;
        // It is in nobody's way if it cannot be removed.
        let _ = fs::remove_dir(self.pending_folder());
        Ok(())
    }

    /// The file of lines.
    pub fn lines_path(&self) -> PathBuf {
        self.folder.join(lines_name(self.shard))
    }

    fn pending_folder(&self) -> PathBuf {
        self.folder.join(format!("maps.{}.pending", self.shard))
    }

    fn pending_file(&self, name: &str) -> PathBuf {
        self.pending_folder().join(format!("{name}.npy"))
    }
}

fn lines_name(shard: Shard) -> String {
    format!("results.{shard}.jsonl")
}

fn archive_name(shard: Shard, number: usize) -> String {
    format!("maps.{shard}.{number:05}.npz")
}

fn read_map(path: &Path) -> std::result::Result<Array2<f32>, ndarray_npy::ReadNpyError> {
    Array2::read_npy(BufReader::new(File::open(path)?))
}

/// Some file systems know no locks; there nobody is kept out.
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::new("batch-busy", &[("file", &path.display())])),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

/// By another name first, so that there is never half a file by this one.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = path.with_file_name(name);
    let written = fs::write(&new, bytes).and_then(|()| fs::rename(&new, path));
    written.map_err(|cause| {
        let _ = fs::remove_file(&new);
        unwritable(path, &cause)
    })
}

fn rewrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.set_len(0)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn write_archive<'a>(path: &Path, maps: impl Iterator<Item = (&'a str, PathBuf)>) -> Result<()> {
    let internal = |cause: &dyn std::fmt::Display| unwritable(path, &io::Error::other(cause.to_string()));
    let file = File::create(path).map_err(|cause| unwritable(path, &cause))?;
    let mut archive = NpzWriter::new(BufWriter::new(file));
    for (name, map) in maps {
        let array = read_map(&map).map_err(|cause| internal(&cause))?;
        archive.add_array(name, &array).map_err(|cause| internal(&cause))?;
    }
    let file = archive.finish().map_err(|cause| internal(&cause))?;
    let file = file.into_inner().map_err(|cause| internal(&cause))?;
    file.sync_all().map_err(|cause| unwritable(path, &cause))
}
