//! Recipro-CAM: one cell of the layer at a time is all that the rest of the network gets, and what it makes of it is the map.
//!
//! ```text
//! M(i, j) = score_c(A at (i, j), zero elsewhere), from the smallest value to the largest as [0, 1]
//! ```
//!
//! Byun and Lee, "Recipro-CAM: Fast gradient-free visual explanations for convolutional neural networks", CVPR Workshops 2024, arXiv 2209.14074;
//! as in their code, with the Gaussian of three by three cells as an option. It costs a pass from the layer on for each cell, whatever
//! the number of classes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::Result;
use crate::geometry::{Grid, Upsampler};
use crate::heatmap::{Heatmap, WeightedSum};
use crate::model::spec::InputSpec;
use crate::model::{Behind, Tail};
use crate::passes::{Masks, spread};
use crate::preprocess::Input;
use crate::target::{Score, Target};

use super::{Choice, Description, Entry, Method, Part, Scores, Subject, Summands, Values, read_options};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "recipro-cam";
const SCORES: [&str; 2] = ["probability", "logit"];
/// Weights of the cells around one, which has the middle one.
const GAUSSIAN: [[f32; 3]; 3] = [[0.0625, 0.125, 0.0625], [0.125, 0.25, 0.125], [0.0625, 0.125, 0.0625]];

/// Whether a cell is spread over those around it, and what is scored.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ReciproCam {
    gaussian: bool,
    score: Score,
}

impl Default for ReciproCam {
    fn default() -> ReciproCam {
        ReciproCam { gaussian: false, score: Score::Probability }
    }
}

fn describe() -> Description {
    let method = ReciproCam::default();
    Description {
        name: NAME,
        uses_layer: method.uses_layer(),
        part: method.part(),
        options: vec![
            Choice { name: "gaussian", values: Values::Boolean { default: false } },
            Choice { name: "score", values: Values::Name { names: &SCORES, default: Some(SCORES[0]) } },
        ],
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    Ok(Arc::new(read_options::<ReciproCam>(options, &describe())?))
}

impl Method for ReciproCam {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({ "gaussian": self.gaussian, "score": self.score })
    }

    fn masking(&self) -> String {
        format!("one cell, gaussian {}", self.gaussian)
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let maps = subject.maps();
        let order = spread(maps.height * maps.width);
        let tail = Arc::clone(subject.tail()?);
        Ok(Box::new(Cells { subject: Arc::clone(subject), tail, gaussian: self.gaussian, order }))
    }

    fn score(&self) -> Score {
        self.score
    }

    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        Ok(scores.masked.iter().map(|score| score.map_or(0.0, |score| score as f32)).collect())
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        let maps = subject.maps();
        let cells = (maps.height, maps.width);
        Ok(Box::new(CellSummands { cells, upsampler: Upsampler::new(cells, size, Grid::HalfPixel) }))
    }

    /// From the smallest value to the largest: no cell has a score of zero, so that zero means nothing here.
    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_all(sum.resized(size), size)
    }

    fn behind(&self) -> Behind {
        Behind::Scores
    }

    fn part(&self) -> Part {
        Part::Cell
    }
}

/// The layer's maps at one cell, or spread over the cells around it.
struct Cells {
    subject: Arc<Subject>,
    tail: Arc<Tail>,
    gaussian: bool,
    order: Vec<usize>,
}

impl Masks for Cells {
    fn count(&self) -> usize {
        self.order.len()
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn tensor(&self, mask: usize, _: &Input, _: &InputSpec) -> Vec<f32> {
        let maps = self.subject.maps();
        let (height, width) = (maps.height, maps.width);
        let (row, column) = (mask / width, mask % width);
        let mut values = vec![0.0; maps.values.len()];
        for channel in 0..maps.channels {
            let value = maps.channel(channel)[mask];
            let out = &mut values[channel * height * width..][..height * width];
            if !self.gaussian {
                out[mask] = value;
                continue;
            }
            for (down, weights) in GAUSSIAN.iter().enumerate() {
                for (across, weight) in weights.iter().enumerate() {
                    let (Some(row), Some(column)) = ((row + down).checked_sub(1), (column + across).checked_sub(1))
                    else {
                        continue;
                    };
                    if row < height && column < width {
                        out[row * width + column] = value * weight;
                    }
                }
            }
        }
        values
    }

    fn tail(&self) -> Option<&Arc<Tail>> {
        Some(&self.tail)
    }
}

/// One where the cell is.
struct CellSummands {
    cells: (usize, usize),
    upsampler: Upsampler,
}

impl Summands for CellSummands {
    fn size(&self) -> (usize, usize) {
        self.cells
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        sums[summand] += weight;
    }

    fn value_at(&self, summand: usize, pixel: (usize, usize)) -> f32 {
        let mut cell = vec![0.0; self.cells.0 * self.cells.1];
        cell[summand] = 1.0;
        self.upsampler.value_at(&cell, pixel)
    }
}
