//! Deletion and insertion: pixels leave the picture, or come back, in the order in which a map names them.
//!
//! The picture without its `k` most relevant pixels, `k` from none to all, gives one curve of the target's score; without its `k` least
//! relevant ones another, which read from its end is insertion, most relevant first. Each with two fills: the mean colour and a blur. An area
//! (trapezoid, in shares of the pixels) is a number in the unit of the score. Petsiuk et al., BMVC 2018, arXiv 1806.07421, whose code
//! deletes to the mean colour and inserts into the blur and breaks ties by place; here they are broken by chance.

use crate::error::Result;

use super::fills::Removed;
use super::measure::{Better, Case, Curve, Description, Measure, Number, Reading};

/// Steps that a curve has: as many as RISE's code for 224 by 224 pixels.
const STEPS: usize = 224;

/// Steps at either end that the curves of baselines have, too, where they fall fastest; between, one of so many.
const BASELINE_ENDS: usize = 16;
const BASELINE_STRIDE: usize = 8;

/// See the module.
pub struct DeletionInsertion;

impl DeletionInsertion {
    /// Curves of a case: of a random map the order from its end is another random order, and is not measured.
    fn curves(case: &Case) -> Vec<(Removed, bool)> {
        let orders: &[bool] = if case.is_random { &[true] } else { &[true, false] };
        Removed::MEASURED
            .iter()
            .flat_map(|&fill| orders.iter().map(move |&relevant_first| (fill, relevant_first)))
            .collect()
    }

    /// Steps at which a curve of a case is taken. Those of baselines are taken at a quarter of them: their areas are the same to a few
    /// thousandths, and they are four maps to each that is judged.
    fn steps(case: &Case) -> Vec<usize> {
        let is_taken = |step: &usize| {
            let end = *step.min(&(STEPS - step));
            !case.is_baseline || end <= BASELINE_ENDS || end.is_multiple_of(BASELINE_STRIDE)
        };
        (0..=STEPS).filter(is_taken).collect()
    }
}

impl Measure for DeletionInsertion {
    fn describe(&self) -> Description {
        Description { name: "deletion-insertion", needs_box: false }
    }

    fn passes(&self, case: &Case) -> usize {
        Self::curves(case).len() * Self::steps(case).len()
    }

    fn tensor(&self, case: &Case, pass: usize) -> Vec<f32> {
        let steps = Self::steps(case);
        let (fill, relevant_first) = Self::curves(case)[pass / steps.len()];
        let pixels = case.ranking.len();
        let count = removed_after(steps[pass % steps.len()], pixels);
        let gone = if relevant_first { &case.ranking[..count] } else { &case.ranking[pixels - count..] };
        let filler = case.picture.filler(fill);
        let mut tensor = case.picture.input.tensor.clone();
        for (to, from) in tensor.chunks_exact_mut(pixels).zip(filler.chunks_exact(pixels)) {
            gone.iter().for_each(|&at| to[at as usize] = from[at as usize]);
        }
        tensor
    }

    fn read(&self, case: &Case, scores: &[f64]) -> Result<Reading> {
        let pixels = case.ranking.len();
        let steps = Self::steps(case);
        let at: Vec<f64> = steps.iter().map(|&step| removed_after(step, pixels) as f64 / pixels as f64).collect();
        let mut reading = Reading::default();
        for (fill, curves) in Removed::MEASURED.iter().zip(scores.chunks_exact(scores.len() / Removed::MEASURED.len()))
        {
            let (removal, rest) = curves.split_at(steps.len());
            // What a random map leaves in its own order stands for the other, too.
            let retention: Vec<f64> = if case.is_random { removal } else { rest }.iter().rev().copied().collect();
            let shares: Vec<f64> = at.iter().rev().map(|share| 1.0 - share).collect();
            let (deletion, insertion) = (area(&at, removal), area(&shares, &retention));
            let mut number = |name: &str, value: f64, better| {
                reading.numbers.push(Number { name: format!("{name}-{}", fill.name()), value: Some(value), better });
            };
            number("deletion", deletion, Better::Lower);
            number("insertion", insertion, Better::Higher);
            number("difference", insertion - deletion, Better::Higher);
            let mut curve = |name: &str, x: &[f64], y: &[f64]| {
                reading.curves.push(Curve { name: format!("{name}-{}", fill.name()), x: x.to_vec(), y: y.to_vec() });
            };
            curve("deletion", &at, removal);
            curve("insertion", &shares, &retention);
        }
        Ok(reading)
    }
}

/// Pixels that are gone after so many steps, the last of which may be a smaller one.
fn removed_after(step: usize, pixels: usize) -> usize {
    (step * pixels.div_ceil(STEPS)).min(pixels)
}

/// The area under a curve, by trapezoids.
fn area(x: &[f64], y: &[f64]) -> f64 {
    x.windows(2).zip(y.windows(2)).map(|(x, y)| (x[1] - x[0]) * (y[0] + y[1]) / 2.0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_begins_with_nothing_and_ends_with_all_whatever_the_size() {
        for pixels in [224 * 224, 8 * 8, 299 * 299] {
            assert_eq!((removed_after(0, pixels), removed_after(STEPS, pixels)), (0, pixels));
        }
        assert_eq!(removed_after(1, 224 * 224), 224);
    }

    #[test]
    fn areas_are_those_of_trapezoids() {
        assert_eq!(area(&[0.0, 0.5, 1.0], &[1.0, 0.5, 0.25]), 0.375 + 0.1875);
        assert_eq!(area(&[0.0, 1.0, 1.0], &[0.5, 0.5, 9.0]), 0.5);
    }
}
