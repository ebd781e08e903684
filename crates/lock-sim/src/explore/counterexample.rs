//! The way to a broken promise.

use super::Explorable;
use super::explorer::guarded;

/// What has to happen for a promise to be broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<A> {
    /// What happens, from the start on.
    pub actions: Vec<A>,
    /// The sentence of the broken promise.
    pub broken: String,
}

impl<A: Clone> Counterexample<A> {
    /// Leaves out whatever is not needed for some promise to be broken.
    pub(super) fn shortened<W: Explorable<Action = A>>(mut self, start: &W) -> Self {
        while let Some(shorter) = (0..self.actions.len()).find_map(|index| self.without(index, start)) {
            self = shorter;
        }
        self
    }

    fn without<W: Explorable<Action = A>>(&self, index: usize, start: &W) -> Option<Self> {
        let mut actions = self.actions.clone();
        actions.remove(index);
        let mut state = start.clone();
        for (at, action) in actions.iter().enumerate() {
            if let Err(broken) = guarded(|| state.apply(action).and_then(|()| state.check())) {
                actions.truncate(at + 1);
                return Some(Self { actions, broken });
            }
        }
        None
    }
}
