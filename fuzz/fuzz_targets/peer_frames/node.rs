//! The node, and what its two peers know of it.

use lock_core::{
    Between, Call, Claim, Frame, Hello, Incarnation, Life, LockTable, Message, Millis, NodeConfig, NodeId, NodeMachine,
    Output, PROTOCOL, Request, Require, Token, Tokens, TransactionOptions, TxId,
};

use super::said::{Address, Heard, Saying, mode, node, object, tx};

/// The transactions that live here.
const LOCALS: u8 = 4;
/// All names that a transaction can have here, and more.
const NAMES: usize = 16;
/// Whatever comes in, what goes out at once is little.
const MOST_OUTPUTS: usize = 100_000;

/// One end of a conversation with the node, played by the fuzzer.
struct Peer {
    name: NodeId,
    incarnation: u64,
    life: u64,
    /// The life of the node's end, and the time of its newest greeting.
    seen: Option<(Life, Millis)>,
    said: u64,
    listened: u64,
}

pub(crate) struct Besieged {
    machine: NodeMachine,
    table: LockTable,
    peers: [Peer; 2],
    heard: Heard,
    now: Millis,
}

impl Besieged {
    pub(crate) fn new(incarnation: u16, options: [u8; 4]) -> Self {
        let incarnation = Incarnation(u64::from(incarnation));
        let peers = ["n2", "n3"].map(NodeId::new);
        let config = NodeConfig { peers: peers.to_vec(), ..NodeConfig::new(NodeId::new("n1"), incarnation) };
        let now = Millis(1_000);
        let mut machine = NodeMachine::new(config, now);
        for (name, options) in (0..LOCALS).zip(options) {
            let options = TransactionOptions {
                abort_on_deadlock: options & 1 > 0,
                await_nodes: options & 2 > 0,
                priority: i32::from(options >> 4),
                ..TransactionOptions::default()
            };
            machine.begin(tx(name), options);
        }
        let peer = |name| Peer { name, incarnation: 1, life: 1, seen: None, said: 0, listened: 0 };
        let table = LockTable::new(incarnation, Tokens::starting_at(incarnation), 0);
        let mut besieged = Self { machine, table, peers: peers.map(peer), heard: Heard { numbers: vec![] }, now };
        besieged.passes(0);
        besieged
    }

    /// Both peers greet, and say that they hold nothing.
    pub(crate) fn everybody_greets(&mut self) {
        for peer in [false, true] {
            self.greets(peer, false);
            self.says(peer, &Address::Next, Saying::Hold(vec![], false));
        }
    }

    pub(crate) fn greets(&mut self, peer: bool, restarted: bool) {
        let end = &mut self.peers[usize::from(peer)];
        end.life += 1;
        end.incarnation += u64::from(restarted);
        (end.said, end.listened) = (0, 0);
        // The first greeting may end a conversation; the second one answers what the node said to that.
        for _ in 0..2 {
            let end = &self.peers[usize::from(peer)];
            let hello = Hello {
                protocol: PROTOCOL,
                cluster: String::from("gordian"),
                node: end.name.clone(),
                incarnation: Incarnation(end.incarnation),
                life: Life(end.life),
                sent: self.now,
                seen: end.seen,
                up: false,
            };
            self.receives(peer, Frame::Hello(hello));
        }
    }

    pub(crate) fn says(&mut self, peer: bool, address: &Address, saying: Saying) {
        let end = &mut self.peers[usize::from(peer)];
        let node_life = end.seen.map_or(Life(0), |(life, _)| life);
        let (between, seq, ack) = match *address {
            Address::Next => {
                end.said += u64::from(!matches!(saying, Saying::Beat { .. } | Saying::BeatAnswer { .. }));
                (Between { from: Life(end.life), to: node_life }, end.said, end.listened)
            }
            Address::Odd { from, to, seq, ack } => {
                let [from, to, seq, ack] = [from, to, seq, ack].map(|number| self.heard.number(number));
                (Between { from: Life(from), to: Life(to) }, seq, ack)
            }
        };
        let frame = match saying {
            Saying::Beat { sent } => Frame::Beat { between, ack, sent: Millis(self.heard.number(sent)) },
            Saying::BeatAnswer { sent } => Frame::BeatAnswer { between, ack, sent: Millis(self.heard.number(sent)) },
            saying => {
                let Some(message) = saying.message(&self.heard) else { return };
                Frame::Data { between, seq, ack, newest: Token(0), message }
            }
        };
        // What goes over a link comes out as it went in.
        let bytes = postcard::to_stdvec(&frame).expect("a frame can be written");
        let read: Frame = postcard::from_bytes(&bytes).expect("and read again");
        assert_eq!(read, frame);
        self.receives(peer, read);
    }

    pub(crate) fn bytes(&mut self, peer: bool, bytes: &[u8]) {
        if let Ok(frame) = postcard::from_bytes::<Frame>(bytes) {
            self.receives(peer, frame);
        }
    }

    pub(crate) fn stranger(&mut self, bytes: &[u8]) {
        if let Ok(frame) = postcard::from_bytes::<Frame>(bytes) {
            self.machine.receive(&mut self.table, &NodeId::new("n9"), frame, self.now);
            assert!(self.machine.take_outputs().is_empty(), "a stranger gets no answer");
        }
    }

    pub(crate) fn gone(&mut self, peer: bool) {
        let end = &self.peers[usize::from(peer)];
        let (name, incarnation) = (end.name.clone(), Incarnation(end.incarnation));
        self.machine.gone(&mut self.table, &name, Some(incarnation), self.now);
        self.hear();
    }

    pub(crate) fn locks(&mut self, of: u8, what: u8, write: bool, nodes: u8, require: u8, tries: bool) {
        let all = [Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];
        let claim = Claim {
            object: object(what),
            mode: mode(write),
            nodes: (0..3).filter(|bit| nodes & (1 << bit) > 0).map(node).collect(),
            require: all[usize::from(require) % all.len()],
        };
        self.call(of, if tries { Call::Try(claim) } else { Call::Lock(vec![claim]) });
    }

    pub(crate) fn does(&mut self, of: u8, what: u8, how: u8) {
        let object = object(what);
        let call = match how % 8 {
            0 | 1 => Call::Unlock(object),
            2 => Call::Downgrade(object),
            3 => Call::Surrender(object),
            4 => Call::End,
            _ => Call::Saw,
        };
        self.call(of, call);
    }

    fn call(&mut self, of: u8, call: Call) {
        // It may be refused; then nothing has changed.
        let _ = self.machine.call(&mut self.table, tx(of % LOCALS), call, self.now);
        self.hear();
    }

    pub(crate) fn passes(&mut self, ms: u64) {
        self.now.0 += ms;
        self.machine.tick(&mut self.table, self.now);
        self.hear();
    }

    fn receives(&mut self, peer: bool, frame: Frame) {
        let name = self.peers[usize::from(peer)].name.clone();
        self.machine.receive(&mut self.table, &name, frame, self.now);
        self.hear();
    }

    /// The peers hear what the node says; all numbers in it are good to be said again.
    fn hear(&mut self) {
        let outputs = self.machine.take_outputs();
        assert!(outputs.len() < MOST_OUTPUTS, "{} outputs at once", outputs.len());
        for output in outputs {
            match output {
                Output::Send { to, frame } => self.hears(&to, *frame),
                Output::Granted { token, .. } => self.heard.note(token.0),
                _ => {}
            }
        }
    }

    fn hears(&mut self, to: &NodeId, frame: Frame) {
        let end = self.peers.iter_mut().find(|peer| peer.name == *to).expect("nothing is sent to strangers");
        match frame {
            Frame::Hello(hello) => end.seen = Some((hello.life, hello.sent)),
            Frame::Data { seq, message, .. } => {
                end.listened = seq;
                self.note(&message);
            }
            Frame::Beat { sent, .. } | Frame::BeatAnswer { sent, .. } => self.heard.note(sent.0),
        }
    }

    fn note(&mut self, message: &Message) {
        match message {
            Message::Request { ask, request, .. } => {
                self.heard.note(*ask);
                if let Request::Surrender(grants) = request {
                    grants.iter().for_each(|(_, token)| self.heard.note(token.0));
                }
            }
            Message::Stands { claims, .. } => {
                for (_, standing) in claims {
                    standing.granted.iter().for_each(|(_, token)| self.heard.note(token.0));
                    standing.wanted.iter().for_each(|(_, place)| self.heard.note(*place));
                }
            }
            Message::Ask { look, .. } | Message::Resolve { look, .. } => self.heard.note(*look),
            Message::Told { rows, .. } => rows.homes.iter().for_each(|row| self.heard.note(row.stamp)),
            _ => {}
        }
    }

    pub(crate) fn check(&mut self) {
        if let Err(violation) = self.table.check() {
            panic!("{violation}");
        }
        let kept = self.machine.kept();
        assert!(kept.guests <= NAMES, "{kept:?}");
        assert!(kept.looks <= usize::from(LOCALS), "{kept:?}");
        for transaction in 0..LOCALS {
            self.machine.status(tx(transaction));
            self.machine.claims(tx(transaction));
        }
    }

    /// The peers fall silent, and whoever lives here ends: nothing is kept.
    pub(crate) fn everybody_leaves(&mut self) {
        for transaction in 0..LOCALS {
            self.call(transaction, Call::End);
        }
        for _ in 0..4 {
            self.passes(30_000);
            self.check();
        }
        let kept = self.machine.kept();
        assert_eq!((kept.guests, kept.looks, kept.stashed, kept.unheard), (0, 0, 0, 0), "{kept:?}");
        for name in (0..16).map(TxId).chain([TxId(u64::MAX)]) {
            assert_eq!(self.table.claim_count(name), 0, "{name} left something behind");
        }
    }
}
