//! What a peer may say: sentences in which the names are mostly known and the numbers sometimes right.

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use lock_core::{
    Arrow, ArrowKind, BlockView, Deadlock, Evidence, FarStep, Held, HomeRow, Message, Millis, Mode, NodeId, Object,
    Reach, Request, Rows, Standing, Token, TxId, TxProfile, UnmetRow, WaitName, WaitRow, WaitView, WayOut,
};

const OBJECTS: [&str; 5] = ["a", "a/x", "a/y", "b", "c"];
const NODES: [&str; 4] = ["n1", "n2", "n3", "n9"];

/// How a saying is put on the link.
#[derive(Arbitrary, Debug)]
pub(crate) enum Address {
    /// As the next message of this conversation.
    Next,
    /// With numbers of its own.
    Odd { from: Number, to: Number, seq: Number, ack: Number },
}

/// A number: one that was heard of, a small one, or a strange one.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Number {
    Heard(u8),
    Small(u8),
    Any(u64),
    Last,
}

/// What a number may mean here.
pub(crate) struct Heard {
    pub(crate) numbers: Vec<u64>,
}

impl Heard {
    pub(crate) fn number(&self, number: Number) -> u64 {
        match number {
            Number::Heard(back) if !self.numbers.is_empty() => {
                self.numbers[self.numbers.len() - 1 - usize::from(back) % self.numbers.len()]
            }
            Number::Heard(small) | Number::Small(small) => u64::from(small),
            Number::Any(number) => number,
            Number::Last => u64::MAX,
        }
    }

    pub(crate) fn note(&mut self, number: u64) {
        if self.numbers.last() != Some(&number) {
            self.numbers.push(number);
        }
        if self.numbers.len() > 64 {
            self.numbers.remove(0);
        }
    }
}

pub(crate) fn object(index: u8) -> Object {
    OBJECTS[usize::from(index) % OBJECTS.len()].parse().expect("an object")
}

pub(crate) fn node(index: u8) -> NodeId {
    NodeId::new(NODES[usize::from(index) % NODES.len()])
}

pub(crate) fn mode(write: bool) -> Mode {
    if write { Mode::Write } else { Mode::Read }
}

/// Few names, and one at the end of all.
pub(crate) fn tx(index: u8) -> TxId {
    if index == u8::MAX { TxId(u64::MAX) } else { TxId(u64::from(index % 9)) }
}

type Name = (u8, u8, Number);

#[derive(Arbitrary, Debug)]
pub(crate) enum Saying {
    Claim { tx: u8, of: u8, ask: Number, claims: Vec<(u8, bool)>, wait: bool, own: bool, options: (i32, bool) },
    Unlock { tx: u8, ask: Number, objects: Vec<u8> },
    Withdraw { tx: u8, ask: Number, objects: Vec<u8> },
    Downgrade { tx: u8, ask: Number, object: u8 },
    Keep { tx: u8, ask: Number, object: u8, write: bool },
    Surrender { tx: u8, ask: Number, grants: Vec<(u8, Number)> },
    Turn { tx: u8, ask: Number, pairs: Vec<(Name, Name)> },
    End { tx: u8, ask: Number },
    Stands { tx: u8, ask: Number, claims: Vec<(u8, Option<(bool, Number)>, Option<(bool, Number)>)>, turned: bool },
    Hold(Vec<(u8, u8, bool, Number)>, bool),
    Ask { look: Number, txs: Vec<u8>, reach: u8 },
    Told { look: Number, rows: SaidRows },
    Resolve { look: Number, tx: u8, stamp: Number, circle: SaidCircle, homes: Vec<u8>, step: SaidStep },
    Resolved { look: Number, tx: u8, acted: bool },
    Note { circle: SaidCircle, members: Vec<u8> },
    Beat { sent: Number },
    BeatAnswer { sent: Number },
}

#[derive(Arbitrary, Debug)]
pub(crate) struct SaidRows {
    homes: Vec<SaidHome>,
    waits: Vec<(u8, Vec<SaidWait>)>,
    elsewhere: Vec<(u8, u8)>,
    more: bool,
}

#[derive(Arbitrary, Debug)]
struct SaidHome {
    tx: u8,
    stamp: Number,
    priority: i32,
    told: bool,
    unmet: Vec<(u8, u32, Vec<(u8, Number)>, u32)>,
    letting_go: Vec<(u8, u8)>,
    lost: Vec<u8>,
}

#[derive(Arbitrary, Debug)]
struct SaidWait {
    object: u8,
    write: bool,
    place: Number,
    blocks: Vec<(u8, u8, bool, bool, Number)>,
}

#[derive(Arbitrary, Debug)]
pub(crate) struct SaidCircle {
    arrows: Vec<(u8, u8, u8, u8, bool)>,
    way_out: (u8, u8, u8),
}

#[derive(Arbitrary, Debug)]
pub(crate) enum SaidStep {
    GiveWay(Vec<(u8, u8, Number)>),
    Turn(Vec<(u8, Name, Name)>),
}

fn objects(indexes: Vec<u8>) -> Vec<Object> {
    indexes.into_iter().map(object).collect()
}

impl Saying {
    /// The message; `None` for a sign of life.
    pub(crate) fn message(self, heard: &Heard) -> Option<Message> {
        let ask =
            |ask: Number, of: u8, request: Request| Message::Request { tx: tx(of), ask: heard.number(ask), request };
        let name = |(of, what, place): Name| WaitName { tx: tx(of), object: object(what), place: heard.number(place) };
        Some(match self {
            Self::Claim { tx: who, of, ask: number, claims, wait, own, options: (priority, abort_on_deadlock) } => {
                let profile = TxProfile { tx: tx(of), priority, abort_on_deadlock };
                let claims = claims.into_iter().map(|(what, write)| (object(what), mode(write))).collect();
                ask(number, who, Request::Claim { profile, claims, wait, own })
            }
            Self::Unlock { tx, ask: number, objects: of } => ask(number, tx, Request::Unlock(objects(of))),
            Self::Withdraw { tx, ask: number, objects: of } => ask(number, tx, Request::Withdraw(objects(of))),
            Self::Downgrade { tx, ask: number, object: of } => ask(number, tx, Request::Downgrade(object(of))),
            Self::Keep { tx, ask: number, object: of, write } => {
                ask(number, tx, Request::Keep(object(of), mode(write)))
            }
            Self::Surrender { tx, ask: number, grants } => {
                let grant = |(what, token)| (object(what), Token(heard.number(token)));
                ask(number, tx, Request::Surrender(grants.into_iter().map(grant).collect()))
            }
            Self::Turn { tx, ask: number, pairs } => {
                let pairs = pairs.into_iter().map(|(first, second)| (name(first), name(second)));
                ask(number, tx, Request::Turn(pairs.collect()))
            }
            Self::End { tx, ask: number } => ask(number, tx, Request::End),
            Self::Stands { tx: of, ask, claims, turned } => {
                let claim = |(what, granted, wanted): (u8, Option<(bool, Number)>, Option<(bool, Number)>)| {
                    let granted = granted.map(|(write, token)| (mode(write), Token(heard.number(token))));
                    let wanted = wanted.map(|(write, place)| (mode(write), heard.number(place)));
                    (object(what), Standing { granted, wanted })
                };
                let claims = claims.into_iter().map(claim).collect();
                Message::Stands { tx: tx(of), ask: heard.number(ask), claims, turned }
            }
            Self::Hold(held, more) => {
                let held = held.into_iter().map(|(of, what, write, token)| Held {
                    profile: TxProfile::new(tx(of)),
                    object: object(what),
                    mode: mode(write),
                    token: Token(heard.number(token)),
                });
                Message::Hold { held: held.collect(), more }
            }
            Self::Ask { look, txs, reach } => Message::Ask {
                look: heard.number(look),
                txs: txs.into_iter().map(tx).collect(),
                reach: [Reach::Named, Reach::Reachable, Reach::Everybody][usize::from(reach) % 3],
            },
            Self::Told { look, rows } => Message::Told { look: heard.number(look), rows: rows.rows(heard) },
            Self::Resolve { look, tx: of, stamp, circle, homes, step } => {
                let homes = homes.into_iter().map(node).collect();
                let (deadlock, step) = (circle.deadlock(), step.step(heard));
                let evidence = Evidence { tx: tx(of), stamp: heard.number(stamp), deadlock, homes, step };
                Message::Resolve { look: heard.number(look), evidence: Box::new(evidence) }
            }
            Self::Resolved { look, tx: of, acted } => Message::Resolved { look: heard.number(look), tx: tx(of), acted },
            Self::Note { circle, members } => {
                Message::Note { deadlock: Box::new(circle.deadlock()), members: members.into_iter().map(tx).collect() }
            }
            Self::Beat { .. } | Self::BeatAnswer { .. } => return None,
        })
    }
}

impl SaidRows {
    fn rows(self, heard: &Heard) -> Rows {
        Rows {
            homes: self.homes.into_iter().map(|home| home.row(heard)).collect(),
            waits: self.waits.into_iter().map(|(of, waits)| wait_row(of, waits, heard)).collect(),
            elsewhere: self.elsewhere.into_iter().map(|(of, home)| (tx(of), node(home))).collect(),
            more: self.more,
        }
    }
}

impl SaidHome {
    fn row(self, heard: &Heard) -> HomeRow {
        let unmet = |(what, missing, waits, open): (u8, u32, Vec<(u8, Number)>, u32)| UnmetRow {
            object: object(what),
            missing: if missing % 2 == 0 { missing } else { missing % 8 / 2 },
            waits: waits.into_iter().map(|(at, place)| (node(at), heard.number(place))).collect(),
            open: if open % 2 == 0 { 0 } else { open },
        };
        HomeRow {
            tx: tx(self.tx),
            stamp: heard.number(self.stamp),
            priority: self.priority,
            told: self.told,
            unmet: self.unmet.into_iter().map(unmet).collect(),
            letting_go: self.letting_go.into_iter().map(|(at, what)| (node(at), object(what))).collect(),
            lost: self.lost.into_iter().map(node).collect(),
        }
    }
}

fn wait_row(of: u8, waits: Vec<SaidWait>, heard: &Heard) -> WaitRow {
    let block = |(of, what, write, hard, stamp): (u8, u8, bool, bool, Number)| BlockView {
        tx: tx(of),
        object: object(what),
        mode: mode(write),
        kind: if hard { ArrowKind::Hard } else { ArrowKind::Soft },
        stamp: heard.number(stamp),
    };
    let wait = |wait: SaidWait| WaitView {
        object: object(wait.object),
        mode: mode(wait.write),
        place: heard.number(wait.place),
        since: Millis(0),
        blocks: wait.blocks.into_iter().map(block).collect(),
    };
    WaitRow { tx: tx(of), waits: waits.into_iter().map(wait).collect() }
}

impl SaidCircle {
    fn deadlock(self) -> Deadlock {
        let arrow = |(waiter, wants, blocker, blocking, hard): (u8, u8, u8, u8, bool)| Arrow {
            waiter: tx(waiter),
            wants: object(wants),
            wanted: Mode::Write,
            since: Millis(0),
            blocker: tx(blocker),
            blocking: object(blocking),
            blocking_mode: Mode::Write,
            kind: if hard { ArrowKind::Hard } else { ArrowKind::Soft },
            token: None,
        };
        let (how, one, other) = self.way_out;
        let way_out = match how % 3 {
            0 => WayOut::Surrender { victim: tx(one), objects: vec![object(other)] },
            1 => WayOut::Abort { victim: tx(one) },
            _ => WayOut::Overtaking { first: tx(one), second: tx(other) },
        };
        Deadlock { circle: self.arrows.into_iter().map(arrow).collect(), way_out }
    }
}

impl SaidStep {
    fn step(self, heard: &Heard) -> FarStep {
        let name = |(of, what, place): Name| WaitName { tx: tx(of), object: object(what), place: heard.number(place) };
        match self {
            Self::GiveWay(grants) => {
                let grant = |(at, what, token)| (node(at), object(what), Token(heard.number(token)));
                FarStep::GiveWay(grants.into_iter().map(grant).collect())
            }
            Self::Turn(pairs) => {
                let pair = |(at, first, second)| (node(at), name(first), name(second));
                FarStep::Turn(pairs.into_iter().map(pair).collect())
            }
        }
    }
}
