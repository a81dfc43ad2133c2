//! Why a file is no network that can be explained: the errors of this module, with the network's name filled in.

use std::fmt::{Debug, Display};

use tract_onnx::prelude::TractError;

use crate::error::{Error, shown, shown_bytes};

use super::layers::Hidden;
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

    /// The error of `code`, which fills in the network's name besides `values`.
    fn error(&self, code: &'static str, values: &[(&'static str, &dyn Display)]) -> Error {
        let name: (&'static str, &dyn Display) = ("network", &self.title);
        Error::new(code, &[&[name], values].concat())
    }

    pub fn damaged(&self, cause: impl Display) -> Error {
        self.error("network-damaged", &[("cause", &one_line(&cause.to_string()))])
    }

    pub fn unsupported(&self, cause: TractError) -> Error {
        self.error("network-unsupported", &[("cause", &one_line(&format!("{cause:#}")))])
    }

    pub fn not_a_classifier(&self, found: impl Display) -> Error {
        self.error("network-no-classifier", &[("found", &one_line(&found.to_string()))])
    }

    /// No tensor is a map of the picture; `found` says what they are instead.
    pub fn without_layers(&self, found: &Hidden) -> Error {
        match found {
            Hidden::Tokens(shape) => self.error("network-tokens", &[("shape", &written(shape))]),
            Hidden::Nowhere => self.error("network-no-layers", &[]),
        }
    }

    pub fn too_many_operators(&self, found: usize, most: usize) -> Error {
        self.error("network-too-many-operators", &[("found", &found), ("most", &most)])
    }

    pub fn too_many_axes(&self, found: usize, most: usize) -> Error {
        self.error("network-too-many-axes", &[("found", &found), ("most", &most)])
    }

    pub fn too_many_weight_axes(&self, found: usize, most: usize) -> Error {
        self.error("network-too-many-weight-axes", &[("found", &found), ("most", &most)])
    }

    /// A tensor of `dims` that needs `bytes`, or more than can be counted.
    pub fn too_large_a_tensor(&self, node: &str, dims: &[i64], bytes: Option<u64>, limits: Limits) -> Error {
        let (tensor, shape, memory) = (shown(node), written(dims), shown_bytes(limits.memory));
        match bytes.map(shown_bytes) {
            Some(needs) => self.error(
                "network-tensor-too-large",
                &[("tensor", &tensor), ("shape", &shape), ("needs", &needs), ("memory", &memory)],
            ),
            None => {
                self.error("network-tensor-uncountable", &[("tensor", &tensor), ("shape", &shape), ("memory", &memory)])
            }
        }
    }

    /// Weights that need more than there is.
    pub fn heavy_weights(&self, bytes: u64, limits: Limits) -> Error {
        self.error("memory-weights", &[("needs", &shown_bytes(bytes)), ("memory", &shown_bytes(limits.memory))])
    }

    /// A pass that needs more than there is.
    pub fn heavy_pass(&self, bytes: u64, limits: Limits) -> Error {
        self.error("memory-pass", &[("needs", &shown_bytes(bytes)), ("memory", &shown_bytes(limits.memory))])
    }

    /// More multiply-adds than can be waited for.
    pub fn too_slow(&self, found: u64, most: u64) -> Error {
        let billions = |count: u64| count / 1_000_000_000;
        self.error("network-too-slow", &[("found", &billions(found)), ("most", &billions(most))])
    }

    /// A window that is larger than what it slides over, or lies in the padding.
    pub fn senseless_window(&self, node: &str, window: &[usize], input: &[usize], padding: (u64, u64)) -> Error {
        let (node, window, positions) = (shown(node), written(window), written(input));
        self.error(
            "network-window",
            &[
                ("node", &node),
                ("window", &window),
                ("positions", &positions),
                ("before", &padding.0),
                ("after", &padding.1),
            ],
        )
    }

    /// An operator that fails while the network runs.
    pub fn fails(&self, cause: impl Display) -> Error {
        self.error("network-fails", &[("cause", &one_line(&cause.to_string()))])
    }

    /// An operator set that there is not.
    pub fn unknown_opset(&self, found: i64) -> Error {
        self.error("network-opset", &[("found", &found)])
    }

    /// Graphs within the graph: branches and loops.
    pub fn control_flow(&self, operator: &str) -> Error {
        self.error("network-control-flow", &[("operator", &operator)])
    }

    /// A graph that makes tract panic.
    pub fn defect(&self) -> Error {
        self.error("network-disjointed", &[])
    }

    /// Weights that lie in other files.
    pub fn external(&self, weights: usize, file: &str) -> Error {
        self.error("network-external-weights", &[("weights", &weights), ("file", &shown(file))])
    }

    /// A weight that is not a number.
    pub fn not_finite(&self, weight: &str) -> Error {
        self.error("network-weight-nan", &[("weight", &shown(weight))])
    }

    /// Integer arithmetic.
    pub fn quantised(&self, operator: &str) -> Error {
        self.error("network-quantised", &[("operator", &shown(operator))])
    }

    /// An operator that tract does not have; `tensor` is what it makes.
    pub fn unknown_operator(&self, operator: &str, tensor: &str) -> Error {
        self.error("network-unknown-operator", &[("operator", &shown(operator)), ("tensor", &shown(tensor))])
    }

    /// A batch size that is not 1.
    pub fn fixed_batch(&self, found: &str) -> Error {
        self.error("network-batch", &[("found", &one_line(found))])
    }

    /// `reader` needs a tensor that is made only behind it.
    pub fn cyclic(&self, reader: &str, tensor: &str) -> Error {
        self.error("network-not-in-order", &[("node", &shown(reader)), ("tensor", &shown(tensor))])
    }

    /// `reader` needs a tensor that nothing makes.
    pub fn missing(&self, reader: &str, tensor: &str) -> Error {
        self.error("network-incomplete", &[("node", &shown(reader)), ("tensor", &shown(tensor))])
    }
}

/// A shape as it is written.
fn written(shape: &[impl Debug]) -> String {
    format!("{shape:?}")
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
