//! What a transaction believes to have of an object, and since when.

use std::collections::BTreeMap;

use super::agent::Spread;
use super::node::NodeMachine;
use crate::{Millis, Mode, NodeId, Object, Require, Token, TxId};

/// What a transaction has of an object: enough of its nodes grant it, without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The token of the grant; of many nodes the largest. It may grow without a break, when a further node grants.
    pub token: Token,
    /// Says since when there was no break: another one after a break, or after a conversion.
    pub since: u64,
}

impl NodeMachine {
    /// What a transaction believes, now, to have of an object, in that mode or a stronger one. What it has above the object
    /// counts.
    pub fn tenure(&self, tx: TxId, object: &Object, mode: Mode, now: Millis) -> Option<Tenure> {
        let above = object.ancestors().map(Object::trusted);
        let own = self.tenure_of(tx, object, mode, now);
        own.or_else(|| above.into_iter().find_map(|above| self.tenure_of(tx, &above, mode, now)))
    }

    fn tenure_of(&self, tx: TxId, object: &Object, mode: Mode, now: Millis) -> Option<Tenure> {
        let claim = self.spread(tx, object)?;
        let granted = self.granted(tx, object, mode, now);
        let token = granted.values().copied().max()?;
        claim.is_enough(granted.len()).then_some(Tenure { token, since: claim.since })
    }

    /// The nodes that grant a claim of exactly this object, as its transaction believes now, and their tokens.
    pub fn granted(&self, tx: TxId, object: &Object, mode: Mode, now: Millis) -> BTreeMap<NodeId, Token> {
        let believed = |node: &NodeId| self.believes(tx, object, node, now).is_some_and(|has| has.covers(mode));
        let parts = self.spread(tx, object).into_iter().flat_map(|claim| &claim.nodes);
        let parts = parts.filter(|(node, _)| believed(node));
        parts.filter_map(|(node, part)| Some((node.clone(), part.granted?.1))).collect()
    }

    fn spread(&self, tx: TxId, object: &Object) -> Option<&Spread> {
        self.agents.get(&tx)?.claims.get(object)
    }
}

impl Spread {
    fn is_enough(&self, granted: usize) -> bool {
        let alive = self.nodes.values().filter(|part| !part.gone).count();
        granted >= self.require.needed(self.nodes.len(), alive)
    }
}
