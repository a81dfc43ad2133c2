//! What went wrong, in words for the person who has to mend it.
//!
//! An error is a code with values. Its English sentences are made of them by `error/sentences.json`; whoever speaks another
//! language makes its own of the same code and values.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

/// The one source of the English sentences, by code: the kind, what was found and expected, what to do.
const SENTENCES: &str = include_str!("error/sentences.json");

/// The part of the input that an [`Error`] is about. The names are part of the public interface:
/// JavaScript sees them as `ScoreCamError.kind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// The picture cannot be read, or is too small or too large.
    Image,
    /// The network's file cannot be read, or is not an image classifier that can be explained.
    Model,
    /// The network has no such layer.
    Layer,
    /// The network has no such class, or the target makes no sense.
    Class,
    /// There is no such method or recipe, or an option is out of range.
    Option,
    /// It would need more memory than there is.
    Memory,
    /// A defect of this program, not of its input.
    Internal,
}

impl ErrorKind {
    /// The kind's name in JSON and JavaScript.
    pub const fn as_str(self) -> &'static str {
        match self {
            ErrorKind::Image => "image",
            ErrorKind::Model => "model",
            ErrorKind::Layer => "layer",
            ErrorKind::Class => "class",
            ErrorKind::Option => "option",
            ErrorKind::Memory => "memory",
            ErrorKind::Internal => "internal",
        }
    }
}

/// A failure that its reader can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Which part of the input is at fault.
    pub kind: ErrorKind,
    /// What went wrong: a key of `error/sentences.json`.
    pub code: &'static str,
    /// What the sentences fill in, by name; names out of files are as they can be shown.
    pub values: Vec<(&'static str, String)>,
    /// What was found and what was expected, in English: a whole sentence.
    pub message: String,
    /// What to do about it, in English: a whole sentence, or empty where nothing can be advised.
    pub hint: String,
}

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

/// An entry of `error/sentences.json`.
#[derive(Deserialize)]
struct Sentences {
    kind: ErrorKind,
    message: String,
    hint: String,
}

fn sentences() -> &'static HashMap<String, Sentences> {
    static TABLE: OnceLock<HashMap<String, Sentences>> = OnceLock::new();
    TABLE.get_or_init(|| serde_json::from_str(SENTENCES).unwrap_or_default())
}

impl Error {
    /// The error of `code` with the `values` that its sentences fill in.
    pub fn new(code: &'static str, values: &[(&'static str, &dyn fmt::Display)]) -> Error {
        let values: Vec<_> = values.iter().map(|(name, value)| (*name, value.to_string())).collect();
        let Some(Sentences { kind, message, hint }) = sentences().get(code) else {
            // A test looks for codes without sentences.
            return Error {
                kind: ErrorKind::Internal,
                code,
                values,
                message: format!("An error without a sentence: {code}."),
                hint: String::new(),
            };
        };
        let (message, hint) = (filled_in(message, &values), filled_in(hint, &values));
        Error { kind: *kind, code, values, message, hint }
    }

    /// A thread that broke off; `cause` is what it said.
    pub fn crash(cause: &str) -> Error {
        Error::new("crash", &[("cause", &shown(cause).trim_end_matches('.'))])
    }

    /// A failure that no input should be able to cause; `context` names the step that failed.
    pub fn internal(context: &str, cause: impl fmt::Display) -> Error {
        Error::new("defect", &[("context", &context), ("cause", &cause)])
    }
}

/// `sentence` with each `{name}` replaced by its value.
fn filled_in(sentence: &str, values: &[(&'static str, String)]) -> String {
    let mut parts = sentence.split('{');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').unwrap_or((part, ""));
        text += values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
        text += rest;
    }
    text
}

/// Characters of a name that are shown; names in files can have any length.
const LONGEST_NAME: usize = 80;

/// A name out of a file as it can be shown: on one line, without what a terminal would obey, and with its middle left out
/// where it is long. Lookups and JSON have it whole.
pub fn shown(name: &str) -> String {
    // Overlong names are not walked through.
    let is_long = name.chars().nth(LONGEST_NAME).is_some();
    let escaped = |part: &mut dyn Iterator<Item = char>| -> String {
        let hidden = |c: char| {
            c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
        };
        part.flat_map(|c| if hidden(c) { c.escape_default().collect::<Vec<_>>() } else { vec![c] }).collect()
    };
    if !is_long {
        return escaped(&mut name.chars());
    }
    let half = LONGEST_NAME / 2;
    let mut end: Vec<char> = name.chars().rev().take(half).collect();
    end.reverse();
    format!("{}…{}", escaped(&mut name.chars().take(half)), escaped(&mut end.into_iter()))
}

/// A number of bytes as people say it.
pub fn shown_bytes(bytes: u64) -> String {
    match bytes as f64 {
        bytes if bytes < 1e9 => format!("{:.0} MB", bytes / 1e6),
        bytes if bytes < 1e12 => format!("{:.1} GB", bytes / 1e9),
        bytes => format!("{:.0} TB", bytes / 1e12),
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if !self.hint.is_empty() {
            write!(f, " {}", self.hint)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_name_is_shown_on_one_line_without_what_a_terminal_obeys_and_never_at_great_length() {
        assert_eq!(shown("features.18/Relu_output_0"), "features.18/Relu_output_0");
        assert_eq!(shown("層\u{1b}[31m\nred"), "層\\u{1b}[31m\\nred");
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(shown(&"x".repeat(100_000)), format!("{0}…{0}", "x".repeat(40)));
    }

    #[test]
    fn bytes_are_said_in_the_unit_that_fits() {
        let said = [33_000_000, 1_210_000_000, 170_000_000_000_000].map(shown_bytes);
        assert_eq!(said, ["33 MB", "1.2 GB", "170 TB"]);
    }

    #[test]
    fn sentences_are_made_of_code_and_values() {
        let error = Error::new("class-unknown", &[("class", &9), ("classes", &5), ("last", &4)]);
        assert_eq!(error.kind, ErrorKind::Class);
        let said = "There is no class 9: the network has 5, counted from 0. Choose one from 0 to 4.";
        assert_eq!(error.to_string(), said);
    }

    #[test]
    fn every_error_of_the_sources_has_sentences_that_fill_in_its_values_and_no_sentence_is_left_over() {
        let mut used = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry);
                } else if entry.extension().is_some_and(|extension| extension == "rs") {
                    let source = std::fs::read_to_string(&entry).unwrap();
                    used.extend(codes(source.split("#[cfg(test)]").next().unwrap_or_default()));
                }
            }
        }
        let table = sentences();
        for (code, names) in &used {
            let entry = table.get(code).unwrap_or_else(|| panic!("no sentence for {code}"));
            let text = format!("{}{}", entry.message, entry.hint);
            for part in text.split('{').skip(1) {
                let name = part.split_once('}').expect("a place ends").0;
                assert!(names.iter().any(|known| known == name), "{code} does not give {name}: {names:?}");
            }
        }
        for code in table.keys() {
            assert!(used.iter().any(|(known, _)| known == code), "nothing uses the sentence {code}");
        }
    }

    /// What stands behind `Error::new(` and behind `refuse(` of a source, up to the end of its list of values.
    fn codes(source: &str) -> Vec<(String, Vec<String>)> {
        let calls = ["Error::new(", "self.error("].map(|call| source.split(call).skip(1)).into_iter().flatten();
        let is_code = |text: &str| text.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        calls
            .filter_map(|rest| {
                let call = rest.split_once(']').map_or(rest, |(call, _)| call);
                let network = call.len() > 1 && source.contains("self.error(");
                let mut quoted = call.split('"').skip(1).step_by(2).map(str::to_owned);
                let code = quoted.next().filter(|code| is_code(code))?;
                Some((code, quoted.chain(network.then(|| "network".to_owned())).collect()))
            })
            .collect()
    }
}
