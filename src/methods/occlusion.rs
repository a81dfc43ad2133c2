//! Occlusion: a window slides over the picture, and where the score falls while it is covered, there is the evidence.
//!
//! ```text
//! M(x) = mean over the windows w that cover x of  score(X) - score(X without w)
//! ```
//!
//! Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014, arXiv 1311.2901; the mean over
//! overlapping windows, and windows that are cut off at the right and lower edge, are those of captum's `Occlusion`. It
//! looks at no layer and costs a forward pass a window: (1 + ceil((H - window) / stride)) by as many across.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::geometry::pixel_at_centre;
use crate::passes::{Fill, Masked, Masks, spread};
use crate::target::{Score, Target};

use super::{Choice, Description, Entry, Method, Part, Scores, Subject, Summands, Values, Weighing, read_options};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "occlusion";
/// Sides of a window in pixels: a seventh of the usual input, where the last layers of networks have seven cells.
const WINDOW: usize = 32;
const STRIDE: usize = 16;
/// The longest side of an input.
const MOST: usize = 4096;
/// Passes beyond which nobody waits.
const MOST_WINDOWS: usize = 20_000;
const FILLS: [&str; 2] = ["mean", "black"];
const SCORES: [&str; 2] = ["probability", "logit"];

/// A window, how far it goes at a time, what it shows, and what is scored.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Occlusion {
    window: usize,
    stride: usize,
    fill: Fill,
    score: Score,
}

impl Default for Occlusion {
    fn default() -> Occlusion {
        Occlusion { window: WINDOW, stride: STRIDE, fill: Fill::Mean, score: Score::Probability }
    }
}

fn describe() -> Description {
    let side = |name, default| Choice { name, values: Values::Integer { least: 1, most: MOST, default } };
    Description {
        name: NAME,
        uses_layer: Occlusion::default().uses_layer(),
        part: Occlusion::default().part(),
        options: vec![
            side("window", WINDOW),
            side("stride", STRIDE),
            Choice { name: "fill", values: Values::Name { names: &FILLS, default: Some(FILLS[0]) } },
            Choice { name: "score", values: Values::Name { names: &SCORES, default: Some(SCORES[0]) } },
        ],
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    let occlusion: Occlusion = read_options(options, &describe())?;
    if occlusion.stride > occlusion.window {
        let expected = format!("at most the window's {} pixels, so that no place is left out,", occlusion.window);
        return Err(Error::new(
            "method-range",
            &[("option", &"stride"), ("found", &occlusion.stride), ("expected", &expected)],
        ));
    }
    Ok(Arc::new(occlusion))
}

impl Method for Occlusion {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({ "window": self.window, "stride": self.stride, "fill": self.fill, "score": self.score })
    }

    fn masking(&self) -> String {
        format!("windows of {} every {}, {:?}", self.window, self.stride, self.fill)
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let windows = Windows::new(self, subject.input.size());
        if windows.count() > MOST_WINDOWS {
            let expected = format!("at most {MOST_WINDOWS} passes, or a larger stride,");
            let found = format!("so small that it takes {} passes", windows.count());
            return Err(Error::new(
                "method-range",
                &[("option", &"stride"), ("found", &found), ("expected", &expected)],
            ));
        }
        let masked = Masked::that_fades_to(self.fill);
        let order = spread(windows.count());
        Ok(Box::new(WindowMasks { windows, masked, order }))
    }

    fn score(&self) -> Score {
        self.score
    }

    /// How much the score falls.
    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        Ok(scores.masked.iter().map(|score| score.map_or(0.0, |score| (scores.picture - score) as f32)).collect())
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(WindowSummands { windows: Windows::new(self, subject.input.size()), size }))
    }

    fn uses_layer(&self) -> bool {
        false
    }

    fn part(&self) -> Part {
        Part::Window
    }

    fn weighing(&self) -> Weighing {
        Weighing::Drop
    }
}

/// The windows over a picture, row by row.
#[derive(Debug, Clone, Copy)]
struct Windows {
    side: usize,
    stride: usize,
    /// Of the picture.
    size: (usize, usize),
    /// Windows in a column and in a row.
    counts: (usize, usize),
}

impl Windows {
    fn new(&Occlusion { window: side, stride, .. }: &Occlusion, size: (usize, usize)) -> Windows {
        let along = |length: usize| 1 + length.saturating_sub(side).div_ceil(stride);
        Windows { side, stride, size, counts: (along(size.0), along(size.1)) }
    }

    fn count(&self) -> usize {
        self.counts.0 * self.counts.1
    }

    /// The rows and columns of the picture that a window covers.
    fn covered(&self, window: usize) -> [std::ops::Range<usize>; 2] {
        let along = |at: usize, length: usize| {
            let start = (at * self.stride).min(length);
            start..(start + self.side).min(length)
        };
        [along(window / self.counts.1, self.size.0), along(window % self.counts.1, self.size.1)]
    }
}

/// Windows as masks: one everywhere but where the window is.
struct WindowMasks {
    windows: Windows,
    masked: Masked,
    order: Vec<usize>,
}

impl Masks for WindowMasks {
    fn count(&self) -> usize {
        self.windows.count()
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        out.fill(1.0);
        let [rows, columns] = self.windows.covered(mask);
        for row in rows {
            out[row * self.windows.size.1..][columns.clone()].fill(0.0);
        }
    }

    fn masked(&self) -> Masked {
        self.masked
    }
}

/// Windows as summands: one where the window is, at the size of the picture or of a smaller map.
struct WindowSummands {
    windows: Windows,
    size: (usize, usize),
}

impl WindowSummands {
    /// Whether the pixel at the centre of a cell of the map is covered.
    fn covers(&self, rows: &std::ops::Range<usize>, columns: &std::ops::Range<usize>, cell: (usize, usize)) -> bool {
        let (height, width) = self.windows.size;
        rows.contains(&pixel_at_centre(cell.0, self.size.0, height))
            && columns.contains(&pixel_at_centre(cell.1, self.size.1, width))
    }
}

impl Summands for WindowSummands {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        let [rows, columns] = self.windows.covered(summand);
        for (at, sum) in sums.iter_mut().enumerate() {
            if self.covers(&rows, &columns, (at / self.size.1, at % self.size.1)) {
                *sum += weight;
            }
        }
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        let [rows, columns] = self.windows.covered(summand);
        if self.covers(&rows, &columns, pixel) { 1.0 } else { 0.0 }
    }

    fn are_averaged(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_reach_to_the_edges_and_are_cut_off_there() {
        let occlusion = Occlusion { window: 3, stride: 2, ..Occlusion::default() };
        let windows = Windows::new(&occlusion, (3, 8));
        // Starts 0, 2, 4, 6 across: 1 + ceil((8 - 3) / 2); the last covers two columns.
        assert_eq!(windows.counts, (1, 4));
        assert_eq!(windows.covered(3), [0..3, 6..8]);
        let masks = WindowMasks { windows, masked: Masked::NormalisedTensor, order: spread(4) };
        let mut mask = vec![0.5; 24];
        masks.write(1, &mut mask);
        assert_eq!(mask[..8], [1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(mask[16..], mask[..8]);
    }

    #[test]
    fn senseless_options_are_refused_by_name() {
        for (options, code) in [
            (json!({ "window": 0 }), "method-range"),
            (json!({ "stride": 5000 }), "method-range"),
            (json!({ "window": 8, "stride": 9 }), "method-range"),
            (json!({ "window": -3 }), "method-option"),
            (json!({ "fill": "pink" }), "method-option"),
            (json!({ "recipe": "authors" }), "method-option"),
        ] {
            assert_eq!(make(options.clone()).unwrap_err().code, code, "{options}");
        }
    }
}
