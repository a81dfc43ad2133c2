//! An explanation, complete or stopped early, seen for one target.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use numpy::ndarray::{Array2, Array3};
use numpy::{PyArray2, PyArray3, PyReadonlyArray2, ToPyArray};
use pyo3::prelude::*;
use scorecam::error::Result;
use scorecam::explain::{Explanation as Core, Facts, Known, View};
use scorecam::geometry::Region;
use scorecam::heatmap::Heatmap;
use scorecam::image::RgbImage;
use scorecam::methods::Method;
use scorecam::metrics::judge::{Asked, Judging};
use scorecam::metrics::stability::Trial;
use scorecam::model::Limits;
use scorecam::render::{ColourMap, overlay};
use scorecam::target::Wish;

use crate::{json, raised, read};

/// What all views of one explanation share.
pub struct Passed {
    pub explanation: Core,
    pub method: Arc<dyn Method>,
    pub picture: RgbImage,
    pub labels: Arc<Vec<String>>,
    pub sha256: String,
    pub limits: Limits,
}

/// See `scorecam/__init__.py`.
#[pyclass(frozen)]
pub struct Explanation {
    passed: Arc<Passed>,
    view: Mutex<View>,
}

impl Explanation {
    pub fn new(passed: Passed, view: View) -> Explanation {
        Explanation { passed: Arc::new(passed), view: Mutex::new(view) }
    }

    fn view(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what takes long, step by step, without the interpreter's lock.
    fn steps<T: Send>(
        py: Python<'_>,
        trial: &mut T,
        is_complete: fn(&T) -> bool,
        step: fn(&mut T) -> Result<()>,
    ) -> PyResult<()> {
        while !is_complete(trial) {
            py.detach(|| step(trial)).map_err(raised)?;
            py.check_signals()?;
        }
        Ok(())
    }
}

fn array(values: Vec<f32>, size: (usize, usize)) -> Array2<f32> {
    Array2::from_shape_vec(size, values).expect("a map has as many values as its size says")
}

#[pymethods]
impl Explanation {
    /// float32 [height, width] in [0, 1].
    fn heatmap<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f32>> {
        let Heatmap { values, height, width, .. } = py.detach(|| self.view().heatmap());
        array(values, (height, width)).to_pyarray(py)
    }

    /// float32 [height, width] of either sign.
    fn signed<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray2<f32>> {
        let signed = py.detach(|| self.view().signed());
        array(signed.values, (signed.height, signed.width)).to_pyarray(py)
    }

    /// uint8 [height, width, 3], at the picture's size.
    fn overlay<'py>(&self, py: Python<'py>, colour_map: &str, opacity: f32) -> PyResult<Bound<'py, PyArray3<u8>>> {
        let colours = ColourMap::find(colour_map).map_err(raised)?;
        let drawn = py.detach(|| {
            let Passed { explanation, picture, .. } = &*self.passed;
            overlay(picture, &self.view().heatmap(), explanation.region(), colours, opacity)
        });
        let size = (drawn.height() as usize, drawn.width() as usize, 3);
        let pixels = Array3::from_shape_vec(size, drawn.into_raw()).expect("three bytes a pixel");
        Ok(pixels.to_pyarray(py))
    }

    /// The account as JSON, as the command line and the page write it.
    fn report(&self, py: Python<'_>, image: &str) -> PyResult<String> {
        py.detach(|| {
            let Passed { explanation, labels, sha256, .. } = &*self.passed;
            let facts = Facts { image, labels, sha256: Some(sha256).filter(|s| !s.is_empty()).map(String::as_str) };
            explanation.report(&self.view(), &facts)?.to_json()
        })
        .map_err(raised)
    }

    /// A line of a table of many pictures, as JSON.
    #[pyo3(signature = (image, expected=None))]
    fn record(&self, image: &str, expected: Option<&str>) -> PyResult<String> {
        let known = Known { image, labels: &self.passed.labels, expected, numbers: &[] };
        json(&self.passed.explanation.record(&self.view(), &known).map_err(raised)?)
    }

    /// The same passes seen for another target; no inference.
    fn for_target(&self, py: Python<'_>, target: &str) -> PyResult<Explanation> {
        let wish: Wish = read(target)?;
        let passed = Arc::clone(&self.passed);
        let view = py.detach(|| passed.explanation.view(&wish, &passed.method)).map_err(raised)?;
        Ok(Explanation { passed, view: Mutex::new(view) })
    }

    /// Measures maps beside each other, as JSON. `within` is (x, y, width, height) in the picture's pixels.
    #[pyo3(signature = (maps, measures, baselines, seed, within=None))]
    fn measure(
        &self,
        py: Python<'_>,
        maps: Vec<(String, PyReadonlyArray2<'_, f32>)>,
        measures: Vec<String>,
        baselines: bool,
        seed: u32,
        within: Option<(f64, f64, f64, f64)>,
    ) -> PyResult<String> {
        let map = |(name, values): (String, PyReadonlyArray2<'_, f32>)| {
            let (height, width) = values.as_array().dim();
            let values = values.as_array().iter().copied().collect();
            // Checked with the others, once the network's size is known.
            (name, Heatmap { values, height, width, has_positive_evidence: true })
        };
        let maps = maps.into_iter().map(map).collect();
        let within = within.map(|(x, y, width, height)| Region { x, y, width, height });
        let asked = Asked { measures, within, baselines, seed: seed.into() };
        let explanation = &self.passed.explanation;
        let target = self.view().target().clone();
        let of = (&target, explanation.logits());
        let begun = py.detach(|| Judging::begin(explanation.network(), explanation.input(), of, maps, &asked));
        let mut judging = begun.map_err(raised)?;
        Self::steps(py, &mut judging, Judging::is_complete, |judging| judging.step().map(|_| ()))?;
        json(&judging.verdict().map_err(raised)?)
    }

    /// Explains again under small changes, as JSON.
    fn stability(&self, py: Python<'_>, seed: u32) -> PyResult<String> {
        let Passed { explanation, method, limits, .. } = &*self.passed;
        let target = self.view().target().clone();
        let begun = py.detach(|| Trial::begin(explanation, &target, method, seed.into(), *limits));
        let mut trial = begun.map_err(raised)?;
        Self::steps(py, &mut trial, Trial::is_complete, |trial| trial.step().map(|_| ()))?;
        json(&trial.steadiness().map_err(raised)?)
    }
}
