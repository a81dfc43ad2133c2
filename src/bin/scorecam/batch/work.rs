//! Pictures become answers, several at a time on the same threads: while one is decoded or its map is summed, the passes of others keep
//! every core busy.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::spawn;

use scorecam::error::{Error, Result};
use scorecam::explain::{Explanation, Known, Record, View};
use scorecam::heatmap::Heatmap;
use scorecam::image::decode;
use scorecam::methods::Method;
use scorecam::metrics::judge::{Asked, Judging};
use scorecam::metrics::measure::{Better, Number, find as find_measure};
use scorecam::metrics::stability::Trial;
use scorecam::model::Limits;
use scorecam::target::Wish;

use crate::asking::{Asking, read_wish};
use crate::files::{read_picture, sha256};
use crate::measure::STABILITY;
use crate::source::Loaded;

use super::entry::{Entry, Listed};

/// Passes for each thread from which on one picture's keep all of them busy: such pictures have their turns, so that what a kill costs
/// is the passes of one.
const MANY_PASSES: usize = 16;

/// What is asked of every picture.
pub struct Job {
    pub asking: Asking,
    pub loaded: Loaded,
    pub wish: Wish,
    pub method: Arc<dyn Method>,
    pub measures: Vec<String>,
    pub seed: u64,
    pub limits: Limits,
    /// Held while a picture with many passes is explained and measured.
    pub turn: Mutex<()>,
}

/// What came of a picture.
pub struct Answer {
    pub id: String,
    /// Of its file, if that could be read.
    pub sha256: Option<String>,
    pub found: Result<(Record, Heatmap)>,
}

impl Answer {
    /// Its map, if it was explained.
    pub fn map(&self) -> Option<&Heatmap> {
        self.found.as_ref().ok().map(|(_, map)| map)
    }

    /// The class that was expected and the one that was found, if both are known.
    pub fn outcome(&self) -> Option<(usize, usize)> {
        self.found.as_ref().ok().and_then(|(record, _)| record.outcome())
    }
}

/// A picture with the bytes of its file.
struct Read {
    id: String,
    entry: Result<(Entry, Vec<u8>)>,
}

/// Does `pictures`, `together` at a time, and hands each answer to `take` as soon as it is there. Files are read ahead.
///
/// # Errors
/// What `take` says; what is under way is then left alone.
pub fn run(
    job: &Arc<Job>,
    pictures: impl Iterator<Item = Listed> + Send + 'static,
    together: usize,
    mut take: impl FnMut(Answer) -> Result<()>,
) -> Result<()> {
    let (to_explain, read) = sync_channel::<Read>(together);
    let (to_write, answers) = sync_channel::<Answer>(together);
    spawn(move || {
        for Listed { id, entry } in pictures {
            let entry = entry.and_then(|entry| read_picture(&entry.path).map(|bytes| (entry, bytes)));
            if to_explain.send(Read { id, entry }).is_err() {
                return;
            }
        }
    });
    let read = Arc::new(Mutex::new(read));
    for _ in 0..together {
        let (job, read, to_write) = (Arc::clone(job), Arc::clone(&read), to_write.clone());
        spawn(move || explain_all(&job, &read, &to_write));
    }
    drop(to_write);
    // Threads are not waited for: where the answers cannot be written, one of them may wait for a line that never comes.
    answers.into_iter().try_for_each(&mut take)
}

fn explain_all(job: &Job, read: &Mutex<Receiver<Read>>, to_write: &SyncSender<Answer>) {
    loop {
        let next = read.lock().map(|read| read.recv());
        let Ok(Ok(Read { id, entry })) = next else { return };
        let sha256 = entry.as_ref().ok().map(|(_, bytes)| sha256(bytes));
        let found = entry.and_then(|(entry, bytes)| {
            catch_unwind(AssertUnwindSafe(|| job.explain(&entry, &bytes)))
                .unwrap_or_else(|_| Err(Error::internal("explaining the picture", "it broke off")))
        });
        if to_write.send(Answer { id, sha256, found }).is_err() {
            return;
        }
    }
}

impl Job {
    fn explain(&self, entry: &Entry, bytes: &[u8]) -> Result<(Record, Heatmap)> {
        let picture = decode(bytes)?.pixels;
        let own = entry.target.as_deref().map(|target| read_wish(target, &self.loaded)).transpose()?;
        let wish = own.as_ref().unwrap_or(&self.wish);
        let mut explanation = self.asking.begin(&self.loaded.network, &picture, &self.method, self.limits)?;
        let is_long = explanation.progress().total >= MANY_PASSES * rayon::current_num_threads();
        let _turn = is_long.then(|| self.turn.lock().unwrap_or_else(PoisonError::into_inner));
        let view = self.asking.finish(&mut explanation, wish, &self.method)?;
        let numbers = self.measure(entry, &explanation, &view)?;
        let (image, labels) = (entry.path.to_string_lossy(), &self.loaded.labels);
        let known = Known { image: &image, labels, expected: entry.expected.as_deref(), numbers: &numbers };
        Ok((explanation.record(&view, &known)?, view.heatmap()))
    }

    /// What was asked to be measured of a map; null where a place is needed that nobody named.
    fn measure(&self, entry: &Entry, explanation: &Explanation, view: &View) -> Result<Vec<Number>> {
        let mut numbers = Vec::new();
        let mut measures = Vec::new();
        for name in self.measures.iter().filter(|name| *name != STABILITY) {
            if find_measure(name)?.describe().needs_box && entry.within.is_none() {
                numbers.push(Number { name: name.clone(), value: None, better: Better::Higher });
            } else {
                measures.push(name.clone());
            }
        }
        if !measures.is_empty() {
            let asked = Asked { measures, within: entry.within, baselines: false, seed: self.seed };
            let maps = vec![(view.method().name().to_owned(), view.heatmap())];
            let of = (view.target(), explanation.logits());
            let mut judging = Judging::begin(&self.loaded.network, explanation.input(), of, maps, &asked)?;
            while !judging.is_complete() {
                judging.step()?;
            }
            numbers.extend(judging.verdict()?.rows.into_iter().flat_map(|row| row.reading.numbers));
        }
        if self.measures.iter().any(|name| name == STABILITY) {
            let mut trial = Trial::begin(explanation, view.target(), &self.method, self.seed, self.limits)?;
            while !trial.is_complete() {
                trial.step()?;
            }
            numbers.extend(trial.steadiness()?.numbers());
        }
        Ok(numbers)
    }
}
