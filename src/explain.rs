//! Composes the stages: a picture, a network and a recipe become an explanation that grows channel by channel.

mod convergence;
mod diagnostics;
mod inspect;
mod report;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use web_time::Instant;

use crate::error::{Error, ErrorKind, Result, shown};
use crate::heatmap::{Baselines, Heatmap, heatmap, weights};
use crate::image::RgbImage;
use crate::model::spec::OutputKind;
use crate::model::{Activations, Layer, Limits, Network};
use crate::preprocess::{Input, Region, prepare};
use crate::recipe::Recipe;
use crate::score::{Scoring, finite, probabilities};

pub use convergence::Settled;
pub use diagnostics::Diagnostics;
pub use inspect::{Channel, PartialSum, ScaledMap, Share};
pub use report::{Facts, Report};

/// How long a step should take: short enough for a Cancel to be answered at once, long enough to keep all threads busy.
const STEP: Duration = Duration::from_millis(200);

/// The most passes that one thread does in a step.
const MAX_PASSES_A_STEP: usize = 16;

/// One class and how probable the network finds it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prediction {
    /// The class.
    pub index: usize,
    /// Its probability in [0, 1].
    pub probability: f32,
}

/// How far an explanation has come.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Masked passes done.
    pub done: usize,
    /// Masked passes to do in all.
    pub total: usize,
    /// Milliseconds that the masked passes have taken so far.
    pub elapsed_ms: f64,
    /// Milliseconds that the rest will take at the same pace; absent before the first pass.
    pub eta_ms: Option<f64>,
}

/// Milliseconds that the parts of an explanation took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// Fitting and normalising the picture, its prediction, the layer's activations.
    pub prepare_ms: f64,
    /// The masked passes.
    pub score_ms: f64,
}

/// The map of one class.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The class.
    pub target: usize,
    /// How probable the network finds it for the picture as it is, in [0, 1].
    pub probability: f32,
    /// Where the evidence for it lies.
    pub heatmap: Heatmap,
    /// The weight of every channel; zero for channels without a pass.
    pub weights: Vec<f32>,
    /// What one should know before trusting the map.
    pub diagnostics: Diagnostics,
}

/// Score-CAM of one picture at one layer, under way or complete.
///
/// It costs two forward passes to begin and one for every channel of the layer that is not constant, and holds the layer's
/// activations and a score for each channel and class.
pub struct Explanation {
    network: Arc<Network>,
    layer: Layer,
    input: Input,
    activations: Activations,
    baselines: Baselines,
    scoring: Scoring,
    timings: Timings,
    passes_a_step: usize,
}

impl Explanation {
    /// Classifies `picture` and takes the activations of `layer`, or of the network's default layer. `recipe` decides how
    /// the masked inputs will be made.
    ///
    /// # Errors
    /// [`ErrorKind::Layer`] if there is no such layer, [`ErrorKind::Model`] if the network's answer is not finite,
    /// [`ErrorKind::Memory`] if the layer needs more memory than a tab has.
    pub fn begin(
        network: &Arc<Network>,
        picture: &RgbImage,
        layer: Option<&str>,
        recipe: &Recipe,
    ) -> Result<Explanation> {
        Explanation::begin_within(network, picture, layer, recipe, Limits::default())
    }

    /// As [`begin`](Explanation::begin), with as much memory as `limits` says.
    ///
    /// # Errors
    /// As [`begin`](Explanation::begin); nothing is allocated before the need is known.
    pub fn begin_within(
        network: &Arc<Network>,
        picture: &RgbImage,
        layer: Option<&str>,
        recipe: &Recipe,
        limits: Limits,
    ) -> Result<Explanation> {
        let started = Instant::now();
        let layer = network.layer(layer)?.clone();
        let Layer { channels, height, width, .. } = layer;
        let what = format!("The layer \"{}\" of {channels} maps of {height} x {width}", shown(&layer.name));
        limits.check(&what, network.need(&layer, rayon::current_num_threads()))?;
        let input = prepare(picture, &network.spec().input);
        let blank = vec![0.0; input.tensor.len()];
        let mut logits = network.logits_of(&[&input.tensor, &blank])?;
        let baselines = Baselines { blank: finite(logits.remove(1))?, picture: finite(logits.remove(0))? };
        let activations = network.activations(&layer, &input.tensor)?;
        let scoring = Scoring::new(&activations, network, recipe.mask);
        let timings = Timings { prepare_ms: milliseconds(started.elapsed()), score_ms: 0.0 };
        Ok(Explanation {
            network: Arc::clone(network),
            layer,
            input,
            activations,
            baselines,
            scoring,
            timings,
            passes_a_step: 1,
        })
    }

    /// Does the next masked passes, about 200 ms of them, on all threads of the current rayon pool.
    ///
    /// # Errors
    /// [`ErrorKind::Model`] if the network's answer is not finite.
    pub fn step(&mut self) -> Result<Progress> {
        let started = Instant::now();
        let threads = rayon::current_num_threads();
        self.scoring.advance(&self.network, &self.input, &self.activations, self.passes_a_step * threads)?;
        let elapsed = started.elapsed();
        self.timings.score_ms += milliseconds(elapsed);
        let a_pass = elapsed.as_secs_f64() / self.passes_a_step as f64;
        let passes = ((STEP.as_secs_f64() / a_pass.max(1e-6)) as usize).clamp(1, MAX_PASSES_A_STEP);
        // Whole groups of passes that share the reading of the weights.
        self.passes_a_step =
            if passes > Network::TOGETHER { passes / Network::TOGETHER * Network::TOGETHER } else { passes };
        Ok(self.progress())
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        let (done, total) = (self.scoring.done(), self.scoring.total());
        let elapsed_ms = self.timings.score_ms;
        let eta_ms = (done > 0).then(|| elapsed_ms / done as f64 * (total - done) as f64);
        Progress { done, total, elapsed_ms, eta_ms }
    }

    /// Whether every pass is done.
    pub fn is_complete(&self) -> bool {
        self.scoring.done() == self.scoring.total()
    }

    /// The map of class `target`, or of the most probable one, from the passes done so far; no inference.
    ///
    /// # Errors
    /// [`ErrorKind::Class`] if there is no such class, [`ErrorKind::Option`] if `recipe` masks in another way than the
    /// passes that were done.
    pub fn outcome(&self, target: Option<usize>, recipe: &Recipe) -> Result<Outcome> {
        let target = self.target(target)?;
        self.check_recipe(recipe)?;
        let weights = weights(self.scoring.matrix(), &self.baselines, target, recipe);
        let size = (self.input.pixels.height() as usize, self.input.pixels.width() as usize);
        let heatmap = heatmap(&self.activations, &weights, size, recipe);
        let probability = probabilities(&self.baselines.picture, self.network.output())[target];
        let diagnostics = self.diagnostics(&weights, &heatmap, probability);
        Ok(Outcome { target, probability, heatmap, weights, diagnostics })
    }

    /// The `count` most probable classes of the picture as it is, the most probable first.
    pub fn predictions(&self, count: usize) -> Vec<Prediction> {
        most_probable(&self.baselines.picture, self.network.output(), count)
    }

    /// The network that is explained.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// The layer that is explained.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// The part of the picture that the network sees, in the picture's pixels.
    pub fn region(&self) -> Region {
        self.input.region
    }

    /// What it took so far.
    pub fn timings(&self) -> Timings {
        self.timings
    }

    fn check_recipe(&self, recipe: &Recipe) -> Result<()> {
        if recipe.mask == *self.scoring.rule() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Option,
            format!("The recipe \"{}\" masks in another way than the passes that were done.", recipe.name),
            "Explain the picture again with this recipe.",
        ))
    }

    fn target(&self, target: Option<usize>) -> Result<usize> {
        let target = target.unwrap_or_else(|| self.predictions(1)[0].index);
        self.network.check_class(target)?;
        Ok(target)
    }
}

fn most_probable(logits: &[f32], output: OutputKind, count: usize) -> Vec<Prediction> {
    let probabilities = probabilities(logits, output);
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order.iter().take(count).map(|&index| Prediction { index, probability: probabilities[index] }).collect()
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
