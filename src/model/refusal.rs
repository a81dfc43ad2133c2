//! The sentences for files that are no network that can be explained.

use std::fmt::Display;

use tract_onnx::prelude::TractError;

use crate::error::{Error, ErrorKind, shown, shown_bytes};

use super::limits::Limits;

/// Says why a file is no network that can be explained.
pub(super) struct Refusal {
    /// What the network is called, as it can be shown.
    title: String,
}

impl Refusal {
    /// `title` is what the network is called.
    pub fn of(title: &str) -> Refusal {
        Refusal { title: shown(title) }
    }

    /// What the network is called.
    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn damaged(&self, cause: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not a readable ONNX file ({}).", self.title, one_line(&cause.to_string())),
            "Download it again and compare its size and checksum with its source.",
        )
    }

    pub fn unsupported(&self, cause: TractError) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be prepared: {}.", self.title, one_line(&format!("{cause:#}"))),
            "Export the network anew with one image input of fixed size and standard ONNX operators.",
        )
    }

    pub fn not_a_classifier(&self, found: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is not an image classifier: it has {}.", self.title, one_line(&found.to_string())),
            "Expected are one input [1, 3, height, width] or [1, height, width, 3] and one output with a score for each of two or more classes.",
        )
    }

    /// No tensor is a map of the picture; `found` says what they are instead.
    pub fn without_layers(&self, found: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} has no layer of maps [1, channels, height, width] that can be explained: {found}.", self.title),
            "Score-CAM explains convolutional networks, and others as long as their maps keep the picture's positions; choose one.",
        )
    }

    /// More of something than can be computed.
    pub fn too_many(&self, what: &str, found: usize, most: usize) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} has {found} {what}; at most {most} can be computed.", self.title),
            "Simplify the network, or choose another.",
        )
    }

    /// A tensor of `dims` that needs `bytes`, or more than can be counted.
    pub fn too_large_a_tensor(&self, node: &str, dims: &[i64], bytes: Option<u64>, limits: Limits) -> Error {
        let needs = bytes.map_or("more memory than any machine has".into(), shown_bytes);
        let node = shown(node);
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be computed: its tensor \"{node}\" of shape {dims:?} needs {needs}.", self.title),
            format!("There are {} in all; choose a network with a smaller input.", shown_bytes(limits.memory)),
        )
    }

    /// More multiply-adds than can be waited for.
    pub fn too_slow(&self, found: u64, most: u64) -> Error {
        let billions = |count: u64| count / 1_000_000_000;
        Error::new(
            ErrorKind::Model,
            format!(
                "{} takes {} billion multiply-adds a pass; at most {} can be waited for.",
                self.title,
                billions(found),
                billions(most)
            ),
            "Choose a smaller network, or give it a smaller input.",
        )
    }

    /// A window that is larger than what it slides over, or lies in the padding.
    pub fn senseless_window(&self, node: &str, window: &[usize], input: &[usize], padding: (u64, u64)) -> Error {
        let node = shown(node);
        Error::new(
            ErrorKind::Model,
            format!(
                "{} makes no sense: \"{node}\" slides a window of {window:?} over {input:?} positions with a padding of {} and {}.",
                self.title, padding.0, padding.1
            ),
            "Check that the input's size is the one that the network was made for.",
        )
    }

    /// An operator that fails while the network runs.
    pub fn fails(&self, cause: impl Display) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} cannot be run: {}.", self.title, one_line(&cause.to_string())),
            "Check that it runs in onnxruntime with the same input, or export it anew.",
        )
    }

    /// An operator set that there is not.
    pub fn unknown_opset(&self, found: i64) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} is of operator set {found}, which is not known here.", self.title),
            "Export it with an operator set from 7 to 22.",
        )
    }

    /// Graphs within the graph: branches and loops.
    pub fn control_flow(&self, operator: &str) -> Error {
        Error::new(
            ErrorKind::Model,
            format!("{} decides while it runs what to compute: it contains {operator}.", self.title),
            "Export it with fixed shapes, so that branches and loops are resolved.",
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
        let file = shown(file);
        Error::new(
            ErrorKind::Model,
            format!("{} keeps {weights} of its weights in \"{file}\", beside the ONNX file.", self.title),
            "Save it as one file: onnx.save(model, path, save_as_external_data=False).",
        )
    }

    /// A weight that is not a number.
    pub fn not_finite(&self, weight: &str) -> Error {
        let weight = shown(weight);
        Error::new(
            ErrorKind::Model,
            format!("The weight \"{weight}\" of {} holds NaN, so every answer would be NaN.", self.title),
            "Export the network from a checkpoint whose weights are numbers.",
        )
    }

    /// Integer arithmetic.
    pub fn quantised(&self, operator: &str) -> Error {
        let operator = shown(operator);
        Error::new(
            ErrorKind::Model,
            format!("{} is quantised: it contains {operator}.", self.title),
            "Use the float32 or float16 version of the network.",
        )
    }

    /// An operator that tract does not have; `tensor` is what it makes.
    pub fn unknown_operator(&self, operator: &str, tensor: &str) -> Error {
        let (operator, tensor) = (shown(operator), shown(tensor));
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
        let found = one_line(found);
        Error::new(
            ErrorKind::Model,
            format!("{} takes several pictures at once: it has {found}.", self.title),
            "Export it with a batch of 1, or with a batch size that is left open.",
        )
    }

    /// `reader` needs a tensor that is made only behind it.
    pub fn cyclic(&self, reader: &str, tensor: &str) -> Error {
        let (reader, tensor) = (shown(reader), shown(tensor));
        Error::new(
            ErrorKind::Model,
            format!("The graph of {} is not in order: \"{reader}\" reads \"{tensor}\" before it is made.", self.title),
            "Sort its nodes, or export it anew; a graph that goes round in circles cannot be run.",
        )
    }

    /// `reader` needs a tensor that nothing makes.
    pub fn missing(&self, reader: &str, tensor: &str) -> Error {
        let (reader, tensor) = (shown(reader), shown(tensor));
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

/// A cause on one line that can be read to its end; tract's name the tensors of the file.
fn one_line(cause: &str) -> String {
    const LONGEST: usize = 400;
    let words = cause.split_whitespace().map(shown).collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words,
    }
}
