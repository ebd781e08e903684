//! After healing everybody is served.

use lock_core::Status;

use super::Promise;
use crate::World;

/// Checks that promise at the end, when whoever had all has ended.
#[derive(Debug)]
pub struct EverybodyIsServed;

impl Promise for EverybodyIsServed {
    fn name(&self) -> &'static str {
        "after healing everybody is served"
    }

    fn after_event(&mut self, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn at_end(&mut self, world: &World) -> Result<(), String> {
        let waits = |tx: &lock_core::TxId| {
            world.home(*tx).and_then(|home| home.machine.status(*tx)).is_some_and(|status| status == Status::Waiting)
        };
        let left = world.living().into_iter().find(waits);
        left.map_or(Ok(()), |tx| Err(format!("{tx} waits still")))
    }
}
