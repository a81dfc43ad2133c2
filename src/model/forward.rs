//! Runs a network: one pass for the activations of a layer, many for the scores of masked pictures.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use tract_onnx::prelude::*;

use crate::engine::{IMAGES, Program, Purpose, StepTime};
use crate::error::{Error, Result};

use super::layers::Layer;
use super::load::input_shape;
use super::refusal::Refusal;
use super::spec::OutputKind;
use super::trace::Layout;
use super::{Behind, Network, Runner};

/// The activation maps of one layer for one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Activations {
    /// Values [channels, height, width].
    pub values: Vec<f32>,
    /// Number of maps.
    pub channels: usize,
    /// Rows of a map.
    pub height: usize,
    /// Columns of a map.
    pub width: usize,
}

impl Activations {
    /// The map [height, width] of `channel`.
    pub fn channel(&self, channel: usize) -> &[f32] {
        let plane = self.height * self.width;
        &self.values[channel * plane..][..plane]
    }
}

impl Network {
    /// The logits `[classes]` of an input tensor [3, height, width]: one forward pass on the calling thread.
    ///
    /// # Errors
    /// As [`logits_of`](Network::logits_of).
    pub fn logits(&self, input: &[f32]) -> Result<Vec<f32>> {
        Ok(self.logits_of(&[input])?.swap_remove(0))
    }

    /// The logits of up to [`TOGETHER`](Network::TOGETHER) input tensors [3, height, width], in their order, on the
    /// calling thread. They share the reading of the weights; what one of them gives does not depend on the others.
    ///
    /// A network whose output are probabilities that cannot be taken apart answers with their logarithm, which is a logit up
    /// to a constant.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::error::ErrorKind) if a tensor has another size than the network's input,
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if an operator fails.
    pub fn logits_of(&self, inputs: &[&[f32]]) -> Result<Vec<Vec<f32>>> {
        let expected = 3 * self.spec.input.height * self.spec.input.width;
        if let Some(input) = inputs.iter().find(|input| input.len() != expected) {
            let cause = format!("{} values for an input of {expected}", input.len());
            return Err(Error::internal("the forward pass", cause));
        }
        let mut scores: Vec<Vec<f32>> = self.guarded(|| match &self.runner {
            Runner::Own(program) => self.run(inputs, |inputs| program.run(inputs)),
            Runner::Tract(plan) => inputs.iter().map(|input| self.run_tract(plan, input)).collect(),
        })?;
        self.as_logits(&mut scores);
        Ok(scores)
    }

    /// Makes logits of what the graph answers with.
    pub(super) fn as_logits(&self, scores: &mut [Vec<f32>]) {
        if self.output == OutputKind::Probabilities {
            scores.iter_mut().flatten().for_each(|p| *p = p.max(f32::MIN_POSITIVE).ln());
        }
    }

    /// What `run` makes, or why it cannot: tract's operators panic at what no file should hold, an index out of range say.
    /// In WebAssembly a panic ends the worker instead, and the page starts another.
    pub(super) fn guarded<T>(&self, run: impl FnOnce() -> TractResult<T>) -> Result<T> {
        let refuse = Refusal::of(&self.spec.title);
        match catch_unwind(AssertUnwindSafe(run)) {
            Ok(made) => made.map_err(|cause| refuse.fails(format!("{cause:#}"))),
            Err(panic) => Err(refuse.fails(said(&*panic))),
        }
    }

    /// What `run` makes of inputs [3, height, width] in the layout that the graph takes.
    fn run<T>(&self, inputs: &[&[f32]], run: impl Fn(&[&[f32]]) -> T) -> T {
        if self.layout == Layout::ChannelsFirst {
            return run(inputs);
        }
        let transposed: Vec<_> = inputs.iter().map(|input| transposed(input, input.len() / 3)).collect();
        run(&transposed.iter().map(Vec::as_slice).collect::<Vec<_>>())
    }

    fn run_tract(&self, plan: &Arc<TypedSimplePlan>, input: &[f32]) -> TractResult<Vec<f32>> {
        let output = plan.run(tvec!(self.input_tensor(input)?))?;
        Ok(output[0].view().as_slice::<f32>()?.to_vec())
    }

    /// What each step of a pass takes on the calling thread, over `rounds` passes of an input of zeros; `None` where tract computes
    /// the passes as a whole.
    ///
    /// # Errors
    /// As [`logits`](Network::logits).
    pub fn profile(&self, rounds: usize) -> Result<Option<Vec<StepTime>>> {
        let Runner::Own(program) = &self.runner else { return Ok(None) };
        let input = vec![0.5; 3 * self.spec.input.height * self.spec.input.width];
        Ok(Some(self.guarded(|| program.profile(&input, rounds))?))
    }

    /// The activations of `layer` for an input tensor [3, height, width]: one forward pass up to that layer.
    ///
    /// # Errors
    /// As [`logits`](Network::logits).
    pub fn activations(&self, layer: &Layer, input: &[f32]) -> Result<Activations> {
        let values = self.guarded(|| self.layer_values(layer, input))?;
        let values = layer.maps_of(values);
        Ok(Activations { values, channels: layer.channels, height: layer.height, width: layer.width })
    }

    /// The layer's tensor: on the way of the masked passes if it is there, else by a program or plan that ends at it.
    pub(super) fn layer_values(&self, layer: &Layer, input: &[f32]) -> TractResult<Vec<f32>> {
        if let (Runner::Own(program), Some(tap)) = (&self.runner, &layer.tap) {
            return Ok(self.run(&[input], |inputs| program.run_to(inputs, tap))?.swap_remove(0));
        }
        let graph = self.graph.clone().with_output_outlets(&[layer.outlet])?;
        if let Runner::Own(_) = self.runner
            && let Ok(program) = Program::compile(&graph, Purpose::Once)
        {
            return Ok(self.run(&[input], |inputs| program.run(inputs))?.swap_remove(0));
        }
        self.run_tract(&graph.into_decluttered()?.into_runnable()?, input)
    }

    /// Bytes that an explanation of `layer`, or of none, takes on `threads` threads: the weights, which are held twice, a memory
    /// for each thread, the masked pictures that go through it together, the layer's maps twice while they are put in order,
    /// and a score for each map and class; and what is needed of the network behind the layer.
    pub fn need(&self, layer: Option<&Layer>, behind: Behind, threads: usize) -> u64 {
        const FLOAT: u64 = size_of::<f32>() as u64;
        /// Inputs and their masks in one task: made, and as the program packs them.
        const COPIES: u64 = 2 * IMAGES as u64;
        let product = |sides: &[usize]| sides.iter().fold(FLOAT, |product, &side| product.saturating_mul(side as u64));
        let a_pass = match &self.runner {
            Runner::Own(program) => program.bytes(),
            Runner::Tract(_) => self.needs.pass,
        };
        let inputs = COPIES * product(&[4, self.spec.input.height, self.spec.input.width]);
        let of_layer = layer.map_or([0; 3], |layer| {
            // A layer that is not on the way has a program of its own while its maps are made.
            let apart = if layer.tap.is_some() { 0 } else { a_pass };
            let maps = product(&[layer.channels, layer.height, layer.width]);
            [apart, maps.saturating_mul(2), product(&[layer.channels, self.classes])]
        });
        // A program of its own has weights of its own; a way back keeps every tensor, and the gradients by some of them.
        let of_tail = match (behind, layer) {
            (Behind::Scores, Some(layer)) if !self.shares_tail(layer) => {
                a_pass.saturating_mul(threads as u64).saturating_add(self.needs.weights)
            }
            (Behind::Gradients, Some(_)) => self.needs.all.saturating_add(self.needs.pass),
            _ => 0,
        };
        let passes = (a_pass + inputs).saturating_mul(threads as u64).saturating_add(of_tail);
        of_layer.iter().fold(passes.saturating_add(2 * self.needs.weights), |all, more| all.saturating_add(*more))
    }

    /// `input` [3, height, width] as the graph takes it.
    pub(super) fn input_tensor(&self, input: &[f32]) -> TractResult<TValue> {
        let shape = input_shape(&self.spec, self.layout);
        Ok(match self.layout {
            Layout::ChannelsFirst => Tensor::from_shape(&shape, input)?,
            Layout::ChannelsLast => Tensor::from_shape(&shape, &transposed(input, input.len() / 3))?,
        }
        .into())
    }
}

/// The message of a panic.
fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("an operator breaks off")
}

/// A matrix of `columns` columns, its rows become columns.
pub(super) fn transposed(values: &[f32], columns: usize) -> Vec<f32> {
    (0..columns).flat_map(|column| values.iter().skip(column).step_by(columns).copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::transposed;

    #[test]
    fn rows_become_columns() {
        assert_eq!(transposed(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    }
}
