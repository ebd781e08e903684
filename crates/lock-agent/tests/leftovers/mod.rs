//! What must not be left behind: claims in the tables, transactions that the node knows, broken promises.

use lock_agent::Locks;

/// Nobody has or wants anything, and the node has forgotten everybody.
pub(crate) fn nothing_is_left(locks: &Locks) {
    let node = locks.node().expect("a node in this process alone");
    assert_eq!((locks.status().claims, node.party_count()), (0, 0));
    node.check().expect("promises hold");
}
