//! A node of three, and two peers that say whatever they like: it never panics, every promise of its table holds after
//! each frame, and what it keeps stays bounded and is gone when they are.

#![no_main]

mod node;
mod said;

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use node::Besieged;
use said::{Address, Saying};

/// More steps than this only make a case slow.
const MOST_STEPS: usize = 120;

#[derive(Arbitrary, Debug)]
enum Step {
    /// A peer says something, as its links would.
    Says { peer: bool, address: Address, saying: Saying },
    /// A peer sends bytes.
    Bytes { peer: bool, bytes: Vec<u8> },
    /// A peer that is not part of the cluster sends bytes.
    Stranger { bytes: Vec<u8> },
    /// A peer greets anew, in a new life.
    Greets { peer: bool, restarted: bool },
    /// The process of a peer is known to be gone.
    Gone { peer: bool },
    /// A transaction that lives here claims.
    Locks { tx: u8, object: u8, write: bool, nodes: u8, require: u8, tries: bool },
    /// A transaction that lives here does something else.
    Does { tx: u8, object: u8, what: u8 },
    /// So many milliseconds pass.
    Passes(u16),
}

#[derive(Arbitrary, Debug)]
struct Life {
    incarnation: u16,
    /// The peers have greeted, and the node is not recovering.
    joined: bool,
    options: [u8; 4],
    steps: Vec<Step>,
}

fuzz_target!(|life: Life| {
    let mut node = Besieged::new(life.incarnation, life.options);
    if life.joined {
        node.everybody_greets();
    }
    for step in life.steps.into_iter().take(MOST_STEPS) {
        match step {
            Step::Says { peer, address, saying } => node.says(peer, &address, saying),
            Step::Bytes { peer, bytes } => node.bytes(peer, &bytes),
            Step::Stranger { bytes } => node.stranger(&bytes),
            Step::Greets { peer, restarted } => node.greets(peer, restarted),
            Step::Gone { peer } => node.gone(peer),
            Step::Locks { tx, object, write, nodes, require, tries } => {
                node.locks(tx, object, write, nodes, require, tries);
            }
            Step::Does { tx, object, what } => node.does(tx, object, what),
            Step::Passes(ms) => node.passes(u64::from(ms)),
        }
        node.check();
    }
    node.everybody_leaves();
});
