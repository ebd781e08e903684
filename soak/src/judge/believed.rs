//! Who believed to hold what, and when: no two at a time whose locks exclude each other.

use std::collections::BTreeMap;

use gordian::Mode;

use crate::telling::Held;

/// Nobody is told of longer than this after it was over: a frozen process tells late, in nanoseconds.
const KEPT: u64 = 60_000_000_000;

/// Times of belief, by the first segment of the object and by their beginning.
#[derive(Default)]
pub(super) struct Believed {
    by_root: BTreeMap<String, BTreeMap<(u64, u64), Held>>,
    longest: u64,
    newest: u64,
    total: u64,
}

impl Believed {
    /// # Errors
    /// If it overlaps with one of another transaction that it excludes.
    pub(super) fn add(&mut self, held: Held) -> Result<(), String> {
        self.total += 1;
        self.longest = self.longest.max(held.to.saturating_sub(held.from));
        self.newest = self.newest.max(held.to);
        let root = held.object.split('/').next().unwrap_or_default().to_owned();
        let times = self.by_root.entry(root).or_default();
        let old = self.newest.saturating_sub(KEPT);
        while times.first_key_value().is_some_and(|(_, held)| held.to < old) {
            times.pop_first();
        }
        let may_overlap = times.range((held.from.saturating_sub(self.longest), 0)..(held.to, 0));
        let other = may_overlap.map(|(_, other)| other).find(|other| exclude(&held, other));
        let broken = other.map(|other| format!("two believed at a time: {held:?} and {other:?}"));
        times.insert((held.from, self.total), held);
        broken.map_or(Ok(()), Err)
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }
}

/// Whether two that exclude each other were believed in at a time.
fn exclude(one: &Held, other: &Held) -> bool {
    let at_a_time = one.from < other.to && other.from < one.to;
    let writes = one.mode == Mode::Write || other.mode == Mode::Write;
    one.tx != other.tx && at_a_time && writes && related(&one.object, &other.object)
}

/// Whether one is the other, or lies above it.
fn related(one: &str, other: &str) -> bool {
    let above = |high: &str, low: &str| low.strip_prefix(high).is_some_and(|rest| rest.starts_with('/'));
    one == other || above(one, other) || above(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(object: &str, mode: Mode, tx: u64, from: u64, to: u64) -> Held {
        Held { object: object.to_owned(), mode, token: 1, tx, from, to }
    }

    #[test]
    fn two_writers_at_a_time_are_found_in_any_order() {
        let mut believed = Believed::default();
        assert_eq!(believed.add(held("a", Mode::Write, 1, 10, 20)), Ok(()));
        assert_eq!(believed.add(held("a", Mode::Write, 2, 20, 30)), Ok(()));
        assert!(believed.add(held("a", Mode::Write, 3, 5, 11)).is_err());
        assert!(believed.add(held("a", Mode::Read, 4, 29, 40)).is_err());
        assert!(believed.add(held("a/b", Mode::Read, 5, 19, 20)).is_err(), "a write of what lies above excludes it");
    }

    #[test]
    fn readers_and_strangers_are_let_be() {
        let mut believed = Believed::default();
        for (tx, object) in [(1, "a"), (2, "a"), (3, "a/b")] {
            assert_eq!(believed.add(held(object, Mode::Read, tx, 10, 20)), Ok(()));
        }
        assert_eq!(believed.add(held("ab", Mode::Write, 4, 10, 20)), Ok(()));
        assert_eq!(believed.add(held("c", Mode::Write, 4, 10, 20)), Ok(()));
    }
}
