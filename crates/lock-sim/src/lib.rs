//! Scenario scripts for Gordian.
mod engine;
mod naive;
mod seeded;

pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
pub use naive::{NaiveWorld, Resolution};
