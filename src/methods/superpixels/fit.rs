//! Linear models of scores, by least squares.

use crate::linear::Cholesky;

/// Which features are on, and the score.
pub type Sample = (Vec<bool>, f64);

/// LIME's: which features are on, and the score; a weight for each feature. See the module above.
pub fn lime(samples: &[Sample], features: usize, width: f64) -> Vec<f32> {
    /// Of marcotcr/lime.
    const RIDGE: f64 = 1.0;
    let weight = |on: &[bool]| {
        // The cosine with all ones.
        let cosine = (on.iter().filter(|on| **on).count() as f64 / features as f64).sqrt();
        (-(1.0 - cosine).powi(2) / (2.0 * width * width)).exp()
    };
    let weights: Vec<f64> = samples.iter().map(|(on, _)| weight(on)).collect();
    let whole: f64 = weights.iter().sum();
    if whole == 0.0 {
        return vec![0.0; features];
    }
    let mean = |value: &dyn Fn(&Sample) -> f64| {
        samples.iter().zip(&weights).map(|(sample, weight)| weight * value(sample)).sum::<f64>() / whole
    };
    let score = mean(&|(_, score)| *score);
    let share: Vec<f64> = (0..features).map(|feature| mean(&|(on, _)| f64::from(on[feature]))).collect();
    let mut matrix = vec![0.0; features * features];
    let mut right = vec![0.0; features];
    for ((on, found), weight) in samples.iter().zip(&weights) {
        let centred: Vec<f64> = on.iter().zip(&share).map(|(&on, share)| f64::from(on) - share).collect();
        add(&mut matrix, &mut right, &centred, found - score, *weight);
    }
    (0..features).for_each(|feature| matrix[feature * features + feature] += RIDGE);
    solved(matrix, right)
}

/// Shapley values: samples among which are none and all of the features; a value for each feature, which sum to the score of all less that
/// of none. See the module above.
pub fn shapley(samples: &[Sample], features: usize) -> Vec<f32> {
    let known =
        |wanted: bool| samples.iter().find(|(on, _)| on.iter().all(|&on| on == wanted)).map(|(_, score)| *score);
    let (Some(all), Some(none)) = (known(true), known(false)) else { return vec![0.0; features] };
    // The last value is what the others leave of the sum.
    let free = features - 1;
    let mut matrix = vec![0.0; free * free];
    let mut right = vec![0.0; free];
    for (on, score) in samples {
        let last = f64::from(on[free]);
        let row: Vec<f64> = on[..free].iter().map(|&on| f64::from(on) - last).collect();
        add(&mut matrix, &mut right, &row, score - none - last * (all - none), 1.0);
    }
    // Samples that do not tell two features apart leave their sum only: it is shared.
    let trace: f64 = (0..free).map(|at| matrix[at * free + at]).sum();
    (0..free).for_each(|at| matrix[at * free + at] += 1e-10 * trace.max(1.0));
    let mut values = solved(matrix, right);
    let rest: f64 = values.iter().map(|&value| f64::from(value)).sum();
    values.push((all - none - rest) as f32);
    values
}

/// Adds a row to the normal equations.
fn add(matrix: &mut [f64], right: &mut [f64], row: &[f64], value: f64, weight: f64) {
    for (line, (&a, right)) in matrix.chunks_exact_mut(row.len().max(1)).zip(row.iter().zip(right)) {
        if a != 0.0 {
            line.iter_mut().zip(row).for_each(|(sum, b)| *sum += weight * a * b);
            *right += weight * a * value;
        }
    }
}

fn solved(matrix: Vec<f64>, right: Vec<f64>) -> Vec<f32> {
    let n = right.len();
    Cholesky::of(matrix, n).solved(right).into_iter().map(|value| value as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_subsets(features: usize, score: impl Fn(&[bool]) -> f64) -> Vec<(Vec<bool>, f64)> {
        let on = |subset: usize| (0..features).map(|at| subset >> at & 1 == 1).collect::<Vec<bool>>();
        (0..1 << features).map(on).map(|on| (on.clone(), score(&on))).collect()
    }

    #[test]
    fn shapley_values_of_a_sum_are_its_terms() {
        let worth = [0.5, -0.25, 0.125];
        let score = |on: &[bool]| 0.1 + on.iter().zip(worth).map(|(&on, worth)| f64::from(on) * worth).sum::<f64>();
        let values = shapley(&all_subsets(3, score), 3);
        assert!(values.iter().zip(worth).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-6), "{values:?}");
    }

    #[test]
    fn what_two_features_do_together_is_shared_and_the_sum_is_kept() {
        let values = shapley(&all_subsets(3, |on| f64::from(on[0] && on[1])), 3);
        assert!(
            (values[0] - 0.5).abs() < 1e-6 && (values[1] - 0.5).abs() < 1e-6 && values[2].abs() < 1e-6,
            "{values:?}"
        );
    }

    #[test]
    fn lime_is_the_weighted_ridge_of_scikit_learn() {
        let samples =
            all_subsets(4, |on| f64::from(on[0]) * 0.6 + f64::from(on[1] && on[2]) * 0.3 - f64::from(on[3]) * 0.1);
        let values = lime(&samples[1..], 4, 0.25);
        // Ridge(alpha=1).fit(z, f, sample_weight=sqrt(exp(-d^2 / 0.25^2))), d the cosine distance from all ones
        assert!(values.iter().zip(SCIKIT_LEARN).all(|(&a, b)| (f64::from(a) - b).abs() < 1e-6), "{values:?}");
    }

    const SCIKIT_LEARN: [f64; 4] = [0.376522322, 0.112543321, 0.112543321, -0.090800052];
}
