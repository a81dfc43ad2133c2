//! Pictures by the paths of their files, and of folders with all that is below them.

use std::path::{Path, PathBuf};

use scorecam::error::{Error, shown};
use walkdir::{DirEntry, WalkDir};

use super::entry::{Entry, Listed, id_of};

/// Endings of the files in a folder that are taken for pictures.
const ENDINGS: [&str; 11] = ["png", "jpg", "jpeg", "jpe", "jfif", "webp", "gif", "bmp", "dib", "tif", "tiff"];

/// Every picture, folders in the order of their names; a file that is named is taken whatever it is called. Of those below a folder, hidden
/// files and what has another ending are left out.
pub fn pictures(paths: &[PathBuf]) -> impl Iterator<Item = Listed> + Send + '_ {
    paths.iter().flat_map(|path| -> Box<dyn Iterator<Item = Listed> + Send> {
        if !path.is_dir() {
            return Box::new(std::iter::once(Entry::of_path(path.clone()).listed()));
        }
        let visible = |found: &DirEntry| found.depth() == 0 || !found.file_name().to_string_lossy().starts_with('.');
        let found = WalkDir::new(path).follow_links(true).sort_by_file_name().into_iter().filter_entry(visible);
        Box::new(found.filter_map(|found| {
            match found {
                Ok(found) => (found.file_type().is_file() && is_picture(found.path()))
                    .then(|| Entry::of_path(found.into_path()).listed()),
                Err(cause) => {
                    let id = id_of(cause.path().unwrap_or(path));
                    let error = Error::new("picture-file", &[("file", &shown(&id)), ("cause", &cause)]);
                    Some(Listed::unreadable(id, error))
                }
            }
        }))
    })
}

fn is_picture(path: &Path) -> bool {
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
    ending.is_some_and(|ending| ENDINGS.contains(&ending.as_str()))
}
