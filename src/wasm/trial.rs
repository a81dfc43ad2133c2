//! What the worker can measure of an explanation.

use js_sys::{Float32Array, Reflect};
use serde::Deserialize;
use wasm_bindgen::prelude::*;

use crate::geometry::Region;
use crate::heatmap::Heatmap;
use crate::metrics::judge::{Asked, Judging};
use crate::metrics::randomisation::Cascade;
use crate::metrics::stability::Trial as Steady;
use crate::target::Target;

use super::options::Options;
use super::run::Run;
use super::{Result, floats, from_js, to_js};

#[wasm_bindgen]
impl Run {
    /// Begins to measure maps of this picture. `maps`: `[{ name, heatmap, height, width }]`; `asked`: `{ measures, box, baselines,
    /// seed }`, the box in pixels of the picture as it is shown.
    pub fn measure(&self, options: JsValue, maps: Vec<JsValue>, asked: JsValue) -> Result<Trial> {
        let (options, Judge { measures, within, baselines, seed }): (Options, Judge) =
            (from_js(options)?, from_js(asked)?);
        let maps = maps.iter().map(named_map).collect::<Result<Vec<_>>>()?;
        let within = within.map(|within| within.scaled(1.0 / self.scale));
        let asked = Asked { measures, within, baselines, seed };
        let (network, input, logits) =
            (self.explanation.network(), self.explanation.input(), self.explanation.logits());
        let target = options.target.resolve(logits, network.output())?;
        Ok(Trial(Doing::Judging(Judging::begin(network, input, (&target, logits), maps, &asked)?)))
    }

    /// Begins to explain the picture again under small changes, and what the map leaves of it. `options`: `{ target, method, options }`
    pub fn stability(&self, options: JsValue, seed: u32) -> Result<Trial> {
        let options: Options = from_js(options)?;
        let target = self.target(&options)?;
        let trial = Steady::begin(&self.explanation, &target, &options.method()?, u64::from(seed), self.limits)?;
        Ok(Trial(Doing::Steady(trial)))
    }

    /// Begins to explain the picture by networks with random weights. `options`: `{ target, method, options }`, `how`: "permuted" or "he"
    pub fn randomise(&self, options: JsValue, stages: usize, how: JsValue, seed: u32) -> Result<Trial> {
        let options: Options = from_js(options)?;
        let target = self.target(&options)?;
        let plan = (stages, from_js(how)?, u64::from(seed));
        let cascade = Cascade::begin(&self.explanation, &target, &options.method()?, plan, self.limits)?;
        Ok(Trial(Doing::Cascade(cascade)))
    }
}

impl Run {
    pub(super) fn target(&self, options: &Options) -> std::result::Result<Target, crate::error::Error> {
        options.target.resolve(self.explanation.logits(), self.explanation.network().output())
    }
}

/// What is asked of maps.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Judge {
    measures: Vec<String>,
    #[serde(rename = "box")]
    within: Option<Region>,
    baselines: bool,
    seed: u64,
}

/// A map that JavaScript holds, with its name.
fn named_map(map: &JsValue) -> Result<(String, Heatmap)> {
    #[derive(Deserialize)]
    struct Named {
        name: String,
        height: usize,
        width: usize,
    }
    let values = Float32Array::from(Reflect::get(map, &JsValue::from_str("heatmap"))?).to_vec();
    let Named { name, height, width } = from_js(map.clone())?;
    Ok((name, Heatmap { values, height, width, has_positive_evidence: true }))
}

/// A measurement under way.
#[wasm_bindgen]
pub struct Trial(Doing);

enum Doing {
    Judging(Judging),
    Steady(Steady),
    Cascade(Cascade),
}

#[wasm_bindgen]
impl Trial {
    /// Does what comes next: `{ done, total, elapsedMs, etaMs }`
    pub fn step(&mut self) -> Result<JsValue> {
        to_js(&match &mut self.0 {
            Doing::Judging(judging) if judging.is_complete() => judging.progress(),
            Doing::Judging(judging) => judging.step()?,
            Doing::Steady(steady) => steady.step()?,
            Doing::Cascade(cascade) => cascade.step()?,
        })
    }

    /// Whether all is done.
    #[wasm_bindgen(js_name = isComplete)]
    pub fn is_complete(&self) -> bool {
        match &self.0 {
            Doing::Judging(judging) => judging.is_complete(),
            Doing::Steady(steady) => steady.is_complete(),
            Doing::Cascade(cascade) => cascade.is_complete(),
        }
    }

    /// What was found.
    pub fn found(&self) -> Result<JsValue> {
        match &self.0 {
            Doing::Judging(judging) => to_js(&judging.verdict()?),
            Doing::Steady(steady) => to_js(&steady.steadiness()?),
            Doing::Cascade(cascade) => {
                let stages = cascade.stages();
                let found = to_js(&stages)?;
                for (at, stage) in stages.iter().enumerate() {
                    let told = Reflect::get_u32(&found, at as u32)?;
                    Reflect::set(&told, &JsValue::from_str("heatmap"), &floats(&stage.heatmap.values))?;
                }
                Ok(found)
            }
        }
    }
}
