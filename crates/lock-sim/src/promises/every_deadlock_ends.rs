//! Every deadlock ends: nobody is stuck for long while all nodes are there, and nobody is at the end.

use std::collections::BTreeMap;

use lock_core::TxId;

use super::Promise;
use crate::World;

/// Checks that promise. "For long" is three times the node timeout, in a world whose nodes all run and are joined, while
/// nobody acts on evidence: a tangle may take many ways out, one after the other.
#[derive(Clone, Debug, Default)]
pub struct EveryDeadlockEnds {
    since: BTreeMap<TxId, u64>,
}

impl Promise for EveryDeadlockEnds {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "every deadlock ends"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let stuck = &world.observed().stuck;
        if stuck.is_empty() || !world.observed().event.acts.is_empty() || !world.is_whole() {
            self.since.clear();
            return Ok(());
        }
        self.since.retain(|tx, _| stuck.contains(tx));
        for tx in stuck {
            self.since.entry(*tx).or_insert(world.now());
        }
        let bound = world.timing().node_timeout * 3;
        let late = self.since.iter().find(|(_, since)| world.now() > **since + bound);
        late.map_or(Ok(()), |(tx, since)| Err(format!("{tx} has been stuck since {since} ms")))
    }

    fn at_end(&mut self, world: &World) -> Result<(), String> {
        let stuck = &world.observed().stuck;
        stuck.first().map_or(Ok(()), |tx| Err(format!("{tx} is stuck at the end")))
    }
}
