//! What the worker can ask of an explanation.

use js_sys::{Uint8Array, Uint8ClampedArray};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::ImageData;

use crate::error::Error;
use crate::explain::{Explanation, Facts, Outcome, PartialSum, Prediction, ScaledMap};
use crate::image::{Picture, RgbImage, fit_within};
use crate::mask::range;
use crate::model::Layer;
use crate::preprocess::Region;
use crate::render::{ColourMap, npy, overlay, png};

use super::options::Options;
use super::{Result, floats, from_js, object, to_js};

/// How many predictions a result names.
const PREDICTIONS: usize = 5;

/// Longest side in pixels of the pictures that are shown and saved.
const SHOWN_SIDE: u32 = 1600;

/// An explanation under way or complete, with the picture to show it on.
#[wasm_bindgen]
pub struct Run {
    explanation: Explanation,
    shown: RgbImage,
    /// From the picture's pixels to those of `shown`.
    scale: f64,
    animated: bool,
}

impl Run {
    pub(super) fn new(explanation: Explanation, picture: &Picture) -> Run {
        let shown = fit_within(&picture.pixels, SHOWN_SIDE);
        let scale = f64::from(shown.width()) / f64::from(picture.pixels.width());
        Run { explanation, shown, scale, animated: picture.animated }
    }

    fn outcome_of(&self, options: &Options) -> std::result::Result<Outcome, Error> {
        self.explanation.outcome(options.target, &options.recipe()?)
    }
}

#[wasm_bindgen]
impl Run {
    /// `{ layer, predictions, region, animated, total }`; `region` is in pixels of the picture as it is shown.
    pub fn info(&self) -> Result<JsValue> {
        #[derive(Serialize)]
        struct Info<'a> {
            layer: &'a Layer,
            predictions: Vec<Prediction>,
            region: Region,
            animated: bool,
            total: usize,
        }
        to_js(&Info {
            layer: self.explanation.layer(),
            predictions: self.explanation.predictions(PREDICTIONS),
            region: self.explanation.region().scaled(self.scale),
            animated: self.animated,
            total: self.explanation.progress().total,
        })
    }

    /// The picture as it is shown: upright, opaque, scaled down if it is large.
    pub fn picture(&self) -> Result<ImageData> {
        image_data(&self.shown)
    }

    /// How far it has come: `{ done, total, elapsedMs, etaMs }`
    pub fn progress(&self) -> Result<JsValue> {
        to_js(&self.explanation.progress())
    }

    /// Does the next masked passes: `{ done, total, elapsedMs, etaMs }`
    pub fn step(&mut self) -> Result<JsValue> {
        to_js(&self.explanation.step()?)
    }

    /// The map of a class from the passes done so far. `options`: `{ target, recipe }`; the result:
    /// `{ target, probability, heatmap, width, height, ninths, weights, weighing, diagnostics, timings }`
    pub fn outcome(&self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let outcome = self.outcome_of(&options)?;
        object([
            ("target", JsValue::from(outcome.target as u32)),
            ("probability", JsValue::from(outcome.probability)),
            ("heatmap", floats(&outcome.heatmap.values)),
            ("width", JsValue::from(outcome.heatmap.width as u32)),
            ("height", JsValue::from(outcome.heatmap.height as u32)),
            ("ninths", to_js(&outcome.heatmap.ninths())?),
            ("weights", floats(&outcome.weights)),
            ("weighing", to_js(&options.recipe()?.weighing())?),
            ("diagnostics", to_js(&outcome.diagnostics)?),
            ("timings", to_js(&self.explanation.timings())?),
        ])
    }

    /// How the map settled: `[{ passes, correlation }]`. `options`: `{ target, recipe }`
    pub fn convergence(&self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        to_js(&self.explanation.convergence(options.target, &options.recipe()?)?)
    }

    /// A PNG file of the map over the picture. `options`: `{ target, recipe, colourMap, opacity }`
    #[wasm_bindgen(js_name = overlayPng)]
    pub fn overlay_png(&self, options: JsValue) -> Result<Uint8Array> {
        let options: Options = from_js(options)?;
        let outcome = self.outcome_of(&options)?;
        let colour_map = options.colour_map.as_deref().map_or(Ok(ColourMap::ALL[0]), ColourMap::find)?;
        let region = self.explanation.region().scaled(self.scale);
        let opacity = options.opacity.unwrap_or(0.5);
        let overlaid = overlay(&self.shown, &outcome.heatmap, region, colour_map, opacity);
        Ok(Uint8Array::from(png(&overlaid)?.as_slice()))
    }

    /// NumPy's .npy file of the map. `options`: `{ target, recipe }`
    pub fn npy(&self, options: JsValue) -> Result<Uint8Array> {
        let outcome = self.outcome_of(&from_js(options)?)?;
        Ok(Uint8Array::from(npy(&outcome.heatmap).as_slice()))
    }

    /// The account as JSON, as the command line writes it. `options`: `{ target, recipe }`, `facts`: `{ image, labels, sha256 }`
    pub fn report(&self, options: JsValue, facts: JsValue) -> Result<String> {
        #[derive(Deserialize)]
        struct Known {
            image: String,
            labels: Vec<String>,
            sha256: Option<String>,
        }
        let (options, known): (Options, Known) = (from_js(options)?, from_js(facts)?);
        let (recipe, outcome) = (options.recipe()?, self.outcome_of(&options)?);
        let facts = Facts { image: &known.image, labels: &known.labels, sha256: known.sha256.as_deref() };
        Ok(self.explanation.report(&outcome, &recipe, &facts)?.to_json()?)
    }

    /// The layer's channels for a class. `options`: `{ target, recipe }`; the result: `{ channels: [{ channel, score, weight,
    /// low, high, energy }], pictureScore, maps, height, width }`, `maps` being [channels, height, width] row by row.
    pub fn channels(&self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let recipe = options.recipe()?;
        let activations = self.explanation.activations();
        object([
            ("channels", to_js(&self.explanation.channels(options.target, &recipe)?)?),
            ("pictureScore", JsValue::from(self.explanation.picture_score(options.target, &recipe)?)),
            ("maps", floats(&activations.values)),
            ("height", JsValue::from(activations.height as u32)),
            ("width", JsValue::from(activations.width as u32)),
        ])
    }

    /// A channel's map at input size: `{ low, high, mask, kept }`, the range before it was
    /// scaled, the mask it became and its mean.
    #[wasm_bindgen(js_name = scaledMap)]
    pub fn scaled_map(&self, channel: usize) -> Result<JsValue> {
        let ScaledMap { low, high, mask, kept } = self.explanation.scaled_map(channel)?;
        object([
            ("low", JsValue::from(low)),
            ("high", JsValue::from(high)),
            ("mask", floats(&mask)),
            ("kept", JsValue::from(kept)),
        ])
    }

    /// The most probable classes of the picture under a channel's mask.
    #[wasm_bindgen(js_name = maskedPredictions)]
    pub fn masked_predictions(&self, channel: usize) -> Result<JsValue> {
        to_js(&self.explanation.masked_predictions(channel, PREDICTIONS))
    }

    /// The sum of the `count` channels that weigh most: `{ sum, sumHeight, sumWidth, low, high, heatmap }`. `options`:
    /// `{ target, recipe }`
    #[wasm_bindgen(js_name = partialSum)]
    pub fn partial_sum(&self, options: JsValue, count: usize) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let PartialSum { sum, heatmap } = self.explanation.partial_sum(options.target, &options.recipe()?, count)?;
        let (low, high) = range(&sum.values);
        object([
            ("sum", floats(&sum.values)),
            ("sumHeight", JsValue::from(sum.height as u32)),
            ("sumWidth", JsValue::from(sum.width as u32)),
            ("low", JsValue::from(low)),
            ("high", JsValue::from(high)),
            ("heatmap", floats(&heatmap.values)),
        ])
    }

    /// The picture at input size as the network saw it under a channel's mask.
    #[wasm_bindgen(js_name = maskedPicture)]
    pub fn masked_picture(&self, channel: usize) -> Result<ImageData> {
        image_data(&self.explanation.masked_picture(channel)?)
    }

    /// What each channel has in a pixel of the map: `[{ channel, share, activation }]`. `options`: `{ target, recipe }`
    pub fn provenance(&self, options: JsValue, row: usize, column: usize) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        to_js(&self.explanation.provenance(options.target, &options.recipe()?, (row, column))?)
    }
}

fn image_data(picture: &RgbImage) -> Result<ImageData> {
    let rgba: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    // A copy outside the wasm memory: ImageData refuses shared memory.
    ImageData::new_with_js_u8_clamped_array(&Uint8ClampedArray::from(rgba.as_slice()), picture.width())
}
