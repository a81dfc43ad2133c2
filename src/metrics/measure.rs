//! What a measure is: changed pictures of a map's, and what their scores say.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, shown};
use crate::geometry::Region;
use crate::heatmap::Heatmap;
use crate::preprocess::Input;

use super::deletion_insertion::DeletionInsertion;
use super::drop::Drop;
use super::energy::Energy;
use super::fills::{Removed, blurred};
use super::road::Road;

/// Every measure that needs no more than a map.
pub const ALL: [&'static dyn Measure; 4] = [&DeletionInsertion, &Drop, &Road, &Energy];

/// The measure called `name`.
///
/// # Errors
/// [`ErrorKind::Option`](crate::error::ErrorKind) if there is none.
pub fn find(name: &str) -> Result<&'static dyn Measure> {
    ALL.into_iter().find(|measure| measure.describe().name == name).ok_or_else(|| {
        let names: Vec<_> = ALL.iter().map(|measure| measure.describe().name).collect();
        Error::new("measure-unknown", &[("measure", &shown(name)), ("names", &names.join(", "))])
    })
}

/// What a measure is, as data.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Description {
    /// The name it is asked for by.
    pub name: &'static str,
    /// Whether somebody has to say where the thing is.
    pub needs_box: bool,
}

/// A way to put a map to the test: changed pictures, and what their scores say.
pub trait Measure: Send + Sync {
    /// What it is.
    fn describe(&self) -> Description;

    /// Changed pictures that it wants of a case.
    fn passes(&self, case: &Case) -> usize;

    /// One of them, as input tensor [3, height, width].
    fn tensor(&self, case: &Case, pass: usize) -> Vec<f32>;

    /// What their scores say.
    ///
    /// # Errors
    /// If they say nothing.
    fn read(&self, case: &Case, scores: &[f64]) -> Result<Reading>;
}

/// A map to measure, with what measures need of it.
pub struct Case<'a> {
    /// The picture that it is of.
    pub picture: &'a Judged,
    /// At input size.
    pub map: &'a Heatmap,
    /// All pixels, the most relevant first.
    pub ranking: &'a [u32],
    /// Whether it is a random map.
    pub is_random: bool,
    /// Whether it is a map that knows nothing, to set others beside.
    pub is_baseline: bool,
    /// Where chance begins.
    pub seed: u64,
}

/// The picture that maps are of, and what is asked about it.
pub struct Judged {
    /// As the network sees it.
    pub input: Input,
    /// The target's score.
    pub score: f64,
    /// Where somebody says that the thing is, in the picture's pixels.
    pub within: Option<Region>,
    blurred: OnceLock<Vec<f32>>,
    blank: Vec<f32>,
}

impl Judged {
    /// A picture whose target's score is `score`.
    pub(super) fn new(input: Input, score: f64, within: Option<Region>) -> Judged {
        let blank = vec![0.0; input.tensor.len()];
        Judged { input, score, within, blurred: OnceLock::new(), blank }
    }

    /// The tensor that shows where pixels are removed.
    pub(super) fn filler(&self, fill: Removed) -> &[f32] {
        match fill {
            Removed::Mean => &self.blank,
            Removed::Blur => self.blurred.get_or_init(|| blurred(&self.input.tensor, self.input.size())),
            Removed::Average | Removed::Noise => unreachable!("no curve is measured with it"),
        }
    }
}

/// Which way a number is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// The more, the better the map.
    Higher,
    /// The less, the better the map.
    Lower,
    /// It says how the others were taken.
    Neither,
}

/// What a measure says in one number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Number {
    /// Its name, unique among all measures.
    pub name: String,
    /// Absent where it cannot be said.
    pub value: Option<f64>,
    /// Which way it is better.
    pub better: Better,
}

/// Scores as something grows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curve {
    /// Its name, unique among all measures.
    pub name: String,
    /// Shares of the pixels, ascending.
    pub x: Vec<f64>,
    /// Scores.
    pub y: Vec<f64>,
}

/// What a measure says of a map.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Reading {
    /// In numbers.
    pub numbers: Vec<Number>,
    /// In curves.
    pub curves: Vec<Curve>,
}
