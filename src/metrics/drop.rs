//! Average Drop, Increase and Gain: what the target's score is when only what the map marks is left of the picture.
//!
//! With `p` the score (a probability) of the picture and `q` that of what is left of it:
//!
//! ```text
//! drop = max(0, p - q) / p      increase = 1 if q > p, else 0      gain = max(0, q - p) / (1 - p)
//! ```
//!
//! Twice: with the map as a soft mask, and with the more relevant half of the pixels; the mean colour shows elsewhere. Chattopadhyay et al., WACV
//! 2018 (drop, increase); Zhang et al., 2023, arXiv 2208.14355 (gain). Implementations differ: pytorch-grad-cam's are absolute and of logits,
//! torchcam's relative and of logits, ADCC's divide by the score of the most probable class.

use crate::error::Result;
use crate::passes::faded;

use super::measure::{Better, Case, Description, Measure, Number, Reading};

const KEPT: [&str; 2] = ["soft", "half"];

/// See the module.
pub struct Drop;

impl Measure for Drop {
    fn describe(&self) -> Description {
        Description { name: "drop", needs_box: false }
    }

    fn passes(&self, _: &Case) -> usize {
        KEPT.len()
    }

    fn tensor(&self, case: &Case, pass: usize) -> Vec<f32> {
        let mut mask = vec![0.0; case.ranking.len()];
        match KEPT[pass] {
            "soft" => mask.copy_from_slice(&case.map.values),
            _ => case.ranking[..mask.len() / 2].iter().for_each(|&at| mask[at as usize] = 1.0),
        }
        faded(&case.picture.input.tensor, &mask)
    }

    fn read(&self, case: &Case, scores: &[f64]) -> Result<Reading> {
        let whole = case.picture.score;
        let mut reading = Reading::default();
        for (kept, &left) in KEPT.iter().zip(scores) {
            let mut number = |name: &str, value: Option<f64>, better| {
                reading.numbers.push(Number { name: format!("{name}-{kept}"), value, better });
            };
            number("drop", share((whole - left).max(0.0), whole), Better::Lower);
            number("increase", Some(f64::from(left > whole)), Better::Higher);
            number("gain", share((left - whole).max(0.0), 1.0 - whole), Better::Higher);
        }
        Ok(reading)
    }
}

/// A part of a whole; none if there is none to have a part of.
fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}

#[cfg(test)]
mod tests {
    use super::share;

    #[test]
    fn a_share_of_nothing_is_none() {
        assert_eq!((share(0.25, 0.5), share(0.0, 0.0), share(0.1, -0.2)), (Some(0.5), None, None));
    }
}
