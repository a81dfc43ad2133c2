//! The edge to JavaScript, the only place that names wasm_bindgen. It converts; it computes nothing.
//!
//! Errors cross it as objects `{ kind, message, hint }`. `www/worker.js` is the only caller.

use std::sync::Arc;

use js_sys::{Float32Array, Object, Reflect, Uint8Array, Uint8ClampedArray};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;
use web_sys::ImageData;

use crate::engine::check::differences;
use crate::engine::measure::rates;
use crate::error::{Error, ErrorKind};
use crate::explain::{Explanation, Outcome, Prediction};
use crate::image::{RgbImage, decode, fit_within};
use crate::model::spec::{self, InputOverrides, InputSpec, ModelSpec, OutputKind, Preset, catalog};
use crate::model::{Clue, Layer, Network, OnnxFile};
use crate::preprocess::Region;
use crate::recipe::Recipe;
use crate::render::{ColourMap, npy, overlay, png};

#[cfg(feature = "threads")]
use wasm_bindgen_rayon as _; // exports initThreadPool

mod bytes;

use bytes::JsBytes;

type Result<T> = std::result::Result<T, JsValue>;

/// How many predictions a result names.
const PREDICTIONS: usize = 5;

/// Longest side in pixels of the pictures that are shown and saved.
const SHOWN_SIDE: u32 = 1600;

impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        #[derive(Serialize)]
        struct Plain<'a> {
            kind: &'a str,
            message: &'a str,
            hint: &'a str,
        }
        let plain = Plain { kind: error.kind.as_str(), message: &error.message, hint: &error.hint };
        to_js(&plain).unwrap_or_else(|_| JsValue::from_str(&error.message))
    }
}

/// Sends the message of a panic to the console and to the page, on the broadcast channel `channel`: a thread that
/// panics cannot return to whoever waits for it.
#[wasm_bindgen(js_name = reportPanics)]
pub fn report_panics(channel: String) {
    std::panic::set_hook(Box::new(move |panic| {
        let message = JsValue::from_str(&panic.to_string());
        web_sys::console::error_1(&message);
        if let Ok(channel) = web_sys::BroadcastChannel::new(&channel) {
            // Nothing is left to be done if the channel fails too.
            let _ = channel.post_message(&message);
        }
    }));
}

/// The catalogue, as in `models/catalog.json`.
#[wasm_bindgen(js_name = catalog)]
pub fn catalog_entries() -> Result<JsValue> {
    to_js(&catalog()?)
}

/// The ways to normalise pixels that a form can offer.
#[wasm_bindgen]
pub fn presets() -> Result<JsValue> {
    to_js(&Preset::ALL)
}

/// Class names from the bytes of a labels file: JSON, or text with one name a line.
#[wasm_bindgen]
pub fn labels(bytes: &[u8]) -> Result<Vec<String>> {
    Ok(spec::labels(bytes)?)
}

/// The names of the recipes, the default first.
#[wasm_bindgen(js_name = recipes)]
pub fn recipe_names() -> Vec<String> {
    Recipe::all().map(|recipe| recipe.name.to_owned()).to_vec()
}

/// Every colour map by its name: 256 times red, green and blue.
#[wasm_bindgen(js_name = colourMaps)]
pub fn colour_maps() -> Result<Object> {
    let maps = Object::new();
    for map in ColourMap::ALL {
        let table = Uint8Array::from(map.table().as_flattened());
        Reflect::set(&maps, &JsValue::from_str(map.name()), &table)?;
    }
    Ok(maps)
}

/// Seeded convolutions by our kernels and by tract's operators: `[{ case, difference, allowed }]`
#[wasm_bindgen(js_name = checkKernels)]
pub fn check_kernels(count: usize) -> Result<JsValue> {
    let differences = differences(count);
    to_js(&differences.map_err(|cause| Error::internal("checking the kernels", format!("{cause:#}")))?)
}

/// How fast the kernels are on one thread: `[{ kernel, gigaMacs }]`, the machine's peak first.
#[wasm_bindgen(js_name = measureKernels)]
pub fn measure_kernels() -> Result<JsValue> {
    to_js(&rates())
}

/// A network that is ready to run.
#[wasm_bindgen]
pub struct Model {
    network: Arc<Network>,
    /// What the preprocessing was guessed from.
    clues: Vec<Clue>,
}

#[wasm_bindgen]
impl Model {
    /// Loads an ONNX file, which is copied piece by piece. `spec` has the form of a catalogue entry without `input`; what
    /// it leaves out is assumed. What `input` leaves out is guessed.
    pub fn load(file: Uint8Array, spec: JsValue, input: JsValue) -> Result<Model> {
        let spec: ModelSpec = from_js(spec)?;
        let input: InputOverrides = from_js(input)?;
        let file = OnnxFile::read(JsBytes::new(file), &spec.title)?;
        let guess = file.guess();
        let network = file.build(ModelSpec { input: input.over(&guess.input), ..spec })?;
        Ok(Model { network: Arc::new(network), clues: guess.clues })
    }

    /// `{ name, title, input, clues, output, multiplyAdds, classes, layers, defaultLayer }`
    pub fn info(&self) -> Result<JsValue> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Info<'a> {
            name: &'a str,
            title: &'a str,
            input: &'a InputSpec,
            clues: &'a [Clue],
            output: OutputKind,
            multiply_adds: Option<f64>,
            classes: usize,
            layers: &'a [Layer],
            default_layer: &'a str,
        }
        let spec = self.network.spec();
        to_js(&Info {
            name: &spec.name,
            title: &spec.title,
            input: &spec.input,
            clues: &self.clues,
            output: self.network.output(),
            multiply_adds: self.network.multiply_adds().map(|macs| macs as f64),
            classes: self.network.classes(),
            layers: self.network.layers(),
            default_layer: &self.network.default_layer().name,
        })
    }

    /// Classifies the picture in a file's `bytes` and gets ready to explain it. `options`: `{ layer, recipe }`
    pub fn explain(&self, bytes: &[u8], options: JsValue) -> Result<Run> {
        let options: Options = from_js(options)?;
        let picture = decode(bytes)?;
        let recipe = options.recipe()?;
        let explanation = Explanation::begin(&self.network, &picture.pixels, options.layer.as_deref(), &recipe)?;
        let shown = fit_within(&picture.pixels, SHOWN_SIDE);
        let scale = f64::from(shown.width()) / f64::from(picture.pixels.width());
        Ok(Run { explanation, shown, scale, animated: picture.animated })
    }
}

/// An explanation under way or complete, with the picture to show it on.
#[wasm_bindgen]
pub struct Run {
    explanation: Explanation,
    shown: RgbImage,
    /// From the picture's pixels to those of `shown`.
    scale: f64,
    animated: bool,
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

    /// Does the next masked passes: `{ done, total, elapsedMs, etaMs }`
    pub fn step(&mut self) -> Result<JsValue> {
        to_js(&self.explanation.step()?)
    }

    /// The map of a class from the passes done so far. `options`: `{ target, recipe }`; the result:
    /// `{ target, probability, heatmap, width, height, weights, diagnostics, timings }`
    pub fn outcome(&self, options: JsValue) -> Result<JsValue> {
        let outcome = self.outcome_of(&from_js(options)?)?;
        let plain = Object::new();
        let set = |name: &str, value: JsValue| Reflect::set(&plain, &JsValue::from_str(name), &value);
        set("target", JsValue::from(outcome.target as u32))?;
        set("probability", JsValue::from(outcome.probability))?;
        set("heatmap", Float32Array::from(outcome.heatmap.values.as_slice()).into())?;
        set("width", JsValue::from(outcome.heatmap.width as u32))?;
        set("height", JsValue::from(outcome.heatmap.height as u32))?;
        set("weights", Float32Array::from(outcome.weights.as_slice()).into())?;
        set("diagnostics", to_js(&outcome.diagnostics)?)?;
        set("timings", to_js(&self.explanation.timings())?)?;
        Ok(plain.into())
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

    /// The layer's channels for a class. `options`: `{ target, recipe }`; the result: `{ channels: [{ channel, score, weight,
    /// low, high, energy }], pictureScore, maps, height, width }`, `maps` being [channels, height, width] row by row.
    pub fn channels(&self, options: JsValue) -> Result<JsValue> {
        let options: Options = from_js(options)?;
        let recipe = options.recipe()?;
        let plain = Object::new();
        let set = |name: &str, value: JsValue| Reflect::set(&plain, &JsValue::from_str(name), &value);
        let activations = self.explanation.activations();
        set("channels", to_js(&self.explanation.channels(options.target, &recipe)?)?)?;
        set("pictureScore", JsValue::from(self.explanation.picture_score(options.target, &recipe)?))?;
        set("maps", Float32Array::from(activations.values.as_slice()).into())?;
        set("height", JsValue::from(activations.height as u32))?;
        set("width", JsValue::from(activations.width as u32))?;
        Ok(plain.into())
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

    fn outcome_of(&self, options: &Options) -> std::result::Result<Outcome, Error> {
        self.explanation.outcome(options.target, &options.recipe()?)
    }
}

fn image_data(picture: &RgbImage) -> Result<ImageData> {
    let rgba: Vec<u8> = picture.pixels().flat_map(|pixel| [pixel[0], pixel[1], pixel[2], u8::MAX]).collect();
    // A copy outside the wasm memory: ImageData refuses shared memory.
    ImageData::new_with_js_u8_clamped_array(&Uint8ClampedArray::from(rgba.as_slice()), picture.width())
}

/// What JavaScript may ask for; every call reads the part that concerns it.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Options {
    layer: Option<String>,
    target: Option<usize>,
    recipe: Option<RecipeOption>,
    colour_map: Option<String>,
    opacity: Option<f32>,
}

/// A recipe by its name, or with its options.
#[derive(Deserialize)]
#[serde(untagged)]
enum RecipeOption {
    Name(String),
    WithOptions { name: String, columnwise: Option<bool> },
}

impl Options {
    fn recipe(&self) -> std::result::Result<Recipe, Error> {
        match &self.recipe {
            None => Recipe::find(None, None),
            Some(RecipeOption::Name(name)) => Recipe::find(Some(name), None),
            Some(RecipeOption::WithOptions { name, columnwise }) => Recipe::find(Some(name), *columnwise),
        }
    }
}

fn to_js(value: &impl Serialize) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|cause| Error::internal("handing a result to JavaScript", cause).into())
}

fn from_js<T: for<'a> Deserialize<'a>>(value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value).map_err(|cause| {
        let message = format!("These options cannot be used: {cause}.");
        Error::new(ErrorKind::Option, message, "See www/scorecam.d.ts for what each call takes.").into()
    })
}
