//! The account of an explanation as JSON: what the page saves and what the command line writes.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::Layer;
use crate::model::spec::InputSpec;
use crate::preprocess::Region;
use crate::recipe::Recipe;

use super::{Diagnostics, Explanation, Outcome, Settled, Timings};

/// Classes that a report names.
const PREDICTIONS: usize = 5;

/// What is known besides the explanation.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the picture is called.
    pub image: &'a str,
    /// Class names in the order of the network's output; empty if they are not known.
    pub labels: &'a [String],
    /// Checksum of the network's file in hexadecimal digits, if it is known.
    pub sha256: Option<&'a str>,
}

/// An explanation of one class, in full but for its pixels.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report<'a> {
    /// The version that made it.
    scorecam: &'static str,
    image: &'a str,
    /// The name that the network is asked for by.
    model: &'a str,
    /// The name that people know it by.
    title: &'a str,
    /// Of the network's file.
    sha256: Option<&'a str>,
    layer: &'a Layer,
    recipe: &'a Recipe,
    target: Class<'a>,
    predictions: Vec<Class<'a>>,
    /// The part of the picture that the network saw, in the picture's own pixels.
    region: Region,
    /// How pictures became the network's input.
    input: &'a InputSpec,
    ninths: [f32; 9],
    weights: &'a [f32],
    diagnostics: Diagnostics,
    convergence: Vec<Settled>,
    timings: Timings,
}

#[derive(Debug, Serialize)]
struct Class<'a> {
    index: usize,
    label: Option<&'a str>,
    probability: f32,
}

impl Report<'_> {
    /// Its text.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::error::ErrorKind) if it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string_pretty(self).map_err(|cause| Error::internal("writing the report", cause))
    }
}

impl Explanation {
    /// The account of `outcome`, which `recipe` made of the passes done so far; no inference.
    ///
    /// # Errors
    /// As [`outcome`](Explanation::outcome).
    pub fn report<'a>(&'a self, outcome: &'a Outcome, recipe: &'a Recipe, facts: &Facts<'a>) -> Result<Report<'a>> {
        let labels = facts.labels;
        let class =
            |index: usize, probability| Class { index, label: labels.get(index).map(String::as_str), probability };
        let spec = self.network.spec();
        Ok(Report {
            scorecam: env!("CARGO_PKG_VERSION"),
            image: facts.image,
            model: &spec.name,
            title: &spec.title,
            sha256: facts.sha256,
            layer: &self.layer,
            recipe,
            target: class(outcome.target, outcome.probability),
            predictions: self.predictions(PREDICTIONS).iter().map(|p| class(p.index, p.probability)).collect(),
            region: self.region(),
            input: &spec.input,
            ninths: outcome.heatmap.ninths(),
            weights: &outcome.weights,
            diagnostics: outcome.diagnostics,
            convergence: self.convergence(Some(outcome.target), recipe)?,
            timings: self.timings,
        })
    }
}
