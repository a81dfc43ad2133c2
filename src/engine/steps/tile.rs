//! The micro-kernel that most of the time goes into: a few positions times one or two blocks of output channels.
//!
//! An accumulator a position and block; for each input channel and tap, the weights of a block are one load and the
//! activation of each position is one load into all lanes. V8 keeps 15 registers on x86-64; a tile that needs more
//! spills and halves. 6 positions x 2 blocks need 12 + 3 and one load for each 1.5 multiply-adds; 12 x 1 needs 12 + 2 and
//! more loads than multiply-adds, so it is kept for an odd number of blocks. Activations are read where they are: nothing is
//! copied into columns first.

#[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
mod wide;

#[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
use crate::engine::instructions::Instructions;
use crate::engine::instructions::instructions;
use crate::engine::simd::{F32x4, LANES};

/// The most positions of a tile of one block.
pub const WIDEST: usize = 12;

/// The most positions of a tile of two blocks.
const WIDEST_PAIR: usize = 6;

/// What all tiles of a layer share.
#[derive(Debug, Clone)]
pub struct Geometry {
    /// Blocks of input channels.
    pub blocks: usize,
    /// Floats between a block of input channels and the next.
    pub block_stride: usize,
    /// Floats from a position's first tap to each of its taps.
    pub taps: Vec<usize>,
    /// Floats between the inputs of neighbouring positions: four times the stride of a convolution.
    pub position_stride: usize,
    /// Input channels of a block that are used: 3 of a picture, else 4.
    pub lanes: usize,
    /// Floats between a block of output channels and the next.
    pub output_stride: usize,
    /// Smallest and largest value of an output.
    pub clamp: (f32, f32),
}

impl Geometry {
    /// That of a matrix product, [positions, channels] by [channels, outputs]: one tap, positions side by side.
    pub fn product(blocks: usize, positions: usize, clamp: (f32, f32)) -> Geometry {
        Geometry {
            blocks,
            block_stride: positions * LANES,
            taps: vec![0],
            position_stride: LANES,
            lanes: LANES,
            output_stride: positions * LANES,
            clamp,
        }
    }
}

/// Where the numbers of tiles side by side are. `added` is null where nothing is added to the results.
#[derive(Clone, Copy)]
pub struct Tiles {
    pub input: *const f32,
    pub weights: *const f32,
    pub bias: *const f32,
    pub added: *const f32,
    pub output: *mut f32,
    /// How many there are.
    pub count: usize,
}

/// Tiles of one size side by side in a row of positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first position.
    pub start: usize,
    /// Positions of a tile.
    pub positions: usize,
    /// Tiles.
    pub count: usize,
}

/// Computes tiles of one size side by side.
pub type Kernel = unsafe fn(&Geometry, Tiles);

/// Defines a kernel of a number of positions and one block of output channels. Its accumulators are written out: LLVM does
/// not unroll loops over them early enough to keep them in registers.
///
/// `weights` are `[taps, blocks of input channels, lanes, 4]`, `bias` is `[4]`. `S` is the position stride.
macro_rules! single {
    ($name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// All that the geometry reaches from the tile's pointers must lie in their buffers.
        unsafe fn $name<const S: usize>(geometry: &Geometry, tiles: Tiles) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                let (low, high) = (F32x4::splat(geometry.clamp.0), F32x4::splat(geometry.clamp.1));
                for tile in 0..tiles.count {
                    let input = tiles.input.add(tile * $positions * S);
                    let mut sums = [F32x4::load(tiles.bias); $positions];
                    let mut weights = tiles.weights;
                    for &tap in &geometry.taps {
                        let mut at = input.add(tap);
                        for _ in 0..geometry.blocks {
                            for lane in 0..geometry.lanes {
                                let weight = F32x4::load(weights);
                                let at = at.add(lane);
                                $(sums[$r] = F32x4::load_splat(at.add($r * S)).madd(weight, sums[$r]);)*
                                weights = weights.add(LANES);
                            }
                            at = at.add(geometry.block_stride);
                        }
                    }
                    let offset = tile * $positions * LANES;
                    if !tiles.added.is_null() {
                        let added = tiles.added.add(offset);
                        $(sums[$r] = sums[$r].add(F32x4::load(added.add($r * LANES)));)*
                    }
                    let output = tiles.output.add(offset);
                    $(sums[$r].max(low).min(high).store(output.add($r * LANES));)*
                }
            }
        }
    };
}

single!(single_1, 1: 0);
single!(single_2, 2: 0 1);
single!(single_3, 3: 0 1 2);
single!(single_4, 4: 0 1 2 3);
single!(single_5, 5: 0 1 2 3 4);
single!(single_6, 6: 0 1 2 3 4 5);
single!(single_7, 7: 0 1 2 3 4 5 6);
single!(single_8, 8: 0 1 2 3 4 5 6 7);
single!(single_9, 9: 0 1 2 3 4 5 6 7 8);
single!(single_10, 10: 0 1 2 3 4 5 6 7 8 9);
single!(single_11, 11: 0 1 2 3 4 5 6 7 8 9 10);
single!(single_12, 12: 0 1 2 3 4 5 6 7 8 9 10 11);

/// The same for two blocks of output channels, of positions side by side.
///
/// `weights` are `[taps, blocks of input channels, lanes, 2, 4]`, `bias` is `[2, 4]`.
macro_rules! pair {
    ($name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// As the kernels of one block.
        unsafe fn $name<const S: usize>(geometry: &Geometry, tiles: Tiles) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                let (low, high) = (F32x4::splat(geometry.clamp.0), F32x4::splat(geometry.clamp.1));
                for tile in 0..tiles.count {
                    let input = tiles.input.add(tile * $positions * S);
                    let mut near = [F32x4::load(tiles.bias); $positions];
                    let mut far = [F32x4::load(tiles.bias.add(LANES)); $positions];
                    let mut weights = tiles.weights;
                    for &tap in &geometry.taps {
                        let mut at = input.add(tap);
                        for _ in 0..geometry.blocks {
                            for lane in 0..geometry.lanes {
                                let (first, second) = (F32x4::load(weights), F32x4::load(weights.add(LANES)));
                                $(
                                    let value = F32x4::load_splat(at.add($r * S + lane));
                                    near[$r] = value.madd(first, near[$r]);
                                    far[$r] = value.madd(second, far[$r]);
                                )*
                                weights = weights.add(2 * LANES);
                            }
                            at = at.add(geometry.block_stride);
                        }
                    }
                    let offset = tile * $positions * LANES;
                    if !tiles.added.is_null() {
                        let added = tiles.added.add(offset);
                        let added_far = added.add(geometry.output_stride);
                        $(
                            near[$r] = near[$r].add(F32x4::load(added.add($r * LANES)));
                            far[$r] = far[$r].add(F32x4::load(added_far.add($r * LANES)));
                        )*
                    }
                    let output = tiles.output.add(offset);
                    let output_far = output.add(geometry.output_stride);
                    $(
                        near[$r].max(low).min(high).store(output.add($r * LANES));
                        far[$r].max(low).min(high).store(output_far.add($r * LANES));
                    )*
                }
            }
        }
    };
}

pair!(pair_1, 1: 0);
pair!(pair_2, 2: 0 1);
pair!(pair_3, 3: 0 1 2);
pair!(pair_4, 4: 0 1 2 3);
pair!(pair_5, 5: 0 1 2 3 4);
pair!(pair_6, 6: 0 1 2 3 4 5);

/// The kernels of 1 to 12 positions for one block of output channels.
const fn singles<const S: usize>() -> [Kernel; WIDEST] {
    [
        single_1::<S>,
        single_2::<S>,
        single_3::<S>,
        single_4::<S>,
        single_5::<S>,
        single_6::<S>,
        single_7::<S>,
        single_8::<S>,
        single_9::<S>,
        single_10::<S>,
        single_11::<S>,
        single_12::<S>,
    ]
}

/// The kernels of 1 to 6 positions for two blocks of output channels.
const fn pairs<const S: usize>() -> [Kernel; WIDEST_PAIR] {
    [pair_1::<S>, pair_2::<S>, pair_3::<S>, pair_4::<S>, pair_5::<S>, pair_6::<S>]
}

/// The kernels of a layer by their number of positions less one, or none for a stride that has none.
/// `blocks` of output channels are those of a [`Column`].
pub fn kernels(position_stride: usize, blocks: usize) -> Option<&'static [Kernel]> {
    static ONE: [Kernel; WIDEST] = singles::<4>();
    static TWO: [Kernel; WIDEST] = singles::<8>();
    static FOUR: [Kernel; WIDEST] = singles::<16>();
    static PAIR_OF_ONE: [Kernel; WIDEST_PAIR] = pairs::<4>();
    static PAIR_OF_TWO: [Kernel; WIDEST_PAIR] = pairs::<8>();
    static PAIR_OF_FOUR: [Kernel; WIDEST_PAIR] = pairs::<16>();
    #[cfg(all(target_arch = "x86_64", not(portable_kernels)))]
    if instructions() != Instructions::Base {
        return wide::kernels(instructions(), position_stride, blocks);
    }
    Some(match (position_stride, blocks) {
        (4, 1) => &ONE,
        (8, 1) => &TWO,
        (16, 1) => &FOUR,
        (4, 2) => &PAIR_OF_ONE,
        (8, 2) => &PAIR_OF_TWO,
        (16, 2) => &PAIR_OF_FOUR,
        _ => return None,
    })
}

/// Output blocks that a tile computes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// The first of them.
    pub first: usize,
    /// How many they are.
    pub blocks: usize,
}

/// The columns of a layer: as many blocks at once as there are kernels for, what is left in narrower ones.
pub fn columns(output_blocks: usize) -> impl Iterator<Item = Column> + Clone {
    let mut first = 0;
    std::iter::from_fn(move || {
        let left = output_blocks - first;
        let blocks = instructions().widths().iter().copied().find(|&width| width <= left)?;
        first += blocks;
        Some(Column { first: first - blocks, blocks })
    })
}

/// The most positions of a tile of `blocks`.
pub fn widest(blocks: usize) -> usize {
    kernels(LANES, blocks).map_or(1, <[Kernel]>::len)
}

/// Computes all `runs` of tiles, each with its floats into the input and into the output (and into what is added) of `tiles`: the one
/// loop over tiles that convolutions, Winograd's products and fully connected layers have.
///
/// # Safety
/// `kernels` must be those of the geometry's position stride; for every run all that its tiles reach must lie in the buffers
/// of `tiles`.
pub unsafe fn sweep(
    kernels: &[Kernel],
    geometry: &Geometry,
    runs: impl IntoIterator<Item = (usize, usize, Run)>,
    tiles: Tiles,
) {
    for (from, to, run) in runs {
        debug_assert!((1..=kernels.len()).contains(&run.positions), "{run:?} with {} kernels", kernels.len());
        // SAFETY: the caller's promise.
        unsafe {
            let added = if tiles.added.is_null() { tiles.added } else { tiles.added.add(to) };
            let (input, output) = (tiles.input.add(from), tiles.output.add(to));
            kernels[run.positions - 1](geometry, Tiles { input, added, output, count: run.count, ..tiles });
        }
    }
}

/// The runs of a row of `positions` that lie side by side in the input and in the output, as [`sweep`] takes them.
pub fn side_by_side(positions: usize, widest: usize) -> impl Iterator<Item = (usize, usize, Run)> {
    split(positions, widest).map(|run| (run.start * LANES, run.start * LANES, run))
}

/// Splits a row of `positions` into tiles of at most `widest`, as equal as can be: those of one position more come first.
pub fn split(positions: usize, widest: usize) -> impl Iterator<Item = Run> {
    let tiles = positions.div_ceil(widest);
    let (size, larger) = (positions / tiles, positions % tiles);
    let first = Run { start: 0, positions: size + 1, count: larger };
    let rest = Run { start: larger * (size + 1), positions: size, count: tiles - larger };
    [first, rest].into_iter().filter(|run| run.count > 0)
}

#[cfg(test)]
mod tests {
    use super::{Run, columns, split};

    #[test]
    fn every_block_of_output_channels_is_in_one_column_with_kernels() {
        for blocks in 1..40 {
            let mut next = 0;
            for column in columns(blocks) {
                assert_eq!(column.first, next);
                assert!([4, 8, 16].iter().all(|&stride| super::kernels(stride, column.blocks).is_some()));
                next += column.blocks;
            }
            assert_eq!(next, blocks);
        }
    }

    #[test]
    fn rows_are_split_into_tiles_that_are_as_equal_as_can_be() {
        let run = |start, positions, count| Run { start, positions, count };
        assert_eq!(split(49, 12).collect::<Vec<_>>(), [run(0, 10, 4), run(40, 9, 1)]);
        assert_eq!(split(12, 12).collect::<Vec<_>>(), [run(0, 12, 1)]);
        assert_eq!(split(13, 12).collect::<Vec<_>>(), [run(0, 7, 1), run(7, 6, 1)]);
    }
}
