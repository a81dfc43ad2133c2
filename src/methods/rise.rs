//! RISE: masks drawn by chance, and the mean of them weighted by the scores that they leave.
//!
//! ```text
//! M(x) = sum over n of  score_c(m_n * X) m_n(x) / (N p)
//! ```
//!
//! A mask is a grid of `cells` by `cells` that are each on with probability `p`, spread linearly over one cell more than the picture and cut
//! at a place drawn by chance. Petsiuk et al., "RISE: Randomized Input Sampling for Explanation of Black-box Models", BMVC 2018, arXiv
//! 1806.07421; sizes, edges (mirrored) and the cut as in their code, whose draws come from NumPy and ours from a generator that is
//! seeded for each mask. It looks at no layer and costs a forward pass a mask.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::chance::Chance;
use crate::error::Result;
use crate::geometry::pixel_at_centre;
use crate::heatmap::{Heatmap, WeightedSum};
use crate::passes::{Fill, Masked, Masks};
use crate::target::{Score, Target};

use super::{Choice, Description, Entry, Method, Part, Scores, Subject, Summands, Values, read_options};

/// Its place among the methods.
pub const ENTRY: Entry = Entry { describe, make };

const NAME: &str = "rise";
const MASKS: usize = 4000;
const CELLS: usize = 8;
const SHARE: f64 = 0.5;
/// Passes beyond which nobody waits, cells beyond which they are smaller than pixels matter, seeds that JavaScript can hold.
const MOST_MASKS: usize = 100_000;
const MOST_CELLS: usize = 64;
const MOST_SEED: u32 = u32::MAX;
const SCORES: [&str; 2] = ["probability", "logit"];
const FILLS: [&str; 2] = ["mean", "black"];

/// How many masks of what kind, drawn from where, and what is scored.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rise {
    masks: usize,
    cells: usize,
    probability: f64,
    seed: u64,
    fill: Fill,
    score: Score,
}

impl Default for Rise {
    fn default() -> Rise {
        Rise { masks: MASKS, cells: CELLS, probability: SHARE, seed: 0, fill: Fill::Mean, score: Score::Probability }
    }
}

fn describe() -> Description {
    let integer = |name, least, most, default| Choice { name, values: Values::Integer { least, most, default } };
    let name =
        |name, names: &'static [&'static str]| Choice { name, values: Values::Name { names, default: Some(names[0]) } };
    Description {
        name: NAME,
        uses_layer: false,
        part: Part::Grid,
        options: vec![
            integer("masks", 1, MOST_MASKS, MASKS),
            integer("cells", 1, MOST_CELLS, CELLS),
            Choice { name: "probability", values: Values::Number { least: 0.01, most: 0.99, default: SHARE } },
            integer("seed", 0, MOST_SEED as usize, 0),
            name("fill", &FILLS),
            name("score", &SCORES),
        ],
        recipes: Vec::new(),
    }
}

fn make(options: Value) -> Result<Arc<dyn Method>> {
    Ok(Arc::new(read_options::<Rise>(options, &describe())?))
}

impl Method for Rise {
    fn name(&self) -> &'static str {
        NAME
    }

    fn options(&self) -> Value {
        json!({
            "masks": self.masks, "cells": self.cells, "probability": self.probability, "seed": self.seed,
            "fill": self.fill, "score": self.score,
        })
    }

    fn masking(&self) -> String {
        let Rise { masks, cells, probability, seed, fill, .. } = self;
        format!("{masks} grids of {cells}, {probability}, seed {seed}, {fill:?}")
    }

    fn masks(&self, subject: &Arc<Subject>) -> Result<Box<dyn Masks>> {
        let grids = Grids::new(self, subject.input.size());
        let masked = Masked::that_fades_to(self.fill);
        Ok(Box::new(GridMasks { grids, masked, order: (0..self.masks).collect() }))
    }

    fn score(&self) -> Score {
        self.score
    }

    fn weights(&self, _: &Arc<Subject>, _: &Target, scores: &Scores) -> Result<Vec<f32>> {
        let scored = scores.masked.iter().flatten().count() as f64;
        let weight = |score: f64| (score / (scored * self.probability)) as f32;
        Ok(scores.masked.iter().map(|score| score.map_or(0.0, weight)).collect())
    }

    fn summands(&self, subject: &Arc<Subject>, _: &Target, size: (usize, usize)) -> Result<Box<dyn Summands>> {
        Ok(Box::new(GridSummands { grids: Grids::new(self, subject.input.size()), size }))
    }

    /// From the smallest value to the largest: every place is kept by half of the masks, so that zero means nothing here.
    fn heatmap(&self, sum: &WeightedSum, size: (usize, usize)) -> Heatmap {
        Heatmap::of_all(sum.resized(size), size)
    }

    fn uses_layer(&self) -> bool {
        false
    }

    fn part(&self) -> Part {
        Part::Grid
    }
}

/// Grids over a picture.
#[derive(Debug, Clone, Copy)]
struct Grids {
    cells: usize,
    probability: f64,
    seed: u64,
    /// Of the picture.
    size: (usize, usize),
    /// Pixels of a cell.
    cell: (usize, usize),
}

/// One of them: which cells are on, and where it is cut.
struct Drawn {
    grid: Vec<f32>,
    cut: (usize, usize),
}

impl Grids {
    fn new(&Rise { cells, probability, seed, .. }: &Rise, size: (usize, usize)) -> Grids {
        let cell = (size.0.div_ceil(cells), size.1.div_ceil(cells));
        Grids { cells, probability, seed, size, cell }
    }

    fn draw(&self, mask: usize) -> Drawn {
        let mut chance = Chance::new(self.seed, mask as u64);
        let grid = (0..self.cells * self.cells).map(|_| f32::from(chance.unit() < self.probability)).collect();
        let cut = (chance.below(self.cell.0), chance.below(self.cell.1));
        Drawn { grid, cut }
    }

    /// Where pixel `at` of a picture cut at `cut` lies along a grid: the cell before it and how far it is towards the next. Beyond the
    /// outer cells' centres the grid is mirrored.
    fn along(&self, at: usize, cut: usize, cell: usize) -> (usize, f32) {
        let pixels = (self.cells + 1) * cell;
        let last = (self.cells - 1) as f64;
        let place = ((at + cut) as f64 + 0.5) * self.cells as f64 / pixels as f64 - 0.5;
        let place = place.abs();
        let place = if place > last { 2.0 * last - place } else { place };
        let place = place.clamp(0.0, last);
        let before = (place as usize).min(self.cells.saturating_sub(2));
        (before, (place - before as f64) as f32)
    }

    fn value(&self, grid: &[f32], (row, down): (usize, f32), (column, across): (usize, f32)) -> f32 {
        let next = |at: usize| (at + 1).min(self.cells - 1);
        let line = |row: usize| {
            let cells = &grid[row * self.cells..][..self.cells];
            cells[column] + (cells[next(column)] - cells[column]) * across
        };
        let (above, below) = (line(row), line(next(row)));
        above + (below - above) * down
    }

    /// A mask at the pixels in `rows` and `columns`.
    fn write(&self, mask: usize, rows: &[usize], columns: &[usize], out: &mut [f32]) {
        let Drawn { grid, cut } = self.draw(mask);
        let columns: Vec<_> = columns.iter().map(|&column| self.along(column, cut.1, self.cell.1)).collect();
        for (&row, out) in rows.iter().zip(out.chunks_exact_mut(columns.len())) {
            let row = self.along(row, cut.0, self.cell.0);
            out.iter_mut().zip(&columns).for_each(|(value, &column)| *value = self.value(&grid, row, column));
        }
    }
}

struct GridMasks {
    grids: Grids,
    masked: Masked,
    order: Vec<usize>,
}

impl Masks for GridMasks {
    fn count(&self) -> usize {
        self.order.len()
    }

    fn order(&self) -> &[usize] {
        &self.order
    }

    fn write(&self, mask: usize, out: &mut [f32]) {
        let (height, width) = self.grids.size;
        let all = |count: usize| (0..count).collect::<Vec<_>>();
        self.grids.write(mask, &all(height), &all(width), out);
    }

    fn masked(&self) -> Masked {
        self.masked
    }
}

/// Masks as summands, at the size of the picture or of a smaller map.
struct GridSummands {
    grids: Grids,
    size: (usize, usize),
}

impl Summands for GridSummands {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn add(&self, summand: usize, weight: f64, sums: &mut [f64]) {
        let pixels = |cells: usize, pixels: usize| {
            (0..cells).map(|cell| pixel_at_centre(cell, cells, pixels)).collect::<Vec<_>>()
        };
        let (rows, columns) = (pixels(self.size.0, self.grids.size.0), pixels(self.size.1, self.grids.size.1));
        let mut values = vec![0.0; sums.len()];
        self.grids.write(summand, &rows, &columns, &mut values);
        sums.iter_mut().zip(&values).for_each(|(sum, &value)| *sum += weight * f64::from(value));
    }

    fn value_at(&self, summand: usize, (row, column): (usize, usize)) -> f32 {
        let (row, column) = (
            pixel_at_centre(row, self.size.0, self.grids.size.0),
            pixel_at_centre(column, self.size.1, self.grids.size.1),
        );
        let mut value = [0.0];
        self.grids.write(summand, &[row], &[column], &mut value);
        value[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grids(cells: usize, size: (usize, usize)) -> Grids {
        Grids::new(&Rise { cells, ..Rise::default() }, size)
    }

    #[test]
    fn a_grid_is_spread_over_one_cell_more_and_mirrored_beyond_its_outer_centres() {
        // Two cells over three times two pixels: a pixel is a third of a cell.
        let grids = grids(2, (4, 4));
        let places: Vec<f32> = (0..4).map(|at| grids.along(at, 0, 2)).map(|(cell, part)| cell as f32 + part).collect();
        let expected = [1.0 / 3.0, 0.0, 1.0 / 3.0, 2.0 / 3.0];
        assert!(places.iter().zip(expected).all(|(a, b): (&f32, f32)| (a - b).abs() < 1e-6), "{places:?}");
        assert_eq!(grids.along(3, 1, 2), (0, 1.0));
    }

    #[test]
    fn a_mask_is_that_of_rise_s_own_code() {
        #[derive(Deserialize)]
        struct Theirs {
            mask: Mask,
        }
        #[derive(Deserialize)]
        struct Mask {
            grid: Vec<f32>,
            cut: (usize, usize),
            mask: Vec<f32>,
        }
        let fixture = include_str!("../../tests/fixtures/measures.json");
        let Mask { grid, cut, mask } = serde_json::from_str::<Theirs>(fixture).unwrap().mask;
        let grids = grids(4, (30, 26));
        assert_eq!(grids.cell, (8, 7));
        for (at, expected) in mask.iter().enumerate() {
            let (row, column) = (grids.along(at / 26, cut.0, 8), grids.along(at % 26, cut.1, 7));
            let found = grids.value(&grid, row, column);
            assert!((found - expected).abs() < 1e-5, "{at}: {found} is not {expected}");
        }
    }

    #[test]
    fn masks_keep_the_share_that_is_asked_for_and_are_the_same_at_every_size() {
        let grids = grids(8, (56, 56));
        let masks = GridMasks { grids, masked: Masked::NormalisedTensor, order: (0..400).collect() };
        let mut mean = 0.0;
        let mut mask = vec![0.0; 56 * 56];
        for number in 0..400 {
            masks.write(number, &mut mask);
            mean += mask.iter().map(|&value| f64::from(value)).sum::<f64>() / (400.0 * 56.0 * 56.0);
            let summands = GridSummands { grids, size: (56, 56) };
            assert_eq!(summands.value_at(number, (17, 41)), mask[17 * 56 + 41]);
        }
        // 64 cells in each of 400 masks: the deviation of the mean is 0.5 / sqrt(25600), 0.003.
        assert!((mean - 0.5).abs() < 0.012, "{mean}");
    }

    #[test]
    fn senseless_options_are_refused() {
        for options in [json!({ "masks": 0 }), json!({ "cells": 65 }), json!({ "probability": 1.0 })] {
            assert_eq!(make(options.clone()).unwrap_err().code, "method-range", "{options}");
        }
    }
}
