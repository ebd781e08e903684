//! The end of a story: everybody who has all, or can get no more, goes home, until nobody is left.

use lock_core::TxId;

use crate::{Engine, Names, TxStatus};

/// Ends every transaction that has all its locks, or cannot be served, the oldest first, again and again.
///
/// Whoever cannot be served has been told; a program that did not end it then would keep for ever what was granted of it.
///
/// `ended` is called after each end.
///
/// # Errors
/// The names of those who still wait then, and what for; or the refusal of an end.
pub(crate) fn drain(
    engine: &mut dyn Engine,
    begun: &[TxId],
    names: &Names,
    ended: &mut dyn FnMut(TxId, &mut dyn Engine),
) -> Result<(), String> {
    while end_who_wait_no_more(engine, begun, names, ended)? > 0 {}
    let left: Vec<TxId> = with_status(engine, begun, &[TxStatus::Waiting]);
    if left.is_empty() {
        return Ok(());
    }
    let waits: Vec<_> = left.iter().map(|tx| why_it_waits(engine, *tx, names)).collect();
    Err(waits.join("; "))
}

fn end_who_wait_no_more(
    engine: &mut dyn Engine,
    begun: &[TxId],
    names: &Names,
    ended: &mut dyn FnMut(TxId, &mut dyn Engine),
) -> Result<usize, String> {
    let done = with_status(engine, begun, &[TxStatus::HasAll, TxStatus::CannotServe]);
    for tx in &done {
        engine
            .act(*tx, &crate::Action::End)
            .map_err(|refusal| format!("the end of {} was refused: {refusal}", names.of(*tx)))?;
        ended(*tx, engine);
    }
    Ok(done.len())
}

fn with_status(engine: &mut dyn Engine, begun: &[TxId], among: &[TxStatus]) -> Vec<TxId> {
    begun.iter().copied().filter(|tx| among.contains(&engine.status(*tx))).collect()
}

fn why_it_waits(engine: &mut dyn Engine, tx: TxId, names: &Names) -> String {
    let objects: Vec<_> = engine.waiting(tx).iter().map(ToString::to_string).collect();
    let arrows = engine.wait_graph().arrows;
    let blockers: std::collections::BTreeSet<_> =
        arrows.iter().filter(|arrow| arrow.waiter == tx).map(|arrow| arrow.blocker).collect();
    let who = if blockers.is_empty() { "nobody".to_owned() } else { names.row(blockers) };
    format!("{} still waits for {}, on {who}", names.of(tx), objects.join(", "))
}
