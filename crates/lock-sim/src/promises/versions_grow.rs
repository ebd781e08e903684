//! The version of a node's table never goes backwards, over restarts too.

use std::collections::BTreeMap;

use lock_core::{NodeId, Version};

use super::Promise;
use crate::World;

/// Checks that promise.
#[derive(Clone, Debug, Default)]
pub struct VersionsGrow {
    last: BTreeMap<NodeId, Version>,
}

impl Promise for VersionsGrow {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "versions never go backwards"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let Some((node, view)) = observed.event.node.as_ref().and_then(|node| observed.nodes.get_key_value(node))
        else {
            return Ok(());
        };
        let last = self.last.insert(node.clone(), view.version);
        match last.filter(|last| *last > view.version) {
            Some(last) => Err(format!("{node} went from {last:?} back to {:?}", view.version)),
            None => Ok(()),
        }
    }
}
