//! A network, and what can be asked of it.

use std::sync::Arc;

use numpy::PyReadonlyArray3;
use pyo3::prelude::*;
use scorecam::error::Error;
use scorecam::explain::Explanation as Core;
use scorecam::image::{Picture, decode, from_rgba};
use scorecam::methods::find;
use scorecam::model::labels::class_named;
use scorecam::model::spec::{InputOverrides, ModelSpec};
use scorecam::model::{Limits, Network as Loaded, OnnxFile};
use scorecam::target::Wish;
use serde_json::Value;

use crate::explanation::{Explanation, Passed};
use crate::{json, raised, read};

/// A picture as Python has it.
#[derive(FromPyObject)]
pub enum Given<'py> {
    /// Of a file.
    Bytes(Vec<u8>),
    /// Red, green, blue and alpha [height, width, 4], not premultiplied.
    Pixels(PyReadonlyArray3<'py, u8>),
}

impl Given<'_> {
    fn picture(&self) -> scorecam::error::Result<Picture> {
        match self {
            Given::Bytes(bytes) => decode(bytes),
            Given::Pixels(pixels) => {
                let pixels = pixels.as_array();
                let (height, width, _) = pixels.dim();
                let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
                let bytes: Vec<u8> = pixels.iter().copied().collect();
                from_rgba(&bytes, side(width), side(height))
            }
        }
    }
}

/// A network that is ready to run.
#[pyclass(frozen)]
pub struct Network {
    pub network: Arc<Loaded>,
    pub labels: Arc<Vec<String>>,
    limits: Limits,
    sha256: String,
}

#[pymethods]
impl Network {
    /// Reads the bytes of an ONNX file; `spec` is a catalogue entry or what is said instead, `input` what is said of the preprocessing,
    /// both as JSON. Where neither says it, the preprocessing is guessed.
    #[new]
    fn new(
        py: Python<'_>,
        file: Vec<u8>,
        spec: &str,
        input: &str,
        labels: Vec<String>,
        sha256: String,
        memory: u64,
    ) -> PyResult<Network> {
        #[derive(serde::Deserialize)]
        struct Said {
            #[serde(default)]
            input: Option<Value>,
        }
        let (entry, overrides): (ModelSpec, InputOverrides) = (read(spec)?, read(input)?);
        let is_guessed = read::<Said>(spec)?.input.is_none();
        let limits = Limits { memory };
        let built = py.detach(|| {
            let title = entry.title.clone();
            let file = OnnxFile::read(std::io::Cursor::new(file), &title)?.within(limits);
            let base = if is_guessed { file.guess().input } else { entry.input.clone() };
            file.build(ModelSpec { input: overrides.over(&base), ..entry })
        });
        let network = Arc::new(built.map_err(raised)?);
        Ok(Network { network, labels: Arc::new(labels), limits, sha256 })
    }

    /// `{ name, title, input, output, classes, layers, defaultLayer }` as JSON.
    fn describe(&self) -> PyResult<String> {
        let network = &self.network;
        json(&serde_json::json!({
            "name": network.spec().name,
            "title": network.spec().title,
            "input": network.spec().input,
            "output": network.output(),
            "classes": network.classes(),
            "layers": network.layers(),
            "defaultLayer": network.default_layer().name,
        }))
    }

    /// The index of the class with this name, if there is exactly one.
    fn class_named(&self, name: &str) -> Option<usize> {
        class_named(name, &self.labels, self.network.classes())
    }

    /// Explains a picture: all passes, or until the spread is at most `until`. `asked` are the method's name, its options and
    /// the target, these two as JSON.
    #[pyo3(signature = (picture, asked, layer=None, until=None))]
    fn explain(
        &self,
        py: Python<'_>,
        picture: Given<'_>,
        asked: (String, String, String),
        layer: Option<&str>,
        until: Option<f32>,
    ) -> PyResult<Explanation> {
        let (method, options, target) = asked;
        let method = find(Some(&method), read(&options)?).map_err(raised)?;
        let wish: Wish = read(&target)?;
        if until.is_some_and(|until| !(0.0..=1.0).contains(&until)) {
            let cause = "until is a number from 0 to 1";
            return Err(raised(Error::new("options-unreadable", &[("cause", &cause)])));
        }
        let picture = picture.picture().map_err(raised)?.pixels;
        let (network, limits) = (&self.network, self.limits);
        let begun = py.detach(|| {
            let explanation = Core::begin_within(network, &picture, layer, &method, limits)?;
            let view = explanation.view(&wish, &method)?;
            Ok((explanation, view))
        });
        let (mut explanation, mut view) = begun.map_err(raised)?;
        while !explanation.is_complete() {
            let is_enough = py.detach(|| {
                explanation.step()?;
                let Some(until) = until else { return Ok(false) };
                explanation.refresh(&mut view)?;
                Ok(view.preview().spread.is_some_and(|spread| spread <= until))
            });
            if is_enough.map_err(raised)? {
                break;
            }
            py.check_signals()?;
        }
        py.detach(|| {
            explanation.refresh(&mut view)?;
            view.settle();
            Ok(())
        })
        .map_err(raised)?;
        let (labels, sha256) = (Arc::clone(&self.labels), self.sha256.clone());
        Ok(Explanation::new(Passed { explanation, method, picture, labels, sha256, limits }, view))
    }
}
