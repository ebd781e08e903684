//! What is said of strangers: a line a second at most, so that nobody fills the log who is not even let in.

use std::fmt::Display;
use std::time::{Duration, Instant};

use lock_core::NodeId;
use parking_lot::Mutex;

/// The shortest time between two lines.
const PAUSE: Duration = Duration::from_secs(1);

/// Complaints of one kind.
#[derive(Debug, Default)]
pub(super) struct Complaints(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: Option<Instant>,
    /// How many were kept back since the last line.
    kept_back: u64,
}

impl Complaints {
    /// Says what happened, and why, or keeps it back.
    pub(super) fn say(&self, node: &NodeId, what: &str, why: &impl Display) {
        match self.0.lock().due(Instant::now()) {
            Some(0) => tracing::warn!(%node, "{what}: {why}"),
            Some(kept_back) => tracing::warn!(%node, "{what}: {why} (and {kept_back} others since the last line)"),
            None => tracing::debug!(%node, "{what}: {why}"),
        }
    }
}

impl State {
    /// How many were kept back, if it is time for a line.
    fn due(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now < last + PAUSE) {
            self.kept_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.kept_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_tells_how_many_there_were() {
        let (mut state, start) = (State::default(), Instant::now());
        let due: Vec<_> =
            [0, 1, 999, 1_000, 1_001, 5_000].map(|ms| state.due(start + Duration::from_millis(ms))).to_vec();
        assert_eq!(due, [Some(0), None, None, Some(2), None, Some(1)]);
    }
}
