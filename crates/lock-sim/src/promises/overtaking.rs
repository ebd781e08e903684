//! Where only order stands in the way, nobody has to give anything up.

use lock_core::FarStep;

use super::Promise;
use super::searches::Searches;
use crate::{Act, World};

/// Checks that promise: whoever gives way was stuck at some moment since the look began even with order laid aside, by what
/// others have and nothing else.
#[derive(Clone, Debug, Default)]
pub struct Overtaking {
    searches: Searches,
}

impl Promise for Overtaking {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "overtaking whenever it suffices"
    }

    fn remembers(&self, world: &World) -> Vec<bool> {
        self.searches.remembers(world.observed())
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let needless = |act: &&Act| !self.searches.was_stuck(act, &act.truth.hard_stuck());
        let giving_way = observed.event.acts.iter().filter(|act| matches!(act.evidence.step, FarStep::GiveWay(_)));
        let found = giving_way
            .filter(needless)
            .map(|act| format!("only order was in the way: {}", act.evidence.deadlock))
            .next();
        self.searches.follow(observed, &observed.hard_stuck);
        found.map_or(Ok(()), Err)
    }
}
