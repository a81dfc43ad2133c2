//! What takes the place of removed pixels.

use serde::{Deserialize, Serialize};

use crate::chance::Chance;

/// What shows where pixels are removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Removed {
    /// The colour that the network's preprocessing subtracts.
    Mean,
    /// The picture, blurred.
    Blur,
    /// The picture's own mean colour.
    Average,
    /// Noise, every value by itself, with the picture's means and deviations.
    Noise,
}

impl Removed {
    /// Those that curves are measured with.
    pub const MEASURED: [Removed; 2] = [Removed::Mean, Removed::Blur];

    /// The name it is asked for by.
    pub fn name(self) -> &'static str {
        match self {
            Removed::Mean => "mean",
            Removed::Blur => "blur",
            Removed::Average => "average",
            Removed::Noise => "noise",
        }
    }

    /// The tensor [3, height, width] without any of the picture's pixels.
    pub fn of(self, tensor: &[f32], size: (usize, usize), mut chance: Chance) -> Vec<f32> {
        let planes = || tensor.chunks_exact(size.0 * size.1);
        match self {
            Removed::Mean => vec![0.0; tensor.len()],
            Removed::Blur => blurred(tensor, size),
            Removed::Average => planes().flat_map(|plane| vec![moments(plane).0; plane.len()]).collect(),
            Removed::Noise => planes()
                .flat_map(|plane| {
                    let (mean, deviation) = moments(plane);
                    plane.iter().map(|_| mean + deviation * chance.normal()).collect::<Vec<_>>()
                })
                .collect(),
        }
    }
}

/// Mean and standard deviation.
fn moments(values: &[f32]) -> (f32, f32) {
    let count = values.len() as f64;
    let mean = values.iter().map(|&value| f64::from(value)).sum::<f64>() / count;
    let square = values.iter().map(|&value| (f64::from(value) - mean).powi(2)).sum::<f64>() / count;
    (mean as f32, square.sqrt() as f32)
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
pub(super) fn blurred(tensor: &[f32], (height, width): (usize, usize)) -> Vec<f32> {
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
    use super::{Removed, blurred, kernel};
    use crate::chance::Chance;

    #[test]
    fn noise_has_the_picture_s_means_and_deviations_and_is_the_same_for_the_same_seed() {
        let tensor: Vec<f32> = (0..3 * 4096).map(|at| (at / 4096) as f32 + (at % 2) as f32).collect();
        let average = Removed::Average.of(&tensor, (64, 64), Chance::new(0, 0));
        assert_eq!((average[0], average[4096], average[8192]), (0.5, 1.5, 2.5));
        let noise = Removed::Noise.of(&tensor, (64, 64), Chance::new(0, 0));
        let (mean, deviation) = super::moments(&noise[4096..8192]);
        assert!((mean - 1.5).abs() < 0.05 && (deviation - 0.5).abs() < 0.05, "{mean} {deviation}");
        assert_eq!(noise, Removed::Noise.of(&tensor, (64, 64), Chance::new(0, 0)));
        assert_ne!(noise, Removed::Noise.of(&tensor, (64, 64), Chance::new(1, 0)));
    }

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
