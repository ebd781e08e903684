//! What can be explored.

use std::fmt;

/// One state of a world in which different things can happen next.
///
/// [`explore`](super::explore) starts from a state, lets everything happen that can, in every order, and checks
/// every state that it comes to. That ends if the world has only so many keys: bound what may happen, by a number of
/// calls a transaction, of messages, of faults, and let the bound be part of the state.
///
/// ```
/// use lock_sim::explore::{Explorable, explore};
///
/// /// Two clerks, each of whom adds one to a number that both have read, or will read.
/// #[derive(Clone)]
/// struct Counter { written: u8, read: [Option<u8>; 2], done: [bool; 2] }
///
/// impl Explorable for Counter {
///     type Action = (&'static str, usize);
///     type Key = (u8, [Option<u8>; 2], [bool; 2]);
///
///     fn actions(&self) -> Vec<Self::Action> {
///         let working = (0..2).filter(|clerk| !self.done[*clerk]);
///         working.map(|clerk| (if self.read[clerk].is_none() { "read" } else { "write" }, clerk)).collect()
///     }
///     fn apply(&mut self, (what, clerk): &Self::Action) -> Result<(), String> {
///         match self.read[*clerk] {
///             None => self.read[*clerk] = Some(self.written),
///             Some(read) => (self.written, self.done[*clerk]) = (read + 1, true),
///         }
///         Ok(())
///     }
///     fn key(&self) -> Self::Key { (self.written, self.read, self.done) }
///     fn check(&self) -> Result<(), String> {
///         if self.done == [true; 2] && self.written < 2 { Err("nothing is forgotten".into()) } else { Ok(()) }
///     }
/// }
///
/// let start = Counter { written: 0, read: [None; 2], done: [false; 2] };
/// let found = explore(&start, |_| true).counterexample.expect("they read before either writes");
/// assert_eq!(found.broken, "nothing is forgotten");
/// assert_eq!(found.actions.len(), 4);
/// ```
pub trait Explorable: Clone {
    /// What can happen.
    type Action: Clone + fmt::Debug;

    /// Equal for states from which the same can come, and nothing else need be equal about them. The fewer details
    /// it has, the fewer states there are; one detail too few, and some are never seen.
    type Key: Ord;

    /// All that can happen next, in an order that depends on nothing but the state. Nothing, if this is an end.
    fn actions(&self) -> Vec<Self::Action>;

    /// Lets it happen. What changes nothing is allowed: it leads back to the same key.
    ///
    /// # Errors
    /// The sentence of the promise that was broken on the way.
    fn apply(&mut self, action: &Self::Action) -> Result<(), String>;

    /// What tells this state from others.
    fn key(&self) -> Self::Key;

    /// Whether all promises hold in this state. Asked once a key.
    ///
    /// # Errors
    /// The sentence of the promise that is broken.
    fn check(&self) -> Result<(), String>;
}
