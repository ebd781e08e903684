//! Whose turn it is: the one choice that the seed makes.

use std::collections::BTreeMap;

use crate::seeded::Seeded;

/// Chooses among the ready. One seed in two picks anybody each time; the others give every task a rank, let the
/// first in rank go on, and put it last now and then: so that a task is also left far behind for long.
pub(super) struct Choice {
    random: Seeded,
    ranks: Option<Ranks>,
}

#[derive(Default)]
struct Ranks {
    of: BTreeMap<usize, Rank>,
    /// How often somebody was put last.
    fallen: u64,
}

/// Who is greater goes first: anybody who was never put last, then who was put last the longest ago.
type Rank = (std::cmp::Reverse<u64>, u64);

/// A task that is first in rank is put last about once in so many turns.
const TURNS_IN_FRONT: usize = 8;

impl Choice {
    pub(super) fn new(seed: u64) -> Self {
        let mut random = Seeded::new(seed);
        let ranks = (random.below(2) == 1).then(Ranks::default);
        Self { random, ranks }
    }

    /// One of these; `None` if there is none.
    pub(super) fn among(&mut self, ready: &[usize]) -> Option<usize> {
        let Self { random, ranks } = self;
        let Some(ranks) = ranks else {
            return (!ready.is_empty()).then(|| ready[random.below(ready.len())]);
        };
        for task in ready {
            ranks.of.entry(*task).or_insert_with(|| (std::cmp::Reverse(0), random.next()));
        }
        let first = ready.iter().copied().max_by_key(|task| ranks.of[task])?;
        if random.below(TURNS_IN_FRONT) == 0 {
            ranks.fallen += 1;
            ranks.of.insert(first, (std::cmp::Reverse(ranks.fallen), 0));
        }
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::Choice;

    #[test]
    fn everybody_who_stays_ready_has_a_turn_in_time() {
        for seed in 0..50 {
            let mut choice = Choice::new(seed);
            let chosen: BTreeSet<_> = (0..200).filter_map(|_| choice.among(&[2, 3, 5, 7])).collect();
            assert_eq!(chosen, BTreeSet::from([2, 3, 5, 7]), "seed {seed}");
        }
        assert_eq!(Choice::new(0).among(&[]), None);
    }

    #[test]
    fn the_seed_decides() {
        let row = |seed| {
            let mut choice = Choice::new(seed);
            (0..20).filter_map(|_| choice.among(&[0, 1, 2])).collect::<Vec<_>>()
        };
        assert_eq!(row(3), row(3));
        let different: BTreeSet<_> = (0..20).map(row).collect();
        assert!(different.len() > 15, "{different:?}");
    }
}
