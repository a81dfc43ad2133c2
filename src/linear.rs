//! Systems of linear equations that are small and symmetric.

/// The sum of the products of two series.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// A symmetric positive definite matrix [n, n] as the product of a lower triangle and its transpose.
pub struct Cholesky {
    lower: Vec<f64>,
    n: usize,
}

impl Cholesky {
    /// Of `matrix`, row by row; a matrix that is not definite is taken for one that just is.
    pub fn of(mut matrix: Vec<f64>, n: usize) -> Cholesky {
        for column in 0..n {
            for row in column..n {
                let sum = dot(&matrix[row * n..][..column], &matrix[column * n..][..column]);
                let left = matrix[row * n + column] - sum;
                let is_diagonal = row == column;
                matrix[row * n + column] =
                    if is_diagonal { left.max(f64::MIN_POSITIVE).sqrt() } else { left / matrix[column * n + column] };
            }
        }
        Cholesky { lower: matrix, n }
    }

    /// The solution for `right`.
    pub fn solved(&self, mut right: Vec<f64>) -> Vec<f64> {
        let n = self.n;
        for row in 0..n {
            let sum = dot(&self.lower[row * n..][..row], &right[..row]);
            right[row] = (right[row] - sum) / self.lower[row * n + row];
        }
        for row in (0..n).rev() {
            let sum: f64 = (row + 1..n).map(|later| self.lower[later * n + row] * right[later]).sum();
            right[row] = (right[row] - sum) / self.lower[row * n + row];
        }
        right
    }
}

#[cfg(test)]
mod tests {
    use super::Cholesky;

    #[test]
    fn a_system_is_solved() {
        // (4 2; 2 3) x = (10; 9) has x = (1.5; 2).
        let found = Cholesky::of(vec![4.0, 2.0, 2.0, 3.0], 2).solved(vec![10.0, 9.0]);
        assert!((found[0] - 1.5).abs() < 1e-12 && (found[1] - 2.0).abs() < 1e-12, "{found:?}");
    }
}
