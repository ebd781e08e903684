//! The end of a world: all that is under way arrives, and whoever has all ends, again and again.

use lock_core::TxId;

use super::life::Life;
use super::script::{Step, Timing};
use crate::quorum::QuorumAction;

impl Life {
    /// That others end puts nobody into a deadlock, so nobody gives way from here on.
    pub(super) fn drain(&mut self) -> Result<(), String> {
        self.come_to_rest()?;
        let before = (self.tally.victims, self.tally.overtakings);
        let find = |life: &Self, is: &dyn Fn(TxId) -> bool| life.world.everybody().find(|tx| is(*tx));
        while let Some(tx) = find(self, &|tx| self.world.has_all(tx)) {
            self.step(&Step::Act(tx, QuorumAction::End))?;
            self.come_to_rest()?;
        }
        if let Some(tx) = find(self, &|tx| self.world.is_waiting(tx)) {
            return Err(format!("everybody is served, but {tx} still waits at the end"));
        }
        if (self.tally.victims, self.tally.overtakings) != before {
            return Err("ends resolve, but one brought about a deadlock".to_owned());
        }
        Ok(())
    }

    /// Lets all that is under way arrive. Then nobody may be stuck.
    fn come_to_rest(&mut self) -> Result<(), String> {
        /// More than this means that locks are passed round for ever.
        const MOST: usize = 5_000;
        for _ in 0..MOST {
            if self.world.has_unanswered() {
                self.step(&Step::Answer(0))?;
            } else if self.world.has_evidence() {
                self.step(&Step::Deliver(0))?;
            } else if self.world.has_lookers() && self.timing != Timing::AtOnce {
                self.step(&Step::Look(0))?;
            } else {
                return self.world.nobody_is_stuck();
            }
        }
        Err("every resolution ends, but one went on and on".to_owned())
    }
}
