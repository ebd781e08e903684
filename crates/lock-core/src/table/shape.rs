//! What a table is like, without numbers: for comparing tables, and for telling apart what may come of them.

use super::LockTable;
use super::records::Slot;
use crate::{Mode, Object, Tokens, TxId};

/// All that decides how a table goes on. Tokens, versions and times are left out: nothing that is granted, and
/// to whom, depends on how large they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableShape {
    /// Every claim, by transaction and object.
    pub claims: Vec<ClaimShape>,
    /// Of two waiting claims that may get in each other's way, by their positions in `claims`: the first stands
    /// before the second in line.
    pub line: Vec<(usize, usize)>,
    /// Those of which the first goes ahead nevertheless, although it stands behind: turned pairs.
    pub turned: Vec<(usize, usize)>,
}

/// One claim, without numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimShape {
    /// Whose.
    pub tx: TxId,
    /// Of what.
    pub object: Object,
    /// The mode that it has.
    pub granted: Option<Mode>,
    /// Whether the caller was told of that grant.
    pub told: bool,
    /// The mode that it waits for.
    pub wanted: Option<Mode>,
}

impl ClaimShape {
    /// Whether both wait, and could be in each other's way if they wanted enough: the order of others means nothing.
    pub fn may_meet(&self, other: &Self) -> bool {
        let wait = self.wanted.is_some() && other.wanted.is_some();
        wait && self.tx != other.tx && self.object.is_related_to(&other.object)
    }
}

impl LockTable {
    /// What the table is like now. Tables of the same shape go on alike.
    pub fn shape(&self) -> TableShape {
        let mut claims: Vec<(ClaimShape, Slot)> = self
            .claims
            .iter()
            .map(|(index, _)| super::slot(index))
            .map(|claim| (self.shape_of(claim), claim))
            .collect();
        claims.sort_unstable();
        let pairs = || {
            let all = (0..claims.len()).flat_map(|one| (0..claims.len()).map(move |other| (one, other)));
            all.filter(|(one, other)| claims[*one].0.may_meet(&claims[*other].0))
        };
        let slots = |(one, other): &(usize, usize)| (claims[*one].1, claims[*other].1);
        let stands_before = |pair: &(usize, usize)| {
            let (one, other) = slots(pair);
            self.record(one).place < self.record(other).place
        };
        TableShape {
            line: pairs().filter(stands_before).collect(),
            turned: pairs().filter(|pair| self.turned.contains(&slots(pair))).collect(),
            claims: claims.into_iter().map(|(shape, _)| shape).collect(),
        }
    }

    fn shape_of(&self, claim: Slot) -> ClaimShape {
        let record = self.record(claim);
        ClaimShape {
            tx: self.txs[record.tx as usize].id,
            object: self.entry(record.entry).object.clone(),
            granted: record.granted,
            told: record.told,
            wanted: record.wanted,
        }
    }

    /// The same table once more, to try out what comes of it. It counts its tokens on by itself, from `tokens`:
    /// those of the copies of all tables of a node, see [`Tokens::fork`].
    pub fn fork(&self, tokens: Tokens) -> Self {
        Self {
            entries: self.entries.clone(),
            claims: self.claims.clone(),
            txs: self.txs.clone(),
            entry_index: self.entry_index.clone(),
            tx_index: self.tx_index.clone(),
            hasher: self.hasher.clone(),
            incarnation: self.incarnation,
            tokens,
            version: self.version,
            turned: self.turned.clone(),
            freed: self.freed.clone(),
            grantable: self.grantable.clone(),
            waiting: self.waiting,
            facts: self.facts.clone(),
            watches: self.watches.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ask, Incarnation, Millis, TxProfile};

    fn ask(table: &mut LockTable, tx: u64, object: &str, mode: Mode) {
        let object = object.parse().expect("an object");
        table.request(&TxProfile::new(TxId(tx)), &object, mode, Ask::WAIT, || Millis(0)).expect("may wait");
    }

    #[test]
    fn a_fork_goes_on_by_itself_and_a_shape_knows_no_numbers() {
        let tokens = Tokens::starting_at(Incarnation(0));
        let mut table = LockTable::new(Incarnation(0), tokens.clone(), 0);
        ask(&mut table, 1, "a", Mode::Write);
        ask(&mut table, 2, "a/b", Mode::Read);
        let mut fork = table.fork(tokens.fork());
        assert_eq!(fork.shape(), table.shape());
        ask(&mut fork, 3, "a", Mode::Write);
        assert_eq!((fork.shape().claims.len(), table.shape().claims.len()), (3, 2));
        assert_eq!(fork.shape().line, [(1, 2)], "the reader stands before the second writer");
        fork.remove(TxId(3));
        ask(&mut fork, 4, "z", Mode::Read);
        fork.remove(TxId(4));
        assert_eq!(fork.shape(), table.shape(), "only numbers are larger now");
        assert!(fork.version() > table.version());
        fork.check().expect("every promise holds");
    }
}
