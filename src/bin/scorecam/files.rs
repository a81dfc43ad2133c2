//! Files on the disk: read, written, and named.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

use scorecam::error::{Error, Result};
use sha2::{Digest, Sha256};

/// The bytes of a picture.
pub fn read_picture(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| Error::new("picture-file", &[("file", &path.display()), ("cause", &cause)]))
}

/// The bytes of a network, or of something that belongs to it.
pub fn read_network(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|cause| Error::new("network-file", &[("file", &path.display()), ("cause", &cause)]))
}

/// The checksum of a file's bytes in hexadecimal digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A manifest that cannot be read.
pub fn unreadable_manifest(path: &Path, cause: &dyn std::fmt::Display) -> Error {
    Error::new("manifest-unreadable", &[("file", &path.display()), ("cause", &cause)])
}

/// A file or folder that cannot be written.
pub fn unwritable(path: &Path, cause: &io::Error) -> Error {
    Error::new("folder-unwritable", &[("file", &path.display()), ("cause", cause)])
}

/// What the results of each picture are called: its name without its ending; where two would be the same, with its
/// ending, and where that is not enough, with its folders too.
pub fn names(pictures: &[PathBuf]) -> Vec<String> {
    let text = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let candidates = |path: &Path| {
        let parts: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let whole = parts.iter().map(|part| part.trim_matches(['/', '\\', '.'])).filter(|part| !part.is_empty());
        [text(path.file_stem()), text(path.file_name()), whole.collect::<Vec<_>>().join("_")]
    };
    let candidates: Vec<[String; 3]> = pictures.iter().map(|path| candidates(path)).collect();
    // Upper and lower case are the same file on some disks.
    let mut counts: HashMap<String, usize> = HashMap::new();
    let mut seen = HashSet::new();
    for (_, names) in pictures.iter().zip(&candidates).filter(|(path, _)| seen.insert(path.as_path())) {
        for name in names {
            *counts.entry(name.to_lowercase()).or_default() += 1;
        }
    }
    let is_alone = |name: &&String| counts[&name.to_lowercase()] <= 1;
    let chosen = candidates.iter().map(|names| names.iter().find(is_alone).unwrap_or(&names[2]).clone());
    chosen.collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn results_of_different_pictures_have_different_names() {
        let names = |paths: &[&str]| names(&paths.iter().map(Into::into).collect::<Vec<_>>());
        assert_eq!(names(&["a/cat.png", "b/dog.png"]), ["cat", "dog"]);
        assert_eq!(names(&["d1/p.png", "d2/p.jpg"]), ["p.png", "p.jpg"]);
        assert_eq!(names(&["d1/p.png", "d2/p.png", "q.png"]), ["d1_p.png", "d2_p.png", "q"]);
        assert_eq!(names(&["./p.png", "../p.png", "P.png"]).len(), 3);
        assert_eq!(names(&["d/p.png", "d/p.png"]), ["p", "p"]); // the same picture twice
    }
}
