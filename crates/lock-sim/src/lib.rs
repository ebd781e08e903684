//! Scenario scripts for Gordian.
mod engine;

pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
