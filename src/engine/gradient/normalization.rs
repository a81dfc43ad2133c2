//! Softmax and local response normalisation.

use tract_onnx::prelude::TractResult;
use tract_onnx::prelude::tract_ndarray::{Axis, Zip};
use tract_onnx::tract_core::ops::nn::{Softmax, SoftmaxKind};
use tract_onnx_opl::lrn::Lrn;

use super::{Array, Made};

/// See [`backward`](super::backward).
pub(super) fn softmax(op: &Softmax, made: &Made) -> Option<TractResult<Array>> {
    let over = |mut array: Array| {
        for &axis in &op.axes {
            array = array.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
        array
    };
    let gradient = || {
        let output = made.output()?;
        Ok(match op.kind {
            // y (g - sum(g y))
            SoftmaxKind::Softmax => (&made.gradient - &over(&made.gradient * &output)) * &output,
            // g - exp(y) sum(g)
            SoftmaxKind::LogSoftmax => &made.gradient - &(output.mapv(f32::exp) * &over(made.gradient.clone())),
        })
    };
    op.quant_output_dt.is_none().then(gradient)
}

/// See [`backward`](super::backward). `y_c = x_c / d_c^beta`, `d_c = bias + alpha / size * sum of x^2 over the channels around
/// c`, so that the gradient by x_c is `g_c / d_c^beta - 2 alpha beta / size x_c * sum of g_i y_i / d_i` over the channels i around
/// which c is.
pub(super) fn local_response(op: &Lrn, made: &Made) -> TractResult<Array> {
    let input = made.input(0)?;
    let (before, after) = ((op.size - 1) / 2, op.size / 2);
    let share = op.alpha / op.size as f32;
    let mut gradient = made.gradient.clone();
    let lanes = Zip::from(gradient.lanes_mut(Axis(1))).and(input.lanes(Axis(1)));
    lanes.for_each(|mut gradient, input| {
        let channels = input.len();
        let around = |c: usize, before: usize, after: usize| c.saturating_sub(before)..(c + after + 1).min(channels);
        let squares = |c: usize| around(c, before, after).map(|i| input[i] * input[i]).sum::<f32>();
        let divisors: Vec<f32> = (0..channels).map(|c| op.bias + share * squares(c)).collect();
        let by = |c: usize| gradient[c] * input[c] * divisors[c].powf(-op.beta - 1.0);
        let parts: Vec<f32> = (0..channels).map(by).collect();
        for c in 0..channels {
            let sum: f32 = parts[around(c, after, before)].iter().sum();
            gradient[c] = gradient[c] * divisors[c].powf(-op.beta) - 2.0 * op.beta * share * input[c] * sum;
        }
    });
    Ok(gradient)
}
