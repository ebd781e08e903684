//! Gordian, measured.
//!
//! | File | What it measures |
//! |---|---|
//! | `free.rs` | locks that are free, and transactions without one |
//! | `table_flat.rs` | a lock that is free in the pure table |
//! | `ring.rs` | deadlocks: a ring of waits |
//! | `table_ring.rs` | a ring in the pure table |
//! | `hot.rs` | many that all want one object |
//! | `keyed.rs` | a mutex for each key |
//! | `chunks.rs` | chunks of arrays |
//! | `queue.rs` | steps in a long queue of the pure table |
//! | `tree.rs` | siblings, and objects that have nothing in common |
//! | `searches.rs` | how often the waits were searched for a deadlock |

mod chunks;
mod free;
mod hot;
mod keyed;
mod queue;
mod ring;
mod searches;
mod table_flat;
mod table_ring;
mod tree;

use chunks::{chunk_free, slice};
use free::{apart, deep, empty, flat, ten};
use gordian_bench::Case;
use hot::hot;
use keyed::{keyed_free, keyed_hot, keyed_owned};
use queue::queue;
use ring::ring;
use searches::{searches_free, searches_ring, searches_wait};
use table_flat::table_flat;
use table_ring::table_ring;
use tree::tree;

fn main() {
    let cases = [
        Case { name: "flat-1", run: |time| flat("flat-1", 1, time) },
        Case { name: "flat-2", run: |time| flat("flat-2", 2, time) },
        Case { name: "ten-1", run: |time| ten("ten-1", 1, time) },
        Case { name: "ten-2", run: |time| ten("ten-2", 2, time) },
        Case { name: "deep-1", run: |time| deep("deep-1", 1, time) },
        Case { name: "deep-2", run: |time| deep("deep-2", 2, time) },
        Case { name: "apart-2", run: |time| apart("apart-2", 2, time) },
        Case { name: "table-flat", run: |time| table_flat("table-flat", "users", time) },
        Case { name: "table-deep", run: |time| table_flat("table-deep", "db/users/u", time) },
        Case { name: "empty-2", run: |time| empty("empty-2", 2, time) },
        Case { name: "ring-2", run: |time| ring("ring-2", 2, time) },
        Case { name: "ring-10", run: |time| ring("ring-10", 10, time) },
        Case { name: "ring-50", run: |time| ring("ring-50", 50, time) },
        Case { name: "table-ring-2", run: |time| table_ring("table-ring-2", 2, time) },
        Case { name: "table-ring-10", run: |time| table_ring("table-ring-10", 10, time) },
        Case { name: "table-ring-50", run: |time| table_ring("table-ring-50", 50, time) },
        Case { name: "hot-128", run: |time| hot("hot-128", 128, time) },
        Case { name: "keyed-1", run: |time| keyed_free("keyed-1", 1, time) },
        Case { name: "keyed-2", run: |time| keyed_free("keyed-2", 2, time) },
        Case { name: "keyed-128", run: |time| keyed_hot("keyed-128", 128, time) },
        Case { name: "keyed-owned", run: |time| keyed_owned("keyed-owned", time) },
        Case { name: "chunk-1", run: |time| chunk_free("chunk-1", 1, time) },
        Case { name: "slice-10k", run: |time| slice("slice-10k", time) },
        Case { name: "queue-100", run: |time| queue("queue-100", 100, time) },
        Case { name: "queue-10k", run: |time| queue("queue-10k", 10_000, time) },
        Case { name: "queue-100k", run: |time| queue("queue-100k", 100_000, time) },
        Case { name: "unrelated", run: |time| tree("unrelated", "unrelated-", time) },
        Case { name: "siblings", run: |time| tree("siblings", "parent/", time) },
        Case { name: "searches-free", run: |_| searches_free("searches-free") },
        Case { name: "searches-wait", run: |_| searches_wait("searches-wait") },
        Case { name: "searches-ring", run: |_| searches_ring("searches-ring") },
    ];
    gordian_bench::main("", &cases);
}
