//! What Gordian promises, a file a promise, checked from outside: on the state of a whole world, after every event.
//!
//! A checker knows nothing of how the machines keep the promise. Each has a mutant of the rules that it catches first; see
//! `docs/guarantees.md`.

mod bounded_messages;
mod every_deadlock_ends;
mod everybody_is_served;
mod first_come;
mod line;
mod mutual_exclusion;
mod no_lost_wake_up;
mod no_phantoms;
mod nothing_leaks;
mod one_victim;
mod overtaking;
mod searches;
mod tokens_fence;
mod tokens_grow;
mod versions_grow;

use std::fmt;

use crate::World;

pub use bounded_messages::BoundedMessages;
pub use every_deadlock_ends::EveryDeadlockEnds;
pub use everybody_is_served::EverybodyIsServed;
pub use first_come::FirstCome;
pub use mutual_exclusion::MutualExclusion;
pub(crate) use mutual_exclusion::nobody_believes_what_excludes;
pub use no_lost_wake_up::NoLostWakeUp;
pub use no_phantoms::NoPhantoms;
pub use nothing_leaks::NothingLeaks;
pub use one_victim::OneVictim;
pub use overtaking::Overtaking;
pub use tokens_fence::TokensFence;
pub use tokens_grow::TokensGrow;
pub use versions_grow::VersionsGrow;

/// Something that must always be true.
pub trait Promise: fmt::Debug {
    /// What it is called in `docs/guarantees.md`.
    fn name(&self) -> &'static str;

    /// The checker with all that it has seen, once more: a world can be tried out from a state on.
    fn boxed_clone(&self) -> Box<dyn Promise>;

    /// Looks at the world after an event.
    ///
    /// # Errors
    /// A sentence that says who broke the promise, and how.
    fn after_event(&mut self, world: &World) -> Result<(), String>;

    /// What it will judge by, besides the world itself, as far as it depends on the way that led there. For worlds of which every
    /// state is seen once: two states are one only if this is the same.
    fn remembers(&self, world: &World) -> Vec<bool> {
        let _ = world;
        Vec::new()
    }

    /// Looks at a world in which everything has healed, and everybody who had all has ended.
    ///
    /// # Errors
    /// A sentence that says who broke the promise, and how.
    fn at_end(&mut self, world: &World) -> Result<(), String> {
        let _ = world;
        Ok(())
    }
}

impl Clone for Box<dyn Promise> {
    fn clone(&self) -> Self {
        self.as_ref().boxed_clone()
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub promise: &'static str,
    /// How.
    pub sentence: String,
    /// After how many events.
    pub event: u64,
    /// When, in the world's time.
    pub now: u64,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (event {}, {} ms)", self.promise, self.sentence, self.event, self.now)
    }
}

/// All promises.
pub fn all() -> Vec<Box<dyn Promise>> {
    vec![
        Box::new(MutualExclusion),
        Box::new(FirstCome::default()),
        Box::new(NoLostWakeUp::default()),
        Box::new(TokensGrow::default()),
        Box::new(TokensFence::default()),
        Box::new(VersionsGrow::default()),
        Box::new(NoPhantoms::default()),
        Box::new(Overtaking::default()),
        Box::new(OneVictim::default()),
        Box::new(BoundedMessages::default()),
        Box::new(EveryDeadlockEnds::default()),
        Box::new(EverybodyIsServed),
        Box::new(NothingLeaks),
    ]
}
