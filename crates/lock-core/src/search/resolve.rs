//! Reading the waits from the tables of a node, and carrying the way out through.

use std::ops::{Deref, DerefMut};

use smallvec::{SmallVec, smallvec};

use super::picture::{ClaimRef, Picture, PictureBlock};
use super::reach::{is_crowded, leads_back, reach, reach_everybody};
use super::stuck::{Served, serve};
use super::way_out::{Decision, Step, way_out, way_out_of_plain_ring};
use crate::ArrowKind::{Hard, Soft};
use crate::table::{Block, Slot};
use crate::{Arrow, Deadlock, LockTable, Millis, Object, TxId, Violation, WaitGraph, WayOut};

/// What a look came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// The deadlocks that were found and resolved, in order.
    pub deadlocks: Vec<Deadlock>,
    /// How often the waits were searched.
    pub searches: u64,
}

/// Looks for a deadlock that a transaction is part of, and resolves it and all that follow from it.
///
/// To be called right after the transaction got new arrows, with all tables of its node held
/// together, so that what is seen all stands at once. Afterwards nobody is stuck, if nobody
/// was before. What it meant for others is in the tables' facts. Costs nothing but a few look-ups
/// if the transaction does not wait, and otherwise a walk over what can be reached from it.
///
/// # Panics
/// If the rounds do not come to an end: that would break the promise that every deadlock ends.
pub fn look<T: DerefMut<Target = LockTable>>(tables: &mut [T], tx: TxId, now: Millis) -> Resolution {
    let mut resolution = Resolution::default();
    let mut lookers: SmallVec<[TxId; 4]> = smallvec![tx];
    while lookers.iter().any(|looker| may_be_on_a_circle(tables, *looker)) {
        resolution.searches += 1;
        let Some((picture, decision)) = search(tables, &lookers) else {
            lookers.remove(0);
            continue;
        };
        let size = picture.members.len();
        assert!(resolution.deadlocks.len() <= 64 + 8 * size * size, "every deadlock ends: {tx} stays stuck");
        let touched = touched(&picture, &decision);
        lookers.retain(|looker| !touched.contains(looker));
        lookers.insert_many(0, touched);
        resolution.deadlocks.push(carry_out(tables, &picture, &decision, now));
    }
    resolution
}

/// The way out of a deadlock, as the first looker sees it. All new arrows are those of the lookers and nobody
/// was stuck without them, so a circle has a looker on it.
fn search<T: Deref<Target = LockTable>>(tables: &[T], lookers: &[TxId]) -> Option<(Picture, Decision)> {
    if is_crowded(tables) && !lookers.iter().any(|looker| leads_back(tables, *looker)) {
        return None;
    }
    let (mut picture, comes_back) = reach(tables, lookers[0]);
    debug_assert!(!comes_back || leads_back(tables, lookers[0]), "the short walk leaves nobody out");
    if lookers.len() == 1 && !comes_back {
        return None;
    }
    decide(&mut picture).map(|decision| (picture, decision))
}

/// Those who got new arrows by the way out.
fn touched(picture: &Picture, decision: &Decision) -> SmallVec<[TxId; 2]> {
    match &decision.step {
        Step::GiveWay { victim, .. } => smallvec![picture.members[*victim].tx],
        Step::Turn { first, second, .. } => smallvec![picture.members[*first].tx, picture.members[*second].tx],
    }
}

/// The wait-for graph of all who wait in these tables: one arrow from a waiter to each whom it
/// waits on, the hard one where there are several.
pub fn wait_graph<T: Deref<Target = LockTable>>(tables: &[T]) -> WaitGraph {
    let mut waiting: Vec<TxId> = tables.iter().flat_map(|table| table.waiting_transactions()).collect();
    waiting.sort_unstable();
    waiting.dedup();
    let arrows = waiting.iter().flat_map(|tx| tables.iter().flat_map(|table| table.arrows(*tx)));
    let mut arrows: Vec<Arrow> = arrows.collect();
    arrows.sort_by(|one, other| one.in_order().cmp(&other.in_order()));
    arrows.dedup_by_key(|arrow| (arrow.waiter, arrow.blocker));
    WaitGraph { arrows, ..WaitGraph::default() }
}

/// The way out, if somebody is stuck.
fn decide(picture: &mut Picture) -> Option<Decision> {
    if let Some(decision) = way_out_of_plain_ring(picture) {
        return Some(decision);
    }
    let served = serve_everybody(picture);
    served.somebody_is_left().then(|| way_out(picture, &served.left))
}

fn serve_everybody(picture: &mut Picture) -> Served {
    picture.order_by_age();
    let everybody = vec![true; picture.members.len()];
    serve(picture, &everybody, &[Hard, Soft])
}

/// Checks that nobody is stuck in these tables, whoever may have looked.
///
/// # Errors
/// [`Violation::EveryDeadlockEnds`] names the oldest who is.
pub fn check_nobody_is_stuck<T: Deref<Target = LockTable>>(tables: &[T]) -> Result<(), Violation> {
    let mut picture = reach_everybody(tables);
    let served = serve_everybody(&mut picture);
    let stuck = served.left.iter().position(|stuck| *stuck);
    stuck.map_or(Ok(()), |member| Err(Violation::EveryDeadlockEnds(picture.members[member].tx)))
}

/// Whether some transaction that this one waits for waits itself: else it cannot be stuck.
fn waits_for_a_waiter<T: Deref<Target = LockTable>>(tables: &[T], tx: TxId) -> bool {
    let waits = |blocker: TxId| tables.iter().any(|table| table.waiting_claims(blocker) > 0);
    tables.iter().any(|table| table.any_blocker(tx, waits))
}

/// Whether a transaction waits for one who waits, and somebody may wait for it.
fn may_be_on_a_circle<T: Deref<Target = LockTable>>(tables: &[T], tx: TxId) -> bool {
    waits_for_a_waiter(tables, tx) && tables.iter().any(|table| table.is_waited_for(tx))
}

fn carry_out<T: DerefMut<Target = LockTable>>(
    tables: &mut [T],
    picture: &Picture,
    decision: &Decision,
    now: Millis,
) -> Deadlock {
    let circle = explain(tables, picture, &decision.circle);
    let way_out = match &decision.step {
        Step::GiveWay { victim, grants } => {
            let victim = picture.members[*victim].tx;
            if grants.iter().any(|grant| tables[grant.table as usize].must_abort(grant.claim)) {
                for table in tables.iter_mut() {
                    table.remove(victim);
                }
                WayOut::Abort { victim }
            } else {
                let objects = surrender(tables, grants, now);
                WayOut::Surrender { victim, objects }
            }
        }
        Step::Turn { first, second, pairs } => {
            turn(tables, pairs);
            WayOut::Overtaking { first: picture.members[*first].tx, second: picture.members[*second].tx }
        }
    };
    Deadlock { circle, way_out }
}

fn turn<T: DerefMut<Target = LockTable>>(tables: &mut [T], pairs: &[(ClaimRef, ClaimRef)]) {
    for (index, table) in (0..).zip(tables) {
        let here = pairs.iter().filter(|(ahead, _)| ahead.table == index);
        let pairs: Vec<(Slot, Slot)> = here.map(|(ahead, behind)| (ahead.claim, behind.claim)).collect();
        table.turn(&pairs);
    }
}

/// The grants line up again in the order of their objects.
fn surrender<T: DerefMut<Target = LockTable>>(tables: &mut [T], grants: &[ClaimRef], now: Millis) -> Vec<Object> {
    let named = grants.iter().map(|grant| (tables[grant.table as usize].object(grant.claim), *grant));
    let mut named: SmallVec<[(Object, ClaimRef); 2]> = named.collect();
    named.sort_unstable();
    for (index, table) in (0..).zip(tables) {
        let here = named.iter().filter(|(_, grant)| grant.table == index);
        let claims: SmallVec<[Slot; 4]> = here.map(|(_, grant)| grant.claim).collect();
        table.requeue(&claims, now);
    }
    named.into_iter().map(|(object, _)| object).collect()
}

/// One arrow a member to the next: hard before soft, then the smallest objects.
fn explain<T: Deref<Target = LockTable>>(tables: &[T], picture: &Picture, circle: &[usize]) -> Vec<Arrow> {
    let pairs = circle.iter().zip(circle.iter().cycle().skip(1));
    let arrows = pairs.map(|(from, to)| {
        let arrows = picture.between(*from, *to).map(|block| {
            let (waiting, PictureBlock { claim, kind, .. }) = (picture.blocked(block), *block);
            tables[waiting.table as usize].arrow(waiting.claim, Block { claim: claim.claim, kind })
        });
        arrows.min_by(|one, other| one.in_order().cmp(&other.in_order()))
    });
    arrows.flatten().collect()
}
