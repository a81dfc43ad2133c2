//! Pictures with some superpixels covered, and superpixels as what is summed.

use std::sync::Arc;

use crate::geometry::pixel_at_centre;
use crate::methods::Summands;
use crate::model::spec::InputSpec;
use crate::passes::Masks;
use crate::preprocess::Input;

use super::Segments;

/// The tensor in which every superpixel has its mean.
pub fn means(input: &Input, segments: &Segments) -> Vec<f32> {
    let pixels = segments.of_pixel.len();
    let planes = input.tensor.chunks_exact(pixels).flat_map(|plane| {
        let (mut sums, mut counts) = (vec![0.0_f64; segments.count], vec![0.0_f64; segments.count]);
        for (&value, &segment) in plane.iter().zip(&segments.of_pixel) {
            sums[segment as usize] += f64::from(value);
            counts[segment as usize] += 1.0;
        }
        let mean = move |&segment: &u32| (sums[segment as usize] / counts[segment as usize]) as f32;
        segments.of_pixel.iter().map(mean).collect::<Vec<_>>()
    });
    planes.collect()
}

/// The picture with some superpixels covered by their mean.
pub struct Covered {
    pub segments: Arc<Segments>,
    /// By sample, which superpixels it keeps.
    pub kept: Vec<Vec<bool>>,
    pub filler: Vec<f32>,
    pub order: Vec<usize>,
}

impl Masks for Covered {
    fn count(&self) -> usize {
        self.order.len()
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        let kept = &self.kept[mask];
        let is_kept = |&segment: &u32| f32::from(kept[segment as usize]);
        out.iter_mut().zip(&self.segments.of_pixel).for_each(|(value, segment)| *value = is_kept(segment));
    }

    fn tensor(&self, mask: usize, input: &Input, _: &InputSpec) -> Vec<f32> {
        let kept = &self.kept[mask];
        let pixels = self.segments.of_pixel.len();
        let mut tensor = input.tensor.clone();
        for (plane, filler) in tensor.chunks_exact_mut(pixels).zip(self.filler.chunks_exact(pixels)) {
            for (at, &segment) in self.segments.of_pixel.iter().enumerate() {
                if !kept[segment as usize] {
                    plane[at] = filler[at];
                }
            }
        }
        tensor
    }
}

/// One where the superpixel is, at the size of the picture or of a smaller map.
pub struct SegmentSummands {
    pub segments: Arc<Segments>,
    pub size: (usize, usize),
}

impl SegmentSummands {
    /// The superpixel at the centre of a cell of the map.
    fn at(&self, (row, column): (usize, usize)) -> usize {
        let (height, width) = self.segments.size;
        let at = pixel_at_centre(row, self.size.0, height) * width + pixel_at_centre(column, self.size.1, width);
        self.segments.of_pixel[at] as usize
    }
}

impl Summands for SegmentSummands {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        let width = self.size.1;
        for (at, sum) in sums.iter_mut().enumerate() {
            if self.at((at / width, at % width)) == summand {
                *sum += weight;
            }
        }
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        f32::from(self.at(pixel) == summand)
    }
}
