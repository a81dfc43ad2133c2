//! Attention: softmax(queries x keys + pattern) x values, for many heads and windows, a few hundred queries at a time, so that what
//! is between the products stays in the second-level cache.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::function::exp;
use super::tile::{Column, Geometry, Tiles, columns, kernels, side_by_side, sweep, widest};
use super::{Memory, Step, ValueId};
use crate::engine::floats::Floats;
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Queries that are worked on together.
const QUERIES: usize = 256;

/// Positions whose softmax is taken together: neighbours share the lines of the cache.
const TOGETHER: usize = 16;

/// Rows of a value, for every product one after the other.
pub struct Matrix {
    /// Read.
    pub value: ValueId,
    /// Its maps.
    pub maps: Maps,
    /// Channels of a row.
    pub channels: usize,
    /// Floats between a block of channels and the next.
    pub stride: usize,
    /// One more than the float where each row begins; 0 for a row of zeros.
    pub rows: Vec<u32>,
}

impl Matrix {
    fn blocks(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    /// Where a row begins, if it is not zeros.
    fn row(&self, from: *const f32, row: usize) -> Option<*const f32> {
        let at = self.rows[row].checked_sub(1)? as usize;
        debug_assert!(at + (self.blocks() - 1) * self.stride + LANES <= self.maps.len());
        // SAFETY: rows lie within the maps of their value.
        Some(unsafe { from.add(at) })
    }
}

/// What is added to the products: [queries, keys] chunks, and the one of each product.
pub struct Pattern {
    /// Each row-major.
    pub chunks: Vec<Vec<f32>>,
    /// A number of `chunks` for each product.
    pub of: Vec<usize>,
}

/// Vaswani et al., *Attention Is All You Need* (2017), equation 1, with a pattern as in Swin's equation 4.
pub struct Attention {
    queries: Matrix,
    keys: Matrix,
    values: Matrix,
    /// Products, queries and keys of each.
    counts: (usize, usize, usize),
    /// Factors of the products of queries and keys, and of the results.
    factors: (f32, f32),
    /// [queries / QUERIES, key blocks, QUERIES, 4] for each chunk, and the chunk of each product.
    pattern: Option<(Vec<Floats>, Vec<usize>)>,
    output: (ValueId, Maps),
    /// One more than the float where each row of the output begins.
    places: Vec<u32>,
}

/// The parts of the scratch, in floats.
struct Parts {
    keys: usize,
    values: usize,
    queries: usize,
    weights: usize,
    results: usize,
    /// Of zeros, and of a factor for each query.
    zeros: usize,
}

impl Attention {
    /// Of as many products of as many queries and keys as `counts` says; `output` has a place for each query's row.
    pub fn new(
        (queries, keys, values): (Matrix, Matrix, Matrix),
        counts: (usize, usize, usize),
        factors: (f32, f32),
        pattern: Option<Pattern>,
        (output, maps, places): (ValueId, Maps, Vec<u32>),
    ) -> Attention {
        let (_, rows, columns) = counts;
        let packed = |chunk: Vec<f32>| {
            let mut packed = Floats::with_capacity(rows * columns.next_multiple_of(LANES));
            for first in (0..rows).step_by(QUERIES) {
                for key in (0..columns).step_by(LANES) {
                    for query in first..rows.min(first + QUERIES) {
                        let value =
                            |lane: usize| if key + lane < columns { chunk[query * columns + key + lane] } else { 0.0 };
                        (0..LANES).for_each(|lane| packed.push(value(lane)));
                    }
                }
            }
            packed
        };
        let pattern = pattern.map(|Pattern { chunks, of }| (chunks.into_iter().map(packed).collect(), of));
        Attention { queries, keys, values, counts, factors, pattern, output: (output, maps), places }
    }

    /// Blocks of keys.
    fn key_blocks(&self) -> usize {
        self.counts.2.div_ceil(LANES)
    }

    fn parts(&self) -> Parts {
        let (queries, keys) = (QUERIES.min(self.counts.1), self.key_blocks() * LANES);
        let (channels, results) = (self.queries.blocks() * LANES, self.values.blocks() * LANES);
        Parts {
            keys: channels * keys,
            values: results * keys,
            queries: channels * queries,
            weights: keys * queries,
            results: results * queries,
            zeros: keys.max(results).max(queries.next_multiple_of(LANES)),
        }
    }

    /// Keys as the weights of a layer whose outputs they are: [columns, channels, blocks of the column, 4 keys].
    ///
    /// # Safety
    /// `from` must be the keys' value, `to` have room for them.
    unsafe fn pack_keys(&self, from: *const f32, product: usize, to: *mut f32) {
        let (keys, channels) = (self.counts.2, self.keys.blocks() * LANES);
        // SAFETY: a column lies behind the ones before it; rows are within their value.
        unsafe {
            for Column { first, blocks } in columns(self.key_blocks()) {
                let to = to.add(first * channels * LANES);
                for at in 0..blocks * LANES {
                    let key = first * LANES + at;
                    let row = if key < keys { self.keys.row(from, product * keys + key) } else { None };
                    for channel in 0..channels {
                        let value =
                            row.map_or(0.0, |row| *row.add(channel / LANES * self.keys.stride + channel % LANES));
                        *to.add((channel * blocks + at / LANES) * LANES + at % LANES) = value;
                    }
                }
            }
        }
    }

    /// Values as the weights of a layer whose inputs are the keys: [columns, keys, blocks of the column, 4 channels].
    ///
    /// # Safety
    /// `from` must be the values' value, `to` have room for them.
    unsafe fn pack_values(&self, from: *const f32, product: usize, to: *mut f32) {
        let (keys, padded) = (self.counts.2, self.key_blocks() * LANES);
        // SAFETY: as above.
        unsafe {
            for Column { first, blocks } in columns(self.values.blocks()) {
                let to = to.add(first * padded * LANES);
                for key in 0..padded {
                    let row = if key < keys { self.values.row(from, product * keys + key) } else { None };
                    for block in 0..blocks {
                        let value = row.map_or(F32x4::splat(0.0), |row| {
                            F32x4::load(row.add((first + block) * self.values.stride))
                        });
                        value.store(to.add((key * blocks + block) * LANES));
                    }
                }
            }
        }
    }

    /// A product of positions that lie side by side with packed weights.
    ///
    /// # Safety
    /// `input` must be [inputs / 4, positions, 4], `output` and `added` [blocks, positions, 4], `weights` of both, `zeros` as many as outputs.
    unsafe fn product(
        (input, inputs): (*const f32, usize),
        positions: usize,
        weights: *const f32,
        zeros: *const f32,
        added: *const f32,
        (output, blocks): (*mut f32, usize),
    ) {
        let geometry = Geometry::product(inputs, positions, (f32::NEG_INFINITY, f32::INFINITY));
        for Column { first, blocks } in columns(blocks) {
            // SAFETY: the caller's promise.
            unsafe {
                let before = first * positions * LANES;
                let tiles = Tiles {
                    input,
                    weights: weights.add(first * inputs * LANES * LANES),
                    bias: zeros,
                    added: if added.is_null() { added } else { added.add(before) },
                    output: output.add(before),
                    count: 0,
                };
                let kernels = kernels(LANES, blocks).expect("there are kernels of stride 1");
                sweep(kernels, &geometry, side_by_side(positions, widest(blocks)), tiles);
            }
        }
    }

    /// Exponentials of `weights`, [key blocks, positions, 4], less the largest of a query, and the reciprocal of their sums.
    ///
    /// # Safety
    /// `weights` must be as long, `factors` as many as positions.
    unsafe fn softmax(&self, weights: *mut f32, positions: usize, factors: *mut f32) {
        let blocks = self.key_blocks();
        let mut filled_up = [0.0; LANES];
        filled_up[(self.counts.2 - 1) % LANES + 1..].fill(f32::NEG_INFINITY);
        for first in (0..positions).step_by(TOGETHER) {
            let count = TOGETHER.min(positions - first);
            let at = |block: usize, position: usize| (block * positions + first + position) * LANES;
            // SAFETY: the caller's promise.
            unsafe {
                let last = F32x4::load(filled_up.as_ptr());
                let mut largest = [F32x4::splat(f32::NEG_INFINITY); TOGETHER];
                for block in 0..blocks {
                    for (position, largest) in largest[..count].iter_mut().enumerate() {
                        let mut value = F32x4::load(weights.add(at(block, position)));
                        if block + 1 == blocks {
                            value = value.add(last);
                            value.store(weights.add(at(block, position)));
                        }
                        *largest = value.max(*largest);
                    }
                }
                for largest in &mut largest[..count] {
                    let mut lanes = [0.0_f32; LANES];
                    largest.store(lanes.as_mut_ptr());
                    *largest = F32x4::splat(
                        lanes.iter().fold(f32::NEG_INFINITY, |a, &b| if b > a || b.is_nan() { b } else { a }),
                    );
                }
                let mut sums = [F32x4::splat(0.0); TOGETHER];
                for block in 0..blocks {
                    for (position, sum) in sums[..count].iter_mut().enumerate() {
                        let to = weights.add(at(block, position));
                        let value = exp(F32x4::load(to).sub(largest[position]));
                        value.store(to);
                        *sum = sum.add(value);
                    }
                }
                for (position, sum) in sums[..count].iter().enumerate() {
                    let mut lanes = [0.0; LANES];
                    sum.store(lanes.as_mut_ptr());
                    *factors.add(first + position) = self.factors.1 / lanes.iter().sum::<f32>();
                }
            }
        }
    }
}

impl Step for Attention {
    fn reads(&self) -> Vec<ValueId> {
        vec![self.queries.value, self.keys.value, self.values.value]
    }

    fn writes(&self) -> ValueId {
        self.output.0
    }

    fn kind(&self) -> &'static str {
        "attention"
    }

    fn macs(&self) -> u64 {
        let (products, queries, keys) = self.counts;
        (products * queries * keys * (self.queries.channels + self.values.channels)) as u64
    }

    fn scratch(&self, _: usize) -> usize {
        let Parts { keys, values, queries, weights, results, zeros } = self.parts();
        keys + values + queries + weights + results + 2 * zeros
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let (products, count, keys) = self.counts;
        let (channels, results) = (self.queries.blocks(), self.values.blocks());
        let (stride, parts) = (self.output.1.block_len(), self.parts());
        debug_assert!(self.queries.rows.len() == products * count && self.places.len() == products * count);
        debug_assert!(self.keys.rows.len() == products * keys && self.values.rows.len() == products * keys);
        let scale = F32x4::splat(self.factors.0);
        // SAFETY: scratch() asked for all parts; rows lie within their values and the output.
        unsafe {
            let packed_keys = memory.scratch;
            let packed_values = packed_keys.add(parts.keys);
            let gathered = packed_values.add(parts.values);
            let weights = gathered.add(parts.queries);
            let made = weights.add(parts.weights);
            let zeros = made.add(parts.results);
            let factors = zeros.add(parts.zeros);
            std::ptr::write_bytes(zeros, 0, parts.zeros);
            for image in images {
                let of = |matrix: &Matrix| memory.at(matrix.value, image).cast_const();
                let output = memory.at(self.output.0, image);
                if !self.output.1.is_dense() {
                    std::ptr::write_bytes(output, 0, self.output.1.len());
                }
                for product in 0..products {
                    self.pack_keys(of(&self.keys), product, packed_keys);
                    self.pack_values(of(&self.values), product, packed_values);
                    for first in (0..count).step_by(QUERIES) {
                        let some = QUERIES.min(count - first);
                        for query in 0..some {
                            let row = self.queries.row(of(&self.queries), product * count + first + query);
                            for block in 0..channels {
                                let value = row
                                    .map_or(F32x4::splat(0.0), |row| F32x4::load(row.add(block * self.queries.stride)));
                                value.mul(scale).store(gathered.add((block * some + query) * LANES));
                            }
                        }
                        let added = self.pattern.as_ref().map_or(std::ptr::null(), |(chunks, of)| {
                            let before = first * self.key_blocks() * LANES;
                            debug_assert!(before + some * self.key_blocks() * LANES <= chunks[of[product]].len());
                            chunks[of[product]].as_ptr().add(before)
                        });
                        let blocks = (weights, self.key_blocks());
                        Attention::product((gathered, channels), some, packed_keys, zeros, added, blocks);
                        self.softmax(weights, some, factors);
                        let null = std::ptr::null();
                        let inputs = (weights.cast_const(), self.key_blocks());
                        Attention::product(inputs, some, packed_values, zeros, null, (made, results));
                        for query in 0..some {
                            let at = self.places[product * count + first + query] as usize - 1;
                            debug_assert!(at + (results - 1) * stride + LANES <= self.output.1.len());
                            let factor = F32x4::splat(*factors.add(query));
                            for block in 0..results {
                                let value = F32x4::load(made.add((block * some + query) * LANES));
                                value.mul(factor).store(output.add(at + block * stride));
                            }
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
