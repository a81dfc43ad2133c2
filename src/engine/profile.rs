//! Where the time of a pass goes, step by step.

use serde::Serialize;
use tract_onnx::prelude::TractResult;
use web_time::Instant;

use super::Program;
use super::steps::fallback::FALLBACK;

/// A step of a network and what it takes.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTime {
    /// The node of the graph that it was made for.
    pub name: String,
    /// Its operator.
    pub operator: String,
    /// How it is computed.
    pub kind: &'static str,
    /// Whether that is not by an operator of ours.
    pub falls_back: bool,
    /// Milliseconds of an image on one thread, the median of some runs.
    pub ms: f64,
    /// Multiply-adds by its definition.
    pub multiply_adds: u64,
}

impl Program {
    /// Times every step for one input, `rounds` times after a first one that does not count, on the calling thread.
    ///
    /// # Errors
    /// If a tract operator fails.
    pub fn profile(&self, input: &[f32], rounds: usize) -> TractResult<Vec<StepTime>> {
        let mut times = vec![Vec::with_capacity(rounds); self.steps.len()];
        for round in 0..=rounds {
            self.run_timed(&[input], (&self.beginning(), &self.end()), &mut |at, step| {
                let started = Instant::now();
                step()?;
                if round > 0 {
                    times[at].push(started.elapsed().as_secs_f64() * 1e3);
                }
                Ok(())
            })?;
        }
        let steps = self.steps.iter().zip(&self.names).zip(times);
        Ok(steps
            .map(|((step, (operator, name)), mut times)| {
                times.sort_by(f64::total_cmp);
                StepTime {
                    name: name.clone(),
                    operator: operator.clone(),
                    kind: step.kind(),
                    falls_back: step.kind() == FALLBACK,
                    ms: times.get(times.len() / 2).copied().unwrap_or(0.0),
                    multiply_adds: step.macs(),
                }
            })
            .collect())
    }

    /// The operators that are tract's, each once, in the order of the graph.
    pub fn foreign_operators(&self) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let foreign = self.steps.iter().zip(&self.names).filter(|(step, _)| step.kind() == FALLBACK);
        for (_, (operator, _)) in foreign {
            if !found.contains(operator) {
                found.push(operator.clone());
            }
        }
        found
    }
}
