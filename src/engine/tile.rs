//! The micro-kernel that most of the time goes into: a few positions times one or two blocks of output channels.
//!
//! An accumulator a position and block; for each input channel and tap, the weights of a block are one load and the
//! activation of each position is one load into all lanes. V8 keeps 15 registers on x86-64; a tile that needs more
//! spills and halves. 12 x 1 needs 12 + 2, 4 x 2 needs 8 + 3. Activations are read where they are: nothing is copied
//! into columns first.

use super::simd::{F32x4, LANES};

/// The most positions of a tile one block wide.
pub const WIDEST: usize = 12;

/// The most positions of a tile two blocks wide.
pub const WIDEST_PAIR: usize = 4;

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

/// Where one tile's numbers are. The output may be added to; `added` is null where nothing is.
#[derive(Clone, Copy)]
pub struct Tile {
    pub input: *const f32,
    pub weights: *const f32,
    pub bias: *const f32,
    pub added: *const f32,
    pub output: *mut f32,
}

type Kernel = unsafe fn(&Geometry, Tile);

/// Defines a kernel of a number of positions and one block of output channels. Its accumulators are written out: LLVM does
/// not unroll loops over them early enough to keep them in registers.
///
/// `weights` are [blocks of input channels, taps, lanes, 4], `bias` is [4]. `S` is the position stride, `L` the lanes.
macro_rules! single {
    ($name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// All that the geometry reaches from the tile's pointers must lie in their buffers.
        unsafe fn $name<const S: usize, const L: usize>(geometry: &Geometry, tile: Tile) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                let mut sums = [F32x4::load(tile.bias); $positions];
                let mut weights = tile.weights;
                let mut block = tile.input;
                for _ in 0..geometry.blocks {
                    for &tap in &geometry.taps {
                        let at = block.add(tap);
                        let weight = F32x4::load(weights);
                        $(sums[$r] = F32x4::load_splat(at.add($r * S)).madd(weight, sums[$r]);)*
                        let weight = F32x4::load(weights.add(LANES));
                        $(sums[$r] = F32x4::load_splat(at.add($r * S + 1)).madd(weight, sums[$r]);)*
                        let weight = F32x4::load(weights.add(2 * LANES));
                        $(sums[$r] = F32x4::load_splat(at.add($r * S + 2)).madd(weight, sums[$r]);)*
                        if L == 4 {
                            let weight = F32x4::load(weights.add(3 * LANES));
                            $(sums[$r] = F32x4::load_splat(at.add($r * S + 3)).madd(weight, sums[$r]);)*
                        }
                        weights = weights.add(L * LANES);
                    }
                    block = block.add(geometry.block_stride);
                }
                if !tile.added.is_null() {
                    $(sums[$r] = sums[$r].add(F32x4::load(tile.added.add($r * LANES)));)*
                }
                let (low, high) = (F32x4::splat(geometry.clamp.0), F32x4::splat(geometry.clamp.1));
                $(sums[$r].max(low).min(high).store(tile.output.add($r * LANES));)*
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
/// `weights` are [blocks of input channels, taps, 4, 2, 4], `bias` is [2, 4].
macro_rules! pair {
    ($name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// As the kernels of one block.
        unsafe fn $name(geometry: &Geometry, tile: Tile) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                let mut near = [F32x4::load(tile.bias); $positions];
                let mut far = [F32x4::load(tile.bias.add(LANES)); $positions];
                let mut weights = tile.weights;
                let mut block = tile.input;
                for _ in 0..geometry.blocks {
                    for &tap in &geometry.taps {
                        let at = block.add(tap);
                        for lane in 0..LANES {
                            let (first, second) = (F32x4::load(weights), F32x4::load(weights.add(LANES)));
                            $(
                                let value = F32x4::load_splat(at.add($r * LANES + lane));
                                near[$r] = value.madd(first, near[$r]);
                                far[$r] = value.madd(second, far[$r]);
                            )*
                            weights = weights.add(2 * LANES);
                        }
                    }
                    block = block.add(geometry.block_stride);
                }
                let added_far = tile.added.wrapping_add(geometry.output_stride);
                if !tile.added.is_null() {
                    $(
                        near[$r] = near[$r].add(F32x4::load(tile.added.add($r * LANES)));
                        far[$r] = far[$r].add(F32x4::load(added_far.add($r * LANES)));
                    )*
                }
                let (low, high) = (F32x4::splat(geometry.clamp.0), F32x4::splat(geometry.clamp.1));
                let output_far = tile.output.add(geometry.output_stride);
                $(
                    near[$r].max(low).min(high).store(tile.output.add($r * LANES));
                    far[$r].max(low).min(high).store(output_far.add($r * LANES));
                )*
            }
        }
    };
}

pair!(pair_1, 1: 0);
pair!(pair_2, 2: 0 1);
pair!(pair_3, 3: 0 1 2);
pair!(pair_4, 4: 0 1 2 3);

/// The kernels of 1 to 12 positions for one block of output channels.
const fn singles<const S: usize, const L: usize>() -> [Kernel; WIDEST] {
    [
        single_1::<S, L>,
        single_2::<S, L>,
        single_3::<S, L>,
        single_4::<S, L>,
        single_5::<S, L>,
        single_6::<S, L>,
        single_7::<S, L>,
        single_8::<S, L>,
        single_9::<S, L>,
        single_10::<S, L>,
        single_11::<S, L>,
        single_12::<S, L>,
    ]
}

/// The kernels of a layer by their number of positions less one, or none for a stride or number of lanes that has none.
/// `blocks` of output channels are one or two.
pub fn kernels(position_stride: usize, lanes: usize, blocks: usize) -> Option<&'static [Kernel]> {
    static UNIT: [Kernel; WIDEST] = singles::<4, 4>();
    static TWO: [Kernel; WIDEST] = singles::<8, 4>();
    static PICTURE: [Kernel; WIDEST] = singles::<4, 3>();
    static PICTURE_TWO: [Kernel; WIDEST] = singles::<8, 3>();
    static PICTURE_FOUR: [Kernel; WIDEST] = singles::<16, 3>();
    static PAIR: [Kernel; WIDEST_PAIR] = [pair_1, pair_2, pair_3, pair_4];
    Some(match (position_stride, lanes, blocks) {
        (4, 4, 1) => &UNIT,
        (8, 4, 1) => &TWO,
        (4, 3, 1) => &PICTURE,
        (8, 3, 1) => &PICTURE_TWO,
        (16, 3, 1) => &PICTURE_FOUR,
        (4, 4, 2) => &PAIR,
        _ => return None,
    })
}

/// Splits a row of `positions` into tiles of at most `widest`, as equal as can be.
pub fn split(positions: usize, widest: usize) -> impl Iterator<Item = (usize, usize)> {
    let tiles = positions.div_ceil(widest);
    (0..tiles).map(move |tile| {
        let start = tile * positions / tiles;
        (start, (tile + 1) * positions / tiles - start)
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn rows_are_split_into_tiles_that_are_as_equal_as_can_be() {
        assert_eq!(split(49, 12).collect::<Vec<_>>(), [(0, 9), (9, 10), (19, 10), (29, 10), (39, 10)]);
        assert_eq!(split(12, 12).collect::<Vec<_>>(), [(0, 12)]);
        assert_eq!(split(13, 12).collect::<Vec<_>>(), [(0, 6), (6, 7)]);
    }
}
