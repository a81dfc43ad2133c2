//! Convolutions of any kernel size, computed where the activations lie: the tiles of [`super::tile`] over padded rows.
//!
//! A convolution without padding reads its input in place. One with padding copies it between zeros first, which costs
//! one write for each of the taps and output channels that read it. A 1 x 1 convolution of stride 1 has no rows: its
//! positions are one run.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::function::Function;
use super::tile::{self, Column, Geometry, Run, Tiles, kernels, split, sweep, widest};
use super::{Memory, Step, ValueId};
use crate::engine::floats::Floats;
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Weights of this many bytes stay in the second-level cache, so tiles may come first; larger ones are read once for all
/// images instead.
const RESIDENT_WEIGHTS: usize = 256 << 10;

/// Input of this many bytes stays in the first-level cache while all output channels read it.
const RESIDENT_INPUT: usize = 16 << 10;

/// A convolution with its bias, what is added to it and the range that its result is clamped to.
#[derive(Debug, Clone)]
pub struct Convolution {
    /// Maps that it takes.
    pub input: Maps,
    /// Maps that it makes.
    pub output: Maps,
    /// Weights [output channels, input channels / groups, height, width].
    pub weights: Vec<f32>,
    /// A value for each output channel.
    pub bias: Vec<f32>,
    /// Rows and columns of the kernel.
    pub kernel: (usize, usize),
    /// Rows and columns from a position to the next.
    pub stride: (usize, usize),
    /// Rows and columns from a tap to the next.
    pub dilation: (usize, usize),
    /// Rows above and columns left of the input that are zero.
    pub padding: (usize, usize),
    /// Parts that the channels fall into, each computed from its own.
    pub groups: usize,
    /// Smallest and largest result.
    pub clamp: (f32, f32),
    /// What is made of each result after that.
    pub function: Option<Function>,
}

impl Convolution {
    /// Multiply-adds of an image.
    pub fn macs(&self) -> u64 {
        self.weights.len() as u64 * self.output.positions() as u64
    }

    /// The same with groups put together, zeros between them, until each is a whole number of blocks. `macs` counts the zeros.
    pub fn in_whole_blocks(self) -> Convolution {
        let whole = |groups: usize| {
            let blocks = |channels: usize| (channels / groups).is_multiple_of(LANES);
            groups == 1 || blocks(self.input.channels) && blocks(self.output.channels)
        };
        let together = (1..=self.groups).find(|n| self.groups.is_multiple_of(*n) && whole(self.groups / n));
        let Some(together) = together.filter(|&together| together > 1) else { return self };
        let (inputs, outputs) = (self.input.channels / self.groups, self.output.channels / self.groups);
        let taps = self.kernel.0 * self.kernel.1;
        let mut weights = vec![0.0; self.weights.len() * together];
        for (channel, filter) in self.weights.chunks_exact(inputs * taps).enumerate() {
            // Where the channel's own inputs are among those of the groups that are together now.
            let before = channel / outputs % together * inputs;
            weights[(channel * inputs * together + before) * taps..][..filter.len()].copy_from_slice(filter);
        }
        Convolution { weights, groups: self.groups / together, ..self }
    }

    /// Rows and columns of the padded input that its windows reach over; `None` where no address reaches as far.
    pub fn reach(&self) -> Option<(usize, usize)> {
        let reach = |output: usize, stride: usize, kernel: usize, dilation: usize| {
            (output - 1).checked_mul(stride)?.checked_add((kernel - 1).checked_mul(dilation)?)?.checked_add(1)
        };
        let rows = reach(self.output.height, self.stride.0, self.kernel.0, self.dilation.0)?;
        Some((rows, reach(self.output.width, self.stride.1, self.kernel.1, self.dilation.1)?))
    }
}

/// Where a convolution's values are.
#[derive(Debug, Clone, Copy)]
pub struct Wiring {
    /// Read.
    pub input: ValueId,
    /// Read and added before clamping.
    pub added: Option<ValueId>,
    /// Written.
    pub output: ValueId,
}

impl Wiring {
    /// The values that are read.
    pub fn reads(&self) -> Vec<ValueId> {
        std::iter::once(self.input).chain(self.added).collect()
    }
}

/// A convolution by tiles.
pub struct Direct {
    wiring: Wiring,
    geometry: Geometry,
    /// [groups, columns, taps, input blocks, lanes, blocks of the column, 4]
    weights: Floats,
    /// [output blocks, 4]
    bias: Vec<f32>,
    /// The output blocks of a group, as tiles compute them.
    columns: Vec<Column>,
    groups: usize,
    input: Maps,
    output: Maps,
    /// The input between its zeros, and where it starts there; absent without padding.
    padded: Option<(Maps, (usize, usize))>,
    /// Floats into the input and into the output, and the tiles from there on.
    runs: Vec<(usize, usize, Run)>,
    /// Runs that are computed for all output channels before the next ones.
    chunk: usize,
    weights_first: bool,
    function: Option<Function>,
    macs: u64,
}

impl Direct {
    /// Packs the weights, or answers `None` if there is no kernel for such a convolution.
    pub fn new(convolution: &Convolution, wiring: Wiring) -> Option<Direct> {
        let Convolution { input, output, kernel, stride, dilation, padding, groups, .. } = *convolution;
        let is_whole_blocks = |channels: usize| (channels / groups).is_multiple_of(LANES);
        if groups > 1 && !(is_whole_blocks(input.channels) && is_whole_blocks(output.channels)) {
            return None;
        }
        let (rows, columns) = convolution.reach()?;
        let in_place = padding == (0, 0) && rows <= input.height && columns <= input.width;
        let source = if in_place { input } else { Maps::checked(input.channels, rows, columns)? };
        let is_flat = kernel == (1, 1) && stride == (1, 1) && in_place;
        let (rows_of_tiles, row_len) = if is_flat { (1, output.positions()) } else { (output.height, output.width) };

        let lanes = if input.channels == 3 { 3 } else { LANES };
        let output_blocks = output.blocks() / groups;
        let columns: Vec<Column> = tile::columns(output_blocks).collect();
        let widest_column = columns.first()?.blocks;
        kernels(stride.1 * LANES, widest_column)?;
        let widest = widest(widest_column);
        let bytes_a_tile = input.channels / groups * widest * stride.0 * stride.1 * size_of::<f32>();
        let resident_tiles = (RESIDENT_INPUT / bytes_a_tile).max(1);
        let mut runs = Vec::new();
        for row in 0..rows_of_tiles {
            for Run { start, positions, count } in split(row_len, widest) {
                for first in (0..count).step_by(resident_tiles) {
                    let start = start + first * positions;
                    let from = (row * stride.0 * source.width + start * stride.1) * LANES;
                    let to = (row * output.width + start) * LANES;
                    runs.push((from, to, Run { start, positions, count: resident_tiles.min(count - first) }));
                }
            }
        }
        let tiles_a_run = runs.iter().map(|(_, _, run)| run.count).max().unwrap_or(1);
        let taps = (0..kernel.0)
            .flat_map(|y| (0..kernel.1).map(move |x| (y * dilation.0 * source.width + x * dilation.1) * LANES))
            .collect();
        let geometry = Geometry {
            blocks: input.blocks() / groups,
            block_stride: source.block_len(),
            taps,
            position_stride: stride.1 * LANES,
            lanes,
            output_stride: output.block_len(),
            clamp: convolution.clamp,
        };
        let weights = packed(convolution, lanes, &columns);
        Some(Direct {
            wiring,
            geometry,
            bias: padded_to_blocks(&convolution.bias),
            columns,
            groups,
            input,
            output,
            padded: (!in_place).then_some((source, padding)),
            chunk: (resident_tiles / tiles_a_run).max(1),
            runs,
            weights_first: weights.len() * size_of::<f32>() > RESIDENT_WEIGHTS,
            weights,
            function: convolution.function.clone(),
            macs: convolution.macs(),
        })
    }

    /// Computes `runs` of one image for one tile's worth of output channels.
    ///
    /// # Safety
    /// As [`Step::run`]; `source` and `output` are those of the image, `added` too unless it is null.
    unsafe fn column(
        &self,
        at: usize,
        runs: &[(usize, usize, Run)],
        source: *const f32,
        added: *const f32,
        output: *mut f32,
    ) {
        let Geometry { position_stride, lanes, .. } = self.geometry;
        let (group, Column { first, blocks }) = (at / self.columns.len(), self.columns[at % self.columns.len()]);
        let kernels = kernels(position_stride, blocks).expect("new() saw to it");
        let first = group * (self.output.blocks() / self.groups) + first;
        let a_block = self.geometry.blocks * self.geometry.taps.len() * lanes * LANES;
        // SAFETY: the offsets are those of the layout that new() computed.
        unsafe {
            let source = source.add(group * self.geometry.blocks * self.geometry.block_stride);
            let column = first * self.output.block_len();
            debug_assert!(
                (first + blocks) * a_block <= self.weights.len() && (first + blocks) * LANES <= self.bias.len()
            );
            debug_assert!(column + blocks * self.output.block_len() <= self.output.len());
            let tiles = Tiles {
                input: source,
                weights: self.weights.as_ptr().add(first * a_block),
                bias: self.bias.as_ptr().add(first * LANES),
                added: if added.is_null() { added } else { added.add(column) },
                output: output.add(column),
                count: 0,
            };
            sweep(kernels, &self.geometry, runs.iter().copied(), tiles);
            let Some(function) = &self.function else { return };
            // Now, while the results are in the first-level cache.
            for block in 0..blocks {
                let block = tiles.output.add(block * self.output.block_len());
                for (_, to, run) in runs {
                    function.apply(block.add(*to), run.positions * run.count * LANES);
                }
            }
        }
    }
}

impl Step for Direct {
    fn reads(&self) -> Vec<ValueId> {
        self.wiring.reads()
    }

    fn writes(&self) -> ValueId {
        self.wiring.output
    }

    fn kind(&self) -> &'static str {
        "convolution"
    }

    fn macs(&self) -> u64 {
        self.macs
    }

    fn scratch(&self, images: usize) -> usize {
        self.padded.map_or(0, |(maps, _)| images * maps.len())
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let first = images.start;
        // SAFETY: by the caller's promise the values and the scratch are where the planner put them.
        let source = |image: usize| match self.padded {
            None => memory.at(self.wiring.input, image).cast_const(),
            Some((maps, _)) => unsafe { memory.scratch.add((image - first) * maps.len()).cast_const() },
        };
        if let Some((maps, start)) = self.padded {
            for image in images.clone() {
                // SAFETY: as above.
                unsafe { pad(self.input, memory.at(self.wiring.input, image), maps, start, source(image).cast_mut()) };
            }
        }
        let added = |image| self.wiring.added.map_or(std::ptr::null(), |value| memory.at(value, image).cast_const());
        let columns = self.groups * self.columns.len();
        // SAFETY: as above.
        unsafe {
            if self.weights_first {
                for at in 0..columns {
                    for image in images.clone() {
                        self.column(at, &self.runs, source(image), added(image), memory.at(self.wiring.output, image));
                    }
                }
            } else {
                for image in images {
                    for runs in self.runs.chunks(self.chunk) {
                        for at in 0..columns {
                            self.column(at, runs, source(image), added(image), memory.at(self.wiring.output, image));
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// Copies maps to (`top`, `left`) of larger ones, or as much of them as fits, between zeros.
///
/// # Safety
/// `from` must be maps of `input`, `to` have room for `padded`.
pub unsafe fn pad(input: Maps, from: *const f32, padded: Maps, (top, left): (usize, usize), to: *mut f32) {
    let rows = input.height.min(padded.height - top);
    let columns = input.width.min(padded.width - left);
    debug_assert!(padded.blocks() >= input.blocks() && top + rows <= padded.height && left + columns <= padded.width);
    // SAFETY: rows and columns stay within both.
    unsafe {
        std::ptr::write_bytes(to, 0, padded.blocks() * padded.block_len());
        for block in 0..input.blocks() {
            for row in 0..rows {
                let from = from.add(block * input.block_len() + row * input.width * LANES);
                let to = to.add(block * padded.block_len() + ((top + row) * padded.width + left) * LANES);
                copy(from, to, columns);
            }
        }
    }
}

/// Copies `positions` registers.
///
/// # Safety
/// Both must have as many.
unsafe fn copy(from: *const f32, to: *mut f32, positions: usize) {
    for position in 0..positions {
        // SAFETY: the caller's promise.
        unsafe { F32x4::load(from.add(position * LANES)).store(to.add(position * LANES)) };
    }
}

/// Weights as the tiles read them: [groups, columns, taps, input blocks, lanes, blocks of the column, 4].
fn packed(convolution: &Convolution, lanes: usize, columns: &[Column]) -> Floats {
    let Convolution { input, output, kernel, groups, .. } = *convolution;
    let (inputs, outputs, taps) = (input.channels / groups, output.channels / groups, kernel.0 * kernel.1);
    let mut packed =
        Floats::with_capacity(groups * outputs.next_multiple_of(LANES) * inputs.next_multiple_of(LANES) * taps);
    for group in 0..groups {
        for &Column { first, blocks } in columns {
            for tap in 0..taps {
                for block in 0..inputs.div_ceil(LANES) {
                    for lane in 0..lanes {
                        for to in first * LANES..(first + blocks) * LANES {
                            let from = block * LANES + lane;
                            let at = ((group * outputs + to) * inputs + from) * taps + tap;
                            let is_channel = from < inputs && to < outputs;
                            packed.push(if is_channel { convolution.weights[at] } else { 0.0 });
                        }
                    }
                }
            }
        }
    }
    packed
}

/// A value a channel, with zeros up to a whole block.
pub fn padded_to_blocks(values: &[f32]) -> Vec<f32> {
    let mut padded = values.to_vec();
    padded.resize(values.len().next_multiple_of(LANES), 0.0);
    padded
}
