//! What programs at nodes say to each other over the links of their nodes.
//!
//! Letters travel among the numbered messages: between two lives they come once and in order; when a life ends,
//! what has not come yet is gone, and both ends are told that the other one was gone.

use thiserror::Error;

use super::link::Link;
use super::message::Message;
use super::node::{NodeMachine, Output};
use super::tables::Tables;
use crate::{Millis, NodeId, Object};

/// What a letter is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// What a program wants to say: as much as there is room for.
    Word,
    /// How something stands: short, seldom, and not said again. Room is kept for it.
    State,
}

/// Why a letter was sent to nobody.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PostError {
    /// It is too long.
    #[error("a letter of {length} bytes is too long; {limit} are allowed")]
    TooLong {
        /// How long it is.
        length: usize,
        /// How long it may be.
        limit: usize,
    },
    /// Too much is on its way to a node that has not been heard to arrive.
    #[error("{node} is busy: {limit} bytes of letters, or {messages} messages, may be on their way to it", messages = Link::ROOM)]
    Busy {
        /// Which node.
        node: NodeId,
        /// How many bytes may be on their way.
        limit: usize,
    },
}

impl NodeMachine {
    /// How long a letter may be, in bytes.
    pub const LONGEST_LETTER: usize = 64 * 1024;

    /// Sends a letter to some nodes, this one perhaps among them: to all that are there, or to none.
    ///
    /// # Errors
    /// [`PostError`].
    pub fn post(
        &mut self,
        tables: &mut dyn Tables,
        to: &[NodeId],
        about: &Object,
        (kind, note): (LetterKind, &[u8]),
        now: Millis,
    ) -> Result<(), PostError> {
        if note.len() > Self::LONGEST_LETTER {
            return Err(PostError::TooLong { length: note.len(), limit: Self::LONGEST_LETTER });
        }
        let is_busy = |node: &&NodeId| self.links.get(*node).is_some_and(|link| !link.has_room_for(kind));
        if let Some(node) = to.iter().find(is_busy) {
            return Err(PostError::Busy { node: node.clone(), limit: Link::LETTERS });
        }
        for node in to {
            self.say(node, Message::Letter { about: about.clone(), note: note.to_vec() }, now);
        }
        self.work(tables, now);
        Ok(())
    }

    /// A letter has come. No node sends one that is too long.
    pub(super) fn letter(&mut self, from: &NodeId, about: Object, note: Vec<u8>) {
        if note.len() <= Self::LONGEST_LETTER {
            self.outputs.push(Output::Letter { from: from.clone(), about, note });
        }
    }
}

impl Link {
    /// How many bytes of letters may be on their way. What is said again at once fits in one packet of a stream.
    const LETTERS: usize = 4 * 1024 * 1024;

    fn has_room_for(&self, kind: LetterKind) -> bool {
        let share = if kind == LetterKind::State { 2 } else { 1 };
        self.unheard() < share * Self::ROOM && self.letters_under_way() < share * Self::LETTERS
    }
}
