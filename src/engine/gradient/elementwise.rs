//! Operators of one or two tensors, value by value.

use std::f32::consts::{FRAC_2_SQRT_PI, PI};

use tract_onnx::prelude::TractResult;
use tract_onnx::prelude::tract_ndarray::{ArrayViewD, IxDyn, Zip};
use tract_onnx::tract_core::internal::TractErrorContext;
use tract_onnx::tract_core::ops::binary::TypedBinOp;
use tract_onnx::tract_core::ops::element_wise::ElementWiseOp;
use tract_onnx::tract_core::ops::math::{
    self, Abs, Cos, Erf, Exp, Ln, Neg, PowConst, Recip, Rsqrt, Sin, Sqrt, Square, Tanh,
};
use tract_onnx::tract_core::ops::nn::gelu_exact::GeluExact;
use tract_onnx::tract_core::ops::nn::silu::Silu;
use tract_onnx::tract_core::ops::nn::{HardSwish, LeakyRelu, Sigmoid};

use super::{Array, Made, summed_to};

/// The derivative of a function at `x`, where it is `y`.
type Derivative = Box<dyn Fn(f32, f32) -> f32>;

/// See [`backward`](super::backward).
pub(super) fn of_one(op: &ElementWiseOp, made: &Made) -> Option<TractResult<Array>> {
    let derivative = derivative(op)?;
    let gradient = || {
        let mut gradient = made.gradient.clone();
        let (input, output) = (made.input(0)?, made.output()?);
        Zip::from(&mut gradient).and(&input).and(&output).for_each(|gradient, &x, &y| *gradient *= derivative(x, y));
        Ok(gradient)
    };
    Some(gradient())
}

fn derivative(op: &ElementWiseOp) -> Option<Derivative> {
    let op = &op.0;
    let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
    Some(if op.is::<Sigmoid>() {
        Box::new(|_, y| y * (1.0 - y))
    } else if op.is::<HardSwish>() {
        Box::new(|x, _| {
            if x < -3.0 {
                0.0
            } else if x > 3.0 {
                1.0
            } else {
                x / 3.0 + 0.5
            }
        })
    } else if let Some(&LeakyRelu { alpha }) = op.downcast_ref::<LeakyRelu>() {
        Box::new(move |x, _| if x > 0.0 { 1.0 } else { alpha })
    } else if op.is::<Silu>() {
        Box::new(move |x, y| sigmoid(x) + y * (1.0 - sigmoid(x)))
    } else if op.is::<GeluExact>() {
        let density = |x: f32| (-0.5 * x * x).exp() / (2.0 * PI).sqrt();
        // The distribution is what the function made of x, over x.
        Box::new(move |x, y| if x == 0.0 { 0.5 } else { y / x + x * density(x) })
    } else if op.is::<Tanh>() {
        Box::new(|_, y| 1.0 - y * y)
    } else if op.is::<Erf>() {
        Box::new(|x, _| FRAC_2_SQRT_PI * (-x * x).exp())
    } else if op.is::<Exp>() {
        Box::new(|_, y| y)
    } else if op.is::<Ln>() {
        Box::new(|x, _| 1.0 / x)
    } else if op.is::<Sqrt>() {
        Box::new(|_, y| 0.5 / y)
    } else if op.is::<Rsqrt>() {
        Box::new(|x, y| -0.5 * y / x)
    } else if op.is::<Recip>() {
        Box::new(|_, y| -y * y)
    } else if op.is::<Square>() {
        Box::new(|x, _| 2.0 * x)
    } else if let Some(&PowConst { exponent }) = op.downcast_ref::<PowConst>() {
        Box::new(move |x, _| exponent * x.powf(exponent - 1.0))
    } else if op.is::<Abs>() {
        Box::new(|x, _| if x == 0.0 { 0.0 } else { x.signum() })
    } else if op.is::<Neg>() {
        Box::new(|_, _| -1.0)
    } else if op.is::<Sin>() {
        Box::new(|x, _| x.cos())
    } else if op.is::<Cos>() {
        Box::new(|x, _| -x.sin())
    } else {
        return None;
    })
}

/// See [`backward`](super::backward). Tensors that have one value along an axis are spread along it.
pub(super) fn of_two(op: &TypedBinOp, made: &Made, wanted: usize) -> Option<TractResult<Array>> {
    /// The factor of the gradient, of both inputs and of what was made of them.
    type Factor = fn(f32, f32, f32) -> f32;
    let op = &op.0;
    let is_first = wanted == 0;
    let factor: Factor = if op.is::<math::Add>() {
        |_, _, _| 1.0
    } else if op.is::<math::Sub>() {
        if is_first { |_, _, _| 1.0 } else { |_, _, _| -1.0 }
    } else if op.is::<math::Mul>() {
        if is_first { |_, b, _| b } else { |a, _, _| a }
    } else if op.is::<math::Div>() {
        if is_first { |_, b, _| 1.0 / b } else { |_, b, y| -y / b }
    } else if op.is::<math::Pow>() {
        if is_first { |a, b, _| b * a.powf(b - 1.0) } else { |a, _, y| y * a.ln() }
    } else if op.is::<math::Max>() {
        // At a ReLU's zero nothing goes back.
        if is_first { |a, b, _| f32::from(a > b) } else { |a, b, _| f32::from(b > a) }
    } else if op.is::<math::Min>() {
        if is_first { |a, b, _| f32::from(a < b) } else { |a, b, _| f32::from(b < a) }
    } else {
        return None;
    };
    let gradient = || {
        let shape = IxDyn(made.output.shape());
        let mut gradient = made.gradient.clone();
        let (a, b, y) = (made.input(0)?, made.input(1)?, made.output()?);
        let (a, b) = (spread(&a, &shape)?, spread(&b, &shape)?);
        let times = |gradient: &mut f32, &a: &f32, &b: &f32, &y: &f32| *gradient *= factor(a, b, y);
        Zip::from(&mut gradient).and(&a).and(&b).and(&y).for_each(times);
        Ok(summed_to(gradient, made.inputs[wanted].shape()))
    };
    Some(gradient())
}

fn spread<'a>(array: &'a ArrayViewD<'a, f32>, shape: &IxDyn) -> TractResult<ArrayViewD<'a, f32>> {
    array.broadcast(shape.clone()).with_context(|| "shapes that do not fit each other")
}
