//! Of two locks on the same nodes that exclude each other the later one has the larger token, whichever nodes grant it.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Mode, NodeId, Object, Require, Token, TxId};

use super::Promise;
use super::mutual_exclusion::{believed, is_believed};
use crate::{Met, World};

/// Checks that promise: for claims of which all nodes, or more than half of them, are needed.
#[derive(Clone, Debug, Default)]
pub struct TokensFence {
    had: BTreeMap<Place, BTreeSet<(Token, TxId, Mode)>>,
}

/// What excludes each other: the same object on the same nodes, with the same number of them.
type Place = (Object, Require, BTreeSet<NodeId>);

impl Promise for TokensFence {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "tokens fence"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let Some((home, view)) = observed.event.node.as_ref().and_then(|node| observed.nodes.get_key_value(node))
        else {
            return Ok(());
        };
        let counts = |met: &&Met| matches!(met.require, Require::All | Require::Majority);
        if observed.event.is_quiet || !view.met.iter().any(|met| counts(&met)) {
            return Ok(());
        }
        let mine = believed(world, home);
        for met in view.met.iter().filter(counts).filter(|met| is_believed(met, &mine)) {
            let Some(token) = met.token else {
                return Err(format!("{} has {} on {home} without a token", met.tx, met.object));
            };
            let had = self.had.entry((met.object.clone(), met.require, met.nodes.clone())).or_default();
            if !had.insert((token, met.tx, met.mode)) {
                continue;
            }
            let later = had.range((token, TxId(0), Mode::Read)..);
            let excluded = |(_, tx, mode): &&(Token, TxId, Mode)| *tx != met.tx && mode.conflicts(met.mode);
            if let Some((other, tx, _)) = later.into_iter().find(excluded) {
                return Err(format!("{} has {} with {token}; {tx} had it before, with {other}", met.tx, met.object));
            }
        }
        Ok(())
    }
}
