//! Nothing is kept when nobody has or wants anything any more.

use lock_core::Kept;

use super::Promise;
use crate::World;

/// Checks that promise at the end, when everybody has ended: tables are empty, and no node keeps guests, looks, requests or
/// messages.
#[derive(Clone, Debug)]
pub struct NothingLeaks;

impl Promise for NothingLeaks {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "nothing leaks"
    }

    fn after_event(&mut self, _: &World) -> Result<(), String> {
        Ok(())
    }

    fn at_end(&mut self, world: &World) -> Result<(), String> {
        for (name, process) in world.processes() {
            if !process.table.is_empty() {
                let txs: Vec<_> = process.table.transactions().iter().map(ToString::to_string).collect();
                return Err(format!("{name} keeps {} claims, of {}", process.table.len(), txs.join(", ")));
            }
            let kept = process.machine.kept();
            if kept != Kept::default() {
                return Err(format!("{name} keeps {kept:?}"));
            }
        }
        Ok(())
    }
}
