//! Our own inference for the masked passes, which is where the time goes.
//!
//! [`Program::compile`] lowers a graph that tract has read and shaped to steps over activations in blocks of four channels
//! (`maps`); what has no step of ours runs as tract's operator between conversions (`steps::fallback`). A program's memory is
//! laid out ahead (`memory`), so no step of ours allocates activations, and threads share nothing but the weights. Several images
//! go through a program together where its weights are larger than its activations: the early steps take them one by
//! one, the later ones all at once.
//!
//! `lower` makes steps of a graph; a step a file under `steps`: `convolution` and the micro-kernel `tile`, `winograd`, `depthwise`,
//! `linear`, `pool`, `normalization`, `elementwise`, `pair`, `pick`, `attention`, `layer_normalization`, `arrange` and `patches`. What only
//! moves numbers is no step: `lower::views` follows it as a table of rows. `function` is what an activation function of any spelling becomes, run
//! by the step before it while its results are in the first-level cache. `simd` is the register they are written in; natively
//! `tile` has wider ones too, chosen by `instructions`. `selftest` compares them with tract's operators and with the machine's
//! peak, `profile` times the steps of a network.
//!
//! # What was measured and dropped
//! In Chromium 156 on two cores of an AMD EPYC whose multiply-adds peak at 29.5 GMAC/s a core:
//!
//! - Accumulators in loops over arrays: LLVM keeps them in memory, 2 GMAC/s. They are written out by macros.
//! - Four channels of a tile written out in a row: LLVM chains the multiply-adds of one accumulator, so that the weights of
//!   all four are alive at once and V8 spills; 18 to 21 GMAC/s. A loop over the channels that LLVM cannot unroll gives 26.5.
//!   Two in a row gave 20 for 12 x 1.
//! - LLVM's loop strength reduction turns each load's constant offset into an addition (build.sh switches it off).
//! - 12 positions x 1 block has more loads than multiply-adds: 23 GMAC/s; 6 x 2 reaches 26.5, 5 x 2 and 4 x 2 reach 24 to 25.
//! - Blocks a whole number of pages apart share a few lines of the first-level cache: maps of 112 x 112 gained a tenth from
//!   a line between them.

mod floats;
mod gradient;
mod instructions;
mod lower;
mod maps;
mod memory;
mod profile;
#[cfg(any(test, feature = "selftest"))]
pub mod selftest;
mod simd;
mod steps;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Mutex;

use tract_onnx::prelude::{OutletId, TractResult, TypedModel};
use tract_onnx::tract_core::internal::bail;

use floats::Floats;
use lower::{Lowered, Storage, Value, lower};
use maps::Maps;
use memory::{Request, plan};
use steps::{Memory, Place, Step, ValueId};

pub use gradient::{NoWayBack, Tape};
pub use lower::Purpose;
pub use profile::StepTime;

/// Images that go through a program together at most.
pub const IMAGES: usize = 4;

/// Steps from the first one on behind which all maps have at most this many positions take all images at once.
const FEW_POSITIONS: usize = 16 * 16;

/// A step that reads more positions than this takes images one by one whatever it makes of them: keeping what all of them
/// have there costs more memory than reading the weights once saves time.
const MANY_POSITIONS: usize = 64 * 64;

/// A network that is ready to run.
pub struct Program {
    steps: Vec<Box<dyn Step>>,
    /// The operator and name of the node that each step was made for.
    names: Vec<(String, String)>,
    places: Vec<Place>,
    /// The first step that takes all images at once.
    together: usize,
    input: (ValueId, Maps),
    output: (ValueId, Maps),
    /// The values of the graph's tensors.
    taps: HashMap<OutletId, Tap>,
    /// Floats of the values, and with the scratch.
    len: (usize, usize),
    /// The memories of threads that are not running at the moment.
    memories: Mutex<Vec<Floats>>,
}

/// Runs a step, whose number it is told.
type Timed<'a> = dyn FnMut(usize, &mut dyn FnMut() -> TractResult<()>) -> TractResult<()> + 'a;

/// A tensor of the graph that a program makes on its way.
#[derive(Debug, Clone)]
pub struct Tap {
    /// Steps after which it is there.
    steps: usize,
    place: Storage,
}

impl Tap {
    /// Whether a program can begin there.
    pub fn starts(&self) -> bool {
        matches!(self.place, Storage::Maps(..))
    }
}

impl Program {
    /// Lowers a graph of one input and one output, both of batch 1.
    ///
    /// # Errors
    /// If it has an operator that keeps a state or makes something else than floats of the input, or its maps exceed the memory.
    pub fn compile(model: &TypedModel, purpose: Purpose) -> TractResult<Program> {
        let Lowered { values, steps, nodes, input, output, tensors } = lower(model, purpose)?;
        let made: HashMap<ValueId, usize> =
            steps.iter().enumerate().map(|(at, step)| (step.writes(), at)).rev().collect();
        let tap =
            |(outlet, place): (OutletId, Storage)| Some((outlet, Tap { steps: made.get(&place.value())? + 1, place }));
        let taps = tensors.into_iter().filter_map(tap).collect();
        let many = |step: &dyn Step| {
            let reads_many = step.reads().iter().any(|&value| values[value].maps.positions() > MANY_POSITIONS);
            reads_many || values[step.writes()].maps.positions() > FEW_POSITIONS
        };
        let together = steps.iter().rposition(|step| many(step.as_ref())).map_or(0, |last| last + 1);
        let laid_out = layout(&values, &steps, together, input, output);
        let scratch = steps.iter().enumerate().map(|(at, step)| step.scratch(if at < together { 1 } else { IMAGES }));
        let scratch = scratch.max().unwrap_or(0);
        // No allocation may be larger than half of the addresses.
        let fits = |&(_, values_len): &(Vec<Place>, usize)| {
            values_len.checked_add(scratch).is_some_and(|len| len <= isize::MAX as usize / size_of::<f32>())
        };
        let Some((places, values_len)) = laid_out.filter(fits) else { bail!("its maps are larger than the memory") };
        let len = (values_len, values_len + scratch);
        let (input, output) = ((input, values[input].maps), (output, values[output].maps));
        let name = |&node: &usize| (model.node(node).op.name().into_owned(), model.node(node).name.clone());
        let names = nodes.iter().map(name).collect();
        Ok(Program { steps, names, places, together, input, output, taps, len, memories: Mutex::default() })
    }

    /// Multiply-adds of an image in convolutions and fully connected layers, by their definition.
    pub fn macs(&self) -> u64 {
        self.steps.iter().map(|step| step.macs()).sum()
    }

    /// As [`macs`](Program::macs), of what comes behind a tensor on the way.
    pub fn macs_from(&self, tap: &Tap) -> u64 {
        self.steps[tap.steps..].iter().map(|step| step.macs()).sum()
    }

    /// Bytes that every thread that runs it needs.
    pub fn bytes(&self) -> u64 {
        (self.len.1 * size_of::<f32>()) as u64
    }

    /// The tensor at `outlet` of the graph, if it is made on the way: one that was taken along by another step is not.
    pub fn tap(&self, outlet: OutletId) -> Option<Tap> {
        self.taps.get(&outlet).cloned()
    }

    /// The outputs of up to [`IMAGES`] inputs, all row-major, on the calling thread. What an input gives does not depend
    /// on the others.
    ///
    /// # Errors
    /// If a tract operator fails.
    pub fn run(&self, inputs: &[&[f32]]) -> TractResult<Vec<Vec<f32>>> {
        self.run_to(inputs, &self.end())
    }

    /// The input, as a place to begin at.
    fn beginning(&self) -> Tap {
        Tap { steps: 0, place: Storage::Maps(self.input.0, self.input.1) }
    }

    /// The output.
    fn end(&self) -> Tap {
        Tap { steps: self.steps.len(), place: Storage::Maps(self.output.0, self.output.1) }
    }

    /// The outputs, as of [`run`](Program::run), of a tensor on the way, row-major: what was computed before it is not looked
    /// at, so all that comes after `tap` must depend on that tensor alone.
    ///
    /// # Errors
    /// If a tract operator fails, or nothing [starts](Tap::starts) there.
    pub fn run_from(&self, tap: &Tap, values: &[&[f32]]) -> TractResult<Vec<Vec<f32>>> {
        self.run_timed(values, (tap, &self.end()), &mut |_, step| step())
    }

    /// As [`run`](Program::run), up to a tensor on the way and no further.
    ///
    /// # Errors
    /// If a tract operator fails.
    pub fn run_to(&self, inputs: &[&[f32]], tap: &Tap) -> TractResult<Vec<Vec<f32>>> {
        self.run_timed(inputs, (&self.beginning(), tap), &mut |_, step| step())
    }

    /// The tensor at the second tap for values of the first, with every step between them run by `timed`, which is told its number.
    fn run_timed(&self, inputs: &[&[f32]], (from, to): (&Tap, &Tap), timed: &mut Timed) -> TractResult<Vec<Vec<f32>>> {
        assert!(inputs.len() <= IMAGES, "{} inputs at once", inputs.len());
        // Of a tensor that images make by turns there is only the last one's.
        assert!(inputs.len() == 1 || to.steps > self.together || to.steps == self.steps.len());
        let kept = self.memories.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).pop();
        let mut floats = kept.unwrap_or_else(|| Floats::zeros(self.len.1));
        debug_assert_eq!(floats.len(), self.len.1, "a thread's memory is as long as the plan says");
        let base = floats.as_mut_ptr();
        // SAFETY: the scratch begins where the values end.
        let memory = Memory { base, places: &self.places, scratch: unsafe { base.add(self.len.0) }, len: self.len.0 };
        // SAFETY: `floats` is as long as the plan says and no other thread has it.
        let outputs = unsafe { self.run_in(&memory, inputs, (from, to), timed) };
        self.memories.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(floats);
        outputs
    }

    /// # Safety
    /// `memory` must be as [`Program::run_to`] makes it.
    unsafe fn run_in(
        &self,
        memory: &Memory,
        inputs: &[&[f32]],
        (from, to): (&Tap, &Tap),
        timed: &mut Timed,
    ) -> TractResult<Vec<Vec<f32>>> {
        let Storage::Maps(value, maps) = from.place else { bail!("values cannot be put there one after the other") };
        let turn = self.together.clamp(from.steps, to.steps);
        let (one_by_one, together) = (&self.steps[from.steps..turn], &self.steps[turn..to.steps]);
        for (image, input) in inputs.iter().enumerate() {
            // SAFETY: the input's place is as long as its maps.
            maps.pack(input, unsafe { std::slice::from_raw_parts_mut(memory.at(value, image), maps.len()) });
            for (at, step) in one_by_one.iter().enumerate() {
                // SAFETY: the caller's promise.
                timed(from.steps + at, &mut || unsafe { step.run(memory, image..image + 1) })?;
            }
        }
        for (at, step) in together.iter().enumerate() {
            // SAFETY: the caller's promise.
            timed(turn + at, &mut || unsafe { step.run(memory, 0..inputs.len()) })?;
        }
        let store = |image: usize| {
            // SAFETY: the value's place is as long as its maps.
            let blocked = |value: ValueId, maps: &Maps| unsafe {
                std::slice::from_raw_parts(memory.at(value, image).cast_const(), maps.len())
            };
            to.place.read(blocked)
        };
        Ok((0..inputs.len()).map(store).collect())
    }
}

/// A place for each value, and the floats that all of them take.
fn layout(
    values: &[Value],
    steps: &[Box<dyn Step>],
    together: usize,
    input: ValueId,
    output: ValueId,
) -> Option<(Vec<Place>, usize)> {
    // A part lies where its whole does.
    let root = |mut value: ValueId| {
        let mut before = 0;
        while let Some((parent, offset)) = values[value].parent {
            (value, before) = (parent, before + offset);
        }
        (value, before)
    };
    let mut alive: Vec<Option<Range<usize>>> = vec![None; values.len()];
    let mut touch = |value: ValueId, at: usize| {
        let range = &mut alive[root(value).0];
        let (start, end) = range.as_ref().map_or((at, at + 1), |range| (range.start.min(at), range.end.max(at + 1)));
        *range = Some(start..end);
    };
    touch(input, 0);
    for (at, step) in steps.iter().enumerate() {
        step.reads().into_iter().chain([step.writes()]).for_each(|value| touch(value, at));
    }
    // The output is read when all steps are done.
    touch(output, steps.len());
    let requests: Option<Vec<Request>> = values
        .iter()
        .zip(alive)
        .map(|(value, alive)| {
            // A part has the place of its whole.
            let Some(alive) = alive else { return Some(Request { len: 0, image_stride: 0, alive: 0..0 }) };
            let len = value.maps.len();
            // Of a value that is read when all images have come to its step, each image's is kept.
            let is_kept = alive.end > together;
            let alive = if is_kept && alive.start < together { 0..alive.end } else { alive };
            Some(Request {
                len: if is_kept { len.checked_mul(IMAGES)? } else { len },
                image_stride: if is_kept { len } else { 0 },
                alive,
            })
        })
        .collect();
    let (places, total) = plan(&requests?)?;
    let places = (0..values.len()).map(|value| {
        let (root, before) = root(value);
        Place { offset: places[root].offset + before, ..places[root] }
    });
    Some((places.collect(), total))
}
