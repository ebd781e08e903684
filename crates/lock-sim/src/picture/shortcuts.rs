//! Which arrows a crowded graph can do without.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Arrow, Object, TxId};

use super::limits::{ARROWS, EASY_ARROWS};

/// The arrows that are drawn: all, if they are few; else those that say what no others say. What is left out is noted.
pub(super) fn readable(arrows: Vec<Arrow>, notes: &mut Vec<String>) -> Vec<Arrow> {
    let before = arrows.len();
    let mut arrows = arrows;
    if arrows.len() > EASY_ARROWS {
        arrows = nearest_in_line(arrows);
    }
    if arrows.len() > EASY_ARROWS {
        arrows = without_detours(arrows);
    }
    if before > arrows.len() {
        let left_out = before - arrows.len();
        notes.push(format!("{left_out} arrows are left out: other arrows lead to the same transactions."));
    }
    if arrows.len() > ARROWS {
        notes.push(format!("{} further arrows are left out.", arrows.len() - ARROWS));
        arrows.truncate(ARROWS);
    }
    arrows
}

/// Who waits on the next in line waits on all whom that one waits on for the same: these arrows say nothing new.
fn nearest_in_line(arrows: Vec<Arrow>) -> Vec<Arrow> {
    let mut blockers: BTreeMap<(TxId, &Object), BTreeSet<TxId>> = BTreeMap::new();
    for arrow in &arrows {
        blockers.entry((arrow.waiter, &arrow.wants)).or_default().insert(arrow.blocker);
    }
    let waits_on = |waiter: TxId, object: &Object, blocker: TxId| {
        blockers.get(&(waiter, object)).is_some_and(|blockers| blockers.contains(&blocker))
    };
    let is_farther = |arrow: &Arrow, next: TxId| {
        waits_on(next, &arrow.wants, arrow.blocker) && !waits_on(arrow.blocker, &arrow.wants, next)
    };
    let is_nearest = |arrow: &Arrow| {
        let mut next = blockers.get(&(arrow.waiter, &arrow.wants)).into_iter().flatten();
        !next.any(|next| is_farther(arrow, *next))
    };
    let nearest: Vec<bool> = arrows.iter().map(is_nearest).collect();
    arrows.into_iter().zip(nearest).filter_map(|(arrow, nearest)| nearest.then_some(arrow)).collect()
}

/// Leaves out each arrow to someone who is reached by others, whatever they are for.
fn without_detours(arrows: Vec<Arrow>) -> Vec<Arrow> {
    let mut next: BTreeMap<TxId, Vec<TxId>> = BTreeMap::new();
    for arrow in &arrows {
        next.entry(arrow.waiter).or_default().push(arrow.blocker);
    }
    let mut kept = Vec::with_capacity(arrows.len());
    for arrow in arrows {
        let own = next.entry(arrow.waiter).or_default();
        if let Some(place) = own.iter().position(|blocker| *blocker == arrow.blocker) {
            own.swap_remove(place);
        }
        if !reaches(&next, arrow.waiter, arrow.blocker) {
            next.entry(arrow.waiter).or_default().push(arrow.blocker);
            kept.push(arrow);
        }
    }
    kept
}

fn reaches(next: &BTreeMap<TxId, Vec<TxId>>, from: TxId, to: TxId) -> bool {
    let (mut seen, mut stack) = (BTreeSet::new(), vec![from]);
    while let Some(tx) = stack.pop() {
        if tx == to {
            return true;
        }
        if seen.insert(tx) {
            stack.extend(next.get(&tx).into_iter().flatten());
        }
    }
    false
}
