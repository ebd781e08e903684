//! Gordian, measured.
//!
//! | File | What it measures |
//! |---|---|
//! | `table_ring.rs` | a ring in the pure table |
//! | `queue.rs` | steps in a long queue of the pure table |

mod queue;
mod table_ring;

use gordian_bench::Case;
use queue::queue;
use table_ring::table_ring;

fn main() {
    let cases = [
        Case { name: "table-ring-2", run: |time| table_ring("table-ring-2", 2, time) },
        Case { name: "table-ring-10", run: |time| table_ring("table-ring-10", 10, time) },
        Case { name: "table-ring-50", run: |time| table_ring("table-ring-50", 50, time) },
        Case { name: "queue-100", run: |time| queue("queue-100", 100, time) },
        Case { name: "queue-10k", run: |time| queue("queue-10k", 10_000, time) },
        Case { name: "queue-100k", run: |time| queue("queue-100k", 100_000, time) },
    ];
    gordian_bench::main(env!("CARGO_PKG_VERSION"), &cases);
}
