//! Reading the waits from tables: who can be reached along the arrows.

use std::ops::Deref;

use hashbrown::HashSet;

use super::picture::{ClaimRef, NodeWait, Picture, PictureBlock, Unmet};
use crate::table::{Seen, hash_of};
use crate::{LockTable, TxId};

/// All that can be reached along the arrows from a transaction, and whether a way leads back to it.
pub(super) fn reach<T: Deref<Target = LockTable>>(tables: &[T], start: TxId) -> (Picture, bool) {
    let mut picture = Picture::new();
    picture.meet(start);
    let mut comes_back = false;
    follow_arrows(tables, &mut picture, |blocker| comes_back |= blocker == start);
    (picture, comes_back)
}

/// Whether so many wait that all arrows among them may be too many to look at for nothing.
pub(super) fn is_crowded<T: Deref<Target = LockTable>>(tables: &[T]) -> bool {
    const MANY: usize = 64;
    tables.iter().map(|table| table.waiting()).sum::<usize>() > MANY
}

/// Whether a way along the arrows may lead back to a transaction. Unlike [`reach`] it passes every claim once, not
/// once for each that waits behind it.
pub(super) fn leads_back<T: Deref<Target = LockTable>>(tables: &[T], start: TxId) -> bool {
    let mut seen: Vec<Seen> = tables.iter().map(|_| Seen::default()).collect();
    let mut met = HashSet::with_hasher(foldhash::fast::FixedState::default());
    let mut open: Vec<TxId> = Vec::new();
    for table in tables {
        let _ = table.any_blocker(start, |blocker| {
            open.extend(met.insert(blocker).then_some(blocker));
            false
        });
    }
    while let Some(tx) = open.pop() {
        let hash = hash_of(tx);
        for (table, seen) in tables.iter().zip(&mut seen) {
            table.each_new_blocker(tx, hash, seen, |blocker| open.extend(met.insert(blocker).then_some(blocker)));
        }
        if met.contains(&start) {
            return true;
        }
    }
    false
}

/// All who wait, and whom they wait for.
pub(super) fn reach_everybody<T: Deref<Target = LockTable>>(tables: &[T]) -> Picture {
    let mut picture = Picture::new();
    for tx in tables.iter().flat_map(|table| table.waiting_transactions()) {
        picture.meet(tx);
    }
    follow_arrows(tables, &mut picture, |_| ());
    picture
}

/// Adds whomever the members wait for, and whomever these wait for, and so on.
fn follow_arrows<T: Deref<Target = LockTable>>(tables: &[T], picture: &mut Picture, mut meets: impl FnMut(TxId)) {
    let mut next = 0;
    while let Some(member) = picture.members.get(next) {
        let (tx, first_block) = (member.tx, picture.blocks.len());
        let hash = hash_of(tx);
        for (index, table) in (0..).zip(tables) {
            let mut last = None;
            let standing = table.each_block_of(tx, hash, |claim, block| {
                if last != Some(claim) {
                    last = Some(claim);
                    // On one node each claim needs its one grant.
                    picture.unmet.push(Unmet { member: next, missing: 1 });
                    let claim = ClaimRef { table: index, claim };
                    picture.waits.push(NodeWait { unmet: picture.unmet.len() - 1, claim });
                }
                let blocker = table.owner(block.claim);
                meets(blocker);
                let (wait, by) = (picture.waits.len() - 1, picture.meet(blocker));
                let claim = ClaimRef { table: index, claim: block.claim };
                picture.blocks.push(PictureBlock { wait, by, claim, kind: block.kind });
            });
            if let Some((priority, told)) = standing {
                let member = &mut picture.members[next];
                (member.priority, member.told) = (priority, member.told || told);
            }
        }
        picture.members[next].blocks = first_block..picture.blocks.len();
        next += 1;
    }
}
