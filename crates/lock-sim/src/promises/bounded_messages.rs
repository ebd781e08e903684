//! The messages of a look for deadlocks are bounded by what it looks at.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Incarnation, Message, NodeId, Reach, TxId};

use super::Promise;
use crate::World;

/// Checks that promise. In the first reading no node is asked twice for the waits of the same transaction; in the second one no node
/// is asked twice; there is one verdict for each deadlock, and no two name the same victim. Each question has one answer. So a look that meets `t`
/// transactions on `n` nodes costs at most `2·n·t` messages in the first reading (as a rule `2·n`: a node tells all that it knows), `2·n` in the second
/// one, and for each deadlock 2 for the verdict and a note to each home of a member.
#[derive(Clone, Debug, Default)]
pub struct BoundedMessages {
    looks: BTreeMap<(NodeId, Incarnation, u64), Asked>,
}

/// What a look has asked for.
#[derive(Clone, Debug, Default)]
struct Asked {
    first: BTreeSet<(NodeId, TxId)>,
    second: BTreeSet<NodeId>,
    victims: BTreeSet<TxId>,
}

impl Promise for BoundedMessages {
    fn boxed_clone(&self) -> Box<dyn Promise> {
        Box::new(self.clone())
    }

    fn name(&self) -> &'static str {
        "messages are bounded"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let observed = world.observed();
        let Some((node, view)) = observed.event.node.as_ref().and_then(|node| observed.nodes.get_key_value(node))
        else {
            return Ok(());
        };
        for (to, message) in &observed.event.said {
            let (Message::Ask { look, .. } | Message::Resolve { look, .. }) = message else { continue };
            let asked = self.looks.entry((node.clone(), view.incarnation, *look)).or_default();
            asked.count(to, message).map_err(|how| format!("look {look} of {node}: {how}"))?;
        }
        Ok(())
    }
}

impl Asked {
    fn count(&mut self, to: &NodeId, message: &Message) -> Result<(), String> {
        match message {
            Message::Ask { txs, reach: Reach::Reachable | Reach::Everybody, .. } => {
                let twice = txs.iter().find(|tx| !self.first.insert((to.clone(), **tx)));
                twice.map_or(Ok(()), |tx| Err(format!("{to} was asked twice for {tx}")))
            }
            Message::Ask { .. } => {
                if self.second.insert(to.clone()) {
                    Ok(())
                } else {
                    Err(format!("{to} was asked twice to confirm"))
                }
            }
            Message::Resolve { evidence, .. } => {
                let tx = evidence.tx;
                if self.victims.insert(tx) { Ok(()) } else { Err(format!("two verdicts name {tx}")) }
            }
            _ => Ok(()),
        }
    }
}
