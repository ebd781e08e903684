//! One victim a circle: nobody gives way for a circle that somebody gave way for before.

use lock_core::{Arrow, FarStep};

use super::Promise;
use crate::World;

/// Checks that promise. A circle is known by its arrows, with the tokens of the grants behind them; the victim is
/// a member of it.
#[derive(Debug, Default)]
pub struct OneVictim {
    broken: Vec<Vec<Arrow>>,
}

impl Promise for OneVictim {
    fn name(&self) -> &'static str {
        "one victim a circle"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        for act in &world.observed().event.acts {
            let (deadlock, tx) = (&act.evidence.deadlock, act.evidence.tx);
            if !deadlock.members().any(|member| member == tx) {
                return Err(format!("{tx} is no member: {deadlock}"));
            }
            if !matches!(act.evidence.step, FarStep::GiveWay(_)) {
                continue;
            }
            if self.broken.contains(&deadlock.circle) {
                return Err(format!("there was a victim before: {deadlock}"));
            }
            self.broken.push(deadlock.circle.clone());
        }
        Ok(())
    }
}
