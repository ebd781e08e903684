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
//! | [`Cluster`] | many nodes in a Rust test: transactions, faults, demands |
//! | [`World`] | what it runs on: a cluster of nodes, with faults, in virtual time |
//! | [`ActorNode`] | the same rules as programs meet them: a real node, real transactions |
//! | `real` | many real nodes, in this process or in one each |
//! | [`NaiveWorld`] | the rules of one node, as plainly as can be |
//! | [`run`], [`Report`], [`Failure`] | how it is carried out and judged |
//! | [`generate`], [`live`], [`shrink`] | random lives of clusters, and how a failing one is made small |
//! | [`explore`] | all lives of a small world, not only random ones |
//! | [`Entry`] | the transcript, as JSON lines |
//! | [`scenario!`], [`SeenDeadlocks`] | scenario text in a Rust test, and what a test demands |
//! | [`read_deadlock`], [`reproduce`] | from a deadlock in a log to a scenario in which it happens again |
//! | [`Mix`], [`Keys`], [`Weights`] | random workloads from a seed |
//! | [`interleavings`], [`Tasks`] | how a program's own locking code runs in every order that a seed can choose |
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
mod acting;
mod actors;
mod cluster;
mod drain;
mod engine;
mod engines;
mod expectation;
mod explanation;
pub mod explore;
mod failure;
mod many_nodes;
mod naive;
mod names;
mod node_shape;
mod parse;
mod picture;
pub mod promises;
mod pure;
mod quorum;
mod quorum_search;
mod real;
mod reproduce;
mod runner;
mod scenario;
mod schedule;
mod search;
mod seeded;
mod seen_deadlocks;
mod standing;
mod story;
pub mod timeline;
mod transcript;
mod trial;
mod workload;
mod world;

pub use actors::ActorNode;
pub use cluster::{Cluster, Want};
pub use engine::{Action, Engine, Refusal, TxOptions, TxStatus};
#[cfg(target_os = "linux")]
pub use engines::cluster_of;
pub use engines::{EngineKind, EngineMissing, UnknownEngine, engine_for, engine_for_scenario};
pub use explanation::{UnreadableDeadlock, read_deadlock};
pub use failure::Failure;
pub use many_nodes::{ManyNodes, needs_many_nodes};
pub use naive::{NaiveWorld, Resolution};
pub use names::Names;
pub use node_shape::NodeShape;
pub use parse::{LoadError, MAX_FILE_BYTES, MAX_LINES, ParseError};
pub use picture::draw;
pub use pure::PureNode;
pub use quorum::{Check, QuorumWorld, Rules, Scope, Surplus, Took, Turning};
pub use quorum_search::{Broken, QuorumReport, QuorumTally, Timing, search_quorum_worlds};
#[cfg(target_os = "linux")]
pub use real::serve_node;
pub use reproduce::{NotReproducible, reproduce};
pub use runner::{Report, run, run_with_timeline};
pub use scenario::{Begin, Claim, Command, DeadlockLike, Expectation, Fault, Scenario, Step, Together};
pub use schedule::{
    Cause, Counterexample, Explored, Holds, Interleavings, Life, SEED_VARIABLE, Schedule, Spawned, Tasks, Turn,
    interleavings, replay,
};
pub use search::{Finding, Script, ScriptStep, SearchReport, Tally, search_worlds};
pub use seen_deadlocks::SeenDeadlocks;
pub use standing::Standing;
pub use story::run_text;
pub use timeline::{Happening, Mark, Moment, MomentEnd, Span, Timeline};
pub use transcript::{Entry, Outcome};
pub use trial::{Profile, TrialFailure, TrialReport, UnknownProfile, generate, live, shrink, trace};
pub use workload::{Keys, LifeReport, Mix, RandomLife, RandomStep, Weights, Workload, random_actions};
pub use world::{Act, Deed, Due, Event, Grant, Met, NodeView, Observed, Truth, Waits, Weather, World, WorldOptions};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The code of the guide is compiled and run with the tests.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guides/reproduce-a-deadlock.md")]
struct Guide;
