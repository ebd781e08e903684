//! One end of a link: greeting, heartbeats, numbers and repeats.
//!
//! Frames may come late, twice or never. Between two lives, what is said comes once and in order;
//! when a life ends, everything said in it that has not come yet is gone, and both sides know it.
//!
//! Two times matter, and each errs to its safe side. The *agent side* trusts the grants of the peer until two thirds
//! of the timeout after it sent the last heartbeat that was answered. The *server side* keeps what the
//! peer's transactions have until the peer was silent for the whole timeout, or is known to have ended its life. As
//! the answer was given after the question was sent, trust is over before anything is freed.
//!
//! Driven by [`Link::receive`] and [`Link::tick`]; both give what has happened as [`LinkEvent`]s.

use std::collections::VecDeque;

use super::frame::{Between, Frame, Hello, Life, PROTOCOL, Unwelcome};
use super::message::Message;
use super::shape::{Series, ShapeWriter};
use super::timing::{Timing, after};
use crate::mutant::{self, Mutant};
use crate::{Incarnation, Millis, NodeId, Token};

/// What has happened on a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum LinkEvent {
    /// Both ends know each other's life.
    Up,
    /// The grants of the peer cannot be believed in any more. If it is another incarnation of the peer that ended its
    /// life, what is held there may be told to it, until this moment.
    Distrusted { hold_until: Option<Millis> },
    /// The peer does not believe in the grants of this node any more: they can be freed.
    Freed,
    /// The peer said something.
    Said(Box<Message>),
    /// A greeting that is not answered.
    Unwelcome(Unwelcome),
}

/// Who is at this end.
#[derive(Clone, Debug)]
pub(super) struct Myself {
    pub(super) node: NodeId,
    pub(super) cluster: String,
    pub(super) incarnation: Incarnation,
    pub(super) timing: Timing,
    /// No token that was given or heard of here is larger.
    pub(super) newest: Token,
}

#[derive(Clone, Debug)]
pub(super) struct Link {
    peer: NodeId,
    pub(super) life: Life,
    /// The newest greeting of the peer: its life, its incarnation, and when it says it was sent.
    pub(super) greeted: Option<(Life, Incarnation, Millis)>,
    session: Option<Session>,
    /// While there is no session: when the peer's transactions lose what they have here.
    free_at: Option<Millis>,
    greet_at: Millis,
    greet_after: u64,
}

/// A conversation between two lives.
#[derive(Clone, Debug)]
struct Session {
    incarnation: Incarnation,
    between: Between,
    /// When anything of the peer came last.
    heard: Millis,
    /// When the last heartbeat was sent that was answered.
    answered: Millis,
    beat_at: Millis,
    said: u64,
    unheard: VecDeque<(u64, Message)>,
    repeat_at: Millis,
    repeat_after: u64,
    listened: u64,
    /// How many messages have come since the peer was last told.
    unacknowledged: u32,
    /// The newest token that the peer has told of, and up to which it was asked to follow.
    newest: Token,
    to_follow: Token,
}

impl Link {
    /// How many messages may be on their way before new requests are refused.
    pub(super) const ROOM: usize = 16_384;
    /// So many messages are acknowledged at once, if nothing is said in the other direction.
    const ACKNOWLEDGE_AFTER: u32 = 64;
    /// How many messages are repeated at a time.
    const REPEATED: usize = 256;

    pub(super) fn new(me: &Myself, peer: NodeId, now: Millis) -> Self {
        let life = Life(me.incarnation.first_number());
        Self { peer, life, greeted: None, session: None, free_at: None, greet_at: now, greet_after: 0 }
    }

    pub(super) fn is_up(&self) -> bool {
        self.session.is_some()
    }

    /// The incarnation of the peer with which there is a session.
    pub(super) fn incarnation(&self) -> Option<Incarnation> {
        Some(self.session.as_ref()?.incarnation)
    }

    /// Whether so much is on its way that nothing new is to be asked.
    pub(super) fn is_busy(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.unheard.len() >= Self::ROOM)
    }

    /// The newest token that the peer has told of: it gives larger ones only.
    pub(super) fn newest_token(&self) -> Option<Token> {
        Some(self.session.as_ref()?.newest)
    }

    /// Whether the peer has to be asked to follow a token; from now on it is.
    pub(super) fn is_to_follow(&mut self, token: Token) -> bool {
        let Some(session) = &mut self.session else { return false };
        let asks = session.newest.max(session.to_follow) < token;
        session.to_follow = session.to_follow.max(token);
        asks
    }

    /// How many messages were not acknowledged yet.
    pub(super) fn unheard(&self) -> usize {
        self.session.as_ref().map_or(0, |session| session.unheard.len())
    }

    /// How many bytes of letters were not acknowledged yet.
    pub(super) fn letters_under_way(&self) -> usize {
        let unheard = self.session.iter().flat_map(|session| &session.unheard);
        let letter = |message: &Message| if let Message::Letter { note, .. } = message { note.len() } else { 0 };
        unheard.map(|(_, message)| letter(message)).sum()
    }

    /// Until when the grants of the peer can be believed in, if at all.
    pub(super) fn trusted_until(&self, timing: Timing) -> Option<Millis> {
        Some(after(self.session.as_ref()?.answered, timing.trust()))
    }

    /// Says something, once and in order. Without a session it is gone, as is all that was said before.
    pub(super) fn say(&mut self, message: Message, me: &Myself, now: Millis, out: &mut Vec<Frame>) {
        let Some(session) = &mut self.session else { return };
        session.said += 1;
        if session.unheard.is_empty() {
            session.repeat_after = me.timing.first_repeat();
            session.repeat_at = after(now, session.repeat_after);
        }
        session.unheard.push_back((session.said, message.clone()));
        session.unacknowledged = 0;
        out.push(Frame::Data {
            between: session.between,
            seq: session.said,
            ack: session.listened,
            newest: me.newest,
            message,
        });
    }

    pub(super) fn receive(&mut self, frame: Frame, me: &Myself, now: Millis, out: &mut Vec<Frame>) -> Vec<LinkEvent> {
        match frame {
            Frame::Hello(hello) => self.greeted(&hello, me, now, out),
            Frame::Data { between, seq, ack, newest, message } => {
                self.said(between, seq, ack, newest, message, me, now, out)
            }
            Frame::Beat { between, ack, sent } => {
                self.heard(between, ack, me, now);
                if let Some(session) = self.session.as_mut().filter(|session| session.is(between)) {
                    session.unacknowledged = 0;
                    out.push(Frame::BeatAnswer { between: session.between, ack: session.listened, sent });
                }
                Vec::new()
            }
            Frame::BeatAnswer { between, ack, sent } => {
                self.heard(between, ack, me, now);
                // Nothing was sent later than now: who says so is not believed.
                if let Some(session) = self.session.as_mut().filter(|session| session.is(between) && sent <= now) {
                    session.answered = session.answered.max(sent);
                }
                Vec::new()
            }
        }
    }

    fn greeted(&mut self, hello: &Hello, me: &Myself, now: Millis, out: &mut Vec<Frame>) -> Vec<LinkEvent> {
        if let Some(unwelcome) = self.unwelcome(hello, me) {
            return vec![LinkEvent::Unwelcome(unwelcome)];
        }
        if self.greeted.is_some_and(|(life, ..)| hello.life < life) {
            return Vec::new();
        }
        let mut events = Vec::new();
        let ended = |session: &Session| session.between.to < hello.life;
        if self.session.as_ref().is_some_and(ended) {
            let restarted = self.session.as_ref().is_some_and(|session| session.incarnation < hello.incarnation);
            events.push(LinkEvent::Distrusted { hold_until: self.end_session(me, now).filter(|_| restarted) });
        }
        if self.free_at.is_some() && self.greeted.is_some_and(|(life, ..)| life < hello.life) {
            self.free_at = None;
            events.push(LinkEvent::Freed);
        }
        self.greeted = Some((hello.life, hello.incarnation, hello.sent));
        // A greeting that the peer saw long ago, as it was frozen or cut off, is no ground for trust: the next one will be.
        let is_fresh = |(life, sent): &(Life, Millis)| *life == self.life && now < after(*sent, me.timing.trust());
        if let Some((_, sent)) = hello.seen.filter(|seen| is_fresh(seen) && self.session.is_none()) {
            // A life that goes on here has never been in a conversation that this end has given up.
            events.extend(self.free_at.take().map(|_| LinkEvent::Freed));
            self.start_session(hello, sent, me, now);
            events.push(LinkEvent::Up);
        }
        if !hello.up {
            out.push(self.hello(me, now));
        }
        events
    }

    fn unwelcome(&self, hello: &Hello, me: &Myself) -> Option<Unwelcome> {
        let node = hello.node.clone();
        if hello.protocol.1 < PROTOCOL.0 || hello.protocol.0 > PROTOCOL.1 {
            return Some(Unwelcome::Protocol { node, theirs: hello.protocol });
        }
        if hello.cluster != me.cluster {
            return Some(Unwelcome::Cluster { node, theirs: hello.cluster.clone(), ours: me.cluster.clone() });
        }
        (node != self.peer).then(|| Unwelcome::Name { node, expected: self.peer.clone() })
    }

    fn hello(&mut self, me: &Myself, now: Millis) -> Frame {
        Frame::Hello(Hello {
            protocol: PROTOCOL,
            cluster: me.cluster.clone(),
            node: me.node.clone(),
            incarnation: me.incarnation,
            life: self.life,
            sent: now,
            seen: self.greeted.map(|(life, _, sent)| (life, sent)),
            up: self.session.is_some(),
        })
    }

    /// `sent` is when the greeting left that the peer has seen: it has this node for alive since then or later.
    fn start_session(&mut self, hello: &Hello, sent: Millis, me: &Myself, now: Millis) {
        self.session = Some(Session {
            incarnation: hello.incarnation,
            between: Between { from: self.life, to: hello.life },
            heard: now,
            answered: sent.min(now),
            beat_at: after(now, me.timing.beat()),
            said: 0,
            unheard: VecDeque::new(),
            repeat_at: now,
            repeat_after: me.timing.first_repeat(),
            listened: 0,
            unacknowledged: 0,
            newest: Token::default(),
            to_follow: Token::default(),
        });
        self.greet_after = 0;
    }

    /// Ends this life. Gives until when the grants of the peer could have been believed in. What the peer's
    /// transactions have here is kept for now.
    fn end_session(&mut self, me: &Myself, now: Millis) -> Option<Millis> {
        let session = self.session.take()?;
        self.life = Life(self.life.0 + 1);
        self.free_at = Some(after(session.heard, me.timing.node_timeout));
        (self.greet_at, self.greet_after) = (now, 0);
        Some(after(session.answered, me.timing.trust()))
    }

    // The parts of a frame, and what is needed to answer it.
    #[allow(clippy::too_many_arguments)]
    fn said(
        &mut self,
        between: Between,
        seq: u64,
        ack: u64,
        newest: Token,
        message: Message,
        me: &Myself,
        now: Millis,
        out: &mut Vec<Frame>,
    ) -> Vec<LinkEvent> {
        self.heard(between, ack, me, now);
        let mut events = Vec::new();
        let Some(session) = self.session.as_mut().filter(|session| session.is(between)) else { return events };
        if seq == session.listened + 1 {
            session.listened = seq;
            session.newest = session.newest.max(newest);
            events.push(LinkEvent::Said(Box::new(message)));
        }
        session.unacknowledged += 1;
        if session.unacknowledged >= Self::ACKNOWLEDGE_AFTER {
            session.unacknowledged = 0;
            out.push(Frame::Beat { between: session.between, ack: session.listened, sent: now });
        }
        events
    }

    /// Something of the peer's present life came.
    fn heard(&mut self, between: Between, ack: u64, me: &Myself, now: Millis) {
        let Some(session) = self.session.as_mut().filter(|session| session.is(between)) else { return };
        session.heard = now;
        let before = session.unheard.len();
        while session.unheard.front().is_some_and(|(seq, _)| *seq <= ack) {
            session.unheard.pop_front();
        }
        if session.unheard.len() < before {
            session.repeat_after = me.timing.first_repeat();
            session.repeat_at = after(now, session.repeat_after);
        }
    }

    /// Whether the peer was heard of in a later incarnation than this one.
    pub(super) fn knows_a_later_one(&self, incarnation: Option<Incarnation>) -> bool {
        self.greeted.is_some_and(|(_, known, _)| Some(known) > incarnation)
    }

    /// There is a new way to the peer: what was lost on the old one is said again at once.
    pub(super) fn reached(&mut self, now: Millis) {
        match &mut self.session {
            Some(session) => session.repeat_at = now,
            None => self.greet_at = now,
        }
    }

    /// The peer's process is known to be gone: nothing listens where that incarnation did.
    pub(super) fn gone(&mut self, incarnation: Option<Incarnation>, me: &Myself, now: Millis) -> Vec<LinkEvent> {
        let mut events = Vec::new();
        if self.session.as_ref().is_some_and(|session| Some(session.incarnation) <= incarnation) {
            self.end_session(me, now);
            events.push(LinkEvent::Distrusted { hold_until: None });
        }
        let known = self.greeted.map(|(_, known, _)| known);
        if self.session.is_none() && known <= incarnation && self.free_at.take().is_some() {
            events.push(LinkEvent::Freed);
        }
        events
    }

    /// Lets time pass: greets, beats, repeats, loses trust, frees.
    pub(super) fn tick(&mut self, me: &Myself, now: Millis, out: &mut Vec<Frame>) -> Vec<LinkEvent> {
        let mut events = Vec::new();
        if self.trusted_until(me.timing).is_some_and(|until| until <= now) {
            self.end_session(me, now);
            events.push(LinkEvent::Distrusted { hold_until: None });
        }
        if self.session.is_none() && self.free_at.is_some_and(|at| at <= now) {
            self.free_at = None;
            events.push(LinkEvent::Freed);
        }
        match &mut self.session {
            Some(session) => session.tick(me, now, out),
            None if self.greet_at <= now => {
                self.greet_after = (self.greet_after * 2).clamp(me.timing.first_repeat(), me.timing.beat());
                self.greet_at = after(now, self.greet_after);
                out.push(self.hello(me, now));
            }
            None => {}
        }
        events
    }

    /// Takes down what this end is like.
    pub(super) fn write_shape(&self, me: &NodeId, out: &mut ShapeWriter) {
        let Self { peer, life, greeted, session, free_at, greet_at, greet_after } = self;
        out.plain(&(peer, life, greet_after, greeted.map(|(life, incarnation, _)| (life, incarnation))));
        out.time(greeted.map(|(.., sent)| sent));
        out.time(*free_at);
        out.time(*greet_at);
        out.each(session, |out, session| session.write_shape(me, peer, out));
    }

    /// When time matters next.
    pub(super) fn next_tick(&self, timing: Timing) -> Millis {
        match &self.session {
            Some(session) => {
                let repeat = if session.unheard.is_empty() { session.beat_at } else { session.repeat_at };
                repeat.min(session.beat_at).min(after(session.answered, timing.trust()))
            }
            None => self.free_at.map_or(self.greet_at, |at| at.min(self.greet_at)),
        }
    }
}

impl Session {
    /// Whether a frame of the peer belongs to it.
    fn is(&self, between: Between) -> bool {
        between == Between { from: self.between.to, to: self.between.from }
    }

    /// Nobody acknowledges or repeats anything that would be heard twice; so where time stands still, none of it matters.
    fn write_shape(&self, me: &NodeId, peer: &NodeId, out: &mut ShapeWriter) {
        out.plain(&self.incarnation);
        self.between.write_shape(out);
        out.time(self.heard);
        out.time(self.answered);
        out.time(self.beat_at);
        out.number(Series::Messages(peer.clone(), me.clone()), self.listened);
        if out.time_goes_on {
            out.plain(&(self.unheard.is_empty(), self.repeat_after));
            out.time(Some(self.repeat_at).filter(|_| !self.unheard.is_empty()));
            out.each(&self.unheard, |out, (seq, _)| out.number(Series::Messages(me.clone(), peer.clone()), *seq));
        }
    }

    fn tick(&mut self, me: &Myself, now: Millis, out: &mut Vec<Frame>) {
        let timing = me.timing;
        if self.beat_at <= now {
            self.beat_at = after(now, timing.beat());
            self.unacknowledged = 0;
            out.push(Frame::Beat { between: self.between, ack: self.listened, sent: now });
        }
        if !self.unheard.is_empty() && self.repeat_at <= now && mutant::is_on(Mutant::NeverRepeats) {
            self.repeat_at = after(now, timing.last_repeat());
        } else if !self.unheard.is_empty() && self.repeat_at <= now {
            self.repeat_after = (self.repeat_after * 2).min(timing.last_repeat());
            self.repeat_at = after(now, self.repeat_after);
            let Between { from, to } = self.between;
            let repeated = self.unheard.iter().take(Link::REPEATED).map(|(seq, message)| Frame::Data {
                between: Between { from, to },
                seq: *seq,
                ack: self.listened,
                newest: me.newest,
                message: message.clone(),
            });
            out.extend(repeated);
        }
    }
}
