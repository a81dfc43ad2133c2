//! The edge to JavaScript; no other module knows wasm_bindgen. It converts between the two worlds' types; what it hands
//! over is made elsewhere.
//!
//! Errors cross it as objects `{ kind, code, values, message, hint }`. `www/lib/worker.js` is the only caller.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use js_sys::{Float32Array, Object, Reflect, Uint8Array};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

#[cfg(feature = "selftest")]
use crate::engine::selftest::{check, measure};
use crate::error::{Error, shown_bytes};
use crate::explain::Explanation;
use crate::geometry::Region;
use crate::heatmap::Heatmap;
use crate::image::{Picture, decode, from_rgba};
use crate::methods;
use crate::methods::score_cam::recipe::Recipe;
use crate::metrics::compare::compare;
use crate::metrics::measure::ALL as MEASURES;
use crate::model::catalog::catalog;
use crate::model::labels::class_named;
use crate::model::spec::{InputOverrides, InputSpec, ModelSpec, OutputKind, Preset};
use crate::model::{Clue, Layer, Limits, Network, OnnxFile};
use crate::render::{ColourMap, diverging_table};

use wasm_bindgen_rayon as _; // exports initThreadPool

mod bytes;
mod cover;
mod options;
mod run;
mod trial;

use bytes::JsBytes;
use options::Options;
use run::Run;

type Result<T> = std::result::Result<T, JsValue>;

impl From<Error> for JsValue {
    fn from(error: Error) -> JsValue {
        #[derive(Serialize)]
        struct Plain<'a> {
            kind: &'a str,
            code: &'a str,
            values: BTreeMap<&'a str, &'a str>,
            message: &'a str,
            hint: &'a str,
        }
        let Error { kind, code, values, message, hint } = &error;
        let values = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let plain = Plain { kind: kind.as_str(), code, values, message, hint };
        to_js(&plain).unwrap_or_else(|_| JsValue::from_str(&error.message))
    }
}

/// Tells the page when a thread breaks off, on the broadcast channel `channel`: a thread that panics or finds no memory
/// cannot return to whoever waits for it. The message is an error `{ kind, code, values, message, hint }`; the console has the place too.
#[wasm_bindgen(js_name = reportCrashes)]
pub fn report_crashes(channel: String) {
    let tell = move |error: Error| {
        if let Ok(channel) = web_sys::BroadcastChannel::new(&channel) {
            // Nothing is left to be done if the channel fails too.
            let _ = channel.post_message(&error.into());
        }
    };
    let told = tell.clone();
    std::panic::set_hook(Box::new(move |panic| {
        web_sys::console::error_1(&JsValue::from_str(&panic.to_string()));
        told(Error::crash(panic.payload_as_str().unwrap_or("a thread panicked")));
    }));
    // The hook must not hold a closure: the channel is set once for the process.
    TELL_OUT_OF_MEMORY.get_or_init(|| Box::new(tell));
    std::alloc::set_alloc_error_hook(|layout| {
        if let Some(tell) = TELL_OUT_OF_MEMORY.get() {
            tell(Error::new("memory-out", &[("more", &shown_bytes(layout.size() as u64))]));
        }
    });
}

static TELL_OUT_OF_MEMORY: OnceLock<Box<dyn Fn(Error) + Send + Sync>> = OnceLock::new();

/// The version of this crate.
#[wasm_bindgen]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
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
    Ok(crate::model::labels::labels(bytes)?)
}

/// The index of the class that each name means, null where it names none or several.
#[wasm_bindgen(js_name = classesNamed)]
pub fn classes_named(names: Vec<String>, labels: Vec<String>, classes: usize) -> Result<JsValue> {
    to_js(&names.iter().map(|name| class_named(name, &labels, classes)).collect::<Vec<_>>())
}

/// The names of the recipes, the default first.
#[wasm_bindgen(js_name = recipes)]
pub fn recipe_names() -> Vec<String> {
    Recipe::NAMES.map(str::to_owned).to_vec()
}

/// Every method with what it can be asked, the default first.
#[wasm_bindgen(js_name = methods)]
pub fn descriptions() -> Result<JsValue> {
    to_js(&methods::ALL.map(|entry| (entry.describe)()))
}

/// Every measure of a map: `[{ name, needsBox }]`
#[wasm_bindgen(js_name = measures)]
pub fn measures() -> Result<JsValue> {
    to_js(&MEASURES.map(|measure| measure.describe()))
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

/// The colours of what speaks against (first) and for (last): 256 times red, green and blue.
#[wasm_bindgen(js_name = divergingColours)]
pub fn diverging_colours() -> Uint8Array {
    Uint8Array::from(diverging_table().as_flattened())
}

/// One map of a picture beside another: `{ correlation, difference, meanDifference, largestDifference, height, width }`.
/// Each is `{ heatmap, height, width, region }`, the region being the part of the picture that it covers.
#[wasm_bindgen(js_name = compareMaps)]
pub fn compare_maps(first: JsValue, second: JsValue) -> Result<JsValue> {
    let [(first, first_region), (second, second_region)] = [map_of(&first)?, map_of(&second)?];
    let found = compare((&first, first_region), (&second, second_region));
    object([
        ("correlation", to_js(&found.correlation)?),
        ("difference", floats(&found.difference)),
        ("meanDifference", JsValue::from(found.mean_difference)),
        ("largestDifference", JsValue::from(found.largest_difference)),
        ("height", JsValue::from(found.height as u32)),
        ("width", JsValue::from(found.width as u32)),
    ])
}

/// A map that JavaScript holds, and the part of the picture that it covers.
fn map_of(map: &JsValue) -> Result<(Heatmap, Region)> {
    #[derive(Deserialize)]
    struct Size {
        height: usize,
        width: usize,
        region: Region,
    }
    let values = Float32Array::from(Reflect::get(map, &JsValue::from_str("heatmap"))?).to_vec();
    let Size { height, width, region } = from_js(map.clone())?;
    Ok((Heatmap::new(values, height, width)?, region))
}

/// Seeded convolutions by our kernels and by tract's operators: `[{ case, difference, allowed }]`
#[cfg(feature = "selftest")]
#[wasm_bindgen(js_name = checkKernels)]
pub fn check_kernels(count: usize) -> Result<JsValue> {
    let differences = check::differences(count);
    to_js(&differences.map_err(|cause| Error::internal("checking the kernels", format!("{cause:#}")))?)
}

/// How fast the kernels are on one thread: `[{ kernel, gigaMacs }]`, the machine's peak first.
#[cfg(feature = "selftest")]
#[wasm_bindgen(js_name = measureKernels)]
pub fn measure_kernels() -> Result<JsValue> {
    to_js(&measure::rates())
}

/// A network that is ready to run.
#[wasm_bindgen]
pub struct Model {
    network: Arc<Network>,
    /// What the preprocessing was guessed from.
    clues: Vec<Clue>,
    /// What the WebAssembly memory can grow to.
    limits: Limits,
}

#[wasm_bindgen]
impl Model {
    /// Loads an ONNX file, which is copied piece by piece. `spec` has the form of a catalogue entry without `input`; what
    /// it leaves out is assumed. What `input` leaves out is guessed. `memory` is what the WebAssembly memory can grow to, in
    /// bytes.
    pub fn load(file: Uint8Array, spec: JsValue, input: JsValue, memory: f64) -> Result<Model> {
        let spec: ModelSpec = from_js(spec)?;
        let input: InputOverrides = from_js(input)?;
        let limits = Limits { memory: memory as u64 };
        let file = OnnxFile::read(JsBytes::new(file), &spec.title)?.within(limits);
        let guess = file.guess();
        let network = file.build(ModelSpec { input: input.over(&guess.input), ..spec })?;
        Ok(Model { network: Arc::new(network), clues: guess.clues, limits })
    }

    /// `{ name, title, input, clues, output, multiplyAdds, classes, layers, defaultLayer, foreignOperators }`
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
            foreign_operators: Vec<String>,
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
            foreign_operators: self.network.foreign_operators(),
        })
    }

    /// What each step of a pass takes on one thread, over `rounds` passes: `[{ name, operator, kind, fallsBack, ms, multiplyAdds }]`,
    /// empty where tract computes the passes as a whole.
    #[cfg(feature = "selftest")]
    #[wasm_bindgen(js_name = measureSteps)]
    pub fn measure_steps(&self, rounds: usize) -> Result<JsValue> {
        to_js(&self.network.profile(rounds)?.unwrap_or_default())
    }

    /// Classifies the picture in a file's `bytes` and gets ready to explain it. `options`: `{ layer, method, options }`
    pub fn explain(&self, bytes: &[u8], options: JsValue) -> Result<Run> {
        self.begin(&decode(bytes)?, options)
    }

    /// As `explain`, of the pixels [height, width, 4] of a canvas: red, green, blue and alpha, not premultiplied.
    #[wasm_bindgen(js_name = explainPixels)]
    pub fn explain_pixels(&self, rgba: &[u8], width: u32, height: u32, options: JsValue) -> Result<Run> {
        self.begin(&from_rgba(rgba, width, height)?, options)
    }

    fn begin(&self, picture: &Picture, options: JsValue) -> Result<Run> {
        let options: Options = from_js(options)?;
        let method = options.method()?;
        let layer = options.layer.as_deref();
        let explanation = Explanation::begin_within(&self.network, &picture.pixels, layer, &method, self.limits)?;
        Ok(Run::new(explanation, picture, self.limits))
    }
}

fn to_js(value: &impl Serialize) -> Result<JsValue> {
    let serializer = serde_wasm_bindgen::Serializer::json_compatible();
    value.serialize(&serializer).map_err(|cause| Error::internal("handing a result to JavaScript", cause).into())
}

fn from_js<T: for<'a> Deserialize<'a>>(value: JsValue) -> Result<T> {
    serde_wasm_bindgen::from_value(value).map_err(|cause| Error::new("options-unreadable", &[("cause", &cause)]).into())
}

/// A plain object of a few fields, for what serde would copy value by value.
fn object<const N: usize>(fields: [(&str, JsValue); N]) -> Result<JsValue> {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &JsValue::from_str(name), &value)?;
    }
    Ok(object.into())
}

fn floats(values: &[f32]) -> JsValue {
    Float32Array::from(values).into()
}
