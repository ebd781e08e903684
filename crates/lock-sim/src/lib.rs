//! Scenario scripts for Gordian.
mod engine;
mod naive;
mod pure;
mod seeded;
mod workload;

pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
pub use naive::{NaiveWorld, Resolution};
pub use pure::PureNode;
pub use workload::{Workload, random_actions};
