//! How alike two heatmaps of one picture are: their rank correlation and their difference.

use crate::geometry::Region;
use crate::heatmap::Heatmap;

/// Two heatmaps of one picture beside each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Spearman's rank correlation in [-1, 1] where both maps have values; absent if one of them is constant there.
    pub correlation: Option<f32>,
    /// The first map less the second [height, width], in [-1, 1]; zero where the second network did not look.
    pub difference: Vec<f32>,
    /// Mean of its absolute values.
    pub mean_difference: f32,
    /// Largest of its absolute values.
    pub largest_difference: f32,
    /// Rows, those of the first map.
    pub height: usize,
    /// Columns, those of the first map.
    pub width: usize,
}

/// Compares two maps, each with the part of the picture that it covers. Where their cells do not coincide, the second is
/// read between its cells, bilinear.
pub fn compare((first, seen): (&Heatmap, Region), (second, other): (&Heatmap, Region)) -> Comparison {
    let &Heatmap { height, width, .. } = first;
    let mut difference = vec![0.0; height * width];
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for (i, value) in first.values.iter().enumerate() {
        let point = seen.centre_of_cell((i / width, i % width), (height, width));
        let Some(cell) = other.to_cell(point, (second.height, second.width)) else { continue };
        let opposite = second.value_at(cell);
        difference[i] = value - opposite;
        ours.push(*value);
        theirs.push(opposite);
    }
    let sizes = || difference.iter().map(|value| value.abs());
    Comparison {
        correlation: spearman(&ours, &theirs),
        mean_difference: (sizes().map(f64::from).sum::<f64>() / difference.len() as f64) as f32,
        largest_difference: sizes().fold(0.0, f32::max),
        difference,
        height,
        width,
    }
}

/// Spearman's rank correlation of two series of the same length, ties at their mean rank; absent if one is constant.
pub fn spearman(a: &[f32], b: &[f32]) -> Option<f32> {
    pearson(&ranks(a), &ranks(b))
}

/// The place of each value in ascending order, from 0; equal values share the mean of their places.
fn ranks(values: &[f32]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let mean = first as f64 + (equal.len() - 1) as f64 / 2.0;
        equal.iter().for_each(|&i| ranks[i] = mean);
        first += equal.len();
    }
    ranks
}

/// Pearson's correlation of two series of the same length; absent if one is constant.
pub fn pearson(a: &[f64], b: &[f64]) -> Option<f32> {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        ab += (a - mean_a) * (b - mean_b);
        aa += (a - mean_a).powi(2);
        bb += (b - mean_b).powi(2);
    }
    (aa > 0.0 && bb > 0.0).then(|| (ab / (aa * bb).sqrt()) as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(values: &[f32], height: usize, width: usize) -> Heatmap {
        Heatmap { values: values.to_vec(), height, width, has_positive_evidence: true }
    }

    const WHOLE: Region = Region { x: 0.0, y: 0.0, width: 8.0, height: 4.0 };

    #[test]
    fn ranks_correlate_by_order_alone_and_ties_share_theirs() {
        let cases: [(&[f32], &[f32], Option<f32>); 5] = [
            (&[1.0, 2.0, 3.0], &[1.0, 10.0, 1000.0], Some(1.0)),
            (&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0], Some(-1.0)),
            // Ranks 0.5 0.5 2 3 and 0 1 2 3: covariance 4.5, variances 4.5 and 5.
            (&[0.0, 0.0, 1.0, 2.0], &[0.0, 1.0, 2.0, 3.0], Some(0.948_683_3)),
            (&[0.0, 0.0], &[0.0, 1.0], None),
            (&[], &[], None),
        ];
        for (a, b, expected) in cases {
            match (spearman(a, b), expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-6, "{a:?} {b:?}: {found}"),
                (found, expected) => assert_eq!(found, expected, "{a:?} {b:?}"),
            }
        }
    }

    #[test]
    fn maps_of_the_same_cells_are_subtracted_cell_by_cell() {
        let (first, second) = (map(&[0.0, 0.25, 0.5, 1.0], 2, 2), map(&[1.0, 0.25, 0.0, 0.5], 2, 2));
        let found = compare((&first, WHOLE), (&second, WHOLE));
        assert_eq!(found.difference, [-1.0, 0.0, 0.5, 0.5]);
        assert_eq!((found.height, found.width), (2, 2));
        assert_eq!((found.mean_difference, found.largest_difference), (0.5, 1.0));
        assert_eq!(compare((&first, WHOLE), (&first, WHOLE)).correlation, Some(1.0));
    }

    #[test]
    fn where_the_second_network_did_not_look_nothing_is_compared() {
        let right = Region { x: 4.0, width: 4.0, ..WHOLE };
        let found = compare((&map(&[0.5, 1.0, 0.5, 1.0], 1, 4), WHOLE), (&map(&[0.0, 1.0], 1, 2), right));
        assert_eq!(found.difference, [0.0, 0.0, 0.5, 0.0]);
        assert_eq!(found.correlation, Some(1.0));
    }
}
