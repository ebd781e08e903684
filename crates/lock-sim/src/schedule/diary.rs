//! What each turn came to in the lock table.

use std::collections::BTreeMap;

use lock_agent::Locks;
use lock_core::{Mode, Object, TxId};

use crate::Names;

/// What a transaction has and wants.
type Claims = BTreeMap<Object, (Option<Mode>, Option<Mode>)>;

/// Compares the lock table after a turn with what it was before.
#[derive(Default)]
pub(super) struct Diary {
    claims: BTreeMap<TxId, Claims>,
    deadlocks: usize,
}

impl Diary {
    /// What has changed since the last look: a line each. Whose turn it was need not be named.
    pub(super) fn look(&mut self, locks: &Locks, names: &Names, task: &str) -> Vec<String> {
        let mut lines = self.new_deadlocks(locks, names);
        for tx in (1..=locks.node().expect("a node in this process alone").transactions_begun()).map(TxId) {
            let now = claims_of(locks, tx);
            let before = self.claims.insert(tx, now.clone()).unwrap_or_default();
            if before != now {
                let name = names.of(tx);
                let who = if name == task { String::new() } else { format!("{name} ") };
                lines.extend(changes(&before, &now).into_iter().map(|change| format!("{who}{change}")));
            }
        }
        lines
    }

    fn new_deadlocks(&mut self, locks: &Locks, names: &Names) -> Vec<String> {
        // The node keeps the newest ones only, so they are counted from the end.
        let all = usize::try_from(locks.statistics().deadlocks).unwrap_or(usize::MAX);
        let kept = locks.deadlocks();
        let new = all.saturating_sub(self.deadlocks).min(kept.len());
        self.deadlocks = all;
        kept[kept.len() - new..].iter().flat_map(|deadlock| names.deadlock(deadlock)).collect()
    }
}

fn claims_of(locks: &Locks, tx: TxId) -> Claims {
    let claims = locks.transaction_claims(tx).into_iter();
    claims.map(|claim| (claim.object, (claim.granted, claim.wanted))).collect()
}

fn changes(before: &Claims, now: &Claims) -> Vec<String> {
    let mut lines = Vec::new();
    let gone: Vec<_> = before.keys().filter(|object| !now.contains_key(*object)).map(ToString::to_string).collect();
    if !gone.is_empty() {
        lines.push(format!("has no claim any more on {}", gone.join(", ")));
    }
    for (object, (granted, wanted)) in now {
        let (had, wished) = before.get(object).copied().unwrap_or_default();
        match (granted, wanted) {
            (_, Some(mode)) if wished != *wanted && had > *granted => {
                lines.push(format!("gave way and waits again for {mode} on {object}"));
            }
            (_, Some(mode)) if wished != *wanted => lines.push(format!("waits for {mode} on {object}")),
            (Some(mode), None) if had != *granted => lines.push(format!("has {mode} on {object}")),
            _ => {}
        }
    }
    lines
}
