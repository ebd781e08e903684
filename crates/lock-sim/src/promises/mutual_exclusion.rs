//! No two transactions may believe, at one moment, that they hold what excludes each other.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Belief, Millis, Mode, NodeId, Require};

use super::Promise;
use crate::{Met, NodeView, World};

/// Checks that promise: for the grants of each node, and for claims as a whole. Belief is by the holder's own clock; one
/// that stands still believes what its clock lets it believe when it goes on.
#[derive(Clone, Debug)]
pub struct MutualExclusion;

impl Promise for MutualExclusion {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "mutual exclusion"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        // Belief only begins where something happened; elsewhere it only ends.
        let Some(home) = observed.event.node.as_ref().filter(|home| observed.nodes.contains_key(*home)) else {
            return Ok(());
        };
        let mine = believed(world, home);
        for other in observed.nodes.keys() {
            let theirs = if other == home { mine.clone() } else { believed(world, other) };
            grants_exclude(&mine, &theirs)?;
            if !observed.event.is_quiet {
                claims_exclude(&observed.nodes, (home, &mine), (other, &theirs))?;
            }
        }
        Ok(())
    }
}

/// What the transactions of a node believe to have now.
pub(super) fn believed<'a>(world: &'a World, home: &NodeId) -> Vec<&'a Belief> {
    let now: Millis = world.clock_of(home);
    world.observed().nodes.get(home).map(|view| believed_at(view, now)).unwrap_or_default()
}

/// Checks that promise for nodes whose clocks all show the same.
pub(crate) fn nobody_believes_what_excludes(nodes: &BTreeMap<NodeId, NodeView>, now: Millis) -> Result<(), String> {
    for (home, mine) in nodes {
        let mine = believed_at(mine, now);
        for (other, theirs) in nodes {
            let theirs = believed_at(theirs, now);
            grants_exclude(&mine, &theirs)?;
            claims_exclude(nodes, (home, &mine), (other, &theirs))?;
        }
    }
    Ok(())
}

fn believed_at(view: &NodeView, now: Millis) -> Vec<&Belief> {
    view.beliefs.iter().filter(|belief| belief.until.is_none_or(|until| now < until)).collect()
}

fn grants_exclude(mine: &[&Belief], theirs: &[&Belief]) -> Result<(), String> {
    for one in mine {
        let excluded = theirs.iter().find(|other| {
            one.tx != other.tx
                && one.mode.conflicts(other.mode)
                && one.node == other.node
                && one.object.is_related_to(&other.object)
        });
        if let Some(other) = excluded {
            let (node, mine, theirs) = (&one.node, &one.object, &other.object);
            return Err(format!("{} has {mine} and {} has {theirs}, both on {node}", one.tx, other.tx));
        }
    }
    Ok(())
}

type Home<'a> = (&'a NodeId, &'a [&'a Belief]);

fn claims_exclude(
    nodes: &BTreeMap<NodeId, NodeView>,
    (home, mine): Home<'_>,
    (other, theirs): Home<'_>,
) -> Result<(), String> {
    let met = |home: &NodeId| nodes.get(home).into_iter().flat_map(|view: &NodeView| &view.met);
    let spread = |met: &&Met| met.nodes.len() > 1;
    for one in met(home).filter(spread) {
        for other in met(other) {
            let conflict =
                one.tx != other.tx && one.mode.conflicts(other.mode) && one.object.is_related_to(&other.object);
            if conflict && must_share_a_node(one, other) && is_believed(one, mine) && is_believed(other, theirs) {
                return Err(format!(
                    "{} has {} and {} has {}, both on enough nodes",
                    one.tx, one.object, other.tx, other.object
                ));
            }
        }
    }
    Ok(())
}

/// Whether the nodes that grant two claims cannot all be different ones. If lost nodes do not count, they can.
fn must_share_a_node(one: &Met, other: &Met) -> bool {
    let (Some(of_one), Some(of_other)) = (grants_needed(one), grants_needed(other)) else { return false };
    let only = |nodes: &BTreeSet<NodeId>, others: &BTreeSet<NodeId>| nodes.difference(others).count();
    let shared = one.nodes.intersection(&other.nodes).count();
    of_one.saturating_sub(only(&one.nodes, &other.nodes)) + of_other.saturating_sub(only(&other.nodes, &one.nodes))
        > shared
}

fn grants_needed(met: &Met) -> Option<usize> {
    match met.require {
        Require::All => Some(met.nodes.len()),
        Require::Any => Some(1),
        Require::Majority => Some(met.nodes.len() / 2 + 1),
        Require::AllAlive | Require::MajorityAlive => None,
    }
}

/// Whether a claim that is said to be met is believed in on every node that counts for it, or on enough.
pub(super) fn is_believed(met: &Met, beliefs: &[&Belief]) -> bool {
    let believed = |mode: Mode| {
        let on = |belief: &&&Belief| belief.tx == met.tx && belief.object == met.object && belief.mode.covers(mode);
        beliefs.iter().filter(on).count()
    };
    let needed = grants_needed(met).unwrap_or(usize::MAX);
    believed(met.mode) >= needed.min(met.granted)
}
