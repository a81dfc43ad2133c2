//! Masks as what is summed.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use crate::geometry::Upsampler;
use crate::methods::{Subject, Summands};

use super::mask::{Scale, scales, write_mask};
use super::recipe::{MaskRule, Scaling};

/// The masks of a layer's maps, made anew for each sum; what one pixel of them needs is kept.
pub struct MaskSummands {
    subject: Arc<Subject>,
    rule: MaskRule,
    upsampler: Upsampler,
    /// How each channel's upsampled map is scaled: worked out once, for all that is asked of single pixels.
    scales: OnceLock<Vec<Vec<Scale>>>,
}

impl MaskSummands {
    /// Masks made by `rule`, of the size that `upsampler` leads to.
    pub fn new(subject: &Arc<Subject>, rule: MaskRule, upsampler: Upsampler) -> MaskSummands {
        MaskSummands { subject: Arc::clone(subject), rule, upsampler, scales: OnceLock::new() }
    }

    fn scales(&self) -> &[Vec<Scale>] {
        self.scales.get_or_init(|| {
            let maps = self.subject.maps();
            let scales_of = |channel: usize| {
                let map = maps.channel(channel);
                match self.rule.scaling {
                    Scaling::BeforeUpsampling => scales(map, maps.width, &self.rule),
                    _ => scales(&self.upsampler.upsampled(map), self.upsampler.size().1, &self.rule),
                }
            };
            (0..maps.channels).into_par_iter().map(scales_of).collect()
        })
    }
}

impl Summands for MaskSummands {
    fn size(&self) -> (usize, usize) {
        self.upsampler.size()
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        let mut values = vec![0.0; self.upsampler.len()];
        write_mask(self.subject.maps().channel(summand), &self.upsampler, &self.rule, &mut values);
        for (sum, &value) in sums.iter_mut().zip(&values) {
            *sum += weight * f64::from(value);
        }
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        let scales = &self.scales()[summand];
        let value = self.upsampler.value_at(self.subject.maps().channel(summand), pixel);
        // Upsampling is linear, so that it does not matter to a single value whether it is scaled before.
        scales[pixel.1 % scales.len()].apply(value)
    }
}
