//! Which circle of arrows is named, where there are many.

use std::collections::BTreeMap;

use lock_core::TxId;

use super::sets::TxSet;

/// From each transaction to those it waits on.
#[derive(Clone, Debug, Default)]
pub(super) struct Arrows(pub(super) BTreeMap<TxId, TxSet>);

impl Arrows {
    pub(super) fn from(&self, tx: TxId) -> TxSet {
        self.0.get(&tx).copied().unwrap_or_default()
    }

    pub(super) fn reachable(&self, from: TxId) -> TxSet {
        let mut reached = self.from(from);
        loop {
            let further = reached.iter().fold(reached, |all, tx| all.or(self.from(tx)));
            if further == reached {
                return reached;
            }
            reached = further;
        }
    }

    /// The canonical circle: the shortest; among those, the one whose members are smallest when they stand in
    /// the order of the arrows with the oldest first. Nothing if there is no circle.
    pub(super) fn canonical_circle(&self, members: TxSet) -> Option<Vec<TxId>> {
        let circles = members.iter().filter_map(|oldest| self.way(oldest, oldest, members.from(oldest)));
        circles.min_by_key(|circle| (circle.len(), circle.clone()))
    }

    /// The smallest of the shortest ways from one to another, the last one left out.
    pub(super) fn way(&self, from: TxId, to: TxId, members: TxSet) -> Option<Vec<TxId>> {
        let steps = self.steps_to(to, members);
        let mut way = vec![from];
        let mut here = from;
        loop {
            let nearest = self.from(here).iter().filter_map(|next| Some((*steps.get(&next)?, next))).min()?.1;
            if nearest == to {
                return Some(way);
            }
            way.push(nearest);
            here = nearest;
        }
    }

    /// How many arrows lie between each member and the goal, for those who can reach it.
    fn steps_to(&self, goal: TxId, members: TxSet) -> BTreeMap<TxId, usize> {
        let mut steps = BTreeMap::from([(goal, 0)]);
        let (mut near, mut known) = (TxSet::of(goal), TxSet::of(goal));
        for distance in 1..=members.len() {
            let next: TxSet = members.without(known).iter().filter(|tx| self.from(*tx).meets(near)).collect();
            steps.extend(next.iter().map(|tx| (tx, distance)));
            (near, known) = (next, known.or(next));
        }
        steps
    }
}

/// The arrows of a circle, from the first member on: who waits on whom.
pub(super) fn ends(circle: &[TxId]) -> impl Iterator<Item = (TxId, TxId)> {
    circle.iter().copied().zip(circle.iter().copied().cycle().skip(1))
}
