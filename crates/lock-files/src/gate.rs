//! The files that a lock goes through, in order.

/// One of the files of an id, each locked in the mode that is asked for.
///
/// 1. The *turnstile* is locked only until the next gate is passed. Who waits at the next gate keeps it, so a writer that waits for readers
///    keeps later readers behind itself.
/// 2. *Ours* is locked as long as the lock lasts. Only these locks use it, and nobody unlinks it while it may be in use: among
///    ours it excludes on its own.
/// 3. *Everyone's* is the file that plantdb locks as well. A plantdb unlinks it at its release, so it alone would not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Gate {
    Turnstile,
    Ours,
    Everyones,
}

impl Gate {
    /// How the name of its file ends.
    pub(crate) const fn ending(self) -> &'static str {
        match self {
            Self::Turnstile => ".turn",
            Self::Ours => ".held",
            Self::Everyones => ".lock",
        }
    }
}

/// How the name of the file ends that says who has the lock.
pub(crate) const INFO: &str = ".info";
