//! ROAD: removed pixels are filled in from their surroundings, so that the hole's shape tells the network nothing.
//!
//! A share of the pixels, a tenth to nine tenths, is removed, most or least relevant first; each hole becomes the weighted mean of its
//! neighbours (1/6 beside, 1/12 across) and gets a little noise (0.01 of the normalised tensor). Rong et al., ICML 2022, arXiv 2202.00449. Pixels are
//! ranked: by percentile, as pytorch-grad-cam has it, a map that is mostly zeros would remove the whole picture at once.

use crate::chance::Chance;
use crate::error::Result;

use super::impute::impute;
use super::measure::{Better, Case, Curve, Description, Measure, Number, Reading};

/// Tenths that are removed.
const TENTHS: std::ops::RangeInclusive<usize> = 1..=9;
const NOISE: f32 = 0.01;

/// See the module.
pub struct Road;

impl Measure for Road {
    fn describe(&self) -> Description {
        Description { name: "road", needs_box: false }
    }

    fn passes(&self, _: &Case) -> usize {
        2 * TENTHS.count()
    }

    fn tensor(&self, case: &Case, pass: usize) -> Vec<f32> {
        let relevant_first = pass < TENTHS.count();
        let tenths = pass % TENTHS.count() + TENTHS.start();
        let pixels = case.ranking.len();
        let count = pixels * tenths / 10;
        let gone = if relevant_first { &case.ranking[..count] } else { &case.ranking[pixels - count..] };
        let mut holes = vec![false; pixels];
        gone.iter().for_each(|&at| holes[at as usize] = true);
        let mut chance = Chance::new(case.seed, pass as u64);
        let planes = case.picture.input.tensor.chunks_exact(pixels);
        let mut tensor: Vec<f32> = planes.flat_map(|plane| impute(plane, &holes, case.picture.input.size())).collect();
        for plane in tensor.chunks_exact_mut(pixels) {
            for value in plane.iter_mut().zip(&holes).filter(|(_, hole)| **hole).map(|(value, _)| value) {
                *value += NOISE * chance.normal();
            }
        }
        tensor
    }

    fn read(&self, _: &Case, scores: &[f64]) -> Result<Reading> {
        let (relevant, least) = scores.split_at(TENTHS.count());
        let mean = |scores: &[f64]| scores.iter().sum::<f64>() / scores.len() as f64;
        let (morf, lerf) = (mean(relevant), mean(least));
        let number = |name: &str, value, better| Number { name: name.into(), value: Some(value), better };
        let x: Vec<f64> = TENTHS.map(|tenths| tenths as f64 / 10.0).collect();
        let curve = |name: &str, y: &[f64]| Curve { name: name.into(), x: x.clone(), y: y.to_vec() };
        Ok(Reading {
            numbers: vec![
                number("road-most-relevant-first", morf, Better::Lower),
                number("road-least-relevant-first", lerf, Better::Higher),
                number("road-combined", (lerf - morf) / 2.0, Better::Higher),
            ],
            curves: vec![curve("road-most-relevant-first", relevant), curve("road-least-relevant-first", least)],
        })
    }
}
