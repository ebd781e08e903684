//! What a node is like, without numbers that only tell how much has happened before: for telling apart the states that
//! different things can come of.
//!
//! Questions, looks, stamps, tokens, places and messages are numbered one after the other. How large those
//! numbers are decides nothing: two states that differ in that alone go on alike, step by step. Of most
//! of them it only matters which are the same; of some also which is the older one. So a shape has, instead of a number,
//! how many others of its series stand before it: in the shape, or in age. Times are written as they are from now on.
//!
//! Left out is what nothing depends on: what callers are owed as news, counters, and since when
//! somebody waits; and, where time stands still, what was not acknowledged yet: it can only be repeated as time passes.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};

use crate::{Millis, NodeId, TxId};

/// Numbers that are given one after the other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// What a transaction's home asked of nodes. It matters which is older.
    Questions(TxId),
    /// The looks of a node. It matters which is older.
    Looks(NodeId),
    /// What one node said to another. It matters which is older.
    Messages(NodeId, NodeId),
    /// The states of a transaction.
    Stamps(TxId),
    /// The grants of a node.
    Tokens(NodeId),
    /// The places in the lines of a node.
    Places(NodeId),
}

impl Series {
    fn is_ordered(&self) -> bool {
        matches!(self, Self::Questions(..) | Self::Looks(_) | Self::Messages(..))
    }
}

/// Takes down what a state is like.
#[derive(Clone, Debug)]
pub struct ShapeWriter {
    pub(super) now: Millis,
    pub(super) time_goes_on: bool,
    pub(super) claims_come: bool,
    text: Text,
    numbers: Vec<(usize, Series, u64)>,
}

/// Whatever can be hashed, as it is.
#[derive(Clone, Debug, Default)]
struct Text(Vec<u8>);

impl Hasher for Text {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        self.0.len() as u64
    }
}

impl ShapeWriter {
    /// Nothing yet. `now` is what the clocks of all nodes show. What matters only as time passes, or to claims that are still to
    /// come, is left out where there is none of that.
    pub fn new(now: Millis, time_goes_on: bool, claims_come: bool) -> Self {
        Self { now, time_goes_on, claims_come, text: Text::default(), numbers: Vec::new() }
    }

    /// Something that is what it is.
    pub fn plain(&mut self, what: &(impl Hash + ?Sized)) {
        what.hash(&mut self.text);
    }

    /// A number of a series.
    pub fn number(&mut self, series: Series, number: u64) {
        self.numbers.push((self.text.0.len(), series, number));
        self.plain(&0_u16);
    }

    /// Several of a kind.
    pub fn each<T>(&mut self, all: impl IntoIterator<Item = T>, mut write: impl FnMut(&mut Self, T)) {
        for one in all {
            self.plain(&true);
            write(self, one);
        }
        self.plain(&false);
    }

    /// A moment, by how far off it is.
    pub(super) fn time(&mut self, at: impl Into<Option<Millis>>) {
        let at: Option<Millis> = at.into();
        self.plain(&at.map(|at| at.0.wrapping_sub(self.now.0)));
    }

    /// What was taken down: the same for states that go on alike.
    ///
    /// # Panics
    /// If a series has more than 65,536 numbers: that is no small world.
    pub fn finish(mut self) -> Vec<u8> {
        let mut ordered: BTreeMap<&Series, BTreeSet<u64>> = BTreeMap::new();
        let mut in_turn: BTreeMap<&Series, Vec<u64>> = BTreeMap::new();
        for (_, series, number) in &self.numbers {
            if series.is_ordered() {
                ordered.entry(series).or_default().insert(*number);
            }
        }
        for (at, series, number) in &self.numbers {
            let before = if let Some(all) = ordered.get(series) {
                all.range(..number).count()
            } else {
                let seen = in_turn.entry(series).or_default();
                seen.iter().position(|other| other == number).unwrap_or_else(|| {
                    seen.push(*number);
                    seen.len() - 1
                })
            };
            let before = u16::try_from(before).expect("a small world has few numbers");
            self.text.0[*at..*at + 2].copy_from_slice(&before.to_le_bytes());
        }
        self.text.0
    }
}
