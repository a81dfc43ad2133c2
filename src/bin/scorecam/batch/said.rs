//! How far it has come, on standard error: one line that is written over where somebody watches, else a line now and then.

use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

/// What is told of a run that goes on.
pub struct Said {
    began: Instant,
    told: Option<Instant>,
    /// Pictures to do, where that is known.
    total: Option<usize>,
    done: usize,
    failed: usize,
    /// Pictures of which it is known what they show, and of those how many the network knew.
    judged: usize,
    correct: usize,
    is_watched: bool,
}

impl Said {
    /// Nothing is done yet.
    pub fn new(total: Option<usize>) -> Said {
        let (done, failed, judged, correct) = (0, 0, 0, 0);
        let is_watched = stderr().is_terminal();
        Said { began: Instant::now(), told: None, total, done, failed, judged, correct, is_watched }
    }

    /// A picture is done; `outcome` is what was expected and what was found.
    pub fn picture(&mut self, is_failed: bool, outcome: Option<(usize, usize)>) {
        self.done += 1;
        self.failed += usize::from(is_failed);
        if let Some((expected, found)) = outcome {
            self.judged += 1;
            self.correct += usize::from(expected == found);
        }
        let pause = if self.is_watched { Duration::from_millis(300) } else { Duration::from_secs(30) };
        if self.told.unwrap_or(self.began).elapsed() < pause {
            return;
        }
        self.told = Some(Instant::now());
        // A terminal that is gone is no reason to stop.
        let _ = if self.is_watched {
            write!(stderr(), "\r{}\x1b[K", self.progress())
        } else {
            writeln!(stderr(), "{}", self.progress())
        };
    }

    fn progress(&self) -> String {
        let of = self.total.map_or(String::new(), |total| format!(" of {total}"));
        let failed = if self.failed > 0 { format!(", {} failed", self.failed) } else { String::new() };
        let seconds = self.began.elapsed().as_secs_f64();
        let an_hour = 3600.0 * self.done as f64 / seconds.max(1e-3);
        let left = self.total.filter(|&total| total > self.done && self.done > 0).map_or(String::new(), |total| {
            format!(", {} left", lasting(seconds / self.done as f64 * (total - self.done) as f64))
        });
        format!("{}{of}{failed}, {an_hour:.0} an hour{left}", self.done)
    }

    /// All that was done, in the end. `before` were done by an earlier run, `twice` had an id that another had before them.
    pub fn end(&self, before: usize, twice: usize) {
        let earlier = if before > 0 { format!(", {before} done before") } else { String::new() };
        let twice = if twice > 0 { format!(", {twice} left out that were named before") } else { String::new() };
        let judged = match self.judged {
            0 => String::new(),
            judged => format!("; {} of {judged} as expected", self.correct),
        };
        let seconds = self.began.elapsed().as_secs_f64();
        let start = if self.is_watched && self.told.is_some() { "\r\x1b[K" } else { "" };
        let explained = self.done - self.failed;
        let failed = self.failed;
        let _ = writeln!(
            stderr(),
            "{start}{explained} explained, {failed} failed in {}{earlier}{twice}{judged}",
            lasting(seconds)
        );
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.failed
    }
}

/// A time as people say it.
fn lasting(seconds: f64) -> String {
    match seconds {
        s if s < 90.0 => format!("{s:.0} s"),
        s if s < 5400.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}
