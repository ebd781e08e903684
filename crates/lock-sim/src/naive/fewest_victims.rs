//! How few would have had to give way: found by trying everything.

use std::collections::BTreeSet;

use lock_core::TxId;

use super::NaiveWorld;

impl NaiveWorld {
    /// The fewest transactions that must let go so that all who are stuck now can finish, if
    /// overtaking costs nothing.
    ///
    /// Who lets go of all that it has is waited on by nobody over a hard arrow. So the others finish
    /// in the end if, and only if, no hard circle is left among them; and then it does so too.
    pub fn fewest_victims(&self) -> usize {
        let arrows = self.arrows();
        let stuck = self.stuck(&arrows);
        let hard = arrows.hard();
        let finish = |victims: &BTreeSet<TxId>| hard.serve(&stuck - victims).left.is_empty();
        (0..=stuck.len()).find(|number| some_subset(&stuck, *number, &finish)).unwrap_or(0)
    }
}

/// Whether some subset with that many members does.
fn some_subset(of: &BTreeSet<TxId>, members: usize, does: &impl Fn(&BTreeSet<TxId>) -> bool) -> bool {
    let numbered: Vec<TxId> = of.iter().copied().collect();
    (0..1_u32 << numbered.len()).filter(|bits| bits.count_ones() as usize == members).any(|bits| {
        let chosen = (0..).zip(&numbered).filter(|(place, _)| bits >> place & 1 == 1);
        does(&chosen.map(|(_, tx)| *tx).collect())
    })
}
