//! Looking again and again, until nobody is stuck.

use lock_core::{Mode, Object, TxId, WayOut};

use super::NaiveWorld;
use super::arrows::Arrows;
use super::claim::ClaimId;
use super::world::Life;

/// What it took until nobody was stuck.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resolution {
    /// How often somebody gave way or was overtaken.
    pub rounds: usize,
    /// How often somebody surrendered or aborted.
    pub victims: usize,
}

impl NaiveWorld {
    /// Looks from one transaction, and then from all that a resolution touches, the last touched first.
    pub(super) fn resolve_from(&mut self, looker: TxId) -> Resolution {
        let mut lookers = vec![looker];
        let mut took = Resolution::default();
        loop {
            let arrows = self.arrows();
            let stuck = self.stuck(&arrows);
            let Some(looker) = lookers.iter().copied().find(|tx| stuck.contains(tx)) else {
                assert!(stuck.is_empty(), "a deadlock that nobody sees: {stuck:?}");
                return took;
            };
            if took.rounds >= self.most_rounds() {
                self.endless = true;
                return took;
            }
            let seen = &stuck & &arrows.reachable(looker);
            let deadlock = self.way_out(&seen, &arrows);
            took.rounds += 1;
            took.victims += usize::from(deadlock.way_out.victim().is_some());
            let touched = self.give_way(&deadlock.way_out, &arrows);
            lookers.retain(|tx| !touched.contains(tx));
            lookers.splice(0..0, touched);
            self.deadlocks.push(deadlock);
        }
    }

    /// More rounds than this for one action mean that locks are passed round for ever.
    fn most_rounds(&self) -> usize {
        4 * self.transactions.len().pow(2) + 16
    }

    /// Does as the way out says; tells whose arrows are new.
    fn give_way(&mut self, way_out: &WayOut, arrows: &Arrows) -> Vec<TxId> {
        let touched = match way_out {
            WayOut::Surrender { victim, objects } => {
                self.requeue(*victim, objects);
                vec![*victim]
            }
            WayOut::Abort { victim } => {
                self.leave(*victim, Life::Aborted);
                vec![*victim]
            }
            WayOut::Overtaking { first, second } => {
                for pair in arrows.pairs(*first, *second) {
                    self.turn(ClaimId::new(*first, &pair.wants), ClaimId::new(*second, &pair.blocking));
                }
                vec![*first, *second]
            }
        };
        self.settle();
        touched
    }

    /// Sends grants back to the end of the line, all at once, each with the strongest mode had or wanted.
    pub(super) fn requeue(&mut self, tx: TxId, objects: &[Object]) {
        let mut again: Vec<(ClaimId, Option<Mode>)> = Vec::new();
        for object in objects {
            let id = ClaimId::new(tx, object);
            let claim = self.claims.get(&id);
            let had = claim.and_then(|claim| claim.granted).map(|grant| grant.mode);
            let wanted = claim.and_then(|claim| claim.waiting).map(|wait| wait.mode);
            self.withdraw(&id);
            again.push((id, had.max(wanted)));
        }
        for (id, mode) in again {
            if let Some(mode) = mode {
                self.line_up(&id, mode);
            }
        }
    }
}
