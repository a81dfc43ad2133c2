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

    /// A failure that no input should be able to cause; `context` names the step that failed.
    pub fn internal(context: &str, cause: impl fmt::Display) -> Error {
        Error::new(
            ErrorKind::Internal,
            format!("{context} failed: {cause}."),
            "This is a defect of scorecam; please report it with the picture's size and the model's name.",
        )
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
