//! Which stories are not the same on real nodes as in the simulator, and why.

/// A story that is something else on real nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inexact {
    /// Its file, from the folder of the stories.
    pub story: &'static str,
    /// Why.
    pub reason: &'static str,
}

/// All of them.
pub const INEXACT: &[Inexact] = &[];
