//! Questions to nodes for tokens, and their answers.

use std::collections::BTreeMap;

use lock_core::{Mode, NodeId, Object, Token, TxId};
use tokio::sync::oneshot;

use super::Member;
use super::member::Inside;

/// Who waits for which answer of whom.
#[derive(Debug, Default)]
pub(super) struct Raising {
    asked: u64,
    waiting: BTreeMap<u64, (NodeId, oneshot::Sender<Token>)>,
}

impl Raising {
    pub(super) fn answered(&mut self, ask: u64, token: Token) {
        if let Some((_, waiter)) = self.waiting.remove(&ask) {
            // Whoever asked may not want to know any more.
            let _ = waiter.send(token);
        }
    }

    /// A node that is not there does not answer.
    pub(super) fn gone(&mut self, peer: &NodeId) {
        self.waiting.retain(|_, (node, _)| node != peer);
    }

    fn ask(&mut self, node: &NodeId) -> (u64, oneshot::Receiver<Token>) {
        self.waiting.retain(|_, (_, waiter)| !waiter.is_closed());
        self.asked += 1;
        let (sender, answer) = oneshot::channel();
        self.waiting.insert(self.asked, (node.clone(), sender));
        (self.asked, answer)
    }
}

impl Member {
    /// Asks a node to give no token of an object up to this one any more, and for a new one, which is larger if the node can
    /// do so. Nothing if the node is not there, or goes.
    ///
    /// # Cancel safety
    /// Dropped, the node may have been asked nonetheless.
    pub async fn raise(&self, at: &NodeId, object: &Object, above: Token) -> Option<Token> {
        let answer = self.ask_to_raise(at, object, above)?;
        answer.await.ok()
    }

    fn ask_to_raise(&self, at: &NodeId, object: &Object, above: Token) -> Option<oneshot::Receiver<Token>> {
        let now = self.now();
        let mut inside = self.inside().lock();
        if !inside.machine.is_alive(at) {
            return None;
        }
        let (ask, answer) = inside.raising.ask(at);
        let Inside { machine, table, .. } = &mut *inside;
        machine.raise(table, at, ask, object, above, now);
        self.tell(&mut inside);
        Some(answer)
    }

    /// The nodes that grant a claim of exactly this object, as its transaction believes now, and their tokens.
    pub fn granted(&self, tx: TxId, object: &Object, mode: Mode) -> BTreeMap<NodeId, Token> {
        let now = self.now();
        self.inside().lock().machine.granted(tx, object, mode, now)
    }

    /// Whether these of the grants of a claim stand, and are as many as it requires.
    pub fn are_enough(&self, tx: TxId, object: &Object, mode: Mode, these: &BTreeMap<NodeId, Token>) -> bool {
        let now = self.now();
        self.inside().lock().machine.are_enough(tx, object, mode, these, now)
    }

    /// Whether the tokens of a claim grow from holder to holder by themselves.
    pub fn has_growing_tokens(&self, tx: TxId, object: &Object) -> bool {
        self.inside().lock().machine.has_growing_tokens(tx, object)
    }
}
