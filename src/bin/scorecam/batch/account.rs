//! What was asked of a folder of results, so that a later run adds to it only what was asked alike.

use std::fs;
use std::path::Path;

use scorecam::error::{Error, Result};
use serde::Serialize;
use serde_json::Value;

use super::results::write_whole;
use super::work::Job;

const NAME: &str = "asked.json";

/// All that a map and its numbers depend on besides the picture.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Account<'a> {
    scorecam: &'static str,
    model: &'a str,
    sha256: &'a str,
    input: &'a scorecam::model::spec::InputSpec,
    method: &'static str,
    options: Value,
    layer: Option<&'a str>,
    target: String,
    until: Option<f32>,
    measures: &'a [String],
    seed: u64,
    maps: bool,
}

impl Account<'_> {
    /// Of a job whose maps are kept or not.
    pub fn of(job: &Job, maps: bool) -> Account<'_> {
        let network = &job.loaded.network;
        let layer =
            job.method.uses_layer().then(|| job.asking.layer.as_deref().unwrap_or(&network.default_layer().name));
        Account {
            scorecam: env!("CARGO_PKG_VERSION"),
            model: &network.spec().name,
            sha256: &job.loaded.sha256,
            input: &network.spec().input,
            method: job.method.name(),
            options: job.method.options(),
            layer,
            target: format!("{:?}", job.wish),
            until: job.asking.until,
            measures: &job.measures,
            seed: job.seed,
            maps,
        }
    }

    /// Makes sure that `folder` has results of the same questions, or none.
    ///
    /// # Errors
    /// [`ErrorKind::Option`](scorecam::error::ErrorKind) with what differs.
    pub fn agree(&self, folder: &Path) -> Result<()> {
        let path = folder.join(NAME);
        let internal = |cause: serde_json::Error| Error::internal("writing what was asked", cause);
        let now = serde_json::to_value(self).map_err(internal)?;
        let text = serde_json::to_string_pretty(&now).map_err(internal)? + "\n";
        let Ok(before) = fs::read(&path) else { return write_whole(&path, text.as_bytes()) };
        // What cannot be read is told as what it has nothing of.
        let before: Value = serde_json::from_slice(&before).unwrap_or_default();
        let differs = |(name, value): &(&String, &Value)| before.get(name) != Some(value);
        let Some((name, value)) = now.as_object().into_iter().flatten().find(differs) else { return Ok(()) };
        let earlier = before.get(name).map_or_else(|| "nothing".into(), Value::to_string);
        Err(Error::new(
            "batch-differs",
            &[("folder", &folder.display()), ("name", name), ("before", &earlier), ("now", value)],
        ))
    }
}
