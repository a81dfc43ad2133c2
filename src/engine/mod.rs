//! Our own inference for the masked passes, which is where the time goes.
//!
//! [`Program::compile`] lowers a graph that tract has read and shaped to steps over activations in blocks of four channels
//! ([`maps`]); what has no step of ours runs as tract's operator between conversions ([`fallback`]). A program's memory is
//! laid out ahead ([`memory`]), so a pass allocates nothing, and threads share nothing but the weights. Several images
//! go through a program together where its weights are larger than its activations: the early steps take them one by
//! one, the later ones all at once.
//!
//! A step a file: [`convolution`] and the micro-kernel [`tile`], [`winograd`], [`depthwise`], [`linear`], [`pool`],
//! [`normalization`], [`elementwise`]. [`simd`] is the register they are written in.

mod compile;
mod convolution;
mod depthwise;
mod elementwise;
mod fallback;
mod graph;
mod linear;
mod maps;
mod memory;
mod normalization;
mod pool;
mod simd;
mod step;
mod tile;
mod winograd;

use std::sync::Mutex;

use tract_onnx::prelude::{TractResult, TypedModel};

use compile::{Lowered, Value, lower};
use maps::Maps;
use memory::{Request, plan};
use step::{Memory, Place, Step, ValueId};

/// Images that go through a program together at most.
pub const IMAGES: usize = 4;

/// Steps from the first one on behind which all maps have at most this many positions take all images at once.
const FEW_POSITIONS: usize = 16 * 16;

/// A network that is ready to run.
pub struct Program {
    steps: Vec<Box<dyn Step>>,
    places: Vec<Place>,
    /// The first step that takes all images at once.
    together: usize,
    input: (ValueId, Maps),
    output: (ValueId, Maps),
    /// Floats of the values, and with the scratch.
    len: (usize, usize),
    /// The memories of threads that are not running at the moment.
    memories: Mutex<Vec<Vec<f32>>>,
}

impl Program {
    /// Lowers a graph of one input and one output, both of batch 1.
    ///
    /// # Errors
    /// If it has an operator that keeps a state or makes something else than floats of the input.
    pub fn compile(model: &TypedModel) -> TractResult<Program> {
        let Lowered { values, steps, input, output } = lower(model, IMAGES)?;
        let many = |step: &dyn Step| values[step.writes()].maps.positions() > FEW_POSITIONS;
        let together = steps.iter().rposition(|step| many(step.as_ref())).map_or(0, |last| last + 1);
        let (places, values_len) = layout(&values, &steps, together, input, output);
        let scratch = steps.iter().enumerate().map(|(at, step)| step.scratch(if at < together { 1 } else { IMAGES }));
        let len = (values_len, values_len + scratch.max().unwrap_or(0));
        let (input, output) = ((input, values[input].maps), (output, values[output].maps));
        Ok(Program { steps, places, together, input, output, len, memories: Mutex::default() })
    }

    /// The outputs of up to [`IMAGES`] inputs, all row-major, on the calling thread. What an input gives does not depend
    /// on the others.
    ///
    /// # Errors
    /// If a tract operator fails.
    pub fn run(&self, inputs: &[&[f32]]) -> TractResult<Vec<Vec<f32>>> {
        assert!(inputs.len() <= IMAGES, "{} inputs at once", inputs.len());
        let kept = self.memories.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let mut floats = kept.unwrap_or_else(|| vec![0.0; self.len.1]);
        let base = floats.as_mut_ptr();
        // SAFETY: the scratch begins where the values end.
        let memory = Memory { base, places: &self.places, scratch: unsafe { base.add(self.len.0) } };
        // SAFETY: `floats` is as long as the plan says and no other thread has it.
        let outputs = unsafe { self.run_in(&memory, inputs) };
        self.memories.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(floats);
        outputs
    }

    /// # Safety
    /// `memory` must be as [`Program::run`] makes it.
    unsafe fn run_in(&self, memory: &Memory, inputs: &[&[f32]]) -> TractResult<Vec<Vec<f32>>> {
        let (value, maps) = self.input;
        let load = |image: usize| {
            // SAFETY: the input's place is as long as its maps.
            let blocked = unsafe { std::slice::from_raw_parts_mut(memory.at(value, image), maps.len()) };
            maps.pack(inputs[image], blocked);
        };
        let (one_by_one, together) = self.steps.split_at(self.together);
        for image in 0..inputs.len() {
            load(image);
            for step in one_by_one {
                // SAFETY: the caller's promise.
                unsafe { step.run(memory, image..image + 1)? };
            }
        }
        for step in together {
            // SAFETY: the caller's promise.
            unsafe { step.run(memory, 0..inputs.len())? };
        }
        let (value, maps) = self.output;
        let store = |image: usize| {
            let mut plain = vec![0.0; maps.channels * maps.positions()];
            // SAFETY: the output's place is as long as its maps.
            maps.unpack(unsafe { std::slice::from_raw_parts(memory.at(value, image), maps.len()) }, &mut plain);
            plain
        };
        Ok((0..inputs.len()).map(store).collect())
    }
}

/// A place for each value, and the floats that all of them take.
fn layout(values: &[Value], steps: &[Box<dyn Step>], together: usize, input: ValueId, output: ValueId) -> (Vec<Place>, usize) {
    // A part lies where its whole does.
    let root = |mut value: ValueId| {
        let mut before = 0;
        while let Some((parent, offset)) = values[value].parent {
            (value, before) = (parent, before + offset);
        }
        (value, before)
    };
    let mut alive = vec![usize::MAX..0; values.len()];
    let mut touch = |value: ValueId, at: usize| {
        let range = &mut alive[root(value).0];
        *range = range.start.min(at)..range.end.max(at + 1);
    };
    touch(input, 0);
    for (at, step) in steps.iter().enumerate() {
        step.reads().into_iter().chain([step.writes()]).for_each(|value| touch(value, at));
    }
    // The output is read when all steps are done.
    touch(output, steps.len());
    let requests: Vec<Request> = values
        .iter()
        .zip(alive)
        .map(|(value, alive)| {
            let len = value.maps.len();
            // Of a value that is read when all images have come to its step, each image's is kept.
            let is_kept = alive.end > together;
            let alive = if is_kept && alive.start < together { 0..alive.end } else { alive.start.min(alive.end)..alive.end };
            Request { len: if is_kept { len * IMAGES } else { len }, image_stride: if is_kept { len } else { 0 }, alive }
        })
        .collect();
    let (places, total) = plan(&requests);
    let places = (0..values.len()).map(|value| {
        let (root, before) = root(value);
        Place { offset: places[root].offset + before, ..places[root] }
    });
    (places.collect(), total)
}
