//! What went wrong, in words for the person who has to mend it.

use std::fmt;

/// The part of the input that an [`Error`] is about. The names are part of the public interface:
/// JavaScript sees them as `ScoreCamError.kind`, the command line in its JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The picture cannot be read, or is too small or too large.
    Image,
    /// The network's file cannot be read, or is not an image classifier that can be explained.
    Model,
    /// The network has no such layer.
    Layer,
    /// The network has no such class.
    Class,
    /// There is no such recipe, or an option of it is out of range.
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
    /// What was found and what was expected: a whole sentence.
    pub message: String,
    /// What to do about it: a whole sentence, or empty where nothing can be advised.
    pub hint: String,
}

/// The result of everything here that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind` that says `message` and advises `hint`.
    pub fn new(kind: ErrorKind, message: impl Into<String>, hint: impl Into<String>) -> Error {
        Error { kind, message: message.into(), hint: hint.into() }
    }

    /// Something that would need `bytes` of memory where there are `left`; `what` is the subject of the sentence.
    pub fn too_large(what: &str, bytes: u64, left: u64) -> Error {
        Error::new(
            ErrorKind::Memory,
            format!("{what} needs about {} of memory; there are {}.", shown_bytes(bytes), shown_bytes(left)),
            "Choose a layer of fewer or smaller maps, or a network with a smaller input.",
        )
    }

    /// An allocation of `bytes` that failed although the need was worked out before.
    pub fn out_of_memory(bytes: u64) -> Error {
        Error::new(
            ErrorKind::Memory,
            format!("The memory did not suffice: {} more were asked for.", shown_bytes(bytes)),
            "Choose a layer of fewer or smaller maps, or a network with a smaller input.",
        )
    }

    /// A thread that broke off; `cause` is what it said.
    pub fn crash(cause: &str) -> Error {
        Error::new(
            ErrorKind::Internal,
            format!("The computation broke off: {}.", shown(cause).trim_end_matches('.')),
            "Try again; if it happens again, please report it.",
        )
    }

    /// A failure that no input should be able to cause; `context` names the step that failed.
    pub fn internal(context: &str, cause: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::Internal,
            format!("{context} failed: {cause}."),
            "This is a defect of scorecam; please report it with the picture's size and the model's name.",
        )
    }
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
    use super::{shown, shown_bytes};

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
}
