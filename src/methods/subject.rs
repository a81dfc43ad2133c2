//! What methods look at: one picture as one network sees it.

use std::sync::{Arc, Mutex, OnceLock};

use crate::error::Result;
use crate::model::{Activations, Gradients, Layer, Network, Tail};
use crate::preprocess::Input;
use crate::target::{Score, Target};

use super::superpixels::Segments;

/// Gradients that are kept: of the target on the page and those that it is compared with.
const KEPT: usize = 4;

/// What a method can look at: one picture as one network sees it. What is behind its layer, and gradients, are worked out when a
/// method first asks for them.
pub struct Subject {
    /// The network.
    pub network: Arc<Network>,
    /// The layer that is explained, for methods that look at one.
    pub layer: Option<Layer>,
    /// Its maps.
    pub activations: Option<Arc<Activations>>,
    /// The picture.
    pub input: Input,
    /// The logits that scores are set against.
    pub references: References,
    tail: OnceLock<Arc<Tail>>,
    gradients: OnceLock<Gradients>,
    by_maps: Mutex<Vec<Kept>>,
    superpixels: Mutex<Option<(String, Arc<Segments>)>>,
}

/// A target, what is scored of it, and the gradient [channels, height, width] of that score.
type Kept = (Target, Score, Arc<Vec<f32>>);

/// The logits that a method may set the masked pictures' against.
#[derive(Debug, Clone)]
pub struct References {
    /// Those of the picture as it is.
    pub picture: Vec<f32>,
    /// Those of the normalised tensor zero.
    pub blank: Vec<f32>,
}

impl Subject {
    /// A picture as `network` sees it, and its `layer` with what it makes of it.
    pub fn new(
        network: &Arc<Network>,
        layer: Option<(Layer, Activations)>,
        input: Input,
        references: References,
    ) -> Subject {
        let (layer, activations) = layer.map(|(layer, maps)| (layer, Arc::new(maps))).unzip();
        Subject {
            network: Arc::clone(network),
            layer,
            activations,
            input,
            references,
            tail: OnceLock::new(),
            gradients: OnceLock::new(),
            by_maps: Mutex::default(),
            superpixels: Mutex::default(),
        }
    }

    /// The maps of the layer, of which a method that looks at none must not ask.
    pub fn maps(&self) -> &Arc<Activations> {
        self.activations.as_ref().expect("the method uses a layer")
    }

    /// What is behind the layer, of which a method that looks at none must not ask.
    ///
    /// # Errors
    /// As [`Network::tail`].
    pub fn tail(&self) -> Result<&Arc<Tail>> {
        if self.tail.get().is_none() {
            let layer = self.layer.as_ref().expect("the method uses a layer");
            let tail = self.network.tail(layer, &self.input.tensor)?;
            // Where two threads came here at once, both have made the same.
            let _ = self.tail.set(Arc::new(tail));
        }
        Ok(self.tail.get().expect("it was just made"))
    }

    /// What gradients by the layer's maps need.
    ///
    /// # Errors
    /// As [`Tail::gradients`].
    pub fn gradients(&self) -> Result<&Gradients> {
        if self.gradients.get().is_none() {
            let gradients = self.tail()?.gradients()?;
            let _ = self.gradients.set(gradients);
        }
        Ok(self.gradients.get().expect("it was just made"))
    }

    /// The gradient [channels, height, width] of a target's score by the layer's maps.
    ///
    /// # Errors
    /// As [`Gradients::by_maps`].
    pub fn gradient(&self, target: &Target, score: Score) -> Result<Arc<Vec<f32>>> {
        let mut kept = self.by_maps.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let is_it = |(of, by, _): &&Kept| of == target && *by == score;
        if let Some((_, _, gradient)) = kept.iter().find(is_it) {
            return Ok(Arc::clone(gradient));
        }
        let logits = &self.references.picture;
        let by_logits = target.gradient(logits, self.network.output(), score);
        let gradient = Arc::new(self.gradients()?.by_maps(&by_logits, logits)?);
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push((target.clone(), score, Arc::clone(&gradient)));
        Ok(gradient)
    }

    /// The picture's superpixels by the name `key`, which `make` makes if they are not those that were asked for last.
    pub(super) fn superpixels(&self, key: &str, make: impl FnOnce() -> Arc<Segments>) -> Arc<Segments> {
        let mut kept = self.superpixels.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*kept {
            Some((known, segments)) if known == key => Arc::clone(segments),
            _ => {
                let segments = make();
                *kept = Some((key.to_owned(), Arc::clone(&segments)));
                segments
            }
        }
    }
}
