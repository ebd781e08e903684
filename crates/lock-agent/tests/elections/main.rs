//! Elections over nodes in one process: who leads, who follows, and what splits and deaths do to that.

mod cluster;
#[path = "../nodes/mod.rs"]
mod nodes;
mod one_leader;
mod random_splits;
mod speaking;
mod splits;
mod workers;

use lock_agent::Timing;

const TIMING: Timing = Timing { node_timeout: 600, recovery_timeout: 1_200 };
