//! Every state once.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Counterexample, Explorable};

/// How far an exploration came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Explored {
    /// How many states there are, by their keys.
    pub states: u64,
    /// How many steps led from one of them to one.
    pub steps: u64,
    /// In how many of them nothing can happen any more.
    pub ends: u64,
    /// The most steps from the start to a state, on the way that was taken.
    pub deepest: usize,
}

/// What came of an exploration.
#[derive(Clone, Debug)]
pub struct Exploration<A> {
    /// How far it came.
    pub explored: Explored,
    /// Whether all states were seen: not if it was told to stop, nor if a promise was broken.
    pub is_complete: bool,
    /// The first way to a broken promise, made short.
    pub counterexample: Option<Counterexample<A>>,
}

/// Lets everything happen that can, in every order, and checks each state once.
///
/// Goes deep first, so only the states on the way are kept whole; of the others only the keys. `go_on` is shown
/// how far it came, now and then, and may stop it. A rule that breaks down with a panic is a broken promise like any
/// other.
pub fn explore<W: Explorable>(start: &W, go_on: impl FnMut(&Explored) -> bool) -> Exploration<W::Action> {
    let mut explorer = Explorer { seen: BTreeSet::new(), way: Vec::new(), explored: Explored::default(), go_on };
    let outcome = explorer.run(start);
    let counterexample = match &outcome {
        Err(Stop::Broken(broken)) => {
            let actions = explorer.way.iter().filter_map(|crossing| crossing.taken.clone()).collect();
            Some(Counterexample { actions, broken: broken.clone() }.shortened(start))
        }
        _ => None,
    };
    Exploration { explored: explorer.explored, is_complete: outcome.is_ok(), counterexample }
}

/// A state on the way, and what can happen there and has not yet.
struct Crossing<W: Explorable> {
    state: W,
    open: Vec<W::Action>,
    taken: Option<W::Action>,
}

struct Explorer<W: Explorable, G> {
    seen: BTreeSet<W::Key>,
    way: Vec<Crossing<W>>,
    explored: Explored,
    go_on: G,
}

enum Stop {
    Told,
    Broken(String),
}

impl<W: Explorable, G: FnMut(&Explored) -> bool> Explorer<W, G> {
    fn run(&mut self, start: &W) -> Result<(), Stop> {
        self.arrive(start.clone())?;
        while let Some(crossing) = self.way.last_mut() {
            crossing.taken = crossing.open.pop();
            let Some(action) = &crossing.taken else {
                self.way.pop();
                continue;
            };
            let mut state = crossing.state.clone();
            guarded(|| state.apply(action)).map_err(Stop::Broken)?;
            self.explored.steps += 1;
            self.arrive(state)?;
        }
        Ok(())
    }

    /// Checks a state that was not seen before, and goes on from there.
    fn arrive(&mut self, state: W) -> Result<(), Stop> {
        if !self.seen.insert(state.key()) {
            return Ok(());
        }
        guarded(|| state.check()).map_err(Stop::Broken)?;
        let mut open = state.actions();
        open.reverse();
        self.explored.states += 1;
        self.explored.ends += u64::from(open.is_empty());
        self.explored.deepest = self.explored.deepest.max(self.way.len());
        self.way.push(Crossing { state, open, taken: None });
        let asks = self.explored.states.is_multiple_of(1_000);
        if asks && !(self.go_on)(&self.explored) { Err(Stop::Told) } else { Ok(()) }
    }
}

/// A panic is a broken promise; its text is the sentence.
pub(super) fn guarded(does: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(does)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(text.unwrap_or_else(|| "a rule broke down".to_owned()))
    })
}
