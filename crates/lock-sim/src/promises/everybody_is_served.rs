//! After healing everybody is served.

use super::Promise;
use crate::{TxStatus, World};

/// Checks that promise at the end, when whoever had all has ended.
#[derive(Clone, Debug)]
pub struct EverybodyIsServed;

impl Promise for EverybodyIsServed {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "after healing everybody is served"
    }

    fn after_event(&mut self, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn at_end(&mut self, world: &World) -> Result<(), String> {
        let left = world.living().into_iter().find(|tx| world.status_of(*tx) == TxStatus::Waiting);
        let Some((tx, home)) = left.and_then(|tx| Some((tx, world.home(tx)?))) else { return Ok(()) };
        let unmet = home.machine.claims(tx).into_iter().filter(|claim| claim.wanted.is_some());
        let unmet: Vec<String> = unmet.map(|claim| claim.object.to_string()).collect();
        Err(format!("{tx} waits still, for {}", unmet.join(", ")))
    }
}
