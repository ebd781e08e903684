//! Watchers: told of each change of an object or a subtree, holding nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::LockTable;
use super::records::Slot;
use super::view::{HolderView, WaiterView};
use crate::{Fact, Object, Version};

/// A watch, as its owner numbered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WatchId(pub u64);

/// How much a watch covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Exactly the object.
    Object,
    /// The object and all below it.
    Subtree,
}

/// What a watched object is after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The object that changed.
    pub object: Object,
    /// The table's version after the change.
    pub version: Version,
    /// Who has it now.
    pub holders: Vec<HolderView>,
    /// Who waits for it now, in line.
    pub waiters: Vec<WaiterView>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Watches {
    by_object: BTreeMap<Object, BTreeMap<WatchId, Scope>>,
    changed: BTreeSet<Object>,
}

impl LockTable {
    /// Tells of each change of holders or waiters from now on, as [`Fact::Changed`].
    pub fn watch(&mut self, watch: WatchId, object: Object, scope: Scope) {
        self.watches.by_object.entry(object).or_default().insert(watch, scope);
    }

    /// Ends a watch; `false` if there was none.
    pub fn unwatch(&mut self, watch: WatchId, object: &Object) -> bool {
        let Some(watches) = self.watches.by_object.get_mut(object) else { return false };
        let removed = watches.remove(&watch).is_some();
        if watches.is_empty() {
            self.watches.by_object.remove(object);
        }
        removed
    }

    /// Takes note that something changed on an entry.
    #[inline]
    pub(super) fn note_change(&mut self, entry: Slot) {
        if !self.watches.by_object.is_empty() {
            let object = self.entry(entry).object.clone();
            self.watches.changed.insert(object);
        }
    }

    /// Tells the watchers of what changed in this step, one event an object.
    #[inline]
    pub(super) fn tell_watchers(&mut self) {
        if !self.watches.changed.is_empty() {
            self.tell_watchers_of_changes();
        }
    }

    fn tell_watchers_of_changes(&mut self) {
        for object in std::mem::take(&mut self.watches.changed) {
            let mut told: Vec<WatchId> = Vec::new();
            let above = object.ancestors().map(|text| (text, Scope::Subtree));
            for (text, least) in std::iter::once((object.as_str(), Scope::Object)).chain(above) {
                let watches = self.watches.by_object.get(text).into_iter().flatten();
                told.extend(watches.filter(|(_, scope)| **scope >= least).map(|(watch, _)| *watch));
            }
            for watch in told {
                let change = self.change_of(&object);
                self.facts.push(Fact::Changed { watch, change });
            }
        }
    }

    fn change_of(&self, object: &Object) -> Change {
        Change {
            object: object.clone(),
            version: self.version(),
            holders: self.holders(object),
            waiters: self.waiters(object),
        }
    }
}
