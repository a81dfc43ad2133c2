//! A picture as one line of a table of many: what was found, what was expected, what was measured.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::geometry::Region;
use crate::metrics::measure::Number;
use crate::model::labels::class_named;
use crate::target::probabilities;

use super::report::{Asked, Class, PREDICTIONS, asked};
use super::{Diagnostics, Explanation, Timings, View};

/// What is known of a picture besides its explanation.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// What the picture is called.
    pub image: &'a str,
    /// Class names in the order of the network's output; empty if they are not known.
    pub labels: &'a [String],
    /// What somebody says that it shows: a class's index or name.
    pub expected: Option<&'a str>,
    /// What was measured of its map.
    pub numbers: &'a [Number],
}

/// An explanation of one target without what is large: no pixels, weights or scores.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    image: String,
    /// The most probable class.
    class: usize,
    label: Option<String>,
    probability: f32,
    /// What the picture is said to show, as it was said; absent if nothing was.
    expected_name: Option<String>,
    /// The class that this names; absent if it names none, or several.
    expected: Option<Class>,
    /// Whether that class is the most probable one; absent if none is known.
    is_correct: Option<bool>,
    method: &'static str,
    layer: Option<String>,
    target: Asked,
    predictions: Vec<Class>,
    /// The part of the picture that the network saw, in the picture's own pixels.
    region: Region,
    ninths: [f32; 9],
    diagnostics: Diagnostics,
    /// By their names; one that cannot be said is null.
    measures: BTreeMap<String, Option<f64>>,
    timings: Timings,
}

impl Record {
    /// The class that was expected, and the most probable one, if it is known what was expected.
    pub fn outcome(&self) -> Option<(usize, usize)> {
        self.expected.as_ref().map(|expected| (expected.index, self.class))
    }
}

impl Explanation {
    /// The line for what `view` shows; no inference.
    ///
    /// # Errors
    /// [`ErrorKind::Internal`](crate::error::ErrorKind) if the network has no class.
    pub fn record(&self, view: &View, known: &Known) -> Result<Record> {
        let labels = known.labels;
        let all = probabilities(self.logits(), self.network().output());
        let class = |index: usize| Class::of(index, labels, &all);
        let predictions: Vec<Class> = self.predictions(PREDICTIONS).iter().map(|found| class(found.index)).collect();
        let first = predictions.first().cloned().ok_or_else(|| {
            crate::error::Error::internal("writing a line of the table", "the network answers with no class")
        })?;
        let expected = known.expected.and_then(|name| class_named(name, labels, all.len()));
        let outcome = view.outcome();
        Ok(Record {
            image: known.image.to_owned(),
            class: first.index,
            label: first.label,
            probability: first.probability,
            expected_name: known.expected.map(str::to_owned),
            is_correct: expected.map(|expected| expected == first.index),
            expected: expected.map(class),
            method: view.method().name(),
            layer: self.layer().map(|layer| layer.name.clone()),
            target: asked(view, outcome.probability, &class),
            predictions,
            region: self.region(),
            ninths: outcome.heatmap.ninths(),
            diagnostics: outcome.diagnostics,
            measures: known.numbers.iter().map(|number| (number.name.clone(), number.value)).collect(),
            timings: self.timings(),
        })
    }
}
