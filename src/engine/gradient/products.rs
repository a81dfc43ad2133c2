//! Convolutions and products of matrices.

use tract_onnx::prelude::tract_ndarray::{Array2, Array4, ArrayView2, ArrayViewD, Axis, Ix2, Ix4, IxDyn, s};
use tract_onnx::prelude::{TractResult, tract_ndarray::linalg::general_mat_mul};
use tract_onnx::tract_core::internal::bail;
use tract_onnx::tract_core::ops::cnn::{Conv, KernelFormat, PoolSpec};
use tract_onnx::tract_core::ops::einsum::EinSum;
use tract_onnx::tract_core::ops::nn::DataFormat;

use super::{Array, Made};

/// Where the windows of a convolution or pool lie.
pub(super) struct Places {
    pub kernel: (usize, usize),
    stride: (usize, usize),
    dilation: (usize, usize),
    padding: (usize, usize),
    input: (usize, usize),
    /// Windows down and across.
    pub output: (usize, usize),
}

impl Places {
    /// Of maps of `shape` [batch, channels, height, width]; `None` for other layouts.
    pub(super) fn of(spec: &PoolSpec, shape: &[usize]) -> Option<Places> {
        let (&[_, _, height, width], &[rows, columns], DataFormat::NCHW) =
            (shape, &spec.kernel_shape[..], spec.data_format)
        else {
            return None;
        };
        let pair = |values: &[usize]| (values[0], values[1]);
        let computed = spec.computed_padding(&[height, width]);
        Some(Places {
            kernel: (rows, columns),
            stride: pair(&spec.strides()),
            dilation: pair(&spec.dilations()),
            padding: (computed[0].pad_before, computed[1].pad_before),
            input: (height, width),
            output: (computed[0].convoluted, computed[1].convoluted),
        })
    }

    /// The position under a weight of a window, if it is in the map.
    fn at(&self, window: (usize, usize), weight: (usize, usize)) -> Option<(usize, usize)> {
        let along = |window: usize, stride: usize, weight: usize, dilation: usize, padding: usize, side: usize| {
            (window * stride + weight * dilation).checked_sub(padding).filter(|&at| at < side)
        };
        let row = along(window.0, self.stride.0, weight.0, self.dilation.0, self.padding.0, self.input.0)?;
        let column = along(window.1, self.stride.1, weight.1, self.dilation.1, self.padding.1, self.input.1)?;
        Some((row, column))
    }

    /// The positions of the map under a window, row by row.
    pub(super) fn under(&self, window: (usize, usize)) -> impl Iterator<Item = (usize, usize)> {
        let weights = (0..self.kernel.0).flat_map(|row| (0..self.kernel.1).map(move |column| (row, column)));
        weights.filter_map(move |weight| self.at(window, weight))
    }
}

/// See [`backward`](super::backward): a product for every weight of the window, added where the window was.
pub(super) fn convolution(op: &Conv, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    let places = Places::of(&op.pool_spec, made.inputs[0].shape())?;
    (wanted == 0 && op.kernel_fmt == KernelFormat::OIHW && op.q_params.is_none()).then_some(())?;
    let gradient = || {
        let weights = made.input(1)?.into_dimensionality::<Ix4>()?;
        let gradient = made.gradient.view().into_dimensionality::<Ix4>()?;
        let [outputs, inputs] = [weights.shape()[0] / op.group, weights.shape()[1]];
        let windows = places.output.0 * places.output.1;
        let mut result = Array4::<f32>::zeros(made.input(0)?.into_dimensionality::<Ix4>()?.raw_dim());
        let mut parts = Array2::<f32>::zeros((inputs, windows));
        for image in 0..gradient.shape()[0] {
            for group in 0..op.group {
                let of_group = s![image, group * outputs..(group + 1) * outputs, .., ..];
                let gradient = gradient.slice(of_group);
                let gradient = gradient.to_shape((outputs, windows))?;
                for row in 0..places.kernel.0 {
                    for column in 0..places.kernel.1 {
                        let weights = weights.slice(s![group * outputs..(group + 1) * outputs, .., row, column]);
                        general_mat_mul(1.0, &weights.t(), &gradient, 0.0, &mut parts);
                        for (input, part) in parts.outer_iter().enumerate() {
                            let mut plane = result.slice_mut(s![image, group * inputs + input, .., ..]);
                            for (window, value) in part.iter().enumerate() {
                                let window = (window / places.output.1, window % places.output.1);
                                if let Some(at) = places.at(window, (row, column)) {
                                    plane[at] += value;
                                }
                            }
                        }
                    }
                }
            }
        }
        Ok(result.into_dyn())
    };
    Some(gradient())
}

/// See [`backward`](super::backward): the gradient of a product is the product with the other factor.
pub(super) fn einsum(op: &EinSum, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    (op.q_params.is_none() && made.inputs.len() == 2).then_some(())?;
    let (inputs, outputs) = op.axes.to_strs();
    let axes = |names: &str| names.chars().collect::<Vec<_>>();
    let (output, other) = (axes(&outputs[0]), axes(&inputs[1 - wanted]));
    let gradient = || {
        let other = (made.input(1 - wanted)?, other);
        let shape = made.inputs[wanted].shape();
        product((made.gradient.view(), output), other, (&axes(&inputs[wanted]), shape))
    };
    Some(gradient())
}

/// The product of two arrays with named axes, summed over those that the result has not.
fn product(
    (first, first_axes): (ArrayViewD<f32>, Vec<char>),
    (second, second_axes): (ArrayViewD<f32>, Vec<char>),
    (axes, shape): (&[char], &[usize]),
) -> TractResult<Array> {
    let first = Named::new(first, first_axes);
    let second = Named::new(second, second_axes);
    let wanted: Vec<char> = axes.iter().zip(shape).filter(|(_, side)| **side > 1).map(|(axis, _)| *axis).collect();
    let common = |axis: &char| first.axes.contains(axis) && second.axes.contains(axis);
    let (batch, summed): (Vec<char>, Vec<char>) =
        first.axes.iter().filter(|axis| common(axis)).partition(|axis| wanted.contains(axis));
    let own = |named: &Named| named.axes.iter().copied().filter(|axis| !common(axis)).collect::<Vec<char>>();
    let (rows, columns) = (own(&first), own(&second));
    // An axis that one factor has alone and the result has not is summed at once.
    let (first, rows) = first.keeping(rows, &wanted);
    let (second, columns) = second.keeping(columns, &wanted);
    let sides = |named: &Named, axes: &[char]| axes.iter().map(|axis| named.side(*axis)).collect::<Vec<usize>>();
    let count = |named: &Named, axes: &[char]| sides(named, axes).iter().product::<usize>();
    let (batches, inner) = (count(&first, &batch), count(&first, &summed));
    let (height, width) = (count(&first, &rows), count(&second, &columns));
    let left = first.ordered(&[&batch, &rows, &summed]);
    let left = left.to_shape((batches, height, inner))?;
    let right = second.ordered(&[&batch, &summed, &columns]);
    let right = right.to_shape((batches, inner, width))?;
    let mut made = Array::zeros(IxDyn(&[batches, height, width]));
    for batch in 0..batches {
        let (left, right): (ArrayView2<f32>, ArrayView2<f32>) =
            (left.index_axis(Axis(0), batch), right.index_axis(Axis(0), batch));
        let mut out = made.index_axis_mut(Axis(0), batch).into_dimensionality::<Ix2>()?;
        general_mat_mul(1.0, &left, &right, 0.0, &mut out);
    }
    let order: Vec<char> = batch.iter().chain(&rows).chain(&columns).copied().collect();
    let sides: Vec<usize> = [sides(&first, &batch), sides(&first, &rows), sides(&second, &columns)].concat();
    let made = made.into_shape_with_order(IxDyn(&sides))?;
    let Some(places) = wanted.iter().map(|axis| order.iter().position(|a| a == axis)).collect::<Option<Vec<_>>>()
    else {
        bail!("a product without a way back")
    };
    let made = made.permuted_axes(IxDyn(&places));
    Ok(made.as_standard_layout().into_owned().into_shape_with_order(IxDyn(shape))?)
}

/// An array with a name for each axis; axes of one value are left out.
struct Named<'a> {
    array: ArrayViewD<'a, f32>,
    own: Option<Array>,
    axes: Vec<char>,
}

impl<'a> Named<'a> {
    fn new(mut array: ArrayViewD<'a, f32>, mut axes: Vec<char>) -> Named<'a> {
        for axis in (0..axes.len()).rev().filter(|&axis| array.shape()[axis] == 1).collect::<Vec<_>>() {
            array = array.index_axis_move(Axis(axis), 0);
            axes.remove(axis);
        }
        Named { array, own: None, axes }
    }

    fn view(&self) -> ArrayViewD<'_, f32> {
        self.own.as_ref().map_or_else(|| self.array.view(), |own| own.view())
    }

    fn side(&self, axis: char) -> usize {
        self.axes.iter().position(|&a| a == axis).map_or(1, |at| self.view().shape()[at])
    }

    /// Summed over those of its axes `own` that are not `wanted`; those that are left.
    fn keeping(mut self, own: Vec<char>, wanted: &[char]) -> (Named<'a>, Vec<char>) {
        let (kept, dropped): (Vec<char>, Vec<char>) = own.into_iter().partition(|axis| wanted.contains(axis));
        for axis in dropped {
            if let Some(at) = self.axes.iter().position(|&a| a == axis) {
                self.own = Some(self.view().sum_axis(Axis(at)));
                self.axes.remove(at);
            }
        }
        (self, kept)
    }

    /// With its axes in this order.
    fn ordered(&self, order: &[&[char]]) -> ArrayViewD<'_, f32> {
        let place = |axis: char| self.axes.iter().position(|&own| own == axis);
        let places: Vec<usize> = order.concat().into_iter().filter_map(place).collect();
        self.view().permuted_axes(IxDyn(&places))
    }
}
