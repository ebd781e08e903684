//! What the benchmark programs share: how to measure, and how to say it.
//!
//! Each program measures one system: `PROGRAM --list` names its cases, and `PROGRAM CASE SECONDS`
//! measures one and prints a JSON line for each measurement. `cargo xtask bench` builds the
//! programs, runs them in turns and makes the table.
//!
//! | File | What it tells |
//! |---|---|
//! | `cases.rs` | the command line that all programs share |
//! | `measure.rs` | rates of threads, times, resident memory |
//! | `hot.rs` | many that all want one lock |
//! | `report.rs` | the JSON lines |

mod cases;
mod hot;
mod measure;
mod report;

pub use cases::{Case, main};
pub use hot::{Had, Turns, report_turns};
pub use measure::{KEYS, keys, microseconds_since, rate, resident_bytes, runtime, seconds_since};
pub use report::report;
