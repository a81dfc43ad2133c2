//! Several explanations one after the other: of changed pictures, or by changed networks.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::Result;
use crate::explain::Explanation;
use crate::heatmap::Heatmap;
use crate::methods::Method;
use crate::passes::Progress;
use crate::target::{Target, Wish};

/// Begins an explanation when its turn comes, so that only one is in memory.
pub type Begin = Box<dyn FnOnce() -> Result<Explanation> + Send>;

/// Explanations of one target by one method, under way or complete.
pub struct Series {
    waiting: VecDeque<Begin>,
    current: Option<Explanation>,
    target: Target,
    method: Arc<dyn Method>,
    maps: Vec<Heatmap>,
    /// Passes and milliseconds of those that are complete.
    behind: (usize, f64),
    all: usize,
}

impl Series {
    /// None of them begun yet.
    pub fn new(begin: Vec<Begin>, target: &Target, method: &Arc<dyn Method>) -> Series {
        let all = begin.len();
        let (target, method) = (target.clone(), Arc::clone(method));
        Series { waiting: begin.into(), current: None, target, method, maps: Vec::new(), behind: (0, 0.0), all }
    }

    /// Whether every map is made.
    pub fn is_complete(&self) -> bool {
        self.maps.len() == self.all
    }

    /// The maps so far, in their order.
    pub fn maps(&self) -> &[Heatmap] {
        &self.maps
    }

    /// Begins the next explanation or does its next passes.
    ///
    /// # Errors
    /// As [`Explanation::begin`] and [`Explanation::step`].
    pub fn step(&mut self) -> Result<()> {
        let mut explanation = match self.current.take() {
            Some(explanation) => explanation,
            None => match self.waiting.pop_front() {
                Some(begin) => begin()?,
                None => return Ok(()),
            },
        };
        if !explanation.is_complete() {
            explanation.step()?;
        }
        if explanation.is_complete() {
            let view = explanation.view(&Wish::from(&self.target), &self.method)?;
            self.maps.push(view.heatmap());
            let Progress { done, elapsed_ms, .. } = explanation.progress();
            self.behind = (self.behind.0 + done, self.behind.1 + elapsed_ms);
        } else {
            self.current = Some(explanation);
        }
        Ok(())
    }

    /// Passes done and, as far as it can be told, in all: those to come are taken to have as many as the present one.
    pub fn progress(&self) -> Progress {
        let current = self.current.as_ref().map(Explanation::progress);
        let (now, each) = current.map_or((0, 0), |progress| (progress.done, progress.total));
        let each = if self.maps.is_empty() { each } else { each.max(self.behind.0 / self.maps.len()) };
        let done = self.behind.0 + now;
        let total = done.max(self.behind.0 + (self.all - self.maps.len()) * each);
        let elapsed_ms = self.behind.1 + current.map_or(0.0, |progress| progress.elapsed_ms);
        let eta_ms = (done > 0).then(|| elapsed_ms / done as f64 * (total - done) as f64);
        Progress { done, total, elapsed_ms, eta_ms }
    }
}
