//! Scenario scripts for Gordian: text files that tell what transactions do and what must be true.
//!
//! A script is read into a [`Scenario`] and [`run`] on any [`Engine`]; the [`Report`] says what
//! happened, step by step, and what did not hold.
//!
//! | Read | to learn |
//! |---|---|
//! | [`Scenario`], [`Command`], [`Expectation`] | what a file can say |
//! | [`ParseError`] | how a wrong file is reported |
//! | [`Engine`], [`Action`] | what a scenario runs on |
//! | [`PureNode`] | the rules of one node, as they are used |
//! | [`ActorNode`] | the same rules as programs meet them: a real node, real transactions |
//! | [`NaiveWorld`] | the rules of one node, as plainly as can be |
//! | [`run`], [`Report`], [`Failure`] | how it is carried out and judged |
//! | [`Entry`] | the transcript, as JSON lines |
//! | [`run_with_timeline`], [`Timeline`], [`draw`] | who held and waited for what, and when; as a picture |
//!
//! ```
//! use lock_sim::Scenario;
//! let scenario = Scenario::parse("hello", "# One writer has it.\ntx t1\nlock t1 a write\nexpect t1 has-all")?;
//! assert_eq!(scenario.rule, "One writer has it.");
//! let wrong = Scenario::parse("hello", "lock t1 a write").unwrap_err();
//! assert_eq!(wrong.to_string(), "hello:1: found `t1`, expected a transaction that has been begun");
//! # Ok::<(), lock_sim::ParseError>(())
//! ```
#![warn(missing_docs)]
mod actors;
mod drain;
mod engine;
mod engines;
mod expectation;
mod failure;
mod many_nodes;
mod naive;
mod names;
mod parse;
mod picture;
mod pure;
mod runner;
mod scenario;
mod search;
mod seeded;
mod standing;
mod timeline;
mod transcript;
mod workload;

pub use actors::ActorNode;
pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
pub use engines::{EngineKind, EngineMissing, UnknownEngine, engine_for};
pub use failure::Failure;
pub use many_nodes::{ManyNodes, needs_many_nodes};
pub use naive::{NaiveWorld, Resolution};
pub use names::Names;
pub use parse::{LoadError, MAX_FILE_BYTES, MAX_LINES, ParseError};
pub use picture::draw;
pub use pure::PureNode;
pub use runner::{Report, run, run_with_timeline};
pub use scenario::{Begin, Claim, Command, DeadlockLike, Expectation, Fault, Scenario, Step, Together};
pub use search::{Finding, SearchReport, Tally, search_worlds};
pub use standing::Standing;
pub use timeline::{Happening, Life, Mark, Moment, MomentEnd, Span, Timeline};
pub use transcript::{Entry, Outcome};
pub use workload::{Workload, random_actions};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
