//! The account of an explanation as JSON: what the page saves and what the command line writes.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::geometry::Region;
use crate::metrics::convergence::Settled;
use crate::model::Layer;
use crate::model::spec::InputSpec;
use crate::target::{Score, Target, probabilities};

use super::{Diagnostics, Explanation, Timings, View};

/// Classes that a report names.
pub(super) const PREDICTIONS: usize = 5;

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

/// An explanation of one target, in full but for its pixels.
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
    /// The layer that is explained; absent if the method looks at none.
    layer: Option<&'a Layer>,
    method: &'static str,
    /// The method's options; of Score-CAM its `recipe`.
    #[serde(flatten)]
    options: Value,
    target: Asked,
    predictions: Vec<Class>,
    /// The part of the picture that the network saw, in the picture's own pixels.
    region: Region,
    /// How pictures became the network's input.
    input: &'a InputSpec,
    ninths: [f32; 9],
    weights: Vec<f32>,
    diagnostics: Diagnostics,
    convergence: Vec<Settled>,
    timings: Timings,
}

/// What was asked about. A class has its index, its label and its probability; a contrast has those of the class that is asked
/// about, and of the others.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    kind: &'static str,
    #[serde(flatten)]
    class: Option<Class>,
    /// Of the class or of any of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f32>,
    /// The classes of a group.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<Class>,
    /// The classes that a contrast sets it against.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    against: Vec<Class>,
    /// The target's score for the picture as it is, and whether it is a logit or a probability.
    score: f32,
    scored: Score,
}

/// A class of the network, and how probable it is for the picture as it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Class {
    pub index: usize,
    pub label: Option<String>,
    pub probability: f32,
}

impl Class {
    /// The class of this index; `probabilities` are those of all classes.
    pub fn of(index: usize, labels: &[String], probabilities: &[f32]) -> Class {
        Class { index, label: labels.get(index).cloned(), probability: probabilities[index] }
    }
}

/// What a view was asked about; `probability` is that of its target.
pub(super) fn asked(view: &View, probability: f32, class: &dyn Fn(usize) -> Class) -> Asked {
    let all = |classes: &[usize]| classes.iter().map(|&index| class(index)).collect();
    let (kind, classes, against) = match view.target() {
        Target::Class { .. } => ("class", Vec::new(), Vec::new()),
        Target::Group { classes } => ("group", all(classes), Vec::new()),
        Target::Difference { against, .. } => ("difference", Vec::new(), vec![class(*against)]),
        Target::Finer { against, .. } => ("finer", Vec::new(), all(against)),
    };
    let asked_class = view.target().class().map(class);
    Asked {
        kind,
        probability: asked_class.is_none().then_some(probability),
        class: asked_class,
        classes,
        against,
        score: view.picture_score(),
        scored: view.method().score(),
    }
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
    /// The account of what `view` shows; no inference.
    ///
    /// # Errors
    /// As [`Explanation::refresh`].
    pub fn report<'a>(&'a self, view: &View, facts: &Facts<'a>) -> Result<Report<'a>> {
        let all = probabilities(&self.subject.references.picture, self.network().output());
        let class = |index: usize| Class::of(index, facts.labels, &all);
        let outcome = view.outcome();
        let spec = self.network().spec();
        Ok(Report {
            scorecam: env!("CARGO_PKG_VERSION"),
            image: facts.image,
            model: &spec.name,
            title: &spec.title,
            sha256: facts.sha256,
            layer: self.layer(),
            method: view.method().name(),
            options: view.method().options(),
            target: asked(view, outcome.probability, &class),
            predictions: self.predictions(PREDICTIONS).iter().map(|p| class(p.index)).collect(),
            region: self.region(),
            input: &spec.input,
            ninths: outcome.heatmap.ninths(),
            diagnostics: outcome.diagnostics,
            weights: outcome.weights,
            convergence: view.convergence()?,
            timings: self.timings(),
        })
    }
}
