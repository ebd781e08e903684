//! Each grant of a node has a token larger than all before it, in earlier lives too.

use std::collections::BTreeMap;

use lock_core::{NodeId, Object, Token, TxId};

use super::Promise;
use crate::World;

/// Checks that promise. A grant that a node takes back after a restart keeps its token.
#[derive(Clone, Debug, Default)]
pub struct TokensGrow {
    given: BTreeMap<NodeId, BTreeMap<Token, (TxId, Object)>>,
}

impl Promise for TokensGrow {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "tokens grow"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let Some((node, before, now)) = observed.event.changed_table(observed) else { return Ok(()) };
        let given = self.given.entry(node.clone()).or_default();
        let largest = given.last_key_value().map(|(token, _)| *token);
        for grant in now.grants.iter().filter(|grant| !before.grants.contains(grant)) {
            let whose = (grant.tx, grant.object.clone());
            match given.get(&grant.token) {
                Some(known) if *known == whose => {}
                Some((tx, object)) => {
                    return Err(format!(
                        "{} has {} on {node} with the token of {tx} for {object}",
                        grant.tx, grant.object
                    ));
                }
                None if largest.is_some_and(|largest| grant.token < largest) => {
                    return Err(format!(
                        "{} got {} on {node} with an older token, {}",
                        grant.tx, grant.object, grant.token
                    ));
                }
                None => drop(given.insert(grant.token, whose)),
            }
        }
        Ok(())
    }
}
