//! Deadlocks that were seen, and what a test demands of them.

use std::fmt;

use lock_core::Deadlock;

use crate::{Names, Report};

/// The deadlocks of a run, with the names of its transactions; what a test demands of them, it demands here.
///
/// Every demand gives the same value back, so that they can be written in a row, and panics with a text that shows all
/// deadlocks that were seen.
///
/// ```
/// let report = lock_sim::scenario!(
///     "tx alice-pays
///      tx bob-pays
///      lock alice-pays accounts/alice write
///      lock bob-pays accounts/bob write
///      lock alice-pays accounts/bob write
///      lock bob-pays accounts/alice write"
/// );
/// report.seen_deadlocks().expect_deadlock(&["alice-pays", "bob-pays"]).assert_victim("bob-pays");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenDeadlocks {
    /// What the transactions are called.
    pub names: Names,
    /// The deadlocks, in the order of their ends.
    pub deadlocks: Vec<Deadlock>,
}

impl SeenDeadlocks {
    /// How many there were, overtakings among them.
    pub fn len(&self) -> usize {
        self.deadlocks.len()
    }

    /// Whether there was none.
    pub fn is_empty(&self) -> bool {
        self.deadlocks.is_empty()
    }

    /// The circles, in names: each from its oldest member on, along the arrows.
    pub fn circles(&self) -> impl Iterator<Item = Vec<String>> {
        self.deadlocks.iter().map(|deadlock| deadlock.members().map(|tx| self.names.of(tx)).collect())
    }

    /// Who surrendered or aborted, in names; a deadlock that an overtaking resolved has no victim.
    pub fn victims(&self) -> impl Iterator<Item = String> {
        self.deadlocks.iter().filter_map(|deadlock| deadlock.way_out.victim()).map(|tx| self.names.of(tx))
    }

    /// Demands a deadlock with exactly this circle: each waits on the next one, and the last on the first. Which
    /// of them is named first makes no difference.
    ///
    /// # Panics
    /// If there was none.
    #[track_caller]
    pub fn expect_deadlock(&self, circle: &[&str]) -> &Self {
        let found = self.circles().any(|seen| is_turned(&seen, circle));
        assert!(found, "expected a deadlock of {}, seen: {self}", circle.join(" "));
        self
    }

    /// Demands that this one surrendered or aborted in a deadlock.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn assert_victim(&self, name: &str) -> &Self {
        let found = self.victims().any(|victim| victim == name);
        assert!(found, "expected {name} to be a victim, seen: {self}");
        self
    }

    /// Demands that there was no deadlock.
    ///
    /// # Panics
    /// If there was one.
    #[track_caller]
    pub fn expect_no_deadlock(&self) -> &Self {
        assert!(self.is_empty(), "expected no deadlock, seen: {self}");
        self
    }
}

/// Whether two circles are the same, wherever they begin.
fn is_turned(seen: &[String], circle: &[&str]) -> bool {
    let turned = |by: usize| seen.iter().cycle().skip(by).take(seen.len()).eq(circle.iter().copied());
    seen.len() == circle.len() && (0..seen.len()).any(turned)
}

impl fmt::Display for SeenDeadlocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.len() {
            0 => f.write_str("no deadlock"),
            1 => f.write_str("1 deadlock"),
            many => write!(f, "{many} deadlocks"),
        }?;
        let lines = self.deadlocks.iter().flat_map(|deadlock| self.names.deadlock(deadlock));
        lines.into_iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl Report {
    /// The deadlocks of the run in the names of the scenario, to demand something of them.
    pub fn seen_deadlocks(&self) -> SeenDeadlocks {
        SeenDeadlocks { names: self.names(), deadlocks: self.deadlocks.clone() }
    }

    /// See [`SeenDeadlocks::expect_deadlock`].
    ///
    /// # Panics
    /// If there was none.
    #[track_caller]
    pub fn expect_deadlock(&self, circle: &[&str]) -> &Self {
        self.seen_deadlocks().expect_deadlock(circle);
        self
    }

    /// See [`SeenDeadlocks::assert_victim`].
    ///
    /// # Panics
    /// If it was none.
    #[track_caller]
    pub fn assert_victim(&self, name: &str) -> &Self {
        self.seen_deadlocks().assert_victim(name);
        self
    }

    /// See [`SeenDeadlocks::expect_no_deadlock`].
    ///
    /// # Panics
    /// If there was one.
    #[track_caller]
    pub fn expect_no_deadlock(&self) -> &Self {
        self.seen_deadlocks().expect_no_deadlock();
        self
    }

    /// What the scenario calls its transactions: its transcript says so first.
    fn names(&self) -> Names {
        let names = self.transcript.iter().find_map(|entry| match entry {
            crate::Entry::Scenario { names, .. } => Some(names.clone()),
            _ => None,
        });
        names.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::is_turned;

    #[test]
    fn a_circle_may_be_named_from_any_member_on_but_not_backwards() {
        let seen = ["a", "b", "c"].map(str::to_owned);
        assert!(is_turned(&seen, &["a", "b", "c"]) && is_turned(&seen, &["c", "a", "b"]));
        assert!(!is_turned(&seen, &["c", "b", "a"]) && !is_turned(&seen, &["a", "b"]) && !is_turned(&seen, &[]));
    }
}
