//! Nobody surrenders, aborts or is let past another without a deadlock.

use super::Promise;
use super::searches::Searches;
use crate::World;

/// Checks that promise: whoever acts on evidence was really stuck at some moment between the beginning of the look that
/// found it and the act. What is really so is worked out without the search.
#[derive(Clone, Debug, Default)]
pub struct NoPhantoms {
    searches: Searches,
}

impl Promise for NoPhantoms {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "no phantoms"
    }

    fn remembers(&self, world: &World) -> Vec<bool> {
        self.searches.remembers(world.observed())
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let was_stuck = |act: &&crate::Act| self.searches.was_stuck(act, &act.truth.stuck());
        let phantom = observed.event.acts.iter().find(|act| !was_stuck(act));
        let found = phantom.map_or(Ok(()), |act| Err(format!("nobody was stuck: {}", act.evidence.deadlock)));
        self.searches.follow(observed, &observed.stuck);
        found
    }
}
