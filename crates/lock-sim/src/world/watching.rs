//! Checkers of a world: what they are shown after every event, and what they find.

use lock_core::{Frame, Message, NodeId};

use super::observed::{Event, Observed};
use super::view::NodeView;
use super::world::World;
use crate::promises::{Broken, Promise};

impl World {
    /// Checks these promises after every event from now on, until one is broken.
    pub fn watch_over(&mut self, promises: Vec<Box<dyn Promise>>) {
        self.promises = promises;
        let nodes = self.options.nodes.clone();
        nodes.iter().for_each(|node| self.observe(node));
    }

    /// What checkers see: kept only while promises are watched over.
    pub fn observed(&self) -> &Observed {
        &self.observed
    }

    /// The first promise that was broken.
    pub fn broken(&self) -> Option<&Broken> {
        self.broken.as_ref()
    }

    pub(super) fn is_watching(&self) -> bool {
        self.broken.is_none() && !self.promises.is_empty()
    }

    /// Takes note of what happened to a node.
    pub(super) fn observe(&mut self, node: &NodeId) {
        if !self.is_watching() {
            return;
        }
        let process = self.sites.get_mut(node).and_then(|site| site.process.as_mut());
        let acting = process.map(|process| std::mem::take(&mut process.acts)).unwrap_or_default();
        let view = self.process(node).map(NodeView::of);
        let said = std::mem::take(&mut self.said);
        let event = Event { number: self.events, node: Some(node.clone()), said, ..Event::default() };
        self.observed.happened(event, acting, view);
    }

    /// Takes note of a sign of life of a peer.
    pub(super) fn observe_beat(&mut self, node: &NodeId) {
        if self.is_watching()
            && let Some(process) = self.process(node)
        {
            let beliefs = process.machine.beliefs();
            self.observed.heard_of(self.events, node, beliefs);
        }
    }

    pub(super) fn check(&mut self) {
        if !self.is_watching() {
            return;
        }
        let mut promises = std::mem::take(&mut self.promises);
        let broken = promises.iter_mut().find_map(|promise| {
            let sentence = promise.after_event(self).err()?;
            Some(Broken { promise: promise.name(), sentence, event: self.events, now: self.now })
        });
        self.promises = promises;
        self.broken = broken;
        if let Some(broken) = &self.broken {
            self.trace.note(self.now, || broken.to_string());
        }
    }

    /// Checks what must be true when everything has healed and everybody who had all has ended.
    pub fn check_at_end(&mut self) {
        if self.broken.is_none() {
            let mut promises = std::mem::take(&mut self.promises);
            self.broken = promises.iter_mut().find_map(|promise| {
                let sentence = promise.at_end(self).err()?;
                Some(Broken { promise: promise.name(), sentence, event: self.events, now: self.now })
            });
            self.promises = promises;
        }
    }

    /// Counts a message of a search when it is said for the first time.
    pub(super) fn says(&mut self, from: &NodeId, to: &NodeId, frame: &Frame) {
        let Frame::Data { between, seq, message, .. } = frame else { return };
        let last = self.numbers.entry((from.clone(), to.clone())).or_insert((*between, 0));
        if last.0 != *between {
            *last = (*between, 0);
        }
        if *seq > last.1 {
            last.1 = *seq;
            if is_search(message) {
                self.search_messages += 1;
                self.said.extend(
                    (self.broken.is_none() && !self.promises.is_empty()).then(|| (to.clone(), message.clone())),
                );
            }
        }
    }
}

fn is_search(message: &Message) -> bool {
    matches!(
        message,
        Message::Ask { .. }
            | Message::Told { .. }
            | Message::Resolve { .. }
            | Message::Resolved { .. }
            | Message::Note { .. }
    )
}
