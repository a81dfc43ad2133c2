//! Functions of one value, applied to every float of a tensor: activation functions however an exporter wrote them.
//!
//! A function is a short list of instructions. It is run over a few dozen floats at a time, an instruction after the other,
//! so that what is between them stays in the first-level cache.

use std::f32::consts::FRAC_2_SQRT_PI;
use std::mem::MaybeUninit;

use crate::engine::simd::{F32x4, LANES};

/// Floats that are worked on together.
const CHUNK: usize = 16 * LANES;

/// Instructions of a function at most.
pub const LONGEST: usize = 24;

/// What an instruction reads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Operand {
    /// The float that the function is applied to.
    Argument,
    /// What the instruction of this number made.
    Result(usize),
    /// The same for all.
    Constant(f32),
}

/// A function of one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Sigmoid,
    Tanh,
    Erf,
    Exp,
    Sqrt,
    ReciprocalSqrt,
    Reciprocal,
    Square,
    Abs,
    Negative,
    HardSwish,
}

/// An operator of two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    Largest,
    Smallest,
}

/// One step of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Instruction {
    Unary(Unary, Operand),
    Binary(Binary, Operand, Operand),
}

/// A function of one value; its result is that of the last instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    instructions: Vec<Instruction>,
}

impl Function {
    /// That of `instructions`, each of which reads results of those before it alone; `None` if there are none or too many.
    pub fn new(instructions: Vec<Instruction>) -> Option<Function> {
        let reads_earlier = |(at, instruction): (usize, &Instruction)| match *instruction {
            Instruction::Unary(_, operand) => is_before(operand, at),
            Instruction::Binary(_, a, b) => is_before(a, at) && is_before(b, at),
        };
        let is_sound =
            (1..=LONGEST).contains(&instructions.len()) && instructions.iter().enumerate().all(reads_earlier);
        is_sound.then_some(Function { instructions })
    }

    /// Its value at 0, where it finds the channels that only fill up a block.
    pub fn at_zero(&self) -> f32 {
        let mut values = [0.0; LANES];
        // SAFETY: these are four floats.
        unsafe { self.apply(values.as_mut_ptr(), LANES) };
        values[0]
    }

    /// Applies it to `len` floats in place; `len` is a multiple of four.
    ///
    /// # Safety
    /// As many floats must be readable and writable at `values`.
    pub unsafe fn apply(&self, values: *mut f32, len: usize) {
        debug_assert!(len.is_multiple_of(LANES), "values are whole registers");
        // Not filled with zeros: an instruction reads what one before it wrote.
        let mut results = [const { MaybeUninit::<[f32; CHUNK]>::uninit() }; LONGEST];
        let results: *mut f32 = results.as_mut_ptr().cast();
        let mut start = 0;
        while start < len {
            let count = CHUNK.min(len - start);
            // SAFETY: `count` floats from `start` on are among those that the caller promised; a row of `results` has CHUNK.
            unsafe {
                let chunk = values.add(start);
                let last = self.instructions.len() - 1;
                for at in 0..last {
                    self.instructions[at].run(chunk, results, results.add(at * CHUNK), count);
                }
                self.instructions[last].run(chunk, results, chunk, count);
            }
            start += count;
        }
    }
}

fn is_before(operand: Operand, at: usize) -> bool {
    !matches!(operand, Operand::Result(result) if result >= at)
}

impl Instruction {
    /// # Safety
    /// `argument` and `to` must have `count` floats, `results` a row of CHUNK for each instruction before.
    unsafe fn run(self, argument: *const f32, results: *const f32, to: *mut f32, count: usize) {
        // SAFETY: the caller's promise; results lie a row of CHUNK apart.
        let source = |operand: Operand| unsafe {
            match operand {
                Operand::Argument => Source::Floats(argument),
                Operand::Result(at) => Source::Floats(results.add(at * CHUNK)),
                Operand::Constant(value) => Source::Constant(F32x4::splat(value)),
            }
        };
        // SAFETY: the caller's promise.
        unsafe {
            match self {
                Instruction::Unary(op, a) => {
                    let a = source(a);
                    match op {
                        Unary::Sigmoid => map(a, to, count, sigmoid),
                        Unary::Tanh => map(a, to, count, tanh),
                        Unary::Erf => map(a, to, count, erf),
                        Unary::Exp => map(a, to, count, exp),
                        Unary::Sqrt => map(a, to, count, F32x4::sqrt),
                        Unary::ReciprocalSqrt => map(a, to, count, |x| F32x4::splat(1.0).div(x.sqrt())),
                        Unary::Reciprocal => map(a, to, count, |x| F32x4::splat(1.0).div(x)),
                        Unary::Square => map(a, to, count, |x| x.mul(x)),
                        Unary::Abs => map(a, to, count, abs),
                        Unary::Negative => map(a, to, count, |x| F32x4::splat(0.0).sub(x)),
                        Unary::HardSwish => map(a, to, count, hard_swish),
                    }
                }
                Instruction::Binary(op, a, b) => {
                    let (a, b) = (source(a), source(b));
                    match op {
                        Binary::Add => zip(a, b, to, count, F32x4::add),
                        Binary::Subtract => zip(a, b, to, count, F32x4::sub),
                        Binary::Multiply => zip(a, b, to, count, F32x4::mul),
                        Binary::Divide => zip(a, b, to, count, F32x4::div),
                        Binary::Largest => zip(a, b, to, count, F32x4::max),
                        Binary::Smallest => zip(a, b, to, count, F32x4::min),
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Source {
    Floats(*const f32),
    Constant(F32x4),
}

impl Source {
    /// # Safety
    /// Four floats from `at` on must be readable, if they are floats.
    #[inline(always)]
    unsafe fn load(self, at: usize) -> F32x4 {
        match self {
            // SAFETY: the caller's promise.
            Source::Floats(floats) => unsafe { F32x4::load(floats.add(at)) },
            Source::Constant(value) => value,
        }
    }
}

/// # Safety
/// `a` and `to` must have `count` floats.
#[inline(always)]
unsafe fn map(a: Source, to: *mut f32, count: usize, f: impl Fn(F32x4) -> F32x4) {
    for at in (0..count).step_by(LANES) {
        // SAFETY: the caller's promise.
        unsafe { f(a.load(at)).store(to.add(at)) };
    }
}

/// # Safety
/// `a`, `b` and `to` must have `count` floats.
#[inline(always)]
unsafe fn zip(a: Source, b: Source, to: *mut f32, count: usize, f: impl Fn(F32x4, F32x4) -> F32x4) {
    for at in (0..count).step_by(LANES) {
        // SAFETY: the caller's promise.
        unsafe { f(a.load(at), b.load(at)).store(to.add(at)) };
    }
}

/// e ^ x to two units in the last place; below -87.3 and above 88.3 its value there. The reduction to [-ln 2 / 2, ln 2 / 2] and
/// the polynomial are those of Cephes' `expf`.
#[inline(always)]
pub fn exp(x: F32x4) -> F32x4 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    /// ln 2 in two parts, the first exact in products with whole numbers.
    const LN_2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    /// Added and subtracted again, it rounds to a whole number.
    const ROUNDER: f32 = 12_582_912.0;
    let x = x.max(F32x4::splat(-87.3)).min(F32x4::splat(88.3));
    let power = x.mul(F32x4::splat(LOG2_E)).add(F32x4::splat(ROUNDER)).sub(F32x4::splat(ROUNDER));
    let rest = power.madd(F32x4::splat(-LN_2[0]), x);
    let rest = power.madd(F32x4::splat(-LN_2[1]), rest);
    let mut sum = F32x4::splat(1.987_569_1e-4);
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        sum = sum.madd(rest, F32x4::splat(coefficient));
    }
    sum.madd(rest.mul(rest), rest.add(F32x4::splat(1.0))).mul(power.power_of_two())
}

/// (1 + tanh(x / 2)) / 2
#[inline(always)]
fn sigmoid(x: F32x4) -> F32x4 {
    let half = F32x4::splat(0.5);
    tanh(x.mul(half)).madd(half, half)
}

/// To 3e-7, by a ratio of polynomials that `tests/reference/fit_functions.py` found.
#[inline(always)]
fn tanh(x: F32x4) -> F32x4 {
    const ABOVE: [f32; 7] =
        [-1.022_312_9e-13, 5.911_139_6e-11, -2.147_281_7e-8, 1.145_054_9e-5, 3.131_732_5e-3, 0.131_087_4, 1.0];
    const BELOW: [f32; 4] = [2.586_901_2e-4, 2.460_534_8e-2, 0.464_420_7, 1.0];
    odd(x, 8.4, ABOVE, BELOW)
}

/// An odd function that is 1 from `limit` on: x times the ratio of two polynomials of its square, the highest powers first.
#[inline(always)]
fn odd<const N: usize, const M: usize>(x: F32x4, limit: f32, above: [f32; N], below: [f32; M]) -> F32x4 {
    let x = x.max(F32x4::splat(-limit)).min(F32x4::splat(limit));
    let square = x.mul(x);
    let polynomial = |coefficients: &[f32]| {
        let (first, rest) = (F32x4::splat(coefficients[0]), &coefficients[1..]);
        rest.iter().fold(first, |sum, &coefficient| sum.madd(square, F32x4::splat(coefficient)))
    };
    let value = x.mul(polynomial(&above)).div(polynomial(&below));
    value.max(F32x4::splat(-1.0)).min(F32x4::splat(1.0))
}

#[inline(always)]
fn abs(x: F32x4) -> F32x4 {
    x.max(F32x4::splat(0.0).sub(x))
}

#[inline(always)]
fn hard_swish(x: F32x4) -> F32x4 {
    let gate = x.add(F32x4::splat(3.0)).max(F32x4::splat(0.0)).min(F32x4::splat(6.0));
    x.mul(gate).mul(F32x4::splat(1.0 / 6.0))
}

/// The error function to 4e-7, by a ratio of polynomials that `tests/reference/fit_functions.py` found.
#[inline(always)]
fn erf(x: F32x4) -> F32x4 {
    const ABOVE: [f32; 6] = [2.066_303e-6, 2.850_96e-4, 3.739_613_9e-3, 5.267_191e-2, 0.189_695_67, FRAC_2_SQRT_PI];
    const BELOW: [f32; 6] = [3.827_006_4e-5, 1.157_695_8e-3, 1.491_677_2e-2, 0.113_830_91, 0.501_446_2, 1.0];
    odd(x, 3.9, ABOVE, BELOW)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(instructions: Vec<Instruction>, mut values: Vec<f32>) -> Vec<f32> {
        unsafe { Function::new(instructions).unwrap().apply(values.as_mut_ptr(), values.len()) };
        values
    }

    /// From -12 to 12; not a whole number of chunks.
    fn arguments() -> Vec<f32> {
        (0..2404).map(|i| (i as f32 - 1202.0) / 100.0).collect()
    }

    #[test]
    fn functions_of_one_value_are_those_of_float64() {
        use Unary::{Abs, Exp, HardSwish, Sigmoid, Square, Tanh};
        type Expected = fn(f64) -> f64;
        let expected: [(Unary, Expected); 6] = [
            (Sigmoid, |x| 1.0 / (1.0 + (-x).exp())),
            (Tanh, f64::tanh),
            (Exp, f64::exp),
            (Square, |x| x * x),
            (Abs, f64::abs),
            (HardSwish, |x| x * (x + 3.0).clamp(0.0, 6.0) / 6.0),
        ];
        for (op, function) in expected {
            let found = applied(vec![Instruction::Unary(op, Operand::Argument)], arguments());
            for (x, found) in arguments().into_iter().zip(found) {
                let expected = function(f64::from(x));
                assert!(
                    (f64::from(found) - expected).abs() <= 4e-7 * expected.abs().max(1.0),
                    "{op:?} at {x}: {found}"
                );
            }
        }
    }

    #[test]
    fn the_error_function_is_that_of_the_tables() {
        let found = applied(vec![Instruction::Unary(Unary::Erf, Operand::Argument)], vec![-2.0, 0.0, 0.5, 1.0]);
        for (found, expected) in found.into_iter().zip([-0.995_322_3, 0.0, 0.520_499_9, 0.842_700_8]) {
            assert!((found - expected).abs() < 4e-7, "{found} is not {expected}");
        }
    }

    #[test]
    fn instructions_read_what_was_made_before_them() {
        let gelu = vec![
            Instruction::Binary(
                Binary::Multiply,
                Operand::Argument,
                Operand::Constant(std::f32::consts::FRAC_1_SQRT_2),
            ),
            Instruction::Unary(Unary::Erf, Operand::Result(0)),
            Instruction::Binary(Binary::Add, Operand::Result(1), Operand::Constant(1.0)),
            Instruction::Binary(Binary::Multiply, Operand::Argument, Operand::Result(2)),
            Instruction::Binary(Binary::Multiply, Operand::Result(3), Operand::Constant(0.5)),
        ];
        let found = applied(gelu, vec![-1.0, 0.0, 1.0, 3.0]);
        for (found, expected) in found.into_iter().zip([-0.158_655_25, 0.0, 0.841_344_7, 2.995_950_2]) {
            assert!((found - expected).abs() < 1e-6, "{found} is not {expected}");
        }
        assert!(Function::new(vec![Instruction::Unary(Unary::Abs, Operand::Result(0))]).is_none());
    }

    #[test]
    fn what_is_no_number_stays_none() {
        for op in [Unary::Sigmoid, Unary::Tanh, Unary::Erf, Unary::Exp, Unary::HardSwish] {
            let found = applied(vec![Instruction::Unary(op, Operand::Argument)], vec![f32::NAN, 1.0, 1.0, 1.0]);
            assert!(found[0].is_nan() && !found[1].is_nan(), "{op:?}: {found:?}");
        }
    }
}
