//! LIME and KernelSHAP: superpixels are covered at random, and a linear model of what that does to the score says what each is worth.
//!
//! With `z` in {0, 1}^d, which of the `d` superpixels are kept, and `f(z)` the score of the picture in which the others have their mean
//! colour:
//!
//! ```text
//! LIME         w = argmin of sum over z of  k(z) (f(z) - b - w z)^2 + |w|^2,    k = exp(-D(z)^2 / (2 width^2))
//! KernelSHAP   w = argmin of sum over z of       (f(z) - f(0) - w z)^2,         so that sum of w = f(1) - f(0)
//! ```
//!
//! LIME draws every entry of `z` evenly, `D` is the cosine distance of `z` from all ones. KernelSHAP draws the number of superpixels that are kept
//! with probability proportional to `1 / (n (d - n))` and then which, so that every `z` weighs the same. Ribeiro et al., KDD 2016, arXiv
//! 1602.04938 (marcotcr/lime: 1,000 samples, quickshift with a kernel of 4 and a ratio of 0.2, width 0.25, ridge 1); Lundberg and Lee,
//! NeurIPS 2017, arXiv 1705.07874 (as captum draws, with the sum fixed exactly). Both change with the seed: look at several.
//!
//! They look at no layer and cost a forward pass a sample, and two.

mod covered;
mod fit;
pub mod quickshift;

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::error::{Error, Result};
use crate::image::RgbImage;
use crate::passes::Masks;
use crate::target::{Score, Target};

use super::{Choice, Description, Entry, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options};
use covered::{Covered, SegmentSummands, means};
use fit::{lime, shapley};
use quickshift::quickshift;

/// Its place among the methods.
pub const LIME: Entry = Entry { describe: || describe(Kind::Lime), make: |options| make(Kind::Lime, options) };
/// Its place among the methods.
pub const KERNEL_SHAP: Entry =
    Entry { describe: || describe(Kind::KernelShap), make: |options| make(Kind::KernelShap, options) };

const SAMPLES: usize = 1000;
const MOST_SAMPLES: usize = 100_000;
const KERNEL: f64 = 4.0;
const RATIO: f64 = 0.2;
const WIDTH: f64 = 0.25;
const MOST_SEED: u32 = u32::MAX;
const SCORES: [&str; 2] = ["probability", "logit"];

/// Samples that come before those drawn by chance: the picture as it is, and with every superpixel covered.
const KNOWN: usize = 2;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lime,
    KernelShap,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Lime => "lime",
            Kind::KernelShap => "kernel-shap",
        }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct LimeOptions {
    samples: usize,
    kernel: f64,
    ratio: f64,
    width: f64,
    seed: u64,
    score: Score,
}

impl Default for LimeOptions {
    fn default() -> LimeOptions {
        let score = Score::Probability;
        LimeOptions { samples: SAMPLES, kernel: KERNEL, ratio: RATIO, width: WIDTH, seed: 0, score }
    }
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ShapOptions {
    samples: usize,
    kernel: f64,
    ratio: f64,
    seed: u64,
    score: Score,
}

impl Default for ShapOptions {
    fn default() -> ShapOptions {
        let LimeOptions { samples, kernel, ratio, seed, score, .. } = LimeOptions::default();
        ShapOptions { samples, kernel, ratio, seed, score }
    }
}

/// A linear model of superpixels.
#[derive(Debug)]
struct Superpixels {
    kind: Kind,
    options: LimeOptions,
}

fn describe(kind: Kind) -> Description {
    let number = |name, least, most, default| Choice { name, values: Values::Number { least, most, default } };
    let integer = |name, least, most, default| Choice { name, values: Values::Integer { least, most, default } };
    let mut options = vec![
        integer("samples", 2, MOST_SAMPLES, SAMPLES),
        number("kernel", 1.0, 20.0, KERNEL),
        number("ratio", 0.0, 1.0, RATIO),
    ];
    if kind == Kind::Lime {
        options.push(number("width", 0.01, 10.0, WIDTH));
    }
    options.push(integer("seed", 0, MOST_SEED as usize, 0));
    options.push(Choice { name: "score", values: Values::Name { names: &SCORES, default: Some(SCORES[0]) } });
    Description { name: kind.name(), uses_layer: false, part: Part::Superpixel, options, recipes: Vec::new() }
}

fn make(kind: Kind, options: Value) -> Result<Arc<dyn Method>> {
    let options = match kind {
        Kind::Lime => read_options(options, &describe(kind))?,
        Kind::KernelShap => {
            let ShapOptions { samples, kernel, ratio, seed, score } = read_options(options, &describe(kind))?;
            LimeOptions { samples, kernel, ratio, seed, score, ..LimeOptions::default() }
        }
    };
    Ok(Arc::new(Superpixels { kind, options }))
}

/// Which superpixel each pixel is in.
#[derive(Debug)]
pub struct Segments {
    /// By pixel, row by row.
    pub of_pixel: Vec<u32>,
    /// How many there are.
    pub count: usize,
    size: (usize, usize),
}

impl Segments {
    fn of(picture: &RgbImage, kernel: f64, ratio: f64) -> Segments {
        let (of_pixel, count) = quickshift(picture, kernel, ratio);
        Segments { of_pixel, count, size: (picture.height() as usize, picture.width() as usize) }
    }
}

/// The superpixels of a picture that LIME has by default.
pub fn segments(picture: &RgbImage) -> Segments {
    Segments::of(picture, KERNEL, RATIO)
}

impl Superpixels {
    /// Those of the subject's picture.
    fn segments(&self, subject: &Subject) -> Arc<Segments> {
        let make = || Arc::new(Segments::of(&subject.input.pixels, self.options.kernel, self.options.ratio));
        subject.superpixels(&format!("{} {}", self.options.kernel, self.options.ratio), make)
    }

    /// Which superpixels a sample keeps.
    fn kept(&self, sample: usize, count: usize) -> Vec<bool> {
        match sample {
            0 => vec![true; count],
            1 => vec![false; count],
            _ => drawn(self.kind, Chance::new(self.options.seed, sample as u64), count),
        }
    }
}

/// Which superpixels are kept, by chance.
fn drawn(kind: Kind, mut chance: Chance, count: usize) -> Vec<bool> {
    if kind == Kind::Lime {
        return (0..count).map(|_| chance.unit() < 0.5).collect();
    }
    let weight = |kept: usize| 1.0 / (kept as f64 * (count - kept) as f64);
    let whole: f64 = (1..count).map(weight).sum();
    let mut left = chance.unit() * whole;
    let kept = (1..count).find(|&kept| {
        left -= weight(kept);
        left < 0.0
    });
    let mut order: Vec<usize> = (0..count).collect();
    chance.shuffle(&mut order);
    let mut is_kept = vec![false; count];
    order[..kept.unwrap_or(count - 1)].iter().for_each(|&at| is_kept[at] = true);
    is_kept
}

impl Method for Superpixels {
    fn name(&self) -> &'static str {
        self.kind.name()
    }

    fn options(&self) -> Value {
        let LimeOptions { samples, kernel, ratio, width, seed, score } = self.options;
        match self.kind {
            Kind::Lime => json!({
                "samples": samples, "kernel": kernel, "ratio": ratio, "width": width, "seed": seed, "score": score,
            }),
            Kind::KernelShap => {
                json!({ "samples": samples, "kernel": kernel, "ratio": ratio, "seed": seed, "score": score })
            }
        }
    }

    fn masking(&self) -> String {
        let LimeOptions { samples, kernel, ratio, seed, .. } = self.options;
        format!("{} of {samples}, superpixels {kernel} {ratio}, seed {seed}", self.kind.name())
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let segments = self.segments(subject);
        if segments.count < 2 {
            return Err(Error::new("superpixels-one", &[]));
        }
        let count = self.options.samples + KNOWN;
        let kept = (0..count).map(|sample| self.kept(sample, segments.count)).collect();
        let filler = means(&subject.input, &segments);
        Ok(Box::new(Covered { segments, kept, filler, order: (0..count).collect() }))
    }

    fn score(&self) -> Score {
        self.options.score
    }

    fn weights(&self, subject: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        let count = self.segments(subject).count;
        let scored = scores.masked.iter().enumerate().filter_map(|(sample, score)| Some((sample, (*score)?)));
        let samples: Vec<(Vec<bool>, f64)> = scored.map(|(sample, score)| (self.kept(sample, count), score)).collect();
        Ok(match self.kind {
            // LIME's own code has the picture as it is among its samples, and not the one that is covered.
            Kind::Lime => {
                let samples: Vec<_> = samples.into_iter().filter(|(kept, _)| kept.contains(&true)).collect();
                lime(&samples, count, self.options.width)
            }
            Kind::KernelShap => shapley(&samples, count),
        })
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(SegmentSummands { segments: self.segments(subject), size }))
    }

    fn sums_masks(&self) -> bool {
        false
    }

    fn uses_layer(&self) -> bool {
        false
    }

    fn part(&self) -> Part {
        Part::Superpixel
    }

    fn weighing(&self) -> Weighing {
        Weighing::Regression
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernel_shap_keeps_few_or_many_superpixels_more_often_than_half_of_them() {
        let mut counts = [0; 11];
        for seed in 0..2000 {
            counts[drawn(Kind::KernelShap, Chance::new(seed, 0), 10).iter().filter(|kept| **kept).count()] += 1;
        }
        // 1 / (n (10 - n)) for n = 1 and 5 is 1/9 and 1/25, of a sum of 0.5658.
        assert_eq!((counts[0], counts[10]), (0, 0));
        assert!((counts[1] as f64 / 2000.0 - 0.196).abs() < 0.03, "{counts:?}");
        assert!((counts[5] as f64 / 2000.0 - 0.0707).abs() < 0.02, "{counts:?}");
    }

    #[test]
    fn senseless_options_are_refused() {
        for (kind, options, code) in [
            (Kind::Lime, json!({ "samples": 1 }), "method-range"),
            (Kind::Lime, json!({ "width": 0.0 }), "method-range"),
            (Kind::KernelShap, json!({ "width": 0.25 }), "method-option"),
            (Kind::KernelShap, json!({ "seed": -1 }), "method-option"),
        ] {
            assert_eq!(make(kind, options.clone()).unwrap_err().code, code, "{options}");
        }
    }
}
