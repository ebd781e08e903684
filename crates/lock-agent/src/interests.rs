//! Which calls of a transaction wait for which objects: what it means for a claim if one of them is dropped.

use std::collections::BTreeMap;

use lock_core::{ClaimChange, Object};
use parking_lot::Mutex;

/// The calls that wait, by object.
#[derive(Default)]
pub(crate) struct Interests {
    by_object: Mutex<BTreeMap<Object, Interest>>,
}

/// The calls that wait for one object.
struct Interest {
    calls: u32,
    /// Somebody relies on the claim who does not wait in a call.
    kept: bool,
    /// What taking the claim back means.
    change: ClaimChange,
}

impl Interests {
    /// One call more waits for an object, and has changed that of its claim. Not noted if it changed nothing (`at_once`: it was had before) and
    /// nobody else waits; gives whether it was noted.
    pub(crate) fn enter(&self, object: &Object, change: ClaimChange, at_once: bool) -> bool {
        let mut interests = self.by_object.lock();
        if at_once && change == ClaimChange::Nothing && !interests.contains_key(object) {
            return false; // nothing to take back, and no other call that might
        }
        let nobody = Interest { calls: 0, kept: false, change };
        let interest = interests.entry(object.clone()).or_insert(nobody);
        interest.calls += 1;
        if change == ClaimChange::New {
            // Whatever claim there was before is gone, and who relied on it.
            (interest.change, interest.kept) = (change, false);
        }
        true
    }

    /// One call less waits for an object; gives what is to be taken back if it was the last.
    pub(crate) fn leave(&self, object: &Object) -> Option<ClaimChange> {
        let mut interests = self.by_object.lock();
        let interest = interests.get_mut(object)?;
        interest.calls -= 1;
        if interest.calls > 0 {
            return None;
        }
        interests.remove(object).filter(|interest| !interest.kept).map(|interest| interest.change)
    }

    /// A claim that calls wait for is not taken back when they are dropped: somebody else relies on it.
    pub(crate) fn keep(&self, object: &Object) {
        if let Some(interest) = self.by_object.lock().get_mut(object) {
            interest.kept = true;
        }
    }
}
