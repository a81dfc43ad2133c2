//! Windows and whole axes that become one value.

use tract_onnx::prelude::TractResult;
use tract_onnx::prelude::tract_ndarray::{Array4, ArrayView2, Axis, Ix4, IxDyn, Zip};
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::cnn::{MaxPool, PoolSpec, SumPool};
use tract_onnx::tract_core::ops::nn::{Reduce, Reducer};

use super::{Array, Made, products};
use products::Places;

/// See [`backward`](super::backward). Of equal values the first has the gradient.
pub(super) fn largest(op: &MaxPool, made: &Made) -> Option<TractResult<Array>> {
    op.with_index_outputs.is_none().then_some(())?;
    by_window(&op.pool_spec, made, |places, input, at, gradient, back| {
        let mut best: Option<((usize, usize), f32)> = None;
        for position in places.under(at) {
            let value = input[position];
            if best.is_none_or(|(_, largest)| value > largest) {
                best = Some((position, value));
            }
        }
        if let Some((position, _)) = best {
            back.push((position, gradient));
        }
    })
}

/// See [`backward`](super::backward).
pub(super) fn sum(op: &SumPool, made: &Made) -> Option<TractResult<Array>> {
    by_window(&op.pool_spec, made, |places, _, at, gradient, back| {
        let divisor = match (op.normalize, op.count_include_pad) {
            (false, _) => 1,
            (true, true) => places.kernel.0 * places.kernel.1,
            (true, false) => places.under(at).count().max(1),
        };
        back.extend(places.under(at).map(|position| (position, gradient / divisor as f32)));
    })
}

/// What goes back from one window to positions of its map.
type Back = Vec<((usize, usize), f32)>;

/// Goes back window by window: `share` says what of a window's gradient belongs to which positions.
fn by_window(
    spec: &PoolSpec,
    made: &Made,
    share: impl Fn(&Places, &ArrayView2<f32>, (usize, usize), f32, &mut Back),
) -> Option<TractResult<Array>> {
    let places = Places::of(spec, made.inputs[0].shape())?;
    let gradient = || {
        let input = made.input(0)?.into_dimensionality::<Ix4>()?;
        let gradient = made.gradient.view().into_dimensionality::<Ix4>()?;
        let mut result = Array4::zeros(input.raw_dim());
        let mut back = Vec::new();
        for image in 0..input.shape()[0] {
            for channel in 0..input.shape()[1] {
                let plane = input.index_axis(Axis(0), image);
                let plane = plane.index_axis(Axis(0), channel);
                for row in 0..places.output.0 {
                    for column in 0..places.output.1 {
                        back.clear();
                        share(&places, &plane, (row, column), gradient[[image, channel, row, column]], &mut back);
                        for &((y, x), value) in &back {
                            result[[image, channel, y, x]] += value;
                        }
                    }
                }
            }
        }
        Ok(result.into_dyn())
    };
    Some(gradient())
}

/// See [`backward`](super::backward). Equal largest values share the gradient.
pub(super) fn reduce(op: &Reduce, made: &Made) -> Option<TractResult<Array>> {
    let shape = made.inputs[0].shape();
    let kind = op.reducer;
    matches!(kind, Reducer::Sum | Reducer::Max | Reducer::Min | Reducer::MeanOfSquares).then_some(())?;
    let gradient = || {
        let input = made.input(0)?;
        let mut gradient = spread(&made.gradient, shape)?;
        match kind {
            Reducer::MeanOfSquares => {
                let count = op.axes.iter().map(|&axis| shape[axis]).product::<usize>() as f32;
                gradient.zip_mut_with(&input, |gradient, &x| *gradient *= 2.0 * x / count);
            }
            Reducer::Max | Reducer::Min => {
                let mut is_best = spread(&made.output()?.to_owned(), shape)?;
                is_best.zip_mut_with(&input, |best, &x| *best = f32::from(*best == x));
                let mut count = is_best.clone();
                for &axis in &op.axes {
                    count = count.sum_axis(Axis(axis)).insert_axis(Axis(axis));
                }
                let count = spread(&count, shape)?;
                Zip::from(&mut gradient).and(&is_best).and(&count).for_each(|gradient, is, n| *gradient *= is / n);
            }
            _ => {}
        }
        Ok(gradient)
    };
    Some(gradient())
}

fn spread(array: &Array, shape: &[usize]) -> TractResult<Array> {
    Ok(array.broadcast(IxDyn(shape)).with_context(|| "shapes that do not fit each other")?.to_owned())
}
