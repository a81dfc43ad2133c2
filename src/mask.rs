//! Fourth stage: an activation map becomes a mask in [0, 1] at input size.

use crate::recipe::{Constant, Grid, MaskRule, Scaling};

/// Bilinear resampling from one grid to another, the weights worked out once.
#[derive(Debug, Clone)]
pub struct Upsampler {
    rows: Vec<Tap>,
    columns: Vec<Tap>,
    from_width: usize,
}

/// One output coordinate: `(1 - weight) * source[low] + weight * source[high]`.
#[derive(Debug, Clone, Copy)]
struct Tap {
    low: usize,
    high: usize,
    weight: f32,
}

impl Upsampler {
    /// From maps [height, width] = `from` to [height, width] = `to`.
    pub fn new(from: (usize, usize), to: (usize, usize), grid: Grid) -> Upsampler {
        Upsampler { rows: taps(from.0, to.0, grid), columns: taps(from.1, to.1, grid), from_width: from.1 }
    }

    /// Values of the target grid.
    pub fn output_len(&self) -> usize {
        self.rows.len() * self.columns.len()
    }

    /// Columns of the target grid.
    pub fn output_width(&self) -> usize {
        self.columns.len()
    }

    /// The resampled `map` at one point of the target grid.
    pub fn value_at(&self, map: &[f32], row: usize, column: usize) -> f32 {
        let (vertical, horizontal) = (self.rows[row], self.columns[column]);
        let along = |y: usize| {
            let row = &map[y * self.from_width..][..self.from_width];
            blend(row[horizontal.low], row[horizontal.high], horizontal.weight)
        };
        blend(along(vertical.low), along(vertical.high), vertical.weight)
    }

    /// Resamples `map`, row-major, into `out`, row-major.
    pub fn upsample(&self, map: &[f32], out: &mut [f32]) {
        let row = |y: usize| &map[y * self.from_width..][..self.from_width];
        for (out_row, tap) in out.chunks_exact_mut(self.columns.len()).zip(&self.rows) {
            let (top, bottom) = (row(tap.low), row(tap.high));
            for (value, column) in out_row.iter_mut().zip(&self.columns) {
                let upper = blend(top[column.low], top[column.high], column.weight);
                let lower = blend(bottom[column.low], bottom[column.high], column.weight);
                *value = blend(upper, lower, tap.weight);
            }
        }
    }
}

fn blend(low: f32, high: f32, weight: f32) -> f32 {
    low + (high - low) * weight
}

/// PyTorch's `interpolate(mode="bilinear")`, one axis, without antialiasing.
fn taps(from: usize, to: usize, grid: Grid) -> Vec<Tap> {
    let last = from - 1;
    let scale = match grid {
        Grid::HalfPixel => from as f64 / to as f64,
        Grid::AlignCorners if to > 1 => last as f64 / (to - 1) as f64,
        Grid::AlignCorners => 0.0,
    };
    (0..to)
        .map(|position| {
            let source = match grid {
                Grid::HalfPixel => (scale * (position as f64 + 0.5) - 0.5).max(0.0),
                Grid::AlignCorners => scale * position as f64,
            };
            let low = (source as usize).min(last);
            Tap { low, high: (low + 1).min(last), weight: (source - low as f64) as f32 }
        })
        .collect()
}

/// Smallest and largest value.
pub fn range(values: &[f32]) -> (f32, f32) {
    range_of(values.iter())
}

fn range_of<'a>(values: impl Iterator<Item = &'a f32>) -> (f32, f32) {
    values.fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)))
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
pub fn mask(map: &[f32], upsampler: &Upsampler, rule: &MaskRule, out: &mut [f32]) {
    match rule.scaling {
        Scaling::BeforeUpsampling => {
            let mut scaled = map.to_vec();
            scale_to_unit(&mut scaled, rule.constant);
            upsampler.upsample(&scaled, out);
        }
        Scaling::AfterUpsampling => {
            upsampler.upsample(map, out);
            scale_to_unit(out, rule.constant);
        }
        Scaling::AfterUpsamplingByColumn => {
            upsampler.upsample(map, out);
            scale_columns_to_unit(out, upsampler.output_width());
        }
    }
}

/// Scales `values` to [0, 1]: the smallest becomes 0, the largest 1.
fn scale_to_unit(values: &mut [f32], constant: Constant) {
    let (low, high) = range(values);
    let factor = match constant {
        Constant::Epsilon(epsilon) => 1.0 / (high - low + epsilon),
        Constant::Skipped | Constant::Zeros if high > low => 1.0 / (high - low),
        Constant::Skipped | Constant::Zeros => 0.0,
    };
    for value in values {
        *value = (*value - low) * factor;
    }
}

/// Scales every column of a map [height, width] to [0, 1] by itself; a constant column becomes zeros.
pub fn scale_columns_to_unit(values: &mut [f32], width: usize) {
    for column in 0..width {
        let (low, high) = range_of(values.iter().skip(column).step_by(width));
        let factor = if high > low { 1.0 / (high - low) } else { 0.0 };
        for value in values.iter_mut().skip(column).step_by(width) {
            *value = (*value - low) * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: MaskRule = MaskRule {
        masked: crate::recipe::Masked::NormalisedTensor,
        grid: Grid::HalfPixel,
        scaling: Scaling::AfterUpsampling,
        constant: Constant::Skipped,
    };

    fn upsampled(map: &[f32], from: (usize, usize), to: (usize, usize), grid: Grid) -> Vec<f32> {
        let upsampler = Upsampler::new(from, to, grid);
        let mut out = vec![f32::NAN; upsampler.output_len()];
        upsampler.upsample(map, &mut out);
        out
    }

    #[test]
    fn half_pixel_upsampling_keeps_the_border_and_blends_between_centres() {
        assert_eq!(upsampled(&[0.0, 4.0], (1, 2), (1, 4), Grid::HalfPixel), [0.0, 1.0, 3.0, 4.0]);
        assert_eq!(upsampled(&[0.0, 4.0], (2, 1), (4, 1), Grid::HalfPixel), [0.0, 1.0, 3.0, 4.0]);
    }

    #[test]
    fn aligned_corners_are_the_map_s_own_corners() {
        assert_eq!(upsampled(&[0.0, 6.0], (1, 2), (1, 4), Grid::AlignCorners), [0.0, 2.0, 4.0, 6.0]);
        assert_eq!(
            upsampled(&[0.0, 2.0, 4.0, 6.0], (2, 2), (3, 3), Grid::AlignCorners),
            [0.0, 1.0, 2.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0]
        );
    }

    #[test]
    fn scaling_after_upsampling_reaches_both_ends_of_the_range() {
        let upsampler = Upsampler::new((1, 3), (1, 6), Grid::HalfPixel);
        let mut after = vec![0.0; 6];
        mask(&[1.0, 3.0, 1.0], &upsampler, &RULE, &mut after);
        // Upsampled: 1 1.5 2.5 2.5 1.5 1, of range 1.5: the largest value is a mask of one.
        assert_eq!(after, [0.0, 0.5 / 1.5, 1.0, 1.0, 0.5 / 1.5, 0.0]);

        let mut before = vec![0.0; 6];
        mask(&[1.0, 3.0, 1.0], &upsampler, &MaskRule { scaling: Scaling::BeforeUpsampling, ..RULE }, &mut before);
        assert_eq!(before, [0.0, 0.25, 0.75, 0.75, 0.25, 0.0]);
    }

    #[test]
    fn scaling_by_column_treats_each_column_alone() {
        let upsampler = Upsampler::new((2, 2), (2, 2), Grid::HalfPixel);
        let mut out = vec![0.0; 4];
        let rule = MaskRule { scaling: Scaling::AfterUpsamplingByColumn, constant: Constant::Zeros, ..RULE };
        mask(&[1.0, 7.0, 3.0, 7.0], &upsampler, &rule, &mut out);
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
            mask(&[2.0; 4], &upsampler, &rule, &mut out);
            assert_eq!(out, [0.0; 9]);
        }
    }
}
