//! Carrying a way out through, and looking again until nobody is stuck.

use lock_core::TxId;

use super::QuorumWorld;
use super::sets::TxSet;
use super::way_out::WayOut;

/// What it took until nobody was stuck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Took {
    /// How often somebody gave way or was overtaken.
    pub rounds: usize,
    /// How often somebody surrendered or aborted.
    pub victims: usize,
    /// How many of them aborted.
    pub aborts: usize,
}

impl QuorumWorld {
    /// Looks from all who have to, and then from all that a resolution touches, the last touched first.
    ///
    /// # Errors
    /// The sentence of the promise that is broken: it went on and on, or a deadlock is seen by nobody.
    pub(crate) fn resolve(&mut self) -> Result<Took, String> {
        let mut took = Took::default();
        let mut lookers = self.take_lookers();
        loop {
            let picture = self.picture();
            let stuck = picture.stuck(self.waiters());
            let Some(looker) = lookers.iter().copied().find(|tx| stuck.contains(*tx)) else {
                return if stuck.is_empty() { Ok(took) } else { Err(unseen(stuck)) };
            };
            if took.rounds > self.most_rounds() {
                return Err("every resolution ends, but one went on and on".to_owned());
            }
            let way_out = self.way_out(&picture, stuck.and(picture.reachable(looker)));
            took.rounds += 1;
            took.victims += usize::from(matches!(way_out, WayOut::GiveWay { .. }));
            took.aborts += usize::from(self.give_way(&way_out));
            let touched = self.take_lookers();
            lookers.retain(|tx| !touched.contains(tx));
            lookers.splice(0..0, touched);
        }
    }

    /// More rounds than this at once mean that locks are passed round for ever.
    fn most_rounds(&self) -> usize {
        4 * self.transactions.len().pow(2) + 16
    }

    /// Does as the way out says; tells whether somebody aborted.
    pub(super) fn give_way(&mut self, way_out: &WayOut) -> bool {
        let aborts = self.would_rather_abort(way_out);
        match way_out {
            WayOut::GiveWay { victim, .. } if aborts => {
                self.leave(*victim);
            }
            WayOut::GiveWay { grants, .. } => {
                let grants: Vec<_> = grants.iter().map(|given| given.grant).collect();
                self.requeue(&grants);
            }
            WayOut::Overtake { first, second, pairs } => {
                for (ahead, behind) in pairs {
                    self.turn(ahead.id, behind.id);
                }
                self.has_to_look(*first);
                self.has_to_look(*second);
            }
        }
        self.settle();
        aborts
    }

    /// Whether the victim's caller wants an error rather than lose what it was told of.
    fn would_rather_abort(&self, way_out: &WayOut) -> bool {
        let WayOut::GiveWay { victim, grants } = way_out else {
            return false;
        };
        let told = |id| self.node_claim(id).and_then(|claim| claim.granted).is_some_and(|grant| grant.told);
        self.transaction(*victim).options.abort_on_deadlock && grants.iter().any(|given| told(given.grant))
    }

    /// Everybody who is stuck, all over the nodes.
    pub(super) fn stuck(&self) -> TxSet {
        self.picture().stuck(self.waiters())
    }
}

pub(super) fn unseen(stuck: TxSet) -> String {
    let stuck: Vec<TxId> = stuck.iter().collect();
    format!("every deadlock is seen by a look, but nobody saw that {stuck:?} are stuck")
}
