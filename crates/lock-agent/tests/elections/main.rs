//! Elections over nodes in one process: who leads, who follows, and what splits and deaths do to that.

mod cluster;
mod one_leader;
mod random_splits;
mod speaking;
mod splits;
mod workers;
