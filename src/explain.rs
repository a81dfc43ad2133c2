//! Composes the stages: a picture, a network and a method become an explanation that grows pass by pass, and that is seen
//! through [`View`]s.

mod cover;
mod diagnostics;
mod inspect;
mod record;
mod report;
mod view;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use web_time::Instant;

use crate::error::{Error, Result, shown, shown_bytes};
use crate::geometry::Region;
use crate::image::RgbImage;
use crate::methods::{Method, References, Subject};
use crate::model::spec::OutputKind;
use crate::model::{Activations, Behind, Layer, Limits, Network};
use crate::passes::{Fill, Passes, Progress, finite};
use crate::preprocess::{Input, prepare};
use crate::target::{Wish, order, probabilities};

use cover::Filler;

pub use cover::Covered;
pub use diagnostics::Diagnostics;
pub use inspect::{MaskPicture, Prediction};
pub use record::{Known, Record};
pub use report::{Facts, Report};
pub use view::{Channel, Outcome, PartialSum, Preview, Share, View};

/// Milliseconds that the parts of an explanation took.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Timings {
    /// The picture's prediction, the layer's activations, the masks' plan.
    pub prepare_ms: f64,
    /// The masked passes.
    pub score_ms: f64,
}

/// One picture explained by one method, under way or complete.
///
/// It costs two forward passes to begin and one for every mask of the method, and holds the layer's activations, where the
/// method looks at a layer, and a score for each mask and class.
pub struct Explanation {
    subject: Arc<Subject>,
    /// Of the masks that the passes are done with.
    masking: String,
    passes: Passes,
    prepare: Duration,
    filler: Filler,
}

impl Explanation {
    /// Classifies `picture`, takes the activations of `layer`, or of the network's default layer, if `method` looks at one,
    /// and plans the passes.
    ///
    /// # Errors
    /// [`ErrorKind::Layer`](crate::error::ErrorKind) if there is no such layer,
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the network's answer is not finite,
    /// [`ErrorKind::Memory`](crate::error::ErrorKind) if it needs more memory than a tab has,
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if the method's options do not fit the picture.
    pub fn begin(
        network: &Arc<Network>,
        picture: &RgbImage,
        layer: Option<&str>,
        method: &Arc<dyn Method>,
    ) -> Result<Explanation> {
        Explanation::begin_within(network, picture, layer, method, Limits::default())
    }

    /// As [`begin`](Explanation::begin), with as much memory as `limits` says.
    ///
    /// # Errors
    /// As [`begin`](Explanation::begin); nothing is allocated before the need is known.
    pub fn begin_within(
        network: &Arc<Network>,
        picture: &RgbImage,
        layer: Option<&str>,
        method: &Arc<dyn Method>,
        limits: Limits,
    ) -> Result<Explanation> {
        let input = prepare(picture, &network.spec().input, method.resample());
        Explanation::of_input(network, input, layer, method, limits)
    }

    /// As [`begin_within`](Explanation::begin_within), of a picture that is prepared.
    ///
    /// # Errors
    /// As [`begin`](Explanation::begin).
    pub fn of_input(
        network: &Arc<Network>,
        input: Input,
        layer: Option<&str>,
        method: &Arc<dyn Method>,
        limits: Limits,
    ) -> Result<Explanation> {
        let started = Instant::now();
        let layer = if method.uses_layer() { Some(network.layer(layer)?.clone()) } else { None };
        check_memory(network, layer.as_ref(), method.behind(), limits)?;
        let blank = vec![0.0; input.tensor.len()];
        let both = Instant::now();
        let mut logits = network.logits_of(&[&input.tensor, &blank])?;
        if network.pace().of_a_pass().is_none() {
            network.pace().learn(2, both.elapsed());
        }
        let references = References { blank: finite(logits.remove(1))?, picture: finite(logits.remove(0))? };
        let activations = layer.as_ref().map(|layer| network.activations(layer, &input.tensor)).transpose()?;
        let subject = Arc::new(Subject::new(network, layer.zip(activations), input, references));
        let passes = Passes::new(method.masks(&subject)?, network);
        Ok(Explanation {
            subject,
            masking: method.masking(),
            passes,
            prepare: started.elapsed(),
            filler: Filler::default(),
        })
    }

    /// Does the next masked passes, about 200 ms of them, on all threads of the current rayon pool.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the network's answer is not finite.
    pub fn step(&mut self) -> Result<Progress> {
        self.passes.step(&self.subject.network, &self.subject.input)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.passes.progress()
    }

    /// Whether every pass is done.
    pub fn is_complete(&self) -> bool {
        self.passes.is_complete()
    }

    /// What the passes done so far say of a target by `method`; no inference.
    ///
    /// # Errors
    /// [`ErrorKind::Class`](crate::error::ErrorKind) if there is no such class,
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if `method` masks in another way than the passes that were done.
    pub fn view(&self, wish: &Wish, method: &Arc<dyn Method>) -> Result<View> {
        if method.masking() != self.masking {
            return Err(Error::new("passes-differ", &[("method", &shown(&method.title()))]));
        }
        let target = wish.resolve(&self.subject.references.picture, self.subject.network.output())?;
        View::new(&self.subject, method, target, &self.passes)
    }

    /// Takes the passes that were done since into a view: what was summed before is not summed again.
    ///
    /// # Errors
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if an operator of the network fails.
    pub fn refresh(&self, view: &mut View) -> Result<()> {
        view.refresh(&self.passes)
    }

    /// The `count` most probable classes of the picture as it is, the most probable first.
    pub fn predictions(&self, count: usize) -> Vec<Prediction> {
        most_probable(&self.subject.references.picture, self.subject.network.output(), count)
    }

    /// The network that is explained.
    pub fn network(&self) -> &Arc<Network> {
        &self.subject.network
    }

    /// The picture as the network sees it.
    pub fn input(&self) -> &Input {
        &self.subject.input
    }

    /// The logits `[classes]` of the picture as it is.
    pub fn logits(&self) -> &[f32] {
        &self.subject.references.picture
    }

    /// The layer that is explained, if the method looks at one.
    pub fn layer(&self) -> Option<&Layer> {
        self.subject.layer.as_ref()
    }

    /// The layer's maps [channels, height, width].
    pub fn activations(&self) -> Option<&Activations> {
        self.subject.activations.as_deref()
    }

    /// The part of the picture that the network sees, in the picture's pixels.
    pub fn region(&self) -> Region {
        self.subject.input.region
    }

    /// What shows where a mask is zero.
    pub fn fill(&self) -> Fill {
        self.passes.masks().masked().fill()
    }

    /// What it took so far.
    pub fn timings(&self) -> Timings {
        Timings { prepare_ms: self.prepare.as_secs_f64() * 1000.0, score_ms: self.progress().elapsed_ms }
    }
}

fn check_memory(network: &Network, layer: Option<&Layer>, behind: Behind, limits: Limits) -> Result<()> {
    let needs = network.need(layer, behind, rayon::current_num_threads());
    if limits.hold(needs) {
        return Ok(());
    }
    let (needs, memory) = (shown_bytes(needs), shown_bytes(limits.memory));
    Err(match layer {
        Some(Layer { name, channels, height, width, .. }) => Error::new(
            "memory-layer",
            &[
                ("layer", &shown(name)),
                ("channels", channels),
                ("height", height),
                ("width", width),
                ("needs", &needs),
                ("memory", &memory),
            ],
        ),
        None => {
            let network = shown(&network.spec().title);
            Error::new("memory-masks", &[("network", &network), ("needs", &needs), ("memory", &memory)])
        }
    })
}

fn most_probable(logits: &[f32], output: OutputKind, count: usize) -> Vec<Prediction> {
    let probabilities = probabilities(logits, output);
    let most = order(&probabilities).into_iter().take(count);
    most.map(|index| Prediction { index, probability: probabilities[index] }).collect()
}
