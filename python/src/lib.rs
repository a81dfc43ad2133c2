//! The edge to Python; it converts, and computes nothing. What is small crosses it as JSON, what is large as NumPy arrays. `scorecam/`
//! beside this folder is the only caller.
//!
//! The interpreter's lock is let go while passes are done, and taken for a moment after each step, so that Ctrl-C is heard.

mod explanation;
mod network;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::{create_exception, wrap_pyfunction};
use scorecam::error::Error;
use scorecam::methods;
use scorecam::metrics::measure::ALL as MEASURES;
use scorecam::model::catalog::catalog as entries;
use scorecam::render::ColourMap;
use serde::Serialize;

create_exception!(_native, ScoreCamError, PyException, "What was found, what was expected, and what to do.");

/// An error as Python sees it: its sentence, with `kind`, `code` and `hint`.
fn raised(error: Error) -> PyErr {
    Python::attach(|py| {
        let raised = ScoreCamError::new_err(error.to_string());
        let value = raised.value(py);
        // An exception takes any attribute.
        let _ = value.setattr("kind", error.kind.as_str());
        let _ = value.setattr("code", error.code);
        let _ = value.setattr("hint", &error.hint);
        raised
    })
}

fn json(value: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(value).map_err(|cause| raised(Error::internal("handing a result to Python", cause)))
}

fn read<T: for<'a> serde::Deserialize<'a>>(text: &str) -> PyResult<T> {
    serde_json::from_str(text).map_err(|cause| raised(Error::new("options-unreadable", &[("cause", &cause)])))
}

/// Every method with what it can be asked, the default first, as JSON.
#[pyfunction]
fn describe_methods() -> PyResult<String> {
    json(&methods::ALL.map(|entry| (entry.describe)()))
}

/// Every measure, as JSON.
#[pyfunction]
fn describe_measures() -> PyResult<String> {
    json(&MEASURES.map(|measure| measure.describe()))
}

/// The catalogue, as JSON.
#[pyfunction]
fn catalog() -> PyResult<String> {
    json(&entries().map_err(raised)?)
}

/// Class names from the bytes of a labels file.
#[pyfunction]
fn read_labels(bytes: &[u8]) -> PyResult<Vec<String>> {
    scorecam::model::labels::labels(bytes).map_err(raised)
}

/// The names of the colour maps.
#[pyfunction]
fn colour_maps() -> Vec<&'static str> {
    ColourMap::ALL.map(ColourMap::name).to_vec()
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("ScoreCamError", module.py().get_type::<ScoreCamError>())?;
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<network::Network>()?;
    module.add_class::<explanation::Explanation>()?;
    module.add_function(wrap_pyfunction!(describe_methods, module)?)?;
    module.add_function(wrap_pyfunction!(describe_measures, module)?)?;
    module.add_function(wrap_pyfunction!(catalog, module)?)?;
    module.add_function(wrap_pyfunction!(read_labels, module)?)?;
    module.add_function(wrap_pyfunction!(colour_maps, module)?)
}
