//! Looks at single masks of an explanation: what they are, what they leave of the picture, what the network makes of that.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::image::RgbImage;
use crate::passes::Masks;
use crate::preprocess::denormalise;

use super::{Explanation, most_probable};

/// One class and how probable the network finds it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prediction {
    /// The class.
    pub index: usize,
    /// Its probability in [0, 1].
    pub probability: f32,
}

/// A mask at input size.
#[derive(Debug, Clone, PartialEq)]
pub struct MaskPicture {
    /// Smallest value of the upsampled activation map that it was made of; 0 if it was made of none.
    pub low: f32,
    /// Its largest value; 1 if it was made of none.
    pub high: f32,
    /// The mask [height, width] in [0, 1].
    pub mask: Vec<f32>,
    /// Its mean: how much of the picture it keeps.
    pub kept: f32,
}

impl Explanation {
    /// A mask: of a channel of the layer, a window, or a cluster of maps.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](crate::error::ErrorKind) if there is no such channel, its map is constant and
    /// was skipped, or the method's masks are not over the picture.
    pub fn mask(&self, mask: usize) -> Result<MaskPicture> {
        let masks = self.masks_with(mask)?;
        let mut values = vec![0.0; self.subject.input.positions()];
        masks.write(mask, &mut values);
        let (low, high) = masks.range(mask);
        let kept = values.iter().copied().map(f64::from).sum::<f64>() / values.len() as f64;
        Ok(MaskPicture { low, high, mask: values, kept: kept as f32 })
    }

    /// The masks, if `mask` is one of them.
    fn masks_with(&self, mask: usize) -> Result<&dyn Masks> {
        let masks = self.passes.masks();
        if masks.tail().is_some() {
            return Err(Error::new("masks-of-layer", &[]));
        }
        if masks.order().contains(&mask) {
            return Ok(masks);
        }
        Err(Error::new("channel-without-mask", &[("channel", &mask), ("channels", &masks.count())]))
    }

    /// The picture at input size as the network saw it under a mask.
    ///
    /// # Errors
    /// As [`mask`](Explanation::mask).
    pub fn masked_picture(&self, mask: usize) -> Result<RgbImage> {
        let spec = &self.subject.network.spec().input;
        let tensor = self.masks_with(mask)?.tensor(mask, &self.subject.input, spec);
        Ok(denormalise(&tensor, spec))
    }

    /// The `count` most probable classes of the picture under a mask, the most probable first; none if it has no pass yet.
    pub fn masked_predictions(&self, mask: usize, count: usize) -> Vec<Prediction> {
        let matrix = self.passes.matrix();
        matrix.row(mask).map_or_else(Vec::new, |logits| most_probable(logits, matrix.output(), count))
    }
}
