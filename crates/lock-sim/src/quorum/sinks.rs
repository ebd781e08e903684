//! The smallest part of the stuck that is stuck by itself.

use super::circle::Arrows;
use super::picture::Picture;
use super::sets::TxSet;

impl Picture {
    /// Of the sets of stuck transactions that all wait on each other and on nobody else who is stuck, the
    /// one with the oldest member. Whoever sees one of its members sees all of it.
    pub(super) fn sink(&self, stuck: TxSet) -> TxSet {
        let arrows = Arrows(stuck.iter().map(|tx| (tx, self.blockers(tx).and(stuck))).collect());
        let reach = |tx| arrows.reachable(tx);
        let is_in_a_sink = |tx: &_| reach(*tx).iter().all(|other| reach(other).contains(*tx));
        stuck.iter().find(is_in_a_sink).map_or(stuck, reach)
    }
}
