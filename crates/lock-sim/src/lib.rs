//! Scenario scripts for Gordian.
mod engine;
mod naive;
mod search;
mod seeded;

pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
pub use naive::{NaiveWorld, Resolution};
pub use search::{Finding, SearchReport, Tally, search_worlds};
