//! A picture that is asked about, as a folder or a line of a manifest names it.

use std::path::{Path, PathBuf};

use scorecam::error::{Error, shown};
use scorecam::geometry::Region;

/// A picture, and what is known of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is known by in the results: it names one picture only.
    pub id: String,
    /// Its file.
    pub path: PathBuf,
    /// What somebody says that it shows: a class's index or name.
    pub expected: Option<String>,
    /// What is asked about, if not what is asked of all.
    pub target: Option<String>,
    /// Where the thing is, in the picture's pixels.
    pub within: Option<Region>,
}

/// A picture, or what stands in its place and cannot be read as one.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    pub id: String,
    pub entry: Result<Entry, Error>,
}

impl Entry {
    /// Nothing is known of it but its file.
    pub fn of_path(path: PathBuf) -> Entry {
        Entry { id: id_of(&path), path, expected: None, target: None, within: None }
    }

    /// Its folder's name is the class that is expected.
    pub fn expect_folder(&mut self) {
        let folder = self.path.parent().and_then(Path::file_name);
        self.expected = folder.map(|name| name.to_string_lossy().into_owned());
    }

    /// That it is there.
    pub fn listed(self) -> Listed {
        Listed { id: self.id.clone(), entry: Ok(self) }
    }
}

impl Listed {
    /// Something that is no picture.
    pub fn unreadable(id: String, error: Error) -> Listed {
        Listed { id, entry: Err(error) }
    }

    /// A line of a manifest that cannot be read.
    pub fn bad_line(line: u64, cause: &str) -> Listed {
        let error = Error::new("manifest-line", &[("line", &line), ("cause", &shown(cause))]);
        Listed::unreadable(format!("line:{line}"), error)
    }
}

/// The text of a path; bytes that are no text are escaped, so that two files never share an id.
pub fn id_of(path: &Path) -> String {
    let mut id = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        id += chunk.valid();
        chunk.invalid().iter().for_each(|byte| id += &format!("\\x{byte:02x}"));
    }
    id
}
