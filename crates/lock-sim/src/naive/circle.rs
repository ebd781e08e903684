//! Which circle of arrows is named, where there are many.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::TxId;

use super::arrows::Arrows;

impl Arrows {
    /// The canonical circle: the shortest; among those, the one whose members are smallest when they stand in
    /// the order of the arrows with the oldest first. Nothing if there is no circle.
    pub(super) fn canonical_circle(&self, members: &BTreeSet<TxId>) -> Option<Vec<TxId>> {
        let circles = members.iter().filter_map(|oldest| self.circle_from(*oldest, members));
        circles.min_by_key(|circle| (circle.len(), circle.clone()))
    }

    /// The smallest of the shortest circles in which this member is the oldest.
    fn circle_from(&self, oldest: TxId, members: &BTreeSet<TxId>) -> Option<Vec<TxId>> {
        let younger: BTreeSet<TxId> = members.range(oldest..).copied().collect();
        self.way(oldest, oldest, &younger)
    }

    /// The shortest circle that goes over one arrow, the oldest member first; of several the one that goes on
    /// from there by the oldest.
    pub(super) fn circle_over(&self, from: TxId, to: TxId, members: &BTreeSet<TxId>) -> Vec<TxId> {
        let mut circle = self.way(to, from, members).expect("the arrow lies on a circle");
        circle.push(from);
        let oldest = circle.iter().enumerate().min_by_key(|(_, tx)| **tx).map_or(0, |(at, _)| at);
        circle.rotate_left(oldest);
        circle
    }

    /// The smallest of the shortest ways from one to another, the last one left out.
    fn way(&self, from: TxId, to: TxId, members: &BTreeSet<TxId>) -> Option<Vec<TxId>> {
        let steps = self.steps_to(to, members);
        let mut way = vec![from];
        let mut here = from;
        loop {
            let nearest = self.blockers(here).filter_map(|next| Some((*steps.get(&next)?, next))).min()?.1;
            if nearest == to {
                return Some(way);
            }
            way.push(nearest);
            here = nearest;
        }
    }

    /// How many arrows lie between each member and the goal, for those who can reach it.
    fn steps_to(&self, goal: TxId, members: &BTreeSet<TxId>) -> BTreeMap<TxId, usize> {
        let mut steps = BTreeMap::from([(goal, 0)]);
        for distance in 1..=members.len() {
            let behind = |tx: &TxId| self.blockers(*tx).any(|next| steps.get(&next) == Some(&(distance - 1)));
            let found: Vec<_> = members.iter().copied().filter(|tx| !steps.contains_key(tx) && behind(tx)).collect();
            steps.extend(found.into_iter().map(|tx| (tx, distance)));
        }
        steps
    }
}
