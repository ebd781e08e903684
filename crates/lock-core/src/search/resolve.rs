//! Reading the waits from the tables of a node, and carrying the way out through.

use std::collections::VecDeque;
use std::ops::{Deref, DerefMut};

use hashbrown::HashSet;

use super::picture::{ClaimRef, Member, NodeWait, Picture, PictureBlock, Unmet};
use super::stuck::serve;
use super::way_out::{Decision, Step, way_out};
use crate::ArrowKind::{Hard, Soft};
use crate::table::{Block, Slot};
use crate::{Arrow, Deadlock, LockTable, Millis, Object, TxId, WaitGraph, WayOut};

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
    if !may_be_on_a_circle(tables, tx) {
        return resolution;
    }
    resolution.searches += 1;
    // Nobody was stuck before the new arrows, so a deadlock has a circle through their transaction.
    let reached = reach(tables, tx);
    let mut seen = if reached.comes_back { stuck_among(tables, reached.everybody) } else { None };
    let mut lookers = VecDeque::from([tx]);
    loop {
        if let Some((picture, stuck)) = seen {
            let size = picture.members.len();
            assert!(resolution.deadlocks.len() <= 64 + 8 * size * size, "every deadlock ends: {tx} stays stuck");
            let decision = way_out(&picture, &stuck);
            let touched: Vec<TxId> = touched(&picture, &decision).collect();
            lookers.retain(|looker| !touched.contains(looker));
            touched.into_iter().rev().for_each(|looker| lookers.push_front(looker));
            resolution.deadlocks.push(carry_out(tables, &picture, &decision, now));
        }
        let Some(looker) = lookers.front() else { return resolution };
        if resolution.deadlocks.is_empty() {
            return resolution;
        }
        resolution.searches += 1;
        seen = stuck_among(tables, reach(tables, *looker).everybody);
        if seen.is_none() {
            lookers.pop_front();
        }
    }
}

/// Those who got new arrows by the way out.
fn touched(picture: &Picture, decision: &Decision) -> impl Iterator<Item = TxId> {
    let (one, other) = match &decision.step {
        Step::GiveWay { victim, .. } => (*victim, None),
        Step::Turn { first, second, .. } => (*first, Some(*second)),
    };
    let ids = [Some(one), other].into_iter().flatten();
    ids.map(|member| picture.members[member].tx)
}

/// The wait-for graph of all who wait in these tables: one arrow from a waiter to each whom it
/// waits on, the hard one where there are several.
pub fn wait_graph<T: Deref<Target = LockTable>>(tables: &[T]) -> WaitGraph {
    let mut waiting: Vec<TxId> = tables.iter().flat_map(|table| table.waiting_transactions()).collect();
    waiting.sort_unstable();
    waiting.dedup();
    let arrows = waiting.iter().flat_map(|tx| tables.iter().flat_map(|table| table.arrows(*tx)));
    let mut arrows: Vec<Arrow> = arrows.collect();
    arrows.sort_by(|one, other| arrow_order(one).cmp(&arrow_order(other)));
    arrows.dedup_by_key(|arrow| (arrow.waiter, arrow.blocker));
    WaitGraph { arrows, ..WaitGraph::default() }
}

fn arrow_order(arrow: &Arrow) -> impl Ord {
    let Arrow { waiter, blocker, kind, wants, blocking, .. } = arrow;
    (*waiter, *blocker, *kind, wants.clone(), blocking.clone())
}

/// What is known of some transactions and who of them is stuck, if somebody is.
fn stuck_among<T: Deref<Target = LockTable>>(tables: &[T], reached: Vec<TxId>) -> Option<(Picture, Vec<bool>)> {
    let picture = picture_of(tables, reached);
    let everybody = vec![true; picture.members.len()];
    let served = serve(&picture, &everybody, &[Hard, Soft]);
    served.somebody_is_left().then_some((picture, served.left))
}

/// Who can be reached along the arrows from a transaction, itself included, and whether a way leads back to it.
fn reach<T: Deref<Target = LockTable>>(tables: &[T], start: TxId) -> Reached {
    let mut comes_back = false;
    let mut seen: HashSet<TxId, foldhash::fast::FixedState> = HashSet::default();
    let mut everybody = vec![start];
    let mut next = 0;
    seen.insert(start);
    while let Some(tx) = everybody.get(next).copied() {
        next += 1;
        for table in tables {
            table.each_block_of(tx, |_, block| {
                let blocker = table.owner(block.claim);
                comes_back |= blocker == start;
                if seen.insert(blocker) {
                    everybody.push(blocker);
                }
            });
        }
    }
    Reached { everybody, comes_back }
}

struct Reached {
    everybody: Vec<TxId>,
    comes_back: bool,
}

/// Whether a transaction waits, and somebody may wait for it.
fn may_be_on_a_circle<T: Deref<Target = LockTable>>(tables: &[T], tx: TxId) -> bool {
    tables.iter().any(|table| table.waiting_claims(tx) > 0) && tables.iter().any(|table| table.is_waited_for(tx))
}

fn picture_of<T: Deref<Target = LockTable>>(tables: &[T], mut reached: Vec<TxId>) -> Picture {
    reached.sort_unstable();
    let members = reached.into_iter().filter_map(|tx| member_of(tables, tx));
    Picture { members: members.collect() }
}

/// On one node each claim needs its one grant.
fn member_of<T: Deref<Target = LockTable>>(tables: &[T], tx: TxId) -> Option<Member> {
    let mut unmet: Vec<Unmet> = Vec::new();
    for (index, table) in tables.iter().enumerate() {
        let mut last = None;
        table.each_block_of(tx, |claim, block| {
            if last != Some(claim) {
                last = Some(claim);
                let claim = ClaimRef { table: index, claim };
                unmet.push(Unmet { missing: 1, waits: vec![NodeWait { claim, blocks: Vec::new() }] });
            }
            let by = table.owner(block.claim);
            let claim = ClaimRef { table: index, claim: block.claim };
            let wait = unmet.last_mut().map(|unmet| &mut unmet.waits[0]).expect("pushed just now");
            wait.blocks.push(PictureBlock { by, claim, kind: block.kind });
        });
    }
    let standing = tables.iter().filter_map(|table| table.standing(tx));
    let (priority, told) = standing.reduce(|one, other| (one.0, one.1 || other.1))?;
    (!unmet.is_empty()).then_some(Member { tx, priority, told, unmet })
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
            if grants.iter().any(|grant| tables[grant.table].must_abort(grant.claim)) {
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
    for (index, table) in tables.iter_mut().enumerate() {
        let here = pairs.iter().filter(|(ahead, _)| ahead.table == index);
        let pairs: Vec<(Slot, Slot)> = here.map(|(ahead, behind)| (ahead.claim, behind.claim)).collect();
        table.turn(&pairs);
    }
}

/// The grants line up again in the order of their objects.
fn surrender<T: DerefMut<Target = LockTable>>(tables: &mut [T], grants: &[ClaimRef], now: Millis) -> Vec<Object> {
    let named = grants.iter().map(|grant| (tables[grant.table].object(grant.claim), *grant));
    let mut named: Vec<(Object, ClaimRef)> = named.collect();
    named.sort_unstable();
    for (index, table) in tables.iter_mut().enumerate() {
        let here = named.iter().filter(|(_, grant)| grant.table == index);
        let claims: Vec<Slot> = here.map(|(_, grant)| grant.claim).collect();
        table.requeue(&claims, now);
    }
    named.into_iter().map(|(object, _)| object).collect()
}

/// One arrow a member to the next: hard before soft, then the smallest objects.
fn explain<T: Deref<Target = LockTable>>(tables: &[T], picture: &Picture, circle: &[usize]) -> Vec<Arrow> {
    let pairs = circle.iter().zip(circle.iter().cycle().skip(1));
    let arrows = pairs.map(|(from, to)| {
        let blocks = picture.members[*from].blocks();
        let blocks = blocks.filter(|(_, block)| block.by == picture.members[*to].tx);
        let arrows = blocks.map(|(claim, PictureBlock { claim: by, kind, .. })| {
            tables[claim.table].arrow(claim.claim, Block { claim: by.claim, kind })
        });
        arrows.min_by(|one, other| arrow_order(one).cmp(&arrow_order(other)))
    });
    arrows.flatten().collect()
}
