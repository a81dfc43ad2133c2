//! What takes the place of removed pixels.

use serde::Serialize;

/// What shows where pixels are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removed {
    /// The colour that the network's preprocessing subtracts.
    Mean,
    /// The picture, blurred.
    Blur,
}

impl Removed {
    pub const ALL: [Removed; 2] = [Removed::Mean, Removed::Blur];

    pub fn name(self) -> &'static str {
        match self {
            Removed::Mean => "mean",
            Removed::Blur => "blur",
        }
    }

    /// The tensor [3, height, width] without any of the picture's pixels.
    pub fn of(self, tensor: &[f32], size: (usize, usize)) -> Vec<f32> {
        match self {
            Removed::Mean => vec![0.0; tensor.len()],
            Removed::Blur => blurred(tensor, size),
        }
    }
}

/// Weights of the blur in RISE's code: an impulse in 11 places, smoothed by SciPy with a deviation of 5. Its Gaussian reaches 20 places
/// far and is mirrored at the ends of the 11.
fn kernel() -> [f64; 11] {
    const DEVIATION: f64 = 5.0;
    const REACH: i32 = 20;
    let weight = |at: i32| (-0.5 * (f64::from(at) / DEVIATION).powi(2)).exp();
    let whole: f64 = (-REACH..=REACH).map(weight).sum();
    let mut kernel = [0.0; 11];
    for (place, sum) in (0..).zip(&mut kernel) {
        for offset in -REACH..=REACH {
            // ... 2 1 0 | 0 1 2 ... 10 | 10 9 8 ...
            let at = (place + offset).rem_euclid(22);
            if at == 5 || at == 21 - 5 {
                *sum += weight(offset) / whole;
            }
        }
    }
    kernel
}

/// Both ways; beyond the picture's edges there is the mean colour, as in RISE's code.
fn blurred(tensor: &[f32], (height, width): (usize, usize)) -> Vec<f32> {
    let kernel = kernel();
    let along = |values: &[f32], length: usize, stride: usize, out: &mut [f32]| {
        for at in 0..length {
            let sum = kernel.iter().enumerate().filter_map(|(tap, weight)| {
                let from = (at + tap).checked_sub(5).filter(|&from| from < length)?;
                Some(weight * f64::from(values[from * stride]))
            });
            out[at * stride] = sum.sum::<f64>() as f32;
        }
    };
    let mut result = tensor.to_vec();
    for plane in result.chunks_exact_mut(height * width) {
        let before = plane.to_vec();
        for row in 0..height {
            along(&before[row * width..], width, 1, &mut plane[row * width..]);
        }
        let before = plane.to_vec();
        for column in 0..width {
            along(&before[column..], height, width, &mut plane[column..]);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::{blurred, kernel};

    #[test]
    fn the_blur_is_that_of_scipy() {
        // scipy.ndimage.gaussian_filter(impulse of 11, 5) along one axis.
        let expected = SCIPY;
        assert!(kernel().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-7), "{:?}", kernel());
        let mut picture = vec![0.0; 25 * 25];
        picture[12 * 25 + 12] = 1.0;
        let spread = blurred(&picture, (25, 25));
        assert!((f64::from(spread[12 * 25 + 9]) - expected[5] * expected[8]).abs() < 1e-7);
    }

    const SCIPY: [f64; 11] = [
        0.087958146,
        0.088896120,
        0.090474197,
        0.092191118,
        0.093489388,
        0.093982063,
        0.093489388,
        0.092191118,
        0.090474197,
        0.088896120,
        0.087958146,
    ];
}
