//! What becomes of the answer when somebody covers part of the picture.

use std::sync::{Arc, Mutex};

use crate::chance::Chance;
use crate::error::{Error, Result};
use crate::heatmap::Heatmap;
use crate::image::RgbImage;
use crate::methods::superpixels::{Segments, segments};
use crate::metrics::fills::Removed;
use crate::metrics::judge::ranking_of;
use crate::passes::finite;
use crate::preprocess::denormalise;
use crate::target::Target;

use super::{Explanation, Prediction, most_probable};

/// What was put in the place of pixels last, with its seed.
pub(super) type Filler = Mutex<Option<((Removed, u64), Arc<Vec<f32>>)>>;

/// A picture with a cover, and what the network makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Covered {
    /// At input size, as the network sees it.
    pub picture: RgbImage,
    /// The most probable classes.
    pub predictions: Vec<Prediction>,
    /// How probable the target is.
    pub probability: f32,
}

impl Explanation {
    /// The answer for the picture under a `cover` [height, width] in [0, 1] at input size: 0 leaves a pixel as it is, 1 shows `fill` in its place; and
    /// the `count` most probable classes. It costs one forward pass on the calling thread.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if the cover is of another size or not within [0, 1],
    /// [`ErrorKind::Model`](crate::error::ErrorKind) if the network's answer is not finite.
    pub fn covered(
        &self,
        target: &Target,
        cover: &[f32],
        (fill, seed): (Removed, u64),
        count: usize,
    ) -> Result<Covered> {
        let (input, network) = (&self.subject.input, &self.subject.network);
        if cover.len() != input.positions() {
            return Err(Error::new("cover-size", &[("found", &cover.len()), ("expected", &input.positions())]));
        }
        if let Some(at) = cover.iter().position(|value| !(0.0..=1.0).contains(value)) {
            return Err(Error::new("cover-range", &[("at", &at), ("found", &cover[at])]));
        }
        let filler = self.filler(fill, seed);
        let mixed = |(at, (&value, &fill)): (usize, (&f32, &f32))| {
            let hidden = cover[at % cover.len()];
            // Exactly the one or the other at the ends: as measures remove pixels.
            value * (1.0 - hidden) + fill * hidden
        };
        let tensor: Vec<f32> = input.tensor.iter().zip(filler.iter()).enumerate().map(mixed).collect();
        let logits = finite(network.logits(&tensor)?)?;
        Ok(Covered {
            picture: denormalise(&tensor, &network.spec().input),
            predictions: most_probable(&logits, network.output(), count),
            probability: target.probability(&logits, network.output()),
        })
    }

    /// What shows under a cover; kept for the next one, since a visitor paints on.
    fn filler(&self, fill: Removed, seed: u64) -> Arc<Vec<f32>> {
        let mut kept = self.filler.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &*kept {
            Some((known, filler)) if *known == (fill, seed) => Arc::clone(filler),
            _ => {
                let input = &self.subject.input;
                let filler = Arc::new(fill.of(&input.tensor, input.size(), Chance::new(seed, 0)));
                *kept = Some(((fill, seed), Arc::clone(&filler)));
                filler
            }
        }
    }

    /// Covers the `share` in [0, 1] of the pixels that a map names first, or last: the same pixels, ties too, as
    /// [`Judging`](crate::metrics::judge::Judging) removes of its first map.
    pub fn cover_of(&self, map: &Heatmap, share: f64, relevant_first: bool, seed: u64) -> Vec<f32> {
        let order = ranking_of(map, seed, 0);
        let count = (share * order.len() as f64).round().clamp(0.0, order.len() as f64) as usize;
        let gone = if relevant_first { &order[..count] } else { &order[order.len() - count..] };
        let mut cover = vec![0.0; order.len()];
        gone.iter().for_each(|&at| cover[at as usize] = 1.0);
        cover
    }

    /// The picture's superpixels, those of LIME's defaults.
    pub fn superpixels(&self) -> Segments {
        segments(&self.subject.input.pixels)
    }
}
