//! The kernels of [`super`] in wider registers, for x86-64: a register of eight floats is two blocks of output channels, one of
//! sixteen is four.
//!
//! Weights lie as before, a channel's blocks side by side, so that they are one load; results are taken apart again when they
//! are stored. Twelve positions of one register each are more than the latency of a multiply-add needs. AVX2 has 16 registers:
//! four blocks are two of them a position, for six positions.

use core::arch::x86_64::{
    __m128, __m256, __m512, _mm_add_ps, _mm_fmadd_ps, _mm_loadu_ps, _mm_max_ps, _mm_min_ps, _mm_set1_ps, _mm_storeu_ps,
    _mm256_broadcast_ss, _mm256_castps256_ps128, _mm256_extractf128_ps, _mm256_fmadd_ps, _mm256_loadu_ps,
    _mm512_castps512_ps128, _mm512_extractf32x4_ps, _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps,
};

use super::{Geometry, Kernel, Tiles, WIDEST, WIDEST_PAIR};
use crate::engine::instructions::Instructions;
use crate::engine::simd::LANES;

/// Adds, clamps and stores the results of one position and block.
///
/// # Safety
/// The machine must have the instructions; `at` floats from the tiles' output, and from what is added unless that is null, must
/// be in their buffers.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn finish(value: __m128, tiles: &Tiles, at: usize, geometry: &Geometry) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut value = value;
        if !tiles.added.is_null() {
            value = _mm_add_ps(value, _mm_loadu_ps(tiles.added.add(at)));
        }
        // The second operand is the answer where one is no number, so that it stays.
        let value = _mm_max_ps(_mm_set1_ps(geometry.clamp.0), value);
        let value = _mm_min_ps(_mm_set1_ps(geometry.clamp.1), value);
        _mm_storeu_ps(tiles.output.add(at), value);
    }
}

/// # Safety
/// As [`finish`], for two blocks.
#[inline]
#[target_feature(enable = "avx2,fma")]
unsafe fn finish_two(value: __m256, tiles: &Tiles, at: usize, geometry: &Geometry) {
    // SAFETY: the caller's promise.
    unsafe {
        finish(_mm256_castps256_ps128(value), tiles, at, geometry);
        finish(_mm256_extractf128_ps::<1>(value), tiles, at + geometry.output_stride, geometry);
    }
}

/// # Safety
/// As [`finish`], for four blocks.
#[inline]
#[target_feature(enable = "avx2,fma,avx512f")]
unsafe fn finish_four(value: __m512, tiles: &Tiles, at: usize, geometry: &Geometry) {
    // SAFETY: the caller's promise.
    unsafe {
        finish(_mm512_castps512_ps128(value), tiles, at, geometry);
        finish(_mm512_extractf32x4_ps::<1>(value), tiles, at + geometry.output_stride, geometry);
        finish(_mm512_extractf32x4_ps::<2>(value), tiles, at + 2 * geometry.output_stride, geometry);
        finish(_mm512_extractf32x4_ps::<3>(value), tiles, at + 3 * geometry.output_stride, geometry);
    }
}

/// Defines a kernel of a number of positions with one register each, as `single` in [`super`] does.
macro_rules! kernel {
    ($features:literal, $blocks:literal, $load:ident, $splat:expr, $madd:ident, $finish:ident;
     $name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// The machine must have the instructions; all that the geometry reaches from the tile's pointers must lie in their
        /// buffers.
        #[target_feature(enable = $features)]
        unsafe fn $name<const S: usize>(geometry: &Geometry, tiles: Tiles) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                for tile in 0..tiles.count {
                    let input = tiles.input.add(tile * $positions * S);
                    let mut sums = [$load(tiles.bias); $positions];
                    let mut weights = tiles.weights;
                    for &tap in &geometry.taps {
                        let mut at = input.add(tap);
                        for _ in 0..geometry.blocks {
                            for lane in 0..geometry.lanes {
                                let weight = $load(weights);
                                $(sums[$r] = $madd($splat(at.add($r * S + lane)), weight, sums[$r]);)*
                                weights = weights.add($blocks * LANES);
                            }
                            at = at.add(geometry.block_stride);
                        }
                    }
                    let offset = tile * $positions * LANES;
                    $($finish(sums[$r], &tiles, offset + $r * LANES, geometry);)*
                }
            }
        }
    };
}

macro_rules! single {
    ($($kernel:tt)*) => {
        kernel!("avx2,fma", 1, _mm_loadu_ps, |at: *const f32| _mm_set1_ps(*at), _mm_fmadd_ps, finish; $($kernel)*);
    };
}

macro_rules! pair {
    ($($kernel:tt)*) => {
        kernel!("avx2,fma", 2, _mm256_loadu_ps, |at: *const f32| _mm256_broadcast_ss(&*at), _mm256_fmadd_ps, finish_two; $($kernel)*);
    };
}

macro_rules! four {
    ($($kernel:tt)*) => {
        kernel!("avx2,fma,avx512f", 4, _mm512_loadu_ps, |at: *const f32| _mm512_set1_ps(*at), _mm512_fmadd_ps, finish_four; $($kernel)*);
    };
}

/// Four blocks of output channels in two registers of eight.
macro_rules! two_pairs {
    ($name:ident, $positions:literal: $($r:literal)*) => {
        /// # Safety
        /// As the kernels of one register.
        #[target_feature(enable = "avx2,fma")]
        unsafe fn $name<const S: usize>(geometry: &Geometry, tiles: Tiles) {
            // SAFETY: the caller's promise holds for every access below.
            unsafe {
                for tile in 0..tiles.count {
                    let input = tiles.input.add(tile * $positions * S);
                    let mut near = [_mm256_loadu_ps(tiles.bias); $positions];
                    let mut far = [_mm256_loadu_ps(tiles.bias.add(2 * LANES)); $positions];
                    let mut weights = tiles.weights;
                    for &tap in &geometry.taps {
                        let mut at = input.add(tap);
                        for _ in 0..geometry.blocks {
                            for lane in 0..geometry.lanes {
                                let first = _mm256_loadu_ps(weights);
                                let second = _mm256_loadu_ps(weights.add(2 * LANES));
                                $(
                                    let value = _mm256_broadcast_ss(&*at.add($r * S + lane));
                                    near[$r] = _mm256_fmadd_ps(value, first, near[$r]);
                                    far[$r] = _mm256_fmadd_ps(value, second, far[$r]);
                                )*
                                weights = weights.add(4 * LANES);
                            }
                            at = at.add(geometry.block_stride);
                        }
                    }
                    let offset = tile * $positions * LANES;
                    $(
                        finish_two(near[$r], &tiles, offset + $r * LANES, geometry);
                        finish_two(far[$r], &tiles, offset + $r * LANES + 2 * geometry.output_stride, geometry);
                    )*
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

pair!(pair_1, 1: 0);
pair!(pair_2, 2: 0 1);
pair!(pair_3, 3: 0 1 2);
pair!(pair_4, 4: 0 1 2 3);
pair!(pair_5, 5: 0 1 2 3 4);
pair!(pair_6, 6: 0 1 2 3 4 5);
pair!(pair_7, 7: 0 1 2 3 4 5 6);
pair!(pair_8, 8: 0 1 2 3 4 5 6 7);
pair!(pair_9, 9: 0 1 2 3 4 5 6 7 8);
pair!(pair_10, 10: 0 1 2 3 4 5 6 7 8 9);
pair!(pair_11, 11: 0 1 2 3 4 5 6 7 8 9 10);
pair!(pair_12, 12: 0 1 2 3 4 5 6 7 8 9 10 11);

four!(four_1, 1: 0);
four!(four_2, 2: 0 1);
four!(four_3, 3: 0 1 2);
four!(four_4, 4: 0 1 2 3);
four!(four_5, 5: 0 1 2 3 4);
four!(four_6, 6: 0 1 2 3 4 5);
four!(four_7, 7: 0 1 2 3 4 5 6);
four!(four_8, 8: 0 1 2 3 4 5 6 7);
four!(four_9, 9: 0 1 2 3 4 5 6 7 8);
four!(four_10, 10: 0 1 2 3 4 5 6 7 8 9);
four!(four_11, 11: 0 1 2 3 4 5 6 7 8 9 10);
four!(four_12, 12: 0 1 2 3 4 5 6 7 8 9 10 11);

two_pairs!(two_pairs_1, 1: 0);
two_pairs!(two_pairs_2, 2: 0 1);
two_pairs!(two_pairs_3, 3: 0 1 2);
two_pairs!(two_pairs_4, 4: 0 1 2 3);
two_pairs!(two_pairs_5, 5: 0 1 2 3 4);
two_pairs!(two_pairs_6, 6: 0 1 2 3 4 5);

/// The kernels of [`super::kernels`] in these instructions.
pub fn kernels(instructions: Instructions, position_stride: usize, blocks: usize) -> Option<&'static [Kernel]> {
    /// All kernels of a position stride.
    struct Kernels {
        singles: [Kernel; WIDEST],
        pairs: [Kernel; WIDEST],
        fours: [Kernel; WIDEST],
        two_pairs: [Kernel; WIDEST_PAIR],
    }
    const fn of<const S: usize>() -> Kernels {
        Kernels {
            singles: [
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
            ],
            pairs: [
                pair_1::<S>,
                pair_2::<S>,
                pair_3::<S>,
                pair_4::<S>,
                pair_5::<S>,
                pair_6::<S>,
                pair_7::<S>,
                pair_8::<S>,
                pair_9::<S>,
                pair_10::<S>,
                pair_11::<S>,
                pair_12::<S>,
            ],
            fours: [
                four_1::<S>,
                four_2::<S>,
                four_3::<S>,
                four_4::<S>,
                four_5::<S>,
                four_6::<S>,
                four_7::<S>,
                four_8::<S>,
                four_9::<S>,
                four_10::<S>,
                four_11::<S>,
                four_12::<S>,
            ],
            two_pairs: [
                two_pairs_1::<S>,
                two_pairs_2::<S>,
                two_pairs_3::<S>,
                two_pairs_4::<S>,
                two_pairs_5::<S>,
                two_pairs_6::<S>,
            ],
        }
    }
    static ONE: Kernels = of::<4>();
    static TWO: Kernels = of::<8>();
    static FOUR: Kernels = of::<16>();
    let kernels = match position_stride {
        4 => &ONE,
        8 => &TWO,
        16 => &FOUR,
        _ => return None,
    };
    Some(match (blocks, instructions) {
        (1, _) => &kernels.singles,
        (2, _) => &kernels.pairs,
        (4, Instructions::Avx512) => &kernels.fours,
        (4, _) => &kernels.two_pairs,
        _ => return None,
    })
}
