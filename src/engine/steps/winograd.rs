//! 3 x 3 convolutions of stride 1 by Winograd's F(4 x 4, 3 x 3): 36 multiplications for 16 results instead of 144.
//!
//! The input is cut into patches of 6 x 6 that overlap by two; each is transformed (B' d B), multiplied with the
//! transformed weights (G g G') by 36 matrix products, and transformed back (A' m A). Lavin and Gray, Fast Algorithms for
//! Convolutional Neural Networks, arXiv 1509.09308. Results differ from the direct sum by some 1e-5 of their scale.

use std::ops::Range;

use tract_onnx::prelude::TractResult;

use super::convolution::{Convolution, Wiring, padded_to_blocks};
use super::function::Function;
use super::tile::{Column, Geometry, Tiles, WIDEST, columns, kernels, side_by_side, sweep, widest};
use super::{Memory, Step, ValueId};
use crate::engine::floats::Floats;
use crate::engine::maps::Maps;
use crate::engine::simd::{F32x4, LANES};

/// Rows and columns of results that a patch gives.
const STEP: usize = 4;
/// Rows and columns of a patch.
const PATCH: usize = 6;
/// Values of a patch, and so matrix products.
const PRODUCTS: usize = PATCH * PATCH;

/// Transformed patches of this many bytes stay in the second-level cache from one transform to the other.
const RESIDENT: usize = 768 << 10;

/// With fewer channels than this the transforms cost more than they save.
const FEWEST_CHANNELS: usize = 8;

/// A convolution by Winograd's algorithm.
pub struct Winograd {
    wiring: Wiring,
    input: Maps,
    output: Maps,
    padding: (usize, usize),
    groups: usize,
    clamp: (f32, f32),
    function: Option<Function>,
    /// [groups, 36, columns of output blocks, input channels, blocks of the column, 4]
    weights: Floats,
    /// [output blocks, 4]
    bias: Vec<f32>,
    /// Patches in a column and in a row of an image.
    patches: (usize, usize),
    macs: u64,
}

impl Winograd {
    /// Transforms the weights, or answers `None` if it is another kind of convolution.
    pub fn new(convolution: &Convolution, wiring: Wiring) -> Option<Winograd> {
        let Convolution { input, output, kernel, stride, dilation, padding, groups, .. } = *convolution;
        let (inputs, outputs) = (input.channels / groups, output.channels / groups);
        let fits = (kernel, stride, dilation) == ((3, 3), (1, 1), (1, 1))
            && inputs.min(outputs) >= FEWEST_CHANNELS
            && (groups == 1 || inputs.is_multiple_of(LANES) && outputs.is_multiple_of(LANES))
            && output.positions() >= STEP * STEP;
        fits.then(|| Winograd {
            wiring,
            input,
            output,
            padding,
            groups,
            clamp: convolution.clamp,
            function: convolution.function.clone(),
            weights: transformed_weights(convolution),
            bias: padded_to_blocks(&convolution.bias),
            patches: (output.height.div_ceil(STEP), output.width.div_ceil(STEP)),
            macs: convolution.macs(),
        })
    }

    fn patches_an_image(&self) -> usize {
        self.patches.0 * self.patches.1
    }

    /// Patches that are worked on together.
    fn chunk(&self, images: usize) -> usize {
        let bytes_a_patch =
            PRODUCTS * LANES * size_of::<f32>() * (self.input.blocks() + self.output.blocks()) / self.groups;
        (RESIDENT / bytes_a_patch).next_multiple_of(WIDEST).max(2 * WIDEST).min(images * self.patches_an_image())
    }

    /// Transforms one patch of one block: `to` are 36 registers, `stride` floats apart.
    ///
    /// # Safety
    /// `block` must be a block of the input, `to` have room.
    unsafe fn transform(&self, block: *const f32, patch: usize, to: *mut f32, stride: usize) {
        let top = (patch / self.patches.1 * STEP) as isize - self.padding.0 as isize;
        let left = (patch % self.patches.1 * STEP) as isize - self.padding.1 as isize;
        let (height, width) = (self.input.height as isize, self.input.width as isize);
        let inside = top >= 0 && left >= 0 && top + PATCH as isize <= height && left + PATCH as isize <= width;
        let zero = F32x4::splat(0.0);
        let at = |y: usize, x: usize| {
            let (y, x) = (top + y as isize, left + x as isize);
            if inside || (0..height).contains(&y) && (0..width).contains(&x) {
                // SAFETY: the position is within the block.
                unsafe { F32x4::load(block.offset((y * width + x) * LANES as isize)) }
            } else {
                zero
            }
        };
        // [row, column] between the two passes.
        let mut half = [[zero; PATCH]; PATCH];
        for (y, row) in half.iter_mut().enumerate() {
            *row = transform_input([at(y, 0), at(y, 1), at(y, 2), at(y, 3), at(y, 4), at(y, 5)]);
        }
        let [top, second, third, fourth, fifth, bottom] = half;
        for x in 0..PATCH {
            let [a, b, c, d, e, f] = transform_input([top[x], second[x], third[x], fourth[x], fifth[x], bottom[x]]);
            // SAFETY: the caller's promise.
            unsafe {
                let to = to.add(x * stride);
                a.store(to);
                b.store(to.add(PATCH * stride));
                c.store(to.add(2 * PATCH * stride));
                d.store(to.add(3 * PATCH * stride));
                e.store(to.add(4 * PATCH * stride));
                f.store(to.add(5 * PATCH * stride));
            }
        }
    }

    /// Transforms 36 products, `stride` floats apart, to the results of a patch, and adds, clamps and stores those that lie in
    /// the output.
    ///
    /// # Safety
    /// `output` and, unless null, `added` must be blocks of the output.
    unsafe fn transform_back(
        &self,
        products: *const f32,
        stride: usize,
        patch: usize,
        bias: F32x4,
        added: *const f32,
        output: *mut f32,
    ) {
        let (top, left) = (patch / self.patches.1 * STEP, patch % self.patches.1 * STEP);
        let (low, high) = (F32x4::splat(self.clamp.0), F32x4::splat(self.clamp.1));
        // [column, row] between the two passes.
        let mut half = [[bias; STEP]; PATCH];
        for (x, column) in half.iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            let at = |y: usize| unsafe { F32x4::load(products.add((y * PATCH + x) * stride)) };
            *column = transform_output([at(0), at(1), at(2), at(3), at(4), at(5)]);
        }
        let [a, b, c, d, e, f] = half;
        let columns = STEP.min(self.output.width - left);
        for y in 0..STEP.min(self.output.height - top) {
            let row = transform_output([a[y], b[y], c[y], d[y], e[y], f[y]]);
            for (x, &value) in row.iter().enumerate().take(columns) {
                let at = ((top + y) * self.output.width + left + x) * LANES;
                let mut value = value.add(bias);
                // SAFETY: the position is within the block.
                unsafe {
                    if !added.is_null() {
                        value = value.add(F32x4::load(added.add(at)));
                    }
                    value.max(low).min(high).store(output.add(at));
                }
            }
        }
    }
}

impl Step for Winograd {
    fn reads(&self) -> Vec<ValueId> {
        self.wiring.reads()
    }

    fn writes(&self) -> ValueId {
        self.wiring.output
    }

    fn kind(&self) -> &'static str {
        "convolution by Winograd's algorithm"
    }

    fn macs(&self) -> u64 {
        self.macs
    }

    fn scratch(&self, images: usize) -> usize {
        PRODUCTS * LANES * self.chunk(images) * (self.input.blocks() + self.output.blocks()) / self.groups
    }

    unsafe fn run(&self, memory: &Memory, images: Range<usize>) -> TractResult<()> {
        let an_image = self.patches_an_image();
        let (inputs, outputs) = (self.input.blocks() / self.groups, self.output.blocks() / self.groups);
        let chunk = self.chunk(images.len());
        let total = images.len() * an_image;
        for group in 0..self.groups {
            for start in (0..total).step_by(chunk) {
                let count = chunk.min(total - start);
                // [36, input blocks, patches, 4] and [36, output blocks, patches, 4]
                let (input_stride, output_stride) = (inputs * count * LANES, outputs * count * LANES);
                let transformed = memory.scratch;
                // SAFETY: scratch() asked for both; all offsets below are within the layouts named here.
                unsafe {
                    let products = memory.scratch.add(PRODUCTS * input_stride);
                    for block in 0..inputs {
                        for at in 0..count {
                            let image = images.start + (start + at) / an_image;
                            let maps = memory
                                .at(self.wiring.input, image)
                                .add((group * inputs + block) * self.input.block_len());
                            let to = transformed.add((block * count + at) * LANES);
                            self.transform(maps, (start + at) % an_image, to, input_stride);
                        }
                    }
                    self.multiply(group, count, transformed, products);
                    for block in 0..outputs {
                        let column = (group * outputs + block) * self.output.block_len();
                        let bias = F32x4::load(self.bias.as_ptr().add((group * outputs + block) * LANES));
                        for at in 0..count {
                            let image = images.start + (start + at) / an_image;
                            let added =
                                self.wiring.added.map_or(std::ptr::null(), |value| memory.at(value, image).add(column));
                            let output = memory.at(self.wiring.output, image).add(column);
                            let from = products.add((block * count + at) * LANES);
                            self.transform_back(from, output_stride, (start + at) % an_image, bias, added, output);
                        }
                    }
                }
            }
        }
        if let Some(function) = &self.function {
            for image in images {
                // SAFETY: the output is where the planner put it.
                unsafe { function.apply(memory.at(self.wiring.output, image), self.output.len()) };
            }
        }
        Ok(())
    }
}

impl Winograd {
    /// The 36 matrix products of `count` patches.
    ///
    /// # Safety
    /// `transformed` and `products` must be as `run` lays them out.
    unsafe fn multiply(&self, group: usize, count: usize, transformed: *const f32, products: *mut f32) {
        const NO_BIAS: [f32; 4 * LANES] = [0.0; 4 * LANES];
        let (inputs, outputs) = (self.input.blocks() / self.groups, self.output.blocks() / self.groups);
        let geometry = Geometry::product(inputs, count, (f32::NEG_INFINITY, f32::INFINITY));
        let column = inputs * LANES * LANES;
        for product in 0..PRODUCTS {
            for Column { first, blocks } in columns(outputs) {
                let kernels = kernels(LANES, blocks).expect("there are kernels of stride 1");
                let weights = ((group * PRODUCTS + product) * outputs + first) * column;
                debug_assert!(weights + blocks * column <= self.weights.len());
                // SAFETY: the caller's promise, and the layout of `weights`.
                unsafe {
                    let tiles = Tiles {
                        input: transformed.add(product * inputs * count * LANES),
                        weights: self.weights.as_ptr().add(weights),
                        bias: NO_BIAS.as_ptr(),
                        added: std::ptr::null(),
                        output: products.add((product * outputs + first) * count * LANES),
                        count: 0,
                    };
                    sweep(kernels, &geometry, side_by_side(count, widest(blocks)), tiles);
                }
            }
        }
    }
}

/// B' of the paper, applied to six values.
#[inline(always)]
fn transform_input([a, b, c, d, e, f]: [F32x4; PATCH]) -> [F32x4; PATCH] {
    let (two, four, minus_four, minus_five) =
        (F32x4::splat(2.0), F32x4::splat(4.0), F32x4::splat(-4.0), F32x4::splat(-5.0));
    let even = c.madd(minus_four, e);
    let odd = b.madd(minus_four, d);
    let (even_near, odd_near) = (e.sub(c), d.sub(b).mul(two));
    [
        a.madd(four, c.madd(minus_five, e)),
        even.add(odd),
        even.sub(odd),
        even_near.add(odd_near),
        even_near.sub(odd_near),
        b.madd(four, d.madd(minus_five, f)),
    ]
}

/// A' of the paper, applied to six values.
#[inline(always)]
fn transform_output([a, b, c, d, e, f]: [F32x4; PATCH]) -> [F32x4; STEP] {
    let (two, four, eight) = (F32x4::splat(2.0), F32x4::splat(4.0), F32x4::splat(8.0));
    let (near_sum, near_difference) = (b.add(c), b.sub(c));
    let (far_sum, far_difference) = (d.add(e), d.sub(e));
    [
        a.add(near_sum).add(far_sum),
        far_difference.madd(two, near_difference),
        far_sum.madd(four, near_sum),
        far_difference.madd(eight, near_difference).add(f),
    ]
}

/// G g G' of the paper for every pair of channels: [groups, 36, columns of output blocks, input channels, blocks of the column, 4].
fn transformed_weights(convolution: &Convolution) -> Floats {
    const G: [[f64; 3]; PATCH] = [
        [1.0 / 4.0, 0.0, 0.0],
        [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
        [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
        [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
        [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
        [0.0, 0.0, 1.0],
    ];
    let groups = convolution.groups;
    let (inputs, outputs) = (convolution.input.channels / groups, convolution.output.channels / groups);
    let (input_lanes, output_blocks) = (inputs.next_multiple_of(LANES), outputs.div_ceil(LANES));
    // The column that each block is in.
    let column_of: Vec<Column> =
        columns(output_blocks).flat_map(|column| std::iter::repeat_n(column, column.blocks)).collect();
    let mut floats = Floats::zeros(groups * PRODUCTS * output_blocks * input_lanes * LANES);
    let transformed = floats.as_mut_slice();
    for (filter, weights) in convolution.weights.chunks_exact(9).enumerate() {
        let (output, from) = (filter / inputs, filter % inputs);
        let (group, to) = (output / outputs, output % outputs);
        // G g, [6, 3]
        let half: [[f64; 3]; PATCH] = std::array::from_fn(|y| {
            std::array::from_fn(|x| (0..3).map(|i| G[y][i] * f64::from(weights[i * 3 + x])).sum())
        });
        for (y, row) in half.iter().enumerate() {
            for (x, g) in G.iter().enumerate() {
                let product = group * PRODUCTS + y * PATCH + x;
                let Column { first, blocks } = column_of[to / LANES];
                let column = (product * output_blocks + first) * input_lanes;
                let at = (column + from * blocks) * LANES + to - first * LANES;
                transformed[at] = (0..3).map(|i| row[i] * g[i]).sum::<f64>() as f32;
            }
        }
    }
    floats
}
