//! The objects of a world, by number, and which of them lie above which.

use lock_core::Object;

/// An object, by its place in [`Objects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectIndex(pub(crate) usize);

/// The objects of a world; which of them are related is worked out once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    objects: Vec<Object>,
    /// For each, those that it covers: itself and those below it.
    covers: Vec<Vec<bool>>,
}

impl Objects {
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        let covered_by = |one: &Object| objects.iter().map(|other| one == other || one.is_ancestor_of(other)).collect();
        let covers = objects.iter().map(covered_by).collect();
        Self { objects, covers }
    }

    pub(crate) fn name(&self, index: ObjectIndex) -> &Object {
        &self.objects[index.0]
    }

    /// Whether a lock on the one is a lock on the other.
    pub(super) fn covers(&self, one: ObjectIndex, other: ObjectIndex) -> bool {
        self.covers[one.0][other.0]
    }

    pub(super) fn are_related(&self, one: ObjectIndex, other: ObjectIndex) -> bool {
        self.covers(one, other) || self.covers(other, one)
    }
}
