//! What a transaction believes to have of an object, and since when.

use super::node::NodeMachine;
use crate::{Millis, Mode, NodeId, Object, Token, TxId};

/// What a transaction has of an object: enough of its nodes grant it, without a break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tenure {
    /// The token. Where a majority grants it is a fence, and stays; else it is the largest of those of many nodes, and may
    /// grow, without a break, when a further one grants.
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
        let claim = self.agents.get(&tx)?.claims.get(object)?;
        let believed = |node: &NodeId| self.believes(tx, object, node, now).is_some_and(|has| has.covers(mode));
        let tokens = claim.nodes.iter().filter(|(node, _)| believed(node));
        let tokens: Vec<Token> = tokens.filter_map(|(_, part)| Some(part.granted?.1)).collect();
        let alive = claim.nodes.values().filter(|part| !part.gone).count();
        let enough = tokens.len() >= claim.require.needed(claim.nodes.len(), alive);
        let token = if claim.is_fenced() {
            claim.fence.filter(|_| claim.had.is_some_and(|had| had.covers(mode)))
        } else {
            tokens.into_iter().max()
        };
        token.filter(|_| enough).map(|token| Tenure { token, since: claim.since })
    }
}
