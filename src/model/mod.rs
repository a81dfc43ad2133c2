//! Third stage: the network. Outside this module and [`engine`](crate::engine) nothing knows tract.
//!
//! tract reads the ONNX graph, infers its shapes and rewrites it; [`spec`] says what a file cannot: how a picture
//! becomes its input; where nobody says it, `guess` does. [`OnnxFile`] reads a file and builds a [`Network`], `layers`
//! finds the tensors in it that can be explained, by following `positions` through it, `forward` runs it, `tail` from a layer on. `check` refuses
//! files that would make tract fail without a word that helps, `limits` those that ask for more than there is.

pub mod catalog;
mod check;
mod forward;
mod guess;
pub mod labels;
mod layers;
mod limits;
mod load;
mod pace;
mod places;
mod positions;
mod randomise;
mod refusal;
pub mod spec;
mod tail;
mod trace;

use std::sync::Arc;

use tract_onnx::prelude::{IntoRunnable, TractResult, TypedModel, TypedSimplePlan};

pub use crate::engine::StepTime;
pub use forward::Activations;
pub use guess::{Clue, Guess};
pub use layers::Layer;
pub use limits::Limits;
pub use load::OnnxFile;
pub use pace::Pace;
pub use randomise::{Randomise, Weights};
pub use tail::{Behind, Gradients, Tail};

use crate::engine::{IMAGES, Program};
use limits::Needs;
use spec::{ModelSpec, OutputKind};
use trace::Layout;

/// A network that is ready to run, and the graph it was made from.
///
/// Its weights are held twice: as the file has them, for the activations of any layer and for gradients, and rearranged for speed,
/// for the hundreds of masked passes.
pub struct Network {
    spec: ModelSpec,
    /// As loaded, every tensor of the file under its name, up to the logits.
    graph: TypedModel,
    /// Of the input.
    layout: Layout,
    /// From input to logits, rewritten for speed.
    runner: Runner,
    /// What the output of `runner` holds.
    output: OutputKind,
    classes: usize,
    layers: Vec<Layer>,
    default_layer: usize,
    /// Bytes that its weights and a pass take.
    needs: Needs,
    /// What its passes take on this machine.
    pace: Arc<Pace>,
}

/// Whose operators compute the masked passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operators {
    /// Ours; tract's where a network has something that ours cannot do.
    Own,
    /// tract's, to compare with.
    Tract,
}

enum Runner {
    Own(Box<Program>),
    Tract(Arc<TypedSimplePlan>),
}

impl Runner {
    /// Our program of `graph` if there is one, else tract's plan of it.
    fn of(own: Option<Program>, graph: &TypedModel) -> TractResult<Runner> {
        Ok(match own {
            Some(program) => Runner::Own(Box::new(program)),
            None => Runner::Tract(graph.clone().into_optimized()?.into_runnable()?),
        })
    }
}

impl Network {
    /// The catalogue's entry, or what was said of the network instead.
    pub fn spec(&self) -> &ModelSpec {
        &self.spec
    }

    /// Inputs that go through the network together at most.
    pub const TOGETHER: usize = IMAGES;

    /// Multiply-adds of a pass in convolutions and fully connected layers, where our operators compute it.
    pub fn multiply_adds(&self) -> Option<u64> {
        match &self.runner {
            Runner::Own(program) => Some(program.macs()),
            Runner::Tract(_) => None,
        }
    }

    /// What its passes take on this machine, as far as it was seen.
    pub fn pace(&self) -> &Pace {
        &self.pace
    }

    /// The operators of the masked passes that are not ours but tract's, in the order of the graph: they are slower.
    pub fn foreign_operators(&self) -> Vec<String> {
        match &self.runner {
            Runner::Own(program) => program.foreign_operators(),
            Runner::Tract(_) => Vec::new(),
        }
    }

    /// What the numbers are that [`logits`](Network::logits) answers with.
    pub fn output(&self) -> OutputKind {
        self.output
    }

    /// Number of classes.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// The layers that can be explained, in the order of the graph.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// The layer that is explained when none is named.
    pub fn default_layer(&self) -> &Layer {
        &self.layers[self.default_layer]
    }
}
