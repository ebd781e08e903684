//! One victim a circle: nobody gives way for a circle that somebody gave way for before.

use std::collections::BTreeSet;

use lock_core::{Arrow, FarStep, NodeId, Object, Token, TxId};

use super::Promise;
use crate::World;

/// Checks that promise. A circle is known by its arrows, with the tokens of the grants behind them, and by where the victim gave
/// way: different nodes may give the same tokens. The victim is a member of the circle.
#[derive(Clone, Debug, Default)]
pub struct OneVictim {
    broken: Vec<(Vec<Arrow>, TxId, BTreeSet<Grant>)>,
}

type Grant = (NodeId, Object, Token);

impl Promise for OneVictim {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "one victim a circle"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        for act in &world.observed().event.acts {
            let (deadlock, tx) = (&act.evidence.deadlock, act.evidence.tx);
            if !deadlock.members().any(|member| member == tx) {
                return Err(format!("{tx} is no member: {deadlock}"));
            }
            let FarStep::GiveWay(grants) = &act.evidence.step else { continue };
            let grants: BTreeSet<Grant> = grants.iter().cloned().collect();
            let same = |(circle, victim, given): &(Vec<Arrow>, TxId, BTreeSet<Grant>)| {
                *circle == deadlock.circle && (*victim != tx || !given.is_disjoint(&grants))
            };
            if self.broken.iter().any(same) {
                return Err(format!("there was a victim before: {deadlock}"));
            }
            self.broken.push((deadlock.circle.clone(), tx, grants));
        }
        Ok(())
    }
}
