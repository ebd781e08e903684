//! Looks that take time: what is seen is acted upon later, when it may have changed.

use lock_core::TxId;

use super::QuorumWorld;
use super::evidence::{Evidence, WaitsOf};
use super::resolution::unseen;
use super::way_out::WayOut;

/// What became of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acted {
    /// It did not stand any more; the looker looks again.
    No,
    /// Somebody was let past another.
    Overtook { stuck: bool },
    /// Somebody gave way.
    GaveWay { aborted: bool, need: Need },
}

/// Whether somebody had to give way, judged by all that was true at that moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The victim was stuck, and order alone would not have helped.
    Real,
    /// The victim was stuck, but a change of order would have been enough.
    OrderWasEnough,
    /// The victim was not stuck.
    NotStuck,
}

impl QuorumWorld {
    /// One of those who have to look does so: it sees all that can be reached from it, at one moment.
    pub(crate) fn look(&mut self, which: usize) {
        if self.lookers.is_empty() {
            return;
        }
        let looker = self.lookers.remove(which % self.lookers.len());
        let picture = self.picture();
        let stuck = picture.stuck(self.waiters().and(picture.reachable(looker)));
        if stuck.contains(looker) {
            let way_out = self.way_out(&picture, stuck);
            let waited_for = WaitsOf::of(&picture, way_out.goes_to());
            self.evidence.push(Evidence { looker, way_out, waited_for });
        }
    }

    /// Evidence arrives, and is acted upon if it still stands. The looker looks again in any case.
    pub(crate) fn act_on_evidence(&mut self, which: usize) -> Acted {
        if self.evidence.is_empty() {
            return Acted::No;
        }
        let evidence = self.evidence.remove(which % self.evidence.len());
        let acted = match self.still_to_do(&evidence) {
            Some(way_out) => self.act(&way_out),
            None => Acted::No,
        };
        if !self.transaction(evidence.looker).is_over {
            self.has_to_look(evidence.looker);
        }
        acted
    }

    fn act(&mut self, way_out: &WayOut) -> Acted {
        match way_out {
            WayOut::GiveWay { victim, .. } => {
                let need = self.need(*victim);
                Acted::GaveWay { aborted: self.give_way(way_out), need }
            }
            WayOut::Overtake { first, .. } => {
                let stuck = self.stuck().contains(*first);
                self.give_way(way_out);
                Acted::Overtook { stuck }
            }
        }
    }

    fn need(&self, victim: TxId) -> Need {
        let picture = self.picture();
        let stuck = picture.stuck(self.waiters());
        if !stuck.contains(victim) {
            Need::NotStuck
        } else if picture.serve_over_grants(stuck).left.is_empty() {
            Need::OrderWasEnough
        } else {
            Need::Real
        }
    }

    pub(crate) fn has_lookers(&self) -> bool {
        !self.lookers.is_empty()
    }

    pub(crate) fn has_evidence(&self) -> bool {
        !self.evidence.is_empty()
    }

    /// When nothing is under way any more, nobody may be stuck.
    ///
    /// # Errors
    /// The sentence of the promise that is broken.
    pub(crate) fn nobody_is_stuck(&self) -> Result<(), String> {
        let stuck = self.stuck();
        if stuck.is_empty() { Ok(()) } else { Err(unseen(stuck)) }
    }
}
