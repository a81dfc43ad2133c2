//! Pictures by the lines of a table: CSV with a head, JSON lines, or paths alone. It is read as far as it is there, so that what comes
//! through a pipe is worked on while more is written.

use std::fs::File;
use std::io::{BufRead, BufReader, stdin};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use scorecam::error::Result;
use scorecam::geometry::Region;
use serde::Deserialize;

use crate::files::unreadable_manifest;
use crate::measure::region;

use super::entry::{Entry, Listed};

/// How a manifest is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A head with the names of columns, then a picture a line: image, id, expected, target, box.
    Csv,
    /// An object a line, with the same names.
    Jsonl,
    /// A path a line.
    Paths,
    /// Paths that end in a zero byte, as `find -print0` writes them: for names with line breaks.
    Paths0,
}

/// What the column of the pictures' files may be called.
const IMAGE: [&str; 3] = ["image", "path", "file"];

/// A line, whatever the format. Columns with other names are left alone.
#[derive(Deserialize)]
struct Row {
    #[serde(alias = "path", alias = "file")]
    image: String,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    expected: Option<Text>,
    #[serde(default)]
    target: Option<Text>,
    #[serde(default, rename = "box")]
    within: Option<Place>,
}

/// An index is as good as its digits.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Text(String),
    Index(u64),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Place {
    Text(String),
    Numbers([f64; 4]),
}

/// The format that a manifest's name says, or else its first byte that is no blank.
fn guess(path: &Path, reader: &mut dyn BufRead) -> Format {
    match path.extension().and_then(|ending| ending.to_str()).map(str::to_lowercase).as_deref() {
        Some("csv") => return Format::Csv,
        Some("jsonl" | "ndjson" | "json") => return Format::Jsonl,
        Some("txt" | "lst") => return Format::Paths,
        _ => {}
    }
    let start = reader.fill_buf().unwrap_or_default();
    if start.trim_ascii_start().starts_with(b"{") { Format::Jsonl } else { Format::Paths }
}

/// The pictures of the manifest at `path`, or of standard input if that is "-". Paths in it begin at `root`.
///
/// # Errors
/// [`ErrorKind::Image`](scorecam::error::ErrorKind) if it cannot be read or a CSV has no column "image".
pub fn pictures(
    path: &Path,
    format: Option<Format>,
    root: Option<&Path>,
) -> Result<Box<dyn Iterator<Item = Listed> + Send>> {
    let unreadable = |cause: &dyn std::fmt::Display| unreadable_manifest(path, cause);
    let mut reader: Box<dyn BufRead + Send> = if path == Path::new("-") {
        Box::new(BufReader::new(stdin()))
    } else {
        Box::new(BufReader::new(File::open(path).map_err(|cause| unreadable(&cause))?))
    };
    let format = format.unwrap_or_else(|| guess(path, &mut reader));
    let root = root.map(Path::to_path_buf).unwrap_or_default();
    match format {
        Format::Csv => of_csv(reader, root).map_err(|cause| unreadable(&cause)),
        Format::Jsonl => Ok(Box::new(lines(reader, b'\n', move |text| of_json(text, &root)))),
        Format::Paths => Ok(Box::new(lines(reader, b'\n', move |text| Ok(of_path(text, &root))))),
        Format::Paths0 => Ok(Box::new(lines(reader, 0, move |text| Ok(of_path(text, &root))))),
    }
}

/// A picture for each part of `reader` up to `end`; empty ones are left out.
fn lines(
    mut reader: Box<dyn BufRead + Send>,
    end: u8,
    read: impl Fn(&[u8]) -> std::result::Result<Entry, String> + Send + 'static,
) -> impl Iterator<Item = Listed> + Send {
    let mut number = 0;
    let mut is_over = false;
    std::iter::from_fn(move || {
        loop {
            if is_over {
                return None;
            }
            let mut line = Vec::new();
            number += 1;
            match reader.read_until(end, &mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(cause) => {
                    is_over = true;
                    return Some(Listed::bad_line(number, &cause.to_string()));
                }
            }
            if line.last() == Some(&end) {
                line.pop();
            }
            let text = if end == b'\n' { line.strip_suffix(b"\r").unwrap_or(&line) } else { &line };
            if text.trim_ascii().is_empty() {
                continue;
            }
            return Some(match read(text) {
                Ok(entry) => entry.listed(),
                Err(cause) => Listed::bad_line(number, &cause),
            });
        }
    })
}

fn of_csv(
    reader: Box<dyn BufRead + Send>,
    root: PathBuf,
) -> std::result::Result<Box<dyn Iterator<Item = Listed> + Send>, String> {
    // A byte order mark is none of the first column's name.
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(reader);
    let head = reader.headers().map_err(|cause| cause.to_string())?.clone();
    let head: csv::StringRecord = head.iter().map(|name| name.trim_start_matches('\u{feff}').to_lowercase()).collect();
    if !head.iter().any(|name| IMAGE.contains(&name)) {
        let found: Vec<&str> = head.iter().take(8).collect();
        return Err(format!("its first line names no column \"image\"; it has {}", found.join(", ")));
    }
    let rows = reader.into_records().map(move |record| {
        let record = match record {
            Ok(record) => record,
            Err(cause) => {
                let line = cause.position().map_or(0, csv::Position::line);
                return Listed::bad_line(line, &cause.to_string());
            }
        };
        let line = record.position().map_or(0, csv::Position::line);
        // By hand: what looks like a number may be a name, and a line may be shorter than the head.
        let field = |names: &[&str]| {
            let column = head.iter().position(|name| names.contains(&name))?;
            record.get(column).map(str::to_owned)
        };
        let row = Row {
            image: field(&IMAGE).unwrap_or_default(),
            id: field(&["id"]),
            expected: field(&["expected"]).map(Text::Text),
            target: field(&["target"]).map(Text::Text),
            within: field(&["box"]).map(Place::Text),
        };
        match row.entry(&root) {
            Ok(entry) => entry.listed(),
            Err(cause) => Listed::bad_line(line, &cause),
        }
    });
    Ok(Box::new(rows))
}

fn of_json(text: &[u8], root: &Path) -> std::result::Result<Entry, String> {
    serde_json::from_slice::<Row>(text).map_err(|cause| cause.to_string())?.entry(root)
}

/// A path has any bytes where the machine's files do.
fn of_path(text: &[u8], root: &Path) -> Entry {
    #[cfg(unix)]
    let path = PathBuf::from(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(text));
    #[cfg(not(unix))]
    let path = PathBuf::from(String::from_utf8_lossy(text).into_owned());
    Entry { path: root.join(&path), ..Entry::of_path(path) }
}

impl Row {
    fn entry(self, root: &Path) -> std::result::Result<Entry, String> {
        if self.image.is_empty() {
            return Err("it names no picture".into());
        }
        let text = |text: Text| match text {
            Text::Text(text) => text,
            Text::Index(index) => index.to_string(),
        };
        let filled = |text: &String| !text.is_empty();
        let within = match self.within {
            Some(Place::Text(text)) if text.is_empty() => None,
            Some(Place::Text(text)) => Some(region(&text)?),
            Some(Place::Numbers([x, y, width, height])) => Some(Region { x, y, width, height }),
            None => None,
        };
        Ok(Entry {
            id: self.id.filter(filled).unwrap_or_else(|| self.image.clone()),
            path: root.join(self.image),
            expected: self.expected.map(text).filter(filled),
            target: self.target.map(text).filter(filled),
            within,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn read(text: &str) -> Vec<Listed> {
        of_csv(Box::new(Cursor::new(text.to_owned())), PathBuf::from("root")).unwrap().collect()
    }

    #[test]
    fn a_csv_names_pictures_whatever_is_in_their_names() {
        let rows = read(
            "\u{feff}Image, expected,box,note\n\"a, \"\"b\"\"\nc.png\",7,\"1,2,3,4\",=cmd()\n=cmd().png,,,\nשלום.png\nc.png,1e3\n",
        );
        let first = rows[0].entry.as_ref().unwrap();
        assert_eq!((first.id.as_str(), first.expected.as_deref()), ("a, \"b\"\nc.png", Some("7")));
        assert_eq!(first.within, Some(Region { x: 1.0, y: 2.0, width: 3.0, height: 4.0 }));
        assert_eq!(first.path, Path::new("root/a, \"b\"\nc.png"));
        let ids: Vec<&str> = rows[1..].iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids, ["=cmd().png", "שלום.png", "c.png"]);
        assert_eq!(rows[3].entry.as_ref().unwrap().expected.as_deref(), Some("1e3"));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_told_with_its_number_and_the_others_are_read() {
        let rows = read("image,box\na.png,\"1,2\"\n,\nb.png,\n");
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["line:2", "line:3", "b.png"]);
        assert!(of_csv(Box::new(Cursor::new("name\nx")), PathBuf::new()).is_err());
        let text = "{\"image\":\"a\",\"expected\":3}\n\nnot JSON\n{\"path\":\"b\",\"id\":\"x\",\"box\":[1,2,3,4]}";
        let root = PathBuf::new();
        let rows: Vec<Listed> = lines(Box::new(Cursor::new(text)), b'\n', move |line| of_json(line, &root)).collect();
        assert_eq!(rows.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["a", "line:3", "x"]);
        assert_eq!(rows[0].entry.as_ref().unwrap().expected.as_deref(), Some("3"));
    }
}
