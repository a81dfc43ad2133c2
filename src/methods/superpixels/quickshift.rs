//! Quickshift: every pixel hangs on the nearest one around which colours are denser, and what hangs together is a superpixel.
//!
//! Vedaldi and Soatto, ECCV 2008; as scikit-image's `quickshift` without smoothing, in CIE Lab, every pixel's link kept (its `max_dist` of 200 in
//! LIME is longer than any link). Ties of density are broken by chance there, by place here.

use rayon::prelude::*;

use crate::image::RgbImage;

/// The superpixel of every pixel, row by row, and how many there are. `kernel` is the deviation in pixels of the Gaussian that densities are
/// estimated with, `ratio` what a step of colour counts beside one of place.
pub fn quickshift(picture: &RgbImage, kernel: f64, ratio: f64) -> (Vec<u32>, usize) {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let colours: Vec<[f64; 3]> = picture.pixels().map(|pixel| lab(pixel.0).map(|value| value * ratio)).collect();
    let reach = (3.0 * kernel).ceil() as usize;
    let around = |at: usize, side: usize| at.saturating_sub(reach)..(at + reach + 1).min(side);
    let distance = |a: usize, b: usize| {
        let colour: f64 = colours[a].iter().zip(&colours[b]).map(|(a, b)| (a - b).powi(2)).sum();
        let place = |a: usize, b: usize| (a as f64 - b as f64).powi(2);
        colour + place(a / width, b / width) + place(a % width, b % width)
    };
    let neighbours = |at: usize| {
        let columns = around(at % width, width);
        around(at / width, height).flat_map(move |row| columns.clone().map(move |column| row * width + column))
    };
    let factor = -0.5 / (kernel * kernel);
    let density = |at: usize| neighbours(at).map(|other| (distance(at, other) * factor).exp()).sum::<f64>();
    let densities: Vec<f64> = (0..width * height).into_par_iter().map(density).collect();
    let is_denser = |a: usize, b: usize| densities[a] > densities[b] || densities[a] == densities[b] && a < b;
    let parent = |at: usize| {
        let denser = neighbours(at).filter(|&other| is_denser(other, at));
        denser.min_by(|&a, &b| distance(at, a).total_cmp(&distance(at, b))).unwrap_or(at)
    };
    let mut parents: Vec<usize> = (0..width * height).into_par_iter().map(parent).collect();
    loop {
        let next: Vec<usize> = parents.iter().map(|&parent| parents[parent]).collect();
        if next == parents {
            break;
        }
        parents = next;
    }
    let mut number = vec![u32::MAX; parents.len()];
    let mut count = 0;
    for (at, &root) in parents.iter().enumerate() {
        if at == root {
            number[at] = count;
            count += 1;
        }
    }
    (parents.iter().map(|&root| number[root]).collect(), count as usize)
}

/// sRGB in CIE Lab, for daylight of 6500 K and an observer of 2 degrees.
fn lab(colour: [u8; 3]) -> [f64; 3] {
    const WHITE: [f64; 3] = [0.95047, 1.0, 1.08883];
    const TO_XYZ: [[f64; 3]; 3] =
        [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]];
    let linear = colour.map(|value| {
        let value = f64::from(value) / 255.0;
        if value > 0.04045 { ((value + 0.055) / 1.055).powf(2.4) } else { value / 12.92 }
    });
    let xyz = TO_XYZ.map(|row| row.iter().zip(linear).map(|(a, b)| a * b).sum::<f64>());
    let [x, y, z] = [0, 1, 2].map(|axis| {
        let value = xyz[axis] / WHITE[axis];
        if value > 0.008856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 }
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[cfg(test)]
mod tests {
    use super::{lab, quickshift};
    use crate::image::RgbImage;

    #[test]
    fn colours_are_those_of_scikit_image() {
        // skimage.color.rgb2lab of (200, 30, 90)
        let found = lab([200, 30, 90]);
        assert!(found.iter().zip(LAB).all(|(a, b)| (a - b).abs() < 1e-3), "{found:?}");
    }

    #[test]
    fn two_halves_of_two_colours_do_not_share_a_superpixel() {
        // Wider than a pixel looks around: the densest places of both are roots.
        let colour = |x: u32| image::Rgb(if x < 32 { [250, 20, 20] } else { [20, 20, 250] });
        let picture = RgbImage::from_fn(64, 10, |x, _| colour(x));
        let (segments, count) = quickshift(&picture, 4.0, 0.2);
        let halves = |row: usize| segments[row * 64..][..64].split_at(32);
        assert!(count >= 2);
        assert!((0..10).all(|row| halves(row).0.iter().all(|left| !halves(row).1.contains(left))), "{segments:?}");
    }

    const LAB: [f64; 3] = [44.160887, 65.806643, 10.615002];
}
