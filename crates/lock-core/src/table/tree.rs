//! Entries as a tree, and the intention modes counted on the way up.

use std::hash::BuildHasher;

use super::records::{Branch, Entry, NONE, Slot, Tally, WaitQueue};
use super::{LockTable, slot};
use crate::{Mode, Object};

/// Where an object is, or would be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Location {
    /// Its entry, if it has one.
    pub(super) entry: Option<Slot>,
    /// The nearest ancestor that has an entry, or [`NONE`].
    pub(super) above: Slot,
    /// The hash of the object.
    hash: u64,
}

impl Location {
    /// The object's entry or the nearest one above it, or [`NONE`].
    pub(super) fn lowest(self) -> Slot {
        self.entry.unwrap_or(self.above)
    }
}

impl LockTable {
    pub(super) fn locate(&self, object: &Object) -> Location {
        let hash = self.hasher.hash_one(object.as_str());
        if let Some(entry) = self.find_by(hash, object.as_str()) {
            return Location { entry: Some(entry), above: self.entry(entry).parent, hash };
        }
        let above = object.ancestors().find_map(|text| self.find(text)).unwrap_or(NONE);
        Location { entry: None, above, hash }
    }

    /// Where an entry is.
    pub(super) fn location_of(&self, entry: Slot) -> Location {
        Location { entry: Some(entry), above: self.entry(entry).parent, hash: 0 }
    }

    /// The object's entry, made with all entries above it if it has none yet.
    pub(super) fn entry_at(&mut self, object: &Object, location: Location) -> Slot {
        if let Some(entry) = location.entry {
            return entry;
        }
        let mut parent = location.above;
        let known = if parent == NONE { 0 } else { self.entry(parent).object.as_str().len() };
        let missing = object.as_str().bytes().enumerate().skip(known + 1);
        for (end, _) in missing.filter(|(_, byte)| *byte == b'/') {
            let above = &object.as_str()[..end];
            parent = self.insert_entry(self.hasher.hash_one(above), Object::trusted(above), parent);
        }
        self.insert_entry(location.hash, object.clone(), parent)
    }

    fn insert_entry(&mut self, hash: u64, object: Object, parent: Slot) -> Slot {
        let entry = slot(self.entries.insert(Entry {
            object,
            parent,
            next_sibling: NONE,
            prev_sibling: NONE,
            granted: NONE,
            queue: WaitQueue::default(),
            branch: None,
        }));
        let (entries, hasher) = (&self.entries, &self.hasher);
        self.entry_index.insert_unique(hash, entry, |slot| hasher.hash_one(entries[*slot as usize].object.as_str()));
        if parent != NONE {
            self.adopt(parent, entry);
        }
        entry
    }

    fn adopt(&mut self, parent: Slot, child: Slot) {
        let branch = self.entry_mut(parent).branch.get_or_insert_with(|| {
            Box::new(Branch { first_child: NONE, granted: Tally::default(), waiting: Tally::default() })
        });
        let next = std::mem::replace(&mut branch.first_child, child);
        self.entry_mut(child).next_sibling = next;
        if next != NONE {
            self.entry_mut(next).prev_sibling = child;
        }
    }

    /// Removes an entry that holds nothing any more, and those above it that it kept alive.
    pub(super) fn prune(&mut self, mut at: Slot) {
        while let Some(entry) = self.entries.get(at as usize) {
            if entry.granted != NONE || !entry.queue.is_empty() || entry.branch.is_some() {
                return;
            }
            let entry = self.entries.remove(at as usize);
            let hash = self.hasher.hash_one(entry.object.as_str());
            if let Ok(found) = self.entry_index.find_entry(hash, |slot| *slot == at) {
                found.remove();
            }
            if entry.parent == NONE {
                return;
            }
            self.disown(&entry);
            at = entry.parent;
        }
    }

    fn disown(&mut self, child: &Entry) {
        if child.next_sibling != NONE {
            self.entry_mut(child.next_sibling).prev_sibling = child.prev_sibling;
        }
        if child.prev_sibling != NONE {
            self.entry_mut(child.prev_sibling).next_sibling = child.next_sibling;
            return;
        }
        let parent = self.entry_mut(child.parent);
        if child.next_sibling == NONE {
            parent.branch = None;
        } else if let Some(branch) = &mut parent.branch {
            branch.first_child = child.next_sibling;
        }
    }

    /// Takes note, on every entry above, that a grant below changed from one mode to another.
    pub(super) fn count_granted(&mut self, entry: Slot, from: Option<Mode>, to: Option<Mode>) {
        self.count(entry, from, to, |branch| &mut branch.granted);
    }

    /// The same for a waiting claim.
    pub(super) fn count_waiting(&mut self, entry: Slot, from: Option<Mode>, to: Option<Mode>) {
        self.count(entry, from, to, |branch| &mut branch.waiting);
    }

    fn count(&mut self, entry: Slot, from: Option<Mode>, to: Option<Mode>, tally: fn(&mut Branch) -> &mut Tally) {
        let mut above = self.entry(entry).parent;
        while above != NONE {
            let entry = self.entry_mut(above);
            above = entry.parent;
            let branch = entry.branch.as_mut().expect("an entry with a child has a branch");
            if let Some(mode) = from {
                *tally(branch).of_mut(mode) -= 1;
            }
            if let Some(mode) = to {
                *tally(branch).of_mut(mode) += 1;
            }
        }
    }

    /// An entry and all above it; none for [`NONE`].
    pub(super) fn upwards_from(&self, entry: Slot) -> impl Iterator<Item = Slot> {
        let some = |slot: Slot| (slot != NONE).then_some(slot);
        std::iter::successors(some(entry), move |at| some(self.entry(*at).parent))
    }

    /// All entries below, except those under which `skip` says that there is nothing to find.
    pub(super) fn below<'a>(
        &'a self,
        entry: Slot,
        skip: impl Fn(&Branch) -> bool + 'a,
    ) -> impl Iterator<Item = Slot> + 'a {
        let mut open = Vec::new();
        let children = move |at: Slot| match &self.entry(at).branch {
            Some(branch) if !skip(branch) => branch.first_child,
            _ => NONE,
        };
        let first = children(entry);
        if first != NONE {
            open.push(first);
        }
        std::iter::from_fn(move || {
            let at = open.pop()?;
            let next = self.entry(at).next_sibling;
            if next != NONE {
                open.push(next);
            }
            let child = children(at);
            if child != NONE {
                open.push(child);
            }
            Some(at)
        })
    }
}
