//! An activation map becomes a mask in [0, 1] at input size.

use std::sync::Arc;

use crate::geometry::{Upsampler, range};
use crate::methods::Subject;
use crate::model::Activations;
use crate::passes::{Masked, Masks};

use super::recipe::{Constant, MaskRule, Scaling};

/// A mask for every channel of the subject's layer that varies; those that vary most in space come first: they shape the
/// map, so it settles early.
pub struct ActivationMasks {
    subject: Arc<Subject>,
    rule: MaskRule,
    upsampler: Upsampler,
    order: Vec<usize>,
}

impl ActivationMasks {
    /// Masks made by `rule`.
    pub fn new(subject: &Arc<Subject>, rule: MaskRule) -> ActivationMasks {
        let maps = subject.maps();
        let upsampler = Upsampler::new((maps.height, maps.width), subject.input.size(), rule.grid);
        ActivationMasks { order: order(maps, &rule), subject: Arc::clone(subject), rule, upsampler }
    }
}

impl Masks for ActivationMasks {
    fn count(&self) -> usize {
        self.subject.maps().channels
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        write_mask(self.subject.maps().channel(mask), &self.upsampler, &self.rule, out);
    }

    fn masked(&self) -> Masked {
        self.rule.masked
    }

    fn range(&self, mask: usize) -> (f32, f32) {
        range(&self.upsampler.upsampled(self.subject.maps().channel(mask)))
    }
}

/// The channels that `rule` does not skip, by descending variance in space.
fn order(activations: &Activations, rule: &MaskRule) -> Vec<usize> {
    let mut order: Vec<usize> =
        (0..activations.channels).filter(|&channel| !is_skipped(activations.channel(channel), rule)).collect();
    let variances: Vec<f64> = (0..activations.channels).map(|k| variance(activations.channel(k))).collect();
    order.sort_by(|&a, &b| variances[b].total_cmp(&variances[a]));
    order
}

fn variance(values: &[f32]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
    values.iter().map(|&v| (f64::from(v) - mean).powi(2)).sum::<f64>() / n
}

/// How the values of an upsampled map become those of a mask: `(value - low) * factor`.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f32,
    factor: f32,
}

impl Scale {
    /// To [0, 1]: the smallest of `values` becomes 0, the largest 1.
    fn of<'a>(values: impl IntoIterator<Item = &'a f32>, constant: Constant) -> Scale {
        let (low, high) = range(values);
        let factor = match constant {
            Constant::Epsilon(epsilon) => 1.0 / (high - low + epsilon),
            Constant::Skipped | Constant::Zeros if high > low => 1.0 / (high - low),
            Constant::Skipped | Constant::Zeros => 0.0,
        };
        Scale { low, factor }
    }

    /// The value of the mask.
    pub fn apply(self, value: f32) -> f32 {
        (value - self.low) * self.factor
    }
}

/// Whether a channel has no mask under `rule`: its map is constant and such channels are skipped.
pub fn is_skipped(map: &[f32], rule: &MaskRule) -> bool {
    let (low, high) = range(map);
    let varies = high > low; // which NaN never is
    rule.constant == Constant::Skipped && !varies
}

/// Writes the mask of one activation map, [height, width] of the input, into `out`; `upsampler` must lead there.
///
/// Channels for which [`is_skipped`] holds have none and must not be asked for.
pub fn write_mask(map: &[f32], upsampler: &Upsampler, rule: &MaskRule, out: &mut [f32]) {
    match rule.scaling {
        Scaling::BeforeUpsampling => {
            let scale = Scale::of(map, rule.constant);
            let scaled: Vec<f32> = map.iter().map(|&value| scale.apply(value)).collect();
            upsampler.upsample(&scaled, out);
        }
        Scaling::AfterUpsampling | Scaling::AfterUpsamplingByColumn => {
            upsampler.upsample(map, out);
            scale_to_unit(out, upsampler.size().1, rule);
        }
    }
}

/// How the upsampled map `values` of `width` columns is scaled by `rule`: one scale for all, or one for each column.
pub fn scales(values: &[f32], width: usize, rule: &MaskRule) -> Vec<Scale> {
    match rule.scaling {
        Scaling::AfterUpsamplingByColumn => {
            (0..width).map(|column| Scale::of(values.iter().skip(column).step_by(width), Constant::Zeros)).collect()
        }
        _ => vec![Scale::of(values, rule.constant)],
    }
}

/// Scales an upsampled map of `width` columns to [0, 1] by `rule`.
pub fn scale_to_unit(values: &mut [f32], width: usize, rule: &MaskRule) {
    match scales(values, width, rule)[..] {
        [scale] => values.iter_mut().for_each(|value| *value = scale.apply(*value)),
        ref scales => {
            for row in values.chunks_exact_mut(width) {
                row.iter_mut().zip(scales).for_each(|(value, scale)| *value = scale.apply(*value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Grid;
    use crate::methods::score_cam::recipe::Recipe;

    const RULE: MaskRule = MaskRule {
        masked: Masked::NormalisedTensor,
        grid: Grid::HalfPixel,
        scaling: Scaling::AfterUpsampling,
        constant: Constant::Skipped,
    };

    #[test]
    fn scaling_after_upsampling_reaches_both_ends_of_the_range() {
        let upsampler = Upsampler::new((1, 3), (1, 6), Grid::HalfPixel);
        let mut after = vec![0.0; 6];
        write_mask(&[1.0, 3.0, 1.0], &upsampler, &RULE, &mut after);
        // Upsampled: 1 1.5 2.5 2.5 1.5 1, of range 1.5: the largest value is a mask of one.
        assert_eq!(after, [0.0, 0.5 / 1.5, 1.0, 1.0, 0.5 / 1.5, 0.0]);

        let mut before = vec![0.0; 6];
        write_mask(&[1.0, 3.0, 1.0], &upsampler, &MaskRule { scaling: Scaling::BeforeUpsampling, ..RULE }, &mut before);
        assert_eq!(before, [0.0, 0.25, 0.75, 0.75, 0.25, 0.0]);
    }

    #[test]
    fn scaling_by_column_treats_each_column_alone() {
        let upsampler = Upsampler::new((2, 2), (2, 2), Grid::HalfPixel);
        let mut out = vec![0.0; 4];
        let rule = MaskRule { scaling: Scaling::AfterUpsamplingByColumn, constant: Constant::Zeros, ..RULE };
        write_mask(&[1.0, 7.0, 3.0, 7.0], &upsampler, &rule, &mut out);
        assert_eq!(out, [0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn a_constant_map_is_skipped_or_becomes_zeros_as_the_rule_says() {
        assert!(is_skipped(&[2.0; 4], &RULE));
        assert!(is_skipped(&[f32::NAN; 4], &RULE));
        assert!(!is_skipped(&[2.0, 2.0, 2.0, 2.5], &RULE));
        let upsampler = Upsampler::new((2, 2), (3, 3), Grid::HalfPixel);
        for constant in [Constant::Zeros, Constant::Epsilon(1e-8)] {
            let rule = MaskRule { constant, ..RULE };
            assert!(!is_skipped(&[2.0; 4], &rule));
            let mut out = vec![f32::NAN; 9];
            write_mask(&[2.0; 4], &upsampler, &rule, &mut out);
            assert_eq!(out, [0.0; 9]);
        }
    }

    #[test]
    fn channels_that_vary_most_come_first_and_constant_ones_are_left_out() {
        let values = vec![0.0, 1.0, 5.0, 5.0, 0.0, 3.0];
        let activations = Activations { values, channels: 3, height: 1, width: 2 };
        assert_eq!(order(&activations, &Recipe::AUTHORS.mask), [2, 0]);
    }
}
