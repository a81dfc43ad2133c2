//! What the worker can ask of an explanation.

use js_sys::{Uint8Array, Uint8ClampedArray};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::ImageData;

use crate::explain::{Explanation, Facts, Known, MaskPicture, Outcome, PartialSum, Prediction, Preview, View};
use crate::geometry::Region;
use crate::heatmap::Signed;
use crate::image::colours::Colours;
use crate::image::{Picture, RgbImage, fit_within};
use crate::metrics::measure::Number;
use crate::model::{Layer, Limits};
use crate::passes::Fill;
use crate::render::{ColourMap, diverging_overlay, npy, overlay, png};
use crate::target::Wish;

use super::options::Options;
use super::{Result, floats, from_js, object, to_js};

/// How many predictions a result names.
pub(super) const PREDICTIONS: usize = 5;

/// Longest side in pixels of the pictures that are shown and saved.
const SHOWN_SIDE: u32 = 1600;

/// Views that are kept: of the target on the page and those that it is compared with.
const VIEWS: usize = 4;

/// An explanation under way or complete, with the picture to show it on and what was seen of it last.
#[wasm_bindgen]
pub struct Run {
    pub(super) explanation: Explanation,
    shown: RgbImage,
    /// From the picture's pixels to those of `shown`.
    pub(super) scale: f64,
    /// What the WebAssembly memory can grow to.
    pub(super) limits: Limits,
    animated: bool,
    colours: Colours,
    /// By the names of what was asked, the latest last.
    views: Vec<(String, View)>,
}

impl Run {
    pub(super) fn new(explanation: Explanation, picture: &Picture, limits: Limits) -> Run {
        let shown = fit_within(&picture.pixels, SHOWN_SIDE);
        let scale = f64::from(shown.width()) / f64::from(picture.pixels.width());
        let (animated, colours) = (picture.animated, picture.colours.clone());
        Run { explanation, shown, scale, limits, animated, colours, views: Vec::new() }
    }

    /// What the passes so far say of what is asked: nothing is computed twice.
    pub(super) fn view(&mut self, options: &Options) -> std::result::Result<&mut View, crate::error::Error> {
        let name = options.view_name();
        let view = match self.views.iter().position(|(known, _)| *known == name) {
            Some(at) => {
                let (_, mut view) = self.views.remove(at);
                self.explanation.refresh(&mut view)?;
                view
            }
            None => self.explanation.view(&options.target, &options.method()?)?,
        };
        if self.views.len() == VIEWS {
            self.views.remove(0);
        }
        self.views.push((name, view));
        let (_, view) = self.views.last_mut().expect("it was just put there");
        Ok(view)
    }

    /// As `view`, its sum taken in the order of the masks.
    fn settled(&mut self, options: &Options) -> std::result::Result<&mut View, crate::error::Error> {
        let view = self.view(options)?;
        view.settle();
        Ok(view)
    }

    fn region(&self) -> Region {
        self.explanation.region().scaled(self.scale)
    }
}

#[wasm_bindgen]
impl Run {
    /// `{ layer, predictions, region, animated, colours, total, fill }`; `region` is in pixels of the picture as it is shown.
    pub fn info(&self) -> Result<JsValue> {
        #[derive(Serialize)]
        struct Info<'a> {
            layer: Option<&'a Layer>,
            predictions: Vec<Prediction>,
            region: Region,
            animated: bool,
            colours: &'a Colours,
            total: usize,
            fill: Fill,
        }
        to_js(&Info {
            layer: self.explanation.layer(),
            predictions: self.explanation.predictions(PREDICTIONS),
            region: self.region(),
            animated: self.animated,
            colours: &self.colours,
            total: self.explanation.progress().total,
            fill: self.explanation.fill(),
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

    /// The map so far [height, width], of what was summed before and what came since, and how far from the complete one it may be:
    /// `{ heatmap, spread }`. `options`: `{ target, method, options }`
    pub fn preview(&mut self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let Preview { heatmap, spread } = self.view(&options)?.preview();
        object([("heatmap", floats(&heatmap.values)), ("spread", to_js(&spread)?)])
    }

    /// The map of a target from the passes done so far. `options`: `{ target, method, options }`; the result: `{ target, class,
    /// probability, heatmap, width, height, ninths, weights, method, part, weighing, diagnostics, spread, timings, passes }`
    pub fn outcome(&mut self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let view = self.settled(&options)?;
        let outcome: Outcome = view.outcome();
        let fields = [
            ("target", to_js(&Wish::from(view.target()))?),
            ("class", to_js(&view.target().class())?),
            ("probability", JsValue::from(outcome.probability)),
            ("heatmap", floats(&outcome.heatmap.values)),
            ("width", JsValue::from(outcome.heatmap.width as u32)),
            ("height", JsValue::from(outcome.heatmap.height as u32)),
            ("ninths", to_js(&outcome.heatmap.ninths())?),
            ("weights", floats(&outcome.weights)),
            ("method", JsValue::from_str(view.method().name())),
            ("part", to_js(&view.method().part())?),
            ("weighing", to_js(&view.method().weighing())?),
            ("diagnostics", to_js(&outcome.diagnostics)?),
            ("spread", to_js(&outcome.spread)?),
            ("timings", to_js(&self.explanation.timings())?),
            ("passes", self.progress()?),
        ];
        object(fields)
    }

    /// How the map settled: `[{ passes, correlation }]`. `options`: `{ target, method, options }`
    pub fn convergence(&mut self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        to_js(&self.view(&options)?.convergence()?)
    }

    /// What speaks for the target and what against it: `{ values, low, high, width, height }`, values [height, width] of either
    /// sign. `options`: `{ target, method, options }`
    pub fn signed(&mut self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let Signed { values, low, high, height, width } = self.settled(&options)?.signed();
        object([
            ("values", floats(&values)),
            ("low", JsValue::from(low)),
            ("high", JsValue::from(high)),
            ("width", JsValue::from(width as u32)),
            ("height", JsValue::from(height as u32)),
        ])
    }

    /// A PNG file of the map over the picture. `options`: `{ target, method, options, colourMap, opacity }`
    #[wasm_bindgen(js_name = overlayPng)]
    pub fn overlay_png(&mut self, options: JsValue) -> Result<Uint8Array> {
        let options: Options = from_js(options)?;
        let opacity = options.opacity.unwrap_or(0.5);
        let region = self.region();
        let overlaid = match options.colour_map.as_deref() {
            Some(ColourMap::DIVERGING) => {
                let signed = self.settled(&options)?.signed();
                diverging_overlay(&self.shown, &signed, region, opacity)
            }
            name => {
                let colour_map = name.map_or(Ok(ColourMap::ALL[0]), ColourMap::find)?;
                let heatmap = self.settled(&options)?.heatmap();
                overlay(&self.shown, &heatmap, region, colour_map, opacity)
            }
        };
        Ok(Uint8Array::from(png(&overlaid)?.as_slice()))
    }

    /// NumPy's .npy file of the map. `options`: `{ target, method, options }`
    pub fn npy(&mut self, options: JsValue) -> Result<Uint8Array> {
        let heatmap = self.settled(&from_js(options)?)?.heatmap();
        Ok(Uint8Array::from(npy(&heatmap.values, (heatmap.height, heatmap.width)).as_slice()))
    }

    /// NumPy's .npy file of what speaks for and against. `options`: `{ target, method, options }`
    #[wasm_bindgen(js_name = signedNpy)]
    pub fn signed_npy(&mut self, options: JsValue) -> Result<Uint8Array> {
        let signed = self.settled(&from_js(options)?)?.signed();
        Ok(Uint8Array::from(npy(&signed.values, (signed.height, signed.width)).as_slice()))
    }

    /// The account as JSON, as the command line writes it. `options`: `{ target, method, options }`, `facts`: `{ image, labels,
    /// sha256 }`
    pub fn report(&mut self, options: JsValue, facts: JsValue) -> Result<String> {
        #[derive(Deserialize)]
        struct Known {
            image: String,
            labels: Vec<String>,
            sha256: Option<String>,
        }
        let (options, known): (Options, Known) = (from_js(options)?, from_js(facts)?);
        self.settled(&options)?;
        let (_, view) = self.views.last().expect("it was just asked for");
        let facts = Facts { image: &known.image, labels: &known.labels, sha256: known.sha256.as_deref() };
        Ok(self.explanation.report(view, &facts)?.to_json()?)
    }

    /// The picture as a line of a table of many. `options`: `{ target, method, options }`, `facts`: `{ image, labels, numbers }`, where
    /// `numbers` are those of a measured map.
    pub fn record(&mut self, options: JsValue, facts: JsValue) -> Result<JsValue> {
        #[derive(Deserialize)]
        struct Given {
            image: String,
            labels: Vec<String>,
            numbers: Vec<Number>,
        }
        let (options, given): (Options, Given) = (from_js(options)?, from_js(facts)?);
        self.settled(&options)?;
        let (_, view) = self.views.last().expect("it was just asked for");
        let Given { image, labels, numbers } = &given;
        // Pictures are often said to show something else after they were explained: the page asks for `classesNamed`.
        let known = Known { image, labels, expected: None, numbers };
        to_js(&self.explanation.record(view, &known)?)
    }

    /// The layer's channels for a target. `options`: `{ target, method, options }`; the result: `{ channels: [{ channel, score,
    /// weight, low, high, energy }], pictureScore, maps, height, width }`, `maps` being [channels, height, width] row by row.
    pub fn channels(&mut self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let view = self.view(&options)?;
        let (channels, score) = (view.channels()?, view.picture_score());
        let maps = self.explanation.activations();
        object([
            ("channels", to_js(&channels)?),
            ("pictureScore", JsValue::from(score)),
            ("maps", maps.map_or(JsValue::NULL, |maps| floats(&maps.values))),
            ("height", JsValue::from(maps.map_or(0, |maps| maps.height as u32))),
            ("width", JsValue::from(maps.map_or(0, |maps| maps.width as u32))),
        ])
    }

    /// A mask at input size: `{ low, high, mask, kept }`, the range of what it was scaled from, the mask and its mean.
    #[wasm_bindgen(js_name = scaledMap)]
    pub fn scaled_map(&self, channel: usize) -> Result<JsValue> {
        let MaskPicture { low, high, mask, kept } = self.explanation.mask(channel)?;
        object([
            ("low", JsValue::from(low)),
            ("high", JsValue::from(high)),
            ("mask", floats(&mask)),
            ("kept", JsValue::from(kept)),
        ])
    }

    /// The most probable classes of the picture under a mask.
    #[wasm_bindgen(js_name = maskedPredictions)]
    pub fn masked_predictions(&self, channel: usize) -> Result<JsValue> {
        to_js(&self.explanation.masked_predictions(channel, PREDICTIONS))
    }

    /// The sum of the `count` masks that weigh most: `{ sum, sumHeight, sumWidth, low, high, heatmap }`. `options`: `{ target,
    /// method, options }`
    #[wasm_bindgen(js_name = partialSum)]
    pub fn partial_sum(&mut self, options: JsValue, count: usize) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let PartialSum { sum, heatmap } = self.settled(&options)?.partial_sum(count);
        let (low, high) = sum.range();
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

    /// What each mask has in a pixel of the map: `[{ channel, share, activation }]`. `options`: `{ target, method, options }`
    pub fn provenance(&mut self, options: JsValue, row: usize, column: usize) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        to_js(&self.view(&options)?.provenance((row, column))?)
    }
}

pub(super) fn image_data(picture: &RgbImage) -> Result<ImageData> {
    let rgba: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    // A copy outside the wasm memory: ImageData refuses shared memory.
    ImageData::new_with_js_u8_clamped_array(&Uint8ClampedArray::from(rgba.as_slice()), picture.width())
}
