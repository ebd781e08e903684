//! What transactions do, and how often.

use crate::seeded::Seeded;

/// How often each kind of action comes, in proportion. Zero: never.
///
/// ```
/// use lock_sim::Weights;
///
/// let readers = Weights { read: 90, write: 10, ..Weights::none() };
/// assert_eq!(readers.end, 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Claims an object for reading, and waits in line if need be.
    pub read: u32,
    /// Claims an object for writing.
    pub write: u32,
    /// Claims two to four objects in one atomic step.
    pub many: u32,
    /// From read to write, on an object that it claimed for reading; a read if there is none.
    pub upgrade: u32,
    /// Claims if that can be granted at once.
    pub try_lock: u32,
    /// Gives one object back, or a place in line; a read if there is none.
    pub unlock: u32,
    /// From write to read, on an object that it claimed for writing; a write if there is none.
    pub downgrade: u32,
    /// The caller learns of all that is granted so far.
    pub saw: u32,
    /// Ends the transaction; another one begins in its place.
    pub end: u32,
    /// Its program dies; another one begins in its place.
    pub drop: u32,
    /// Time passes: up to a second.
    pub advance: u32,
}

/// A kind of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Read,
    Write,
    Many,
    Upgrade,
    Try,
    Unlock,
    Downgrade,
    Saw,
    End,
    Drop,
}

impl Default for Weights {
    /// Busy programs in which everything happens: two locks in three actions, an end in ten.
    fn default() -> Self {
        Self {
            read: 30,
            write: 25,
            many: 6,
            upgrade: 5,
            try_lock: 6,
            unlock: 6,
            downgrade: 2,
            saw: 8,
            end: 10,
            drop: 1,
            advance: 1,
        }
    }
}

impl Weights {
    /// Nothing ever: to begin with, when only some kinds are wanted.
    pub fn none() -> Self {
        Self {
            read: 0,
            write: 0,
            many: 0,
            upgrade: 0,
            try_lock: 0,
            unlock: 0,
            downgrade: 0,
            saw: 0,
            end: 0,
            drop: 0,
            advance: 0,
        }
    }

    /// `None`: time passes.
    fn rows(self) -> [(Option<Kind>, u32); 11] {
        [
            (Some(Kind::Read), self.read),
            (Some(Kind::Write), self.write),
            (Some(Kind::Many), self.many),
            (Some(Kind::Upgrade), self.upgrade),
            (Some(Kind::Try), self.try_lock),
            (Some(Kind::Unlock), self.unlock),
            (Some(Kind::Downgrade), self.downgrade),
            (Some(Kind::Saw), self.saw),
            (Some(Kind::End), self.end),
            (Some(Kind::Drop), self.drop),
            (None, self.advance),
        ]
    }

    pub(super) fn total(self) -> u64 {
        self.rows().iter().map(|(_, weight)| u64::from(*weight)).sum()
    }

    /// A kind, as often as its weight says, or `None` if time passes; the total must not be zero.
    pub(super) fn choose(self, random: &mut Seeded) -> Option<Kind> {
        let mut left = random.next() % self.total();
        for (kind, weight) in self.rows() {
            if left < u64::from(weight) {
                return kind;
            }
            left -= u64::from(weight);
        }
        unreachable!("what is left is smaller than the total")
    }
}
