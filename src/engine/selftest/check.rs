//! Checks the kernels where they run: seeded convolutions by our steps and by tract's operators.
//!
//! WebAssembly is compiled by the browser, with fused multiply-adds or without, so what holds natively is checked there
//! again.

use tract_onnx::prelude::*;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, MaxPool, PaddingSpec, PoolSpec};
use tract_onnx::tract_core::ops::math::{add, max};
use tract_onnx::tract_core::ops::nn::DataFormat;

use crate::engine::{Program, Purpose};

/// How far a case is from tract.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Difference {
    /// The convolution in words.
    pub case: String,
    /// The largest difference of two results, in units of the largest result.
    pub difference: f32,
    /// What is allowed: 1e-3 for Winograd's algorithm, else 1e-4.
    pub allowed: f32,
}

/// A convolution with a sum and a ReLU after it, and a pool.
struct Case {
    input: [usize; 3],
    outputs: usize,
    kernel: usize,
    stride: usize,
    dilation: usize,
    pads: [usize; 4],
    group: usize,
}

/// Numbers that look random and are the same everywhere (Marsaglia's xorshift).
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit
    }

    /// In [-1, 1).
    fn tensor(&mut self, shape: &[usize]) -> TractResult<Tensor> {
        let values: Vec<f32> =
            (0..shape.iter().product()).map(|_| self.next() as f32 / (1_u32 << 31) as f32 - 1.0).collect();
        Tensor::from_shape(shape, &values)
    }

    fn case(&mut self, number: usize) -> Case {
        let kernel = 1 + self.below(7);
        let group = [1, 1, 1, 2, 0][number % 5];
        // Groups of whole blocks, or single channels: the depthwise convolution, here as 0 groups.
        let (inputs, outputs, group) = match group {
            0 => {
                let channels = 1 + self.below(20);
                (channels, channels, channels)
            }
            1 => (1 + self.below(40), 1 + self.below(40), 1),
            groups => (groups * 4 * (1 + self.below(5)), groups * 4 * (1 + self.below(5)), groups),
        };
        let is_winograd = number.is_multiple_of(3);
        let (kernel, stride, dilation) = match is_winograd {
            true => (3, 1, 1),
            false => (kernel, 1 + self.below(3), 1 + self.below(2)),
        };
        let reach = (kernel - 1) * dilation;
        let side = |random: &mut Random| reach + 1 + random.below(24);
        let input = [if number.is_multiple_of(7) { 3 } else { inputs }, side(self), side(self)];
        let pads = std::array::from_fn(|_| self.below(reach / 2 + 1));
        if input[0] == 3 {
            return Case { input, outputs, kernel, stride: [1, 2, 4][number % 3], dilation: 1, pads, group: 1 };
        }
        Case { input, outputs, kernel, stride, dilation, pads, group }
    }
}

/// `count` seeded convolutions of all kinds: kernels of 1 to 7, strides, paddings, dilations, groups, odd sizes.
///
/// # Errors
/// If tract cannot run one of them.
pub fn differences(count: usize) -> TractResult<Vec<Difference>> {
    let mut random = Random(20_191_001);
    (0..count)
        .map(|number| {
            let case = random.case(number);
            let model = case.model(&mut random)?;
            let input = random.tensor(&[1, case.input[0], case.input[1], case.input[2]])?;
            let plain = input.view().as_slice::<f32>()?.to_vec();
            let ours = Program::compile(&model, Purpose::Often)?.run(&[&plain])?.swap_remove(0);
            let theirs = model.into_optimized()?.into_runnable()?.run(tvec!(input.into_tvalue()))?;
            let theirs = theirs[0].view().as_slice::<f32>()?.to_vec();
            let scale = theirs.iter().fold(f32::MIN_POSITIVE, |largest, value| largest.max(value.abs()));
            let difference = ours.iter().zip(&theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max) / scale;
            let difference = if ours.len() == theirs.len() { difference } else { f32::INFINITY };
            let may_be_winograd = (case.kernel, case.stride, case.dilation) == (3, 1, 1);
            Ok(Difference { case: case.words(), difference, allowed: if may_be_winograd { 1e-3 } else { 1e-4 } })
        })
        .collect()
}

impl Case {
    fn words(&self) -> String {
        let Case { input: [channels, height, width], outputs, kernel, stride, dilation, pads, group } = self;
        format!(
            "{channels} maps of {height} x {width} to {outputs}, kernel {kernel}, stride {stride}, dilation {dilation}, padding {pads:?}, {group} groups"
        )
    }

    /// max(conv(x) + conv1x1(x at the stride), 0), then a pool of 2 where there is room.
    fn model(&self, random: &mut Random) -> TractResult<TypedModel> {
        let [channels, height, width] = self.input;
        let mut model = TypedModel::default();
        let input = model.add_source("input", f32::fact([1, channels, height, width]))?;
        let pool = |kernel: usize, stride: usize, pads: [usize; 4], from: usize, to: usize| PoolSpec {
            data_format: DataFormat::NCHW,
            kernel_shape: tvec!(kernel, kernel),
            padding: PaddingSpec::Explicit(tvec!(pads[0], pads[1]), tvec!(pads[2], pads[3])),
            dilations: Some(tvec!(self.dilation, self.dilation)),
            strides: Some(tvec!(stride, stride)),
            input_channels: from,
            output_channels: to,
        };
        let mut convolution = |model: &mut TypedModel, name: &str, input, spec: PoolSpec, group: usize| {
            let (from, to) = (spec.input_channels, spec.output_channels);
            let kernel = spec.kernel_shape[0];
            let weights =
                model.add_const(format!("{name}.weights"), random.tensor(&[to, from / group, kernel, kernel])?)?;
            let bias = model.add_const(format!("{name}.bias"), random.tensor(&[to])?)?;
            let op = Conv { pool_spec: spec, kernel_fmt: KernelFormat::OIHW, group, q_params: None };
            TractResult::Ok(model.wire_node(name, op, &[input, weights, bias])?[0])
        };
        let spec = pool(self.kernel, self.stride, self.pads, channels, self.outputs);
        let first = convolution(&mut model, "first", input, spec, self.group)?;
        let shape = model.outlet_fact(first)?.shape.as_concrete().unwrap_or_default().to_vec();
        let again = convolution(&mut model, "second", first, pool(1, 1, [0; 4], self.outputs, self.outputs), 1)?;
        let sum = model.wire_node("sum", add(), &[again, first])?[0];
        let zero = model.add_const("zero", Tensor::from_shape(&[1, 1, 1, 1], &[0.0_f32])?)?;
        let mut end = model.wire_node("relu", max(), &[sum, zero])?[0];
        if shape[2].min(shape[3]) >= 2 {
            let mut spec = pool(2, 2, [0; 4], self.outputs, self.outputs);
            spec.dilations = None;
            end = model.wire_node("pool", MaxPool { pool_spec: spec, with_index_outputs: None }, &[end])?[0];
        }
        model.select_output_outlets(&[end])?;
        Ok(model)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::IMAGES;

    #[test]
    fn four_images_together_give_the_bits_that_each_gives_alone() {
        let mut random = Random(20_191_002);
        for number in 0..60 {
            let case = random.case(number);
            let program = Program::compile(&case.model(&mut random).unwrap(), Purpose::Often).unwrap();
            let shape = [1, case.input[0], case.input[1], case.input[2]];
            let images: Vec<Vec<f32>> = (0..IMAGES)
                .map(|_| random.tensor(&shape).unwrap().view().as_slice::<f32>().unwrap().to_vec())
                .collect();
            let images: Vec<&[f32]> = images.iter().map(Vec::as_slice).collect();
            let bits = |output: &Vec<f32>| output.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            for count in 2..=IMAGES {
                let together = program.run(&images[..count]).unwrap();
                for (image, output) in images.iter().zip(&together) {
                    let alone = program.run(&[image]).unwrap().swap_remove(0);
                    assert_eq!(bits(output), bits(&alone), "{count} images: {}", case.words());
                }
            }
        }
    }

    #[test]
    fn convolutions_of_all_kinds_are_what_tract_makes_of_them() {
        for found in differences(240).unwrap() {
            assert!(found.difference <= found.allowed, "{}: {}", found.case, found.difference);
        }
    }
}
