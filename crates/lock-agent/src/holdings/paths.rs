//! Which objects lie below which.

use std::collections::BTreeSet;
use std::ops::Bound;

use lock_core::Object;

/// The objects in the order of their paths; but as long as all lie at one depth, as the keys of one mutex do, no object lies below another one,
/// and nothing is kept.
#[derive(Default)]
pub(super) enum Paths {
    #[default]
    Nothing,
    Level(usize),
    Tree(BTreeSet<Object>),
}

impl Paths {
    /// One object more; `all` are those with it.
    pub(super) fn add<'o>(&mut self, object: &Object, all: impl Iterator<Item = &'o Object>) {
        match self {
            Self::Nothing => *self = Self::Level(object.depth()),
            Self::Level(depth) if *depth == object.depth() => {}
            Self::Level(_) => *self = Self::Tree(all.cloned().collect()),
            Self::Tree(tree) => drop(tree.insert(object.clone())),
        }
    }

    /// One object less; `none_left`: it was the last.
    pub(super) fn remove(&mut self, object: &Object, none_left: bool) {
        match self {
            _ if none_left => *self = Self::Nothing,
            Self::Tree(tree) => drop(tree.remove(object)),
            Self::Nothing | Self::Level(_) => {}
        }
    }

    /// Whether any may lie below another one.
    pub(super) fn is_tree(&self) -> bool {
        matches!(self, Self::Tree(_))
    }

    /// All that lie below one.
    pub(super) fn below(&self, object: &Object) -> impl Iterator<Item = &Object> {
        let tree = match self {
            Self::Tree(tree) => Some(tree),
            Self::Nothing | Self::Level(_) => None,
        };
        // In the order of texts they stand together, between "a/" and "a0": `0` comes right after `/`.
        let (from, to) = (format!("{object}/"), format!("{object}0"));
        tree.into_iter()
            .flat_map(move |tree| tree.range::<str, _>((Bound::Included(from.as_str()), Bound::Excluded(to.as_str()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn objects(texts: &[&str]) -> Vec<Object> {
        texts.iter().filter_map(|text| text.parse().ok()).collect()
    }

    #[test]
    fn what_lies_below_is_found_among_names_that_begin_alike() {
        let all = objects(&["a", "a!", "a/0", "a/b", "a/b/c", "a/~", "a0", "ab", "b/a"]);
        let mut paths = Paths::default();
        for (count, object) in all.iter().enumerate() {
            paths.add(object, all[..=count].iter());
        }
        let below: Vec<&str> = paths.below(&all[0]).map(Object::as_str).collect();
        assert_eq!(below, ["a/0", "a/b", "a/b/c", "a/~"]);
        for (count, object) in all.iter().enumerate() {
            paths.remove(object, count + 1 == all.len());
        }
        assert!(!paths.is_tree());
    }

    #[test]
    fn nothing_is_kept_of_keys_that_lie_at_one_depth() {
        let all = objects(&["m/a", "m/b"]);
        let mut paths = Paths::default();
        all.iter().for_each(|object| paths.add(object, all.iter()));
        assert!(!paths.is_tree() && paths.below(&all[0]).next().is_none());
    }
}
