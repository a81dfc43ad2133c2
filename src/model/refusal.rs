//! The sentences for files that are no network that can be explained.

use std::fmt::Display;

use tract_onnx::prelude::TractError;

use crate::error::{Error, ErrorKind};

/// Says why a file is no network that can be explained.
pub(super) struct Refusal<'a> {
    /// What the network is called.
    pub title: &'a str,
}

impl Refusal<'_> {
    pub fn damaged(&self, cause: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not a readable ONNX file ({cause}).", self.title),
            "Download it again and compare its size and checksum with its source.",
        )
    }

    pub fn unsupported(&self, cause: TractError) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be prepared: {cause:#}.", self.title),
            "Export the network anew with one image input of fixed size and standard ONNX operators.",
        )
    }

    pub fn not_a_classifier(&self, found: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not an image classifier: it has {found}.", self.title),
            "Expected are one input [1, 3, height, width] or [1, height, width, 3] and one output with a score for each of two or more classes.",
        )
    }

    pub fn without_layers(&self) -> Error {
        Error::new(
            ErrorKind::Model,
            format!(
                "{} has no layer with activation maps [1, channels, height, width] of more than one position.",
                self.title
            ),
            "Score-CAM explains convolutional networks; choose one.",
        )
    }

    /// A graph that makes tract panic.
    pub fn defect(&self) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be prepared: its operators do not fit together.", self.title),
            "Check the file with onnx.checker, or export the network anew.",
        )
    }

    /// Weights that lie in other files.
    pub fn external(&self, weights: usize, file: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} keeps {weights} of its weights in \"{file}\", beside the ONNX file.", self.title),
            "Save it as one file: onnx.save(model, path, save_as_external_data=False).",
        )
    }

    /// A weight that is not a number.
    pub fn not_finite(&self, weight: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("The weight \"{weight}\" of {} holds NaN, so every answer would be NaN.", self.title),
            "Export the network from a checkpoint whose weights are numbers.",
        )
    }

    /// Integer arithmetic.
    pub fn quantised(&self, operator: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is quantised: it contains {operator}.", self.title),
            "Use the float32 or float16 version of the network.",
        )
    }

    /// An operator that tract does not have; `tensor` is what it makes.
    pub fn unknown_operator(&self, operator: &str, tensor: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!(
                "{} contains the operator {operator} (it makes \"{tensor}\"), which is not known here.",
                self.title
            ),
            "Export the network anew with standard ONNX operators.",
        )
    }

    /// A batch size that is not 1.
    pub fn fixed_batch(&self, found: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} takes several pictures at once: it has {found}.", self.title),
            "Export it with a batch of 1, or with a batch size that is left open.",
        )
    }

    /// `reader` needs a tensor that is made only behind it.
    pub fn cyclic(&self, reader: &str, tensor: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("The graph of {} is not in order: \"{reader}\" reads \"{tensor}\" before it is made.", self.title),
            "Sort its nodes, or export it anew; a graph that goes round in circles cannot be run.",
        )
    }

    /// `reader` needs a tensor that nothing makes.
    pub fn missing(&self, reader: &str, tensor: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!(
                "{} is incomplete: \"{reader}\" needs \"{tensor}\", which is neither a weight nor made by a node.",
                self.title
            ),
            "Export it anew with its weights.",
        )
    }
}
