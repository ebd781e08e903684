//! From a deadlock that somebody met in production to a scenario in which it happens again.

use lock_core::{Arrow, ArrowKind, Deadlock, TxId, WayOut};
use thiserror::Error;

/// Why a deadlock is not told as a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NotReproducible {
    /// One of the circle only waits ahead in line: for what, a third one has that the explanation does not name.
    #[error("{waiter} waits for {blocker}, which only waits ahead of it in line: who stands before both is not told")]
    OrderOnly {
        /// Who waits.
        waiter: TxId,
        /// Who waits ahead of it.
        blocker: TxId,
    },
    /// It has no arrows.
    #[error("a deadlock without a circle")]
    NoCircle,
}

/// Tells a deadlock as a scenario in which the same transactions come to the same circle, and the same one gives way
/// in the same manner: the least that brings it about, not all that happened.
///
/// Transactions are called what the explanation calls them. The caller of each is taken to know of its locks. If the
/// victim was not the youngest, it gets a lower priority, whatever the reason was then.
///
/// # Errors
/// The circle is not one of holders only.
///
/// # Examples
/// ```
/// let log = "deadlock of 2 transactions:
///   t17 waits for write on accounts/bob since 5 ms, blocked by t18, which has write on accounts/bob (#7)
///   t18 waits for write on accounts/alice since 6 ms, blocked by t17, which has write on accounts/alice (#6)
/// resolved: t18 surrendered accounts/bob and waits for it again";
/// let deadlock = lock_sim::read_deadlock(log)?;
/// let text = lock_sim::reproduce(&deadlock)?;
/// assert!(text.starts_with("# From a log: t17 t18.\ntx t17\ntx t18\nlock t18 accounts/bob write\n"));
/// lock_sim::scenario!(&text).expect_deadlock(&["t17", "t18"]).assert_victim("t18");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn reproduce(deadlock: &Deadlock) -> Result<String, NotReproducible> {
    let circle = &deadlock.circle;
    let mut members: Vec<TxId> = deadlock.members().collect();
    let youngest = *members.iter().max().ok_or(NotReproducible::NoCircle)?;
    if let Some(soft) = circle.iter().find(|arrow| arrow.kind == ArrowKind::Soft) {
        return Err(NotReproducible::OrderOnly { waiter: soft.waiter, blocker: soft.blocker });
    }
    let named = row(&members);
    members.sort_unstable();
    let mut lines = vec![format!("# From a log: {named}.")];
    lines.extend(members.iter().map(|tx| begin(*tx, deadlock, youngest)));
    lines.extend(
        circle
            .iter()
            .map(|Arrow { blocker, blocking, blocking_mode, .. }| format!("lock {blocker} {blocking} {blocking_mode}")),
    );
    lines.extend(members.iter().map(|tx| format!("saw {tx}")));
    let mut waits: Vec<&Arrow> = circle.iter().collect();
    waits.sort_by_key(|arrow| arrow.since);
    lines.extend(waits.iter().map(|Arrow { waiter, wants, wanted, .. }| format!("lock {waiter} {wants} {wanted}")));
    lines.push(expectation(deadlock, &named));
    lines.push("drain\n".to_owned());
    Ok(lines.join("\n"))
}

fn begin(tx: TxId, deadlock: &Deadlock, youngest: TxId) -> String {
    let victim = deadlock.way_out.victim() == Some(tx);
    let priority = if victim && tx != youngest { " priority=-1" } else { "" };
    let aborts = if deadlock.way_out == (WayOut::Abort { victim: tx }) { " abort-on-deadlock" } else { "" };
    format!("tx {tx}{priority}{aborts}")
}

fn expectation(deadlock: &Deadlock, named: &str) -> String {
    match &deadlock.way_out {
        WayOut::Surrender { victim, .. } | WayOut::Abort { victim } => {
            format!("expect deadlock {named} victim {victim}")
        }
        WayOut::Overtaking { .. } => format!("expect deadlock {named}"),
    }
}

fn row(members: &[TxId]) -> String {
    members.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}
