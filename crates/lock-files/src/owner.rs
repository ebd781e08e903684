//! Who may come in again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::guard::Tenure;

/// One line of work, that is let in again where it already is.
///
/// A lock that is asked for with [`Request::owner`](crate::Request::owner) is had at once if the same owner has it already, in the same
/// mode or for writing; it is released when the last of the guards is dropped. Everybody else waits, whatever their thread or user.
/// Clones are the same owner.
///
/// ```
/// use lock_files::{DirLocks, Mode, Owner};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let data = std::env::temp_dir().join("lock-files-owner");
/// # std::fs::create_dir_all(&data)?;
/// let locks = DirLocks::open(&data)?;
/// let import = Owner::new();
/// let outer = locks.ask("scan1", Mode::Write).owner(&import).lock()?;
/// let inner = locks.ask("scan1", Mode::Read).owner(&import).lock()?; // already has more
/// assert!(locks.try_lock("scan1", Mode::Read).is_err()); // another owner, though the same thread and user
/// # drop((outer, inner));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Owner(u64);

impl Owner {
    /// One that is nobody else.
    #[allow(clippy::new_without_default)] // a default that differs each time would surprise
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// What owners have.
#[derive(Debug, Default)]
pub(crate) struct Owned(Mutex<HashMap<(Owner, String), Weak<Tenure>>>);

impl Owned {
    pub(crate) fn find(&self, owner: &Owner, stem: &str) -> Option<Arc<Tenure>> {
        self.0.lock().get(&(owner.clone(), stem.to_owned()))?.upgrade()
    }

    pub(crate) fn insert(&self, owner: Owner, stem: &str, tenure: &Arc<Tenure>) {
        self.0.lock().insert((owner, stem.to_owned()), Arc::downgrade(tenure));
    }

    /// Forgets a tenure that is over, unless the owner has another one by now.
    pub(crate) fn forget(&self, owner: &Owner, stem: &str) {
        let mut tenures = self.0.lock();
        let key = (owner.clone(), stem.to_owned());
        if tenures.get(&key).is_some_and(|tenure| tenure.strong_count() == 0) {
            tenures.remove(&key);
        }
    }
}
