//! Which engines there are, and how one is made.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::{ActorNode, Engine, NaiveWorld, PureNode, Scenario, World, WorldOptions, needs_many_nodes, promises};

/// What a scenario can run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// The pure machines in virtual time.
    #[default]
    Sim,
    /// Real lock servers and agents in this process.
    Actors,
    /// One process a node.
    Cluster,
    /// The rules written down as plainly as can be, to compare with.
    Naive,
}

/// A word that names no engine.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no engine is called `{0}`; there are sim, actors, cluster and naive")]
pub struct UnknownEngine(pub String);

/// An engine that is planned and not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the engine `{0}` is not there yet")]
pub struct EngineMissing(pub EngineKind);

/// Makes an engine in which nothing has happened yet.
///
/// # Errors
/// That engine is not there yet.
pub fn engine_for(kind: EngineKind) -> Result<Box<dyn Engine>, EngineMissing> {
    match kind {
        EngineKind::Naive => Ok(Box::new(NaiveWorld::default())),
        EngineKind::Sim => Ok(Box::new(PureNode::default())),
        EngineKind::Actors => Ok(Box::new(ActorNode::default())),
        EngineKind::Cluster => Err(EngineMissing(kind)),
    }
}

/// Makes the engine that a scenario runs on: one with many nodes, if it has them and the scenario needs them.
///
/// # Errors
/// That engine is not there yet.
pub fn engine_for_scenario(kind: EngineKind, scenario: &Scenario, seed: u64) -> Result<Box<dyn Engine>, EngineMissing> {
    if kind == EngineKind::Sim && needs_many_nodes(scenario).is_some() {
        let mut world = World::new(WorldOptions::new(scenario.nodes.iter().cloned()), seed);
        world.watch_over(promises::all());
        return Ok(Box::new(world));
    }
    engine_for(kind)
}

impl EngineKind {
    /// Whether scenarios of many nodes can run on it.
    pub fn has_many_nodes(self) -> bool {
        self == Self::Sim
    }

    /// Its name, as the command line takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sim => "sim",
            Self::Actors => "actors",
            Self::Cluster => "cluster",
            Self::Naive => "naive",
        }
    }
}

impl fmt::Display for EngineKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EngineKind {
    type Err = UnknownEngine;

    fn from_str(name: &str) -> Result<Self, UnknownEngine> {
        let all = [Self::Sim, Self::Actors, Self::Cluster, Self::Naive];
        all.into_iter().find(|kind| kind.name() == name).ok_or_else(|| UnknownEngine(name.to_owned()))
    }
}
