//! Which engines there are, and how one is made.

use std::fmt;
use std::str::FromStr;

use lock_core::{NodeId, Object, Timing};
use thiserror::Error;

use crate::real::{InProcess, RealNodes};
#[cfg(target_os = "linux")]
use crate::real::{Processes, Trouble, program};
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

/// An engine that cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the engine `{engine}` cannot be had: {why}")]
pub struct EngineMissing {
    /// Which.
    pub engine: EngineKind,
    /// Why not.
    pub why: String,
}

/// Makes an engine of one node, `n1`, in which nothing has happened yet.
///
/// # Errors
/// That engine cannot be had here.
pub fn engine_for(kind: EngineKind) -> Result<Box<dyn Engine>, EngineMissing> {
    match kind {
        EngineKind::Naive => Ok(Box::new(NaiveWorld::default())),
        EngineKind::Sim => Ok(Box::new(PureNode::default())),
        EngineKind::Actors => Ok(Box::new(ActorNode::default())),
        EngineKind::Cluster => cluster(&[NodeId::new("n1")], Vec::new()),
    }
}

/// Makes the engine that a scenario runs on: one with many nodes, if it has them and the scenario needs them.
///
/// # Errors
/// That engine cannot be had here.
pub fn engine_for_scenario(kind: EngineKind, scenario: &Scenario, seed: u64) -> Result<Box<dyn Engine>, EngineMissing> {
    let many = needs_many_nodes(scenario).is_some();
    match kind {
        EngineKind::Sim if many => {
            let mut world = World::new(WorldOptions::new(scenario.nodes.iter().cloned()), seed);
            world.watch_over(promises::all());
            Ok(Box::new(world))
        }
        EngineKind::Actors if many => {
            let ground = InProcess::new(scenario.nodes.clone(), scenario.objects(), Timing::default());
            let ground = ground.map_err(|trouble| EngineMissing { engine: kind, why: trouble.to_string() })?;
            Ok(Box::new(RealNodes::new(ground, scenario.nodes.clone())))
        }
        EngineKind::Cluster => cluster(&scenario.nodes, scenario.objects()),
        _ => engine_for(kind),
    }
}

#[cfg(target_os = "linux")]
fn cluster(nodes: &[NodeId], objects: Vec<Object>) -> Result<Box<dyn Engine>, EngineMissing> {
    let ground = program().and_then(|program| Processes::new(program, nodes, objects, Timing::default()));
    let missing = |trouble: Trouble| EngineMissing { engine: EngineKind::Cluster, why: trouble.to_string() };
    Ok(Box::new(RealNodes::new(ground.map_err(missing)?, nodes.to_vec())))
}

#[cfg(not(target_os = "linux"))]
fn cluster(_: &[NodeId], _: Vec<Object>) -> Result<Box<dyn Engine>, EngineMissing> {
    Err(EngineMissing { engine: EngineKind::Cluster, why: String::from("it stops and ends processes as Linux does") })
}

impl EngineKind {
    /// Whether scenarios of many nodes can run on it.
    pub fn has_many_nodes(self) -> bool {
        self != Self::Naive
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
