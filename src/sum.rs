//! Sums of a method's summands by their weights, all at once or as they come.

use rayon::prelude::*;

use crate::heatmap::WeightedSum;
use crate::methods::Summands;

/// Summands that are summed by one task: fixed, so that the order of additions does not depend on the threads.
const BLOCK: usize = 64;

/// A weighted sum that can grow.
#[derive(Debug, Clone)]
pub struct Sum {
    size: (usize, usize),
    /// [height, width], in float64.
    values: Vec<f64>,
    /// The same of summands of weight one, where the sum is divided by that.
    cover: Option<Vec<f64>>,
}

impl Sum {
    /// Nothing yet.
    pub fn new(summands: &dyn Summands) -> Sum {
        let size = summands.size();
        let zeros = vec![0.0; size.0 * size.1];
        Sum { size, cover: summands.are_averaged().then(|| zeros.clone()), values: zeros }
    }

    /// The sum of `chosen` summands, which ascend, by `weights`, one for each of all there are.
    pub fn of(summands: &dyn Summands, chosen: &[usize], weights: &[f32]) -> Sum {
        let block = |chosen: &[usize]| {
            let mut sum = Sum::new(summands);
            chosen.iter().for_each(|&summand| sum.add(summands, summand, weights[summand]));
            sum
        };
        let blocks: Vec<Sum> = chosen.par_chunks(BLOCK).map(block).collect();
        let mut whole = Sum::new(summands);
        blocks.iter().for_each(|block| whole.join(block));
        whole
    }

    /// Adds one summand.
    pub fn add(&mut self, summands: &dyn Summands, summand: usize, weight: f32) {
        // What weighs nothing costs nothing.
        if weight != 0.0 {
            summands.add(summand, f64::from(weight), &mut self.values);
        }
        if let Some(cover) = &mut self.cover {
            summands.add(summand, 1.0, cover);
        }
    }

    /// Adds another sum of the same summands.
    pub fn join(&mut self, other: &Sum) {
        let add = |to: &mut Vec<f64>, from: &[f64]| to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
        add(&mut self.values, &other.values);
        if let (Some(to), Some(from)) = (&mut self.cover, &other.cover) {
            add(to, from);
        }
    }

    /// As if all weights so far had been `factor` times as large.
    pub fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|value| *value *= factor);
    }

    /// What it amounts to.
    pub fn weighted(&self) -> WeightedSum {
        let (height, width) = self.size;
        let values = match &self.cover {
            None => self.values.iter().map(|&value| value as f32).collect(),
            Some(cover) => {
                let mean = |(&value, &cover): (&f64, &f64)| if cover > 0.0 { (value / cover) as f32 } else { 0.0 };
                self.values.iter().zip(cover).map(mean).collect()
            }
        };
        WeightedSum { values, height, width }
    }

    /// What it amounts to at one position, of `value`, a single part of it.
    pub fn part_of(&self, value: f64, (row, column): (usize, usize)) -> f64 {
        self.cover.as_ref().map_or(value, |cover| value / cover[row * self.size.1 + column].max(f64::MIN_POSITIVE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Summand k is k + 1 in column k, or everywhere for the last one.
    struct Columns {
        averaged: bool,
    }

    impl Summands for Columns {
        fn size(&self) -> (usize, usize) {
            (1, 3)
        }

        fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
            for (column, sum) in sums.iter_mut().enumerate() {
                *sum += weight * f64::from(self.value_at(summand, (0, column)));
            }
        }

        fn value_at(&self, summand: usize, (_, column): (usize, usize)) -> f32 {
            if summand == column || summand == 3 { summand as f32 + 1.0 } else { 0.0 }
        }

        fn are_averaged(&self) -> bool {
            self.averaged
        }
    }

    #[test]
    fn a_sum_that_grows_is_the_sum_of_all() {
        for averaged in [false, true] {
            let (summands, weights) = (Columns { averaged }, [0.5, -1.0, 0.0, 2.0]);
            let mut grown = Sum::new(&summands);
            [3, 0, 2, 1].into_iter().for_each(|summand| grown.add(&summands, summand, weights[summand] / 2.0));
            grown.scale(2.0);
            let whole = Sum::of(&summands, &[0, 1, 2, 3], &weights).weighted();
            assert_eq!(grown.weighted(), whole);
            // By hand: 0.5 + 8, -2 + 8, 0 + 8, and these over 1 + 4, 2 + 4, 3 + 4.
            let expected = if averaged { [8.5 / 5.0, 1.0, 8.0 / 7.0] } else { [8.5, 6.0, 8.0] };
            assert!(whole.values.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{whole:?}");
        }
    }
}
