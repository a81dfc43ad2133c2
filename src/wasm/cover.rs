//! What the worker can cover of a picture.

use js_sys::{Float32Array, Uint32Array};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::explain::Covered;
use crate::heatmap::{Heatmap, Shares};
use crate::metrics::fills::Removed;
use crate::target::Target;

use super::options::Options;
use super::run::{PREDICTIONS, Run, image_data};
use super::{Result, floats, from_js, object, to_js};

/// How a cover is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    fill: Removed,
    seed: u64,
}

#[wasm_bindgen]
impl Run {
    /// The answer for the picture under a cover [height, width] in [0, 1]: `{ picture, predictions, probability, area, evidence }`, the last two
    /// the shares of the picture and of the map that are covered. `options`: `{ target, method, options }`; `asked`: `{ fill, seed }`
    pub fn cover(&mut self, options: JsValue, cover: Float32Array, asked: JsValue) -> Result<JsValue> {
        let (options, Asked { fill, seed }): (Options, Asked) = (from_js(options)?, from_js(asked)?);
        let target: Target = self.target(&options)?;
        let cover = cover.to_vec();
        let covered = self.explanation.covered(&target, &cover, (fill, seed), PREDICTIONS)?;
        let Shares { area, evidence } = self.view(&options)?.heatmap().under(&cover);
        let Covered { picture, predictions, probability } = covered;
        object([
            ("picture", image_data(&picture)?.into()),
            ("predictions", to_js(&predictions)?),
            ("probability", JsValue::from(probability)),
            ("area", JsValue::from(area)),
            ("evidence", to_js(&evidence)?),
        ])
    }

    /// A cover [height, width] of the share of the pixels that a map [height, width] names first, or last.
    #[wasm_bindgen(js_name = coverOf)]
    pub fn cover_of(&self, map: Float32Array, share: f64, relevant_first: bool, seed: u32) -> Result<JsValue> {
        let (height, width) = self.explanation.input().size();
        let map = Heatmap::new(map.to_vec(), height, width)?;
        Ok(floats(&self.explanation.cover_of(&map, share, relevant_first, u64::from(seed))))
    }

    /// Which superpixel each pixel [height, width] is in: `{ labels, count }`
    pub fn superpixels(&self) -> Result<JsValue> {
        let segments = self.explanation.superpixels();
        let labels = Uint32Array::from(segments.of_pixel.as_slice());
        object([("labels", labels.into()), ("count", JsValue::from(segments.count as u32))])
    }
}
