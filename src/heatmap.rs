//! Sixth stage: what a weighted sum says is where the evidence lies.

use crate::error::{Error, Result};
use crate::geometry::{Grid, Upsampler, range, read_between};

/// Where the evidence for a target lies.
#[derive(Debug, Clone, PartialEq)]
pub struct Heatmap {
    /// Values [height, width] in [0, 1].
    pub values: Vec<f32>,
    /// Rows, those of the network's input.
    pub height: usize,
    /// Columns, those of the network's input.
    pub width: usize,
    /// Whether the weighted sum varies where it is positive. If not, `values` are all zero and say nothing.
    pub has_positive_evidence: bool,
}

/// What a cover hides, in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of the picture.
    pub area: f32,
    /// Of the map's sum; absent if that is zero.
    pub evidence: Option<f32>,
}

impl Heatmap {
    /// The map of `values` [height, width], which are its own scale.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there are not as many values as the size says, or one is not
    /// finite.
    pub fn new(values: Vec<f32>, height: usize, width: usize) -> Result<Heatmap> {
        let fits = height.checked_mul(width).is_some_and(|len| len == values.len() && len > 0);
        if !fits || !values.iter().all(|value| value.is_finite()) {
            let count = values.len();
            return Err(Error::new("map-unreadable", &[("values", &count), ("height", &height), ("width", &width)]));
        }
        let has_positive_evidence = values.iter().any(|&value| value > 0.0);
        Ok(Heatmap { values, height, width, has_positive_evidence })
    }

    /// What is positive of `values` [height, width], scaled to [0, 1]. If that is constant, the map is all zeros.
    pub fn of_positive(mut values: Vec<f32>, size: (usize, usize)) -> Heatmap {
        for value in &mut values {
            *value = value.max(0.0);
        }
        Heatmap::of_all(values, size)
    }

    /// What is positive of `sum` at its own size, scaled to [0, 1], then resized and scaled again, as pytorch-grad-cam has it. Where it
    /// was rectified, that decides whether there is positive evidence; upsampling only spreads it.
    pub fn of_positive_cells(sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        let small = Heatmap::of_positive(sum.values.clone(), (sum.height, sum.width));
        let has_positive_evidence = small.has_positive_evidence;
        let sum = WeightedSum { values: small.values, ..*sum };
        Heatmap { has_positive_evidence, ..Heatmap::of_positive(sum.resized(size), size) }
    }

    /// `values` [height, width] from the smallest to the largest as [0, 1], whatever their sign. If they are constant or none
    /// is positive, the map is all zeros.
    pub fn of_all(mut values: Vec<f32>, (height, width): (usize, usize)) -> Heatmap {
        let (low, high) = range(&values);
        let has_positive_evidence = high > low && high > 0.0;
        let factor = if has_positive_evidence { 1.0 / (high - low) } else { 0.0 };
        for value in &mut values {
            *value = ((*value - low) * factor).min(1.0);
        }
        Heatmap { values, height, width, has_positive_evidence }
    }

    /// How much of the picture and of the map is under a cover [height, width] in [0, 1].
    pub fn under(&self, cover: &[f32]) -> Shares {
        let sum = |values: &mut dyn Iterator<Item = f64>| values.sum::<f64>();
        let hidden = || cover.iter().map(|&hidden| f64::from(hidden));
        let values = || self.values.iter().map(|&value| f64::from(value));
        let whole = sum(&mut values());
        let covered = sum(&mut values().zip(hidden()).map(|(value, hidden)| value * hidden));
        let area = sum(&mut hidden()) / cover.len() as f64;
        Shares { area: area as f32, evidence: (whole > 0.0).then(|| (covered / whole) as f32) }
    }

    /// How its values are spread over three by three parts of equal size: nine shares by rows, which sum to one, or nine
    /// zeros if the map is empty.
    pub fn ninths(&self) -> [f32; 9] {
        let mut sums = [0.0_f64; 9];
        for (i, &value) in self.values.iter().enumerate() {
            let (row, column) = (i / self.width, i % self.width);
            sums[row * 3 / self.height * 3 + column * 3 / self.width] += f64::from(value);
        }
        let whole: f64 = sums.iter().sum();
        sums.map(|sum| if whole > 0.0 { (sum / whole) as f32 } else { 0.0 })
    }

    /// The value between its cells, bilinear; `position` is (across, down) in cells, whole numbers at their centres. Outside
    /// it is that of the nearest cell.
    pub fn value_at(&self, position: (f64, f64)) -> f32 {
        read_between(&self.values, (self.height, self.width), position)
    }
}

/// A weighted sum before what is negative is dropped: what speaks for the target is positive, what speaks against it
/// negative.
#[derive(Debug, Clone, PartialEq)]
pub struct WeightedSum {
    /// Values [height, width] of either sign, in the unit of the weights times that of what is summed.
    pub values: Vec<f32>,
    /// Rows: the layer's, or the input's where masks or windows are summed.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl WeightedSum {
    /// Its values at another size [height, width], bilinear.
    pub fn resized(&self, size: (usize, usize)) -> Vec<f32> {
        if (self.height, self.width) == size {
            return self.values.clone();
        }
        Upsampler::new((self.height, self.width), size, Grid::HalfPixel).upsampled(&self.values)
    }

    /// Its values at the size of a heatmap, with how far they reach.
    pub fn signed(&self, (height, width): (usize, usize)) -> Signed {
        let values = self.resized((height, width));
        let (low, high) = range(&values);
        Signed { values, low, high, height, width }
    }

    /// Its smallest and largest value.
    pub fn range(&self) -> (f32, f32) {
        range(&self.values)
    }
}

/// What speaks for the target and what against it: the weighted sum before what is negative is dropped, at the heatmap's size.
#[derive(Debug, Clone, PartialEq)]
pub struct Signed {
    /// Values [height, width] of either sign, in the unit of the weights times that of what is summed.
    pub values: Vec<f32>,
    /// The smallest of them.
    pub low: f32,
    /// The largest of them.
    pub high: f32,
    /// Rows, those of the heatmap.
    pub height: usize,
    /// Columns, those of the heatmap.
    pub width: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ninths_are_shares_of_the_evidence_by_rows() {
        let mut values = vec![0.0; 36];
        (values[0], values[7], values[35]) = (0.5, 0.5, 1.0); // twice top left, once bottom right
        let map = Heatmap { values, height: 6, width: 6, has_positive_evidence: true };
        assert_eq!(map.ninths(), [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]);
        let empty = Heatmap { values: vec![0.0; 4], height: 2, width: 2, has_positive_evidence: false };
        assert_eq!(empty.ninths(), [0.0; 9]);
    }

    #[test]
    fn what_is_negative_is_dropped_and_the_rest_scaled() {
        let map = Heatmap::of_positive(vec![-3.0, 0.0, 1.0, 4.0], (2, 2));
        assert_eq!((map.values, map.has_positive_evidence), (vec![0.0, 0.0, 0.25, 1.0], true));
        let empty = Heatmap::of_positive(vec![-3.0, -1.0], (1, 2));
        assert_eq!((empty.values, empty.has_positive_evidence), (vec![0.0; 2], false));
    }

    #[test]
    fn a_sum_keeps_its_signs_at_any_size() {
        let sum = WeightedSum { values: vec![-2.0, 2.0], height: 1, width: 2 };
        assert_eq!(sum.resized((1, 4)), [-2.0, -1.0, 1.0, 2.0]);
        assert_eq!(sum.range(), (-2.0, 2.0));
    }
}
