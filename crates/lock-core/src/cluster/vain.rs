//! What comes in vain: whatever happens before it is heard, nothing comes of it.

use super::frame::{Between, Frame};
use super::link::Link;
use super::message::Message;
use super::node::NodeMachine;
use crate::NodeId;

impl NodeMachine {
    /// Whether a frame that is on its way here is in vain, now and for ever: it changes nothing but what callers are owed as
    /// news, and what was acknowledged. For whoever explores the orders in which frames can arrive.
    ///
    /// So is what was said in a life that is over, as lives do not come back; an answer to a transaction that is
    /// over, or to a look that is; and the note of a deadlock.
    pub fn is_in_vain(&self, from: &NodeId, frame: &Frame) -> bool {
        let Frame::Data { between, message, .. } = frame else { return false };
        self.links.get(from).is_none_or(|link| link.has_outlived(*between)) || self.is_past(message)
    }

    fn is_past(&self, message: &Message) -> bool {
        match message {
            Message::Note { .. } => true,
            Message::Stands { tx, .. } => self.agents.get(tx).is_none_or(|agent| agent.machine.running().is_err()),
            Message::Told { look, .. } | Message::Resolved { look, .. } => !self.looks.contains_key(look),
            _ => false,
        }
    }
}

impl Link {
    /// Whether that was said to a life of this end, or by one of the peer, that is over.
    fn has_outlived(&self, between: Between) -> bool {
        between.to < self.life || self.greeted.is_some_and(|(life, ..)| between.from < life)
    }
}
