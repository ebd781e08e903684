//! Who gives way: a function of the stuck transactions alone.

use std::collections::BTreeSet;

use lock_core::{Arrow, ArrowKind, Deadlock, Object, TxId, WayOut};

use super::NaiveWorld;
use super::arrows::Arrows;
use super::claim::ClaimId;

impl NaiveWorld {
    /// The way out that all who see the same stuck transactions name.
    ///
    /// It is computed on one sink of them, which every looker within it sees alike.
    /// First, order is laid aside: who would be stuck if only grants stood in the way?
    pub(super) fn way_out(&self, stuck: &BTreeSet<TxId>, arrows: &Arrows) -> Deadlock {
        let stuck = &arrows.among(stuck).sink(stuck);
        let arrows = arrows.among(stuck);
        let hard = arrows.hard();
        let served = hard.serve(stuck.clone());
        if let Some(circle) = hard.canonical_circle(&served.left) {
            self.somebody_gives_way(&circle, &arrows)
        } else {
            somebody_overtakes(&served.line, &arrows)
        }
    }

    /// Each member holds what the one before it waits for: one of them must let go.
    fn somebody_gives_way(&self, circle: &[TxId], arrows: &Arrows) -> Deadlock {
        let victim = circle.iter().copied().min_by_key(|tx| self.readiness_to_give_way(*tx));
        let victim = victim.expect("a circle has members");
        let before = ends(circle).find(|(_, blocker)| *blocker == victim).map(|(waiter, _)| waiter);
        let before = before.expect("each member of a circle has one before it");
        let objects: BTreeSet<Object> = grants_in_the_way(arrows.pairs(before, victim)).cloned().collect();
        let way_out = if self.would_rather_abort(victim, &objects) {
            WayOut::Abort { victim }
        } else {
            WayOut::Surrender { victim, objects: objects.into_iter().collect() }
        };
        Deadlock { circle: explain(circle, arrows), way_out }
    }

    /// Smaller gives way first: by priority, then whose caller knows of nothing it has, then the youngest.
    fn readiness_to_give_way(&self, tx: TxId) -> (i32, bool, std::cmp::Reverse<TxId>) {
        let priority = self.transactions.get(&tx).map_or(0, |transaction| transaction.options.priority);
        let told = self.claims_of(tx).any(|(_, claim)| claim.granted.is_some_and(|grant| grant.told));
        (priority, told, std::cmp::Reverse(tx))
    }

    fn would_rather_abort(&self, tx: TxId, objects: &BTreeSet<Object>) -> bool {
        let told = |object: &Object| {
            let claim = self.claims.get(&ClaimId::new(tx, object));
            claim.and_then(|claim| claim.granted).is_some_and(|grant| grant.told)
        };
        self.transactions.get(&tx).is_some_and(|transaction| transaction.options.abort_on_deadlock)
            && objects.iter().any(told)
    }
}

/// Only order stands in the way: who points up the line is let past the one it points at. Of all such arrows
/// that lie on a circle, the one that starts first in the line is turned; of several, the one at the oldest.
///
/// Everybody was served over hard arrows, so these point down the line, no claim waits by a
/// hard arrow on one later in the line, and on one node none has to be left out here.
fn somebody_overtakes(line: &[TxId], arrows: &Arrows) -> Deadlock {
    let place = |tx: TxId| line.iter().position(|other| *other == tx);
    let turned = line.iter().find_map(|first| {
        let points_up = |second: &TxId| place(*first) < place(*second) && arrows.reachable(*second).contains(first);
        Some((*first, arrows.blockers(*first).find(points_up)?))
    });
    let (first, second) = turned.expect("a circle points up somewhere, and hard arrows do not");
    let circle = arrows.circle_over(first, second, &line.iter().copied().collect());
    Deadlock { circle: explain(&circle, arrows), way_out: WayOut::Overtaking { first, second } }
}

/// The arrows of a circle, from the first member on: who waits on whom.
fn ends(circle: &[TxId]) -> impl Iterator<Item = (TxId, TxId)> {
    circle.iter().copied().zip(circle.iter().copied().cycle().skip(1))
}

fn grants_in_the_way(pairs: &[Arrow]) -> impl Iterator<Item = &Object> {
    pairs.iter().filter(|pair| pair.kind == ArrowKind::Hard).map(|pair| &pair.blocking)
}

fn explain(circle: &[TxId], arrows: &Arrows) -> Vec<Arrow> {
    ends(circle).filter_map(|(waiter, blocker)| arrows.pairs(waiter, blocker).first().cloned()).collect()
}
