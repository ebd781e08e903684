//! Which engines there are, and how one is made.

use std::fmt;
#[cfg(target_os = "linux")]
use std::path::{Path, PathBuf};
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
            let started = ground.and_then(|ground| RealNodes::start(ground, scenario.nodes.clone()));
            Ok(Box::new(started.map_err(|trouble| EngineMissing { engine: kind, why: trouble.to_string() })?))
        }
        EngineKind::Cluster => cluster(&scenario.nodes, scenario.objects()),
        _ => engine_for(kind),
    }
}

/// Makes the engine `cluster` for a scenario, each node a process of this program: the `gordian` command, or another one that
/// calls [`serve_node`](crate::serve_node) when its first argument is `story-node`.
///
/// # Errors
/// The system gives no room for it.
#[cfg(target_os = "linux")]
pub fn cluster_of(program: &Path, scenario: &Scenario) -> Result<Box<dyn Engine>, EngineMissing> {
    processes(Ok(program.to_owned()), &scenario.nodes, scenario.objects())
}

#[cfg(target_os = "linux")]
fn cluster(nodes: &[NodeId], objects: Vec<Object>) -> Result<Box<dyn Engine>, EngineMissing> {
    processes(program(), nodes, objects)
}

#[cfg(target_os = "linux")]
fn processes(
    program: Result<PathBuf, Trouble>,
    nodes: &[NodeId],
    objects: Vec<Object>,
) -> Result<Box<dyn Engine>, EngineMissing> {
    let ground = program.and_then(|program| Processes::new(program, nodes, objects, Timing::default()));
    let started = ground.and_then(|ground| RealNodes::start(ground, nodes.to_vec()));
    let missing = |trouble: Trouble| EngineMissing { engine: EngineKind::Cluster, why: trouble.to_string() };
    Ok(Box::new(started.map_err(missing)?))
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
