//! Operators that only move values.

use tract_onnx::prelude::tract_ndarray::{Axis, IxDyn, Slice as Range};
use tract_onnx::prelude::*;
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::array::{Gather, Pad, PadMode, Slice, TypedConcat};
use tract_onnx::tract_core::ops::change_axes::AxisOp;

use super::{Array, Made};

/// See [`backward`](super::backward).
pub(super) fn axes(op: &AxisOp, made: &Made) -> TractResult<Array> {
    let shape = IxDyn(made.inputs[0].shape());
    if let &AxisOp::Move(from, to) = op {
        let mut order: Vec<usize> = (0..made.inputs[0].rank()).collect();
        let moved = order.remove(to);
        order.insert(from, moved);
        return Ok(made.gradient.clone().permuted_axes(IxDyn(&order)).as_standard_layout().into_owned());
    }
    Ok(made.gradient.as_standard_layout().into_owned().into_shape_with_order(shape)?)
}

/// See [`backward`](super::backward).
pub(super) fn concatenation(op: &TypedConcat, made: &Made, wanted: usize) -> TractResult<Array> {
    let side = |at: usize| made.inputs[at].shape()[op.axis];
    let start: usize = (0..wanted).map(side).sum();
    let part = Range::from(start as isize..(start + side(wanted)) as isize);
    Ok(made.gradient.slice_axis(Axis(op.axis), part).to_owned())
}

/// See [`backward`](super::backward).
pub(super) fn slice(op: &Slice, made: &Made) -> TractResult<Array> {
    let mut gradient = Array::zeros(IxDyn(made.inputs[0].shape()));
    let part = Range::from(op.start.to_i64()? as isize..op.end.to_i64()? as isize);
    gradient.slice_axis_mut(Axis(op.axis), part).assign(&made.gradient);
    Ok(gradient)
}

/// The gradient of any operator that moves values of its first input and makes none: it is shown the numbers of the places instead of
/// their values, and what comes out says where each came from.
pub(super) fn moved(op: &dyn TypedOp, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    /// Whole numbers up to this are floats.
    const EXACT: usize = 1 << 24;
    let shape = made.inputs[0].shape();
    let len: usize = shape.iter().product();
    (wanted == 0 && len < EXACT).then_some(())?;
    let gradient = || {
        // What comes from nowhere, padding say, is zero.
        let numbers: Vec<f32> = (1..=len).map(|number| number as f32).collect();
        let mut inputs: TVec<TValue> = made.inputs.iter().map(|input| input.clone().into_tvalue()).collect();
        inputs[0] = Tensor::from_shape(shape, &numbers)?.into_tvalue();
        let moved = op.eval_out_of_plan(inputs)?.with_context(|| "an operator that needs a plan")?;
        let mut gradient = vec![0.0; len];
        for (&number, value) in moved[0].to_plain_array_view::<f32>()?.iter().zip(&made.gradient) {
            if let Some(place) = (number as usize).checked_sub(1) {
                gradient[place] += value;
            }
        }
        Ok(Array::from_shape_vec(IxDyn(shape), gradient)?)
    };
    Some(gradient())
}

/// See [`moved`]; a constant around the values must not be taken for one of them.
pub(super) fn pad(op: &Pad, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    let mode = match &op.mode {
        PadMode::Constant(_) => PadMode::default(),
        other => other.clone(),
    };
    moved(&Pad { mode, ..op.clone() }, made, wanted)
}

/// See [`backward`](super::backward): what was picked goes back to where it was picked from.
pub(super) fn gather(op: &Gather, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    (wanted == 0).then_some(())?;
    let gradient = || {
        let mut gradient = Array::zeros(IxDyn(made.inputs[0].shape()));
        let side = made.inputs[0].shape()[op.axis] as i64;
        let indices =
            made.inputs[1].cast_to::<i64>()?.to_plain_array_view::<i64>()?.iter().copied().collect::<Vec<_>>();
        // The indices' axes take the place of the one they pick from: as one axis, they can be walked.
        let mut shape = made.gradient.shape().to_vec();
        shape.splice(op.axis..op.axis + made.inputs[1].rank(), [indices.len()]);
        let picked = made.gradient.to_shape(IxDyn(&shape))?;
        for (at, &index) in indices.iter().enumerate() {
            let mut to = gradient.index_axis_mut(Axis(op.axis), index.rem_euclid(side) as usize);
            to += &picked.index_axis(Axis(op.axis), at);
        }
        Ok(gradient)
    };
    Some(gradient())
}
