//! How fast this machine is, measured rather than assumed: what a method will take can be said before it starts.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What a pass of a network took last, on one thread.
#[derive(Debug, Default)]
pub struct Pace {
    /// Zero before the first.
    nanoseconds: AtomicU64,
}

impl Pace {
    /// Remembers that `passes` one after the other took `elapsed`.
    pub fn learn(&self, passes: usize, elapsed: Duration) {
        if passes > 0 {
            let each = elapsed.as_nanos() / passes as u128;
            self.nanoseconds.store(u64::try_from(each).unwrap_or(u64::MAX).max(1), Ordering::Relaxed);
        }
    }

    /// What a pass takes on one thread; nothing before the first.
    pub fn of_a_pass(&self) -> Option<Duration> {
        match self.nanoseconds.load(Ordering::Relaxed) {
            0 => None,
            nanoseconds => Some(Duration::from_nanos(nanoseconds)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_of_the_latest_passes() {
        let pace = Pace::default();
        assert_eq!(pace.of_a_pass(), None);
        pace.learn(0, Duration::from_secs(1));
        assert_eq!(pace.of_a_pass(), None);
        pace.learn(4, Duration::from_secs(2));
        pace.learn(2, Duration::from_secs(3));
        assert_eq!(pace.of_a_pass(), Some(Duration::from_millis(1500)));
    }
}
