//! Whether what should be true is true.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Deadlock, Mode, NodeId, Object, Token, TxId, WayOut};

use crate::{DeadlockLike, Engine, Expectation, Names, TxStatus};

/// Looks at an engine and gives what is seen instead, if the expectation does not hold.
///
/// [`Expectation::Error`] is about the command before, not about the engine: the runner judges it.
pub(crate) fn seen_instead(expectation: &Expectation, engine: &mut dyn Engine, names: &Names) -> Option<String> {
    match expectation {
        Expectation::Status(tx, status) => other_status(*tx, *status, engine),
        Expectation::Waiting(tx, object) => not_waiting(*tx, object, engine),
        Expectation::WaitingFor(tx, blockers) => other_blockers(*tx, blockers, engine, names),
        Expectation::Holds { object, holders, on } => other_holders(object, holders, on.as_ref(), engine, names),
        Expectation::Queue(object, waiters) => other_queue(object, waiters, engine, names),
        Expectation::Deadlocks(number) => other_number(*number, engine, names),
        Expectation::Deadlock(like) => no_such_deadlock(like, engine, names),
        Expectation::Lost(tx, object) => not_lost(*tx, object, engine),
        Expectation::TokenGrows(object) => token_does_not_grow(object, engine),
        Expectation::Error(_) => None,
    }
}

fn other_status(tx: TxId, expected: TxStatus, engine: &mut dyn Engine) -> Option<String> {
    let status = engine.status(tx);
    (status != expected).then(|| match status {
        TxStatus::Waiting => format!("waiting for {}", row(engine.waiting(tx))),
        other => status_word(other).to_owned(),
    })
}

fn not_waiting(tx: TxId, object: &Object, engine: &mut dyn Engine) -> Option<String> {
    let waiting = engine.waiting(tx);
    (!waiting.contains(object)).then(|| {
        if waiting.is_empty() {
            format!("{}, waiting for nothing", status_word(engine.status(tx)))
        } else {
            format!("waiting for {}", row(waiting))
        }
    })
}

fn other_blockers(tx: TxId, expected: &[TxId], engine: &mut dyn Engine, names: &Names) -> Option<String> {
    let arrows = engine.wait_graph().arrows;
    let blockers: BTreeSet<_> = arrows.iter().filter(|arrow| arrow.waiter == tx).map(|arrow| arrow.blocker).collect();
    let expected: BTreeSet<_> = expected.iter().copied().collect();
    (blockers != expected).then(|| match blockers.len() {
        0 => "waiting for nobody".to_owned(),
        _ => format!("waiting for {}", names.row(blockers)),
    })
}

fn other_holders(
    object: &Object,
    expected: &[(TxId, Mode)],
    on: Option<&NodeId>,
    engine: &mut dyn Engine,
    names: &Names,
) -> Option<String> {
    let holders = match on {
        Some(node) => engine.holders_on(object, node),
        None => engine.holders(object),
    };
    let expected: BTreeMap<_, _> = expected.iter().copied().collect();
    (holders != expected).then(|| {
        let each = holders.iter().map(|(tx, mode)| format!("{} {mode}", names.of(*tx)));
        or_word(each.collect::<Vec<_>>().join(", "), "nobody")
    })
}

fn other_queue(object: &Object, expected: &[TxId], engine: &mut dyn Engine, names: &Names) -> Option<String> {
    let queue = engine.queue(object);
    (queue != expected).then(|| or_word(names.row(queue), "empty"))
}

fn other_number(expected: usize, engine: &mut dyn Engine, names: &Names) -> Option<String> {
    let deadlocks = engine.deadlocks();
    (deadlocks.len() != expected).then(|| format!("{}{}", deadlocks.len(), in_brackets(&deadlocks, names)))
}

fn no_such_deadlock(like: &DeadlockLike, engine: &mut dyn Engine, names: &Names) -> Option<String> {
    let deadlocks = engine.deadlocks();
    let found = deadlocks.iter().any(|deadlock| is_like(deadlock, like));
    (!found).then(|| match deadlocks.len() {
        0 => "no deadlock".to_owned(),
        _ => format!("others{}", in_brackets(&deadlocks, names)),
    })
}

fn is_like(deadlock: &Deadlock, like: &DeadlockLike) -> bool {
    let given_up: &[Object] = match &deadlock.way_out {
        WayOut::Surrender { objects, .. } => objects,
        WayOut::Abort { .. } | WayOut::Overtaking { .. } => &[],
    };
    deadlock.members().eq(like.members.iter().copied())
        && (like.victim.is_none() || like.victim == deadlock.way_out.victim())
        && like.surrendered.iter().all(|object| given_up.contains(object))
        && (!like.by_overtaking || matches!(deadlock.way_out, WayOut::Overtaking { .. }))
}

fn not_lost(tx: TxId, object: &Object, engine: &mut dyn Engine) -> Option<String> {
    let lost = engine.lost(tx);
    (!lost.contains(object)).then(|| format!("lost: {}", or_word(row(lost), "nothing")))
}

/// That an object was never granted proves nothing about its tokens, so it does not hold then.
fn token_does_not_grow(object: &Object, engine: &mut dyn Engine) -> Option<String> {
    let tokens = engine.tokens(object);
    if tokens.is_empty() {
        return Some("never granted".to_owned());
    }
    let grows = |pair: &[Token]| pair[0] < pair[1];
    (!tokens.windows(2).all(grows)).then(|| row(tokens))
}

fn in_brackets(deadlocks: &[Deadlock], names: &Names) -> String {
    let each = deadlocks
        .iter()
        .map(|deadlock| format!("{}: {}", names.row(deadlock.members()), names.way_out(&deadlock.way_out)));
    let texts: Vec<_> = each.collect();
    if texts.is_empty() { String::new() } else { format!(" ({})", texts.join("; ")) }
}

fn row(things: impl IntoIterator<Item = impl ToString>) -> String {
    things.into_iter().map(|thing| thing.to_string()).collect::<Vec<_>>().join(", ")
}

fn or_word(text: String, word: &str) -> String {
    if text.is_empty() { word.to_owned() } else { text }
}

fn status_word(status: TxStatus) -> &'static str {
    match status {
        TxStatus::NoLocks => "no-locks",
        TxStatus::Waiting => "waiting",
        TxStatus::HasAll => "has-all",
        TxStatus::CannotServe => "cannot-serve",
        TxStatus::Aborted => "aborted",
        TxStatus::Ended => "ended",
    }
}
