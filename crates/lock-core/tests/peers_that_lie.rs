//! Whatever a peer says, a node does not panic, believes nothing that cannot be, and serves its own transactions.
#![allow(clippy::unwrap_used)] // a test may panic

use lock_core::{
    Arrow, ArrowKind, Between, BlockView, Call, Claim, Deadlock, Evidence, FarStep, Frame, Held, Hello, HomeRow,
    Incarnation, Life, LockTable, Message, Millis, Mode, NodeConfig, NodeId, NodeMachine, Object, Output, PROTOCOL,
    Request, Require, Rows, Standing, Status, Token, Tokens, TransactionOptions, TxId, TxProfile, UnmetRow, WaitRow,
    WaitView, WayOut,
};

const LOCAL: TxId = TxId(1);
const GUEST: TxId = TxId(2);

/// The node `n1` with the transaction t1, and its peer `n2`, whose words are made up.
struct Lied {
    machine: NodeMachine,
    table: LockTable,
    now: Millis,
    said: u64,
    life: Life,
    /// What the node said last that the peer has to name.
    heard: Vec<Message>,
}

impl Lied {
    fn to() -> Self {
        let incarnation = Incarnation(7);
        let (now, peer) = (Millis(1_000), NodeId::new("n2"));
        let config = NodeConfig { peers: vec![peer], ..NodeConfig::new(NodeId::new("n1"), incarnation) };
        let machine = NodeMachine::new(config, now);
        let table = LockTable::new(incarnation, Tokens::starting_at(incarnation), 0);
        let mut lied = Self { machine, table, now, said: 0, life: Life(0), heard: vec![] };
        lied.machine.begin(LOCAL, TransactionOptions::default());
        lied.passes(0);
        lied.greets(Some(now));
        lied.says(Message::Hold { held: vec![], more: false });
        lied
    }

    /// A greeting that answers one of this node, sent when it says.
    fn greets(&mut self, seen: Option<Millis>) {
        let hello = Hello {
            protocol: PROTOCOL,
            cluster: "gordian".to_owned(),
            node: NodeId::new("n2"),
            incarnation: Incarnation(1),
            life: Life(1),
            sent: self.now,
            seen: seen.map(|sent| (self.life, sent)),
            up: true,
        };
        self.receives(Frame::Hello(hello));
    }

    fn says(&mut self, message: Message) {
        self.said += 1;
        let (between, seq) = (self.between(), self.said);
        self.receives(Frame::Data { between, seq, ack: 0, newest: Token(0), message });
        self.table.check().unwrap();
    }

    fn between(&self) -> Between {
        Between { from: Life(1), to: self.life }
    }

    fn receives(&mut self, frame: Frame) {
        self.machine.receive(&mut self.table, &NodeId::new("n2"), frame, self.now);
        self.hear();
    }

    fn locks(&mut self, object: &str, nodes: &[&str]) {
        let nodes = nodes.iter().map(|node| NodeId::new(*node)).collect();
        let claim = Claim { object: of(object), mode: Mode::Write, nodes, require: Require::All };
        self.machine.call(&mut self.table, LOCAL, Call::Lock(vec![claim]), self.now).unwrap();
        self.hear();
    }

    fn passes(&mut self, ms: u64) {
        self.now.0 += ms;
        self.machine.tick(&mut self.table, self.now);
        self.hear();
    }

    fn hear(&mut self) {
        for output in self.machine.take_outputs() {
            let Output::Send { frame, .. } = output else { continue };
            match *frame {
                Frame::Hello(hello) => self.life = hello.life,
                Frame::Data { message, .. } => self.heard.push(message),
                _ => {}
            }
        }
    }

    /// The letters that have come out, by their length.
    fn letters(&mut self) -> Vec<usize> {
        let outputs = self.machine.take_outputs();
        let letter = |output| if let Output::Letter { note, .. } = output { Some(note.len()) } else { None };
        outputs.into_iter().filter_map(letter).collect()
    }

    /// The number of the last look that asked the peer something.
    fn look(&self) -> u64 {
        let look = |message: &Message| match message {
            Message::Ask { look, .. } | Message::Resolve { look, .. } => Some(*look),
            _ => None,
        };
        self.heard.iter().rev().find_map(look).unwrap()
    }

    fn is_served(&self) -> bool {
        matches!(self.machine.status(LOCAL), Some(Status::HaveAllLocks { .. }))
    }

    /// The local transaction has `a` here and waits for `b` there, behind the guest: it looks.
    fn waits_behind_a_guest(&mut self) {
        self.locks("a", &["n1"]);
        self.locks("b", &["n2"]);
        let ask = self.heard.iter().rev().find_map(|message| match message {
            Message::Request { ask, .. } => Some(*ask),
            _ => None,
        });
        let standing = Standing { granted: None, wanted: Some((Mode::Write, 3)) };
        self.says(Message::Stands { tx: LOCAL, ask: ask.unwrap(), claims: vec![(of("b"), standing)], turned: false });
    }

    /// Tells a look that the guest is in the way of the local transaction, and what the guest is said to need.
    fn tells(&mut self, blocks: Vec<BlockView>, unmet: Vec<UnmetRow>) {
        let wait = WaitView { object: of("b"), mode: Mode::Write, place: 3, since: Millis(0), blocks };
        let guest = HomeRow { tx: GUEST, stamp: 0, priority: 0, told: false, unmet, letting_go: vec![] };
        let waits = vec![WaitRow { tx: LOCAL, waits: vec![wait] }];
        let rows = Rows { homes: vec![guest], waits, ..Rows::default() };
        self.says(Message::Told { look: self.look(), rows });
    }
}

fn of(object: &str) -> Object {
    object.parse().unwrap()
}

fn block(tx: TxId, kind: ArrowKind) -> BlockView {
    BlockView { tx, object: of("b"), mode: Mode::Write, kind, stamp: 9 }
}

fn claim(profile: TxId, tx: TxId, object: &str) -> Message {
    let claims = vec![(of(object), Mode::Write)];
    let request = Request::Claim { profile: TxProfile::new(profile), claims, wait: true, own: false };
    Message::Request { tx, ask: 1, request }
}

fn unmet(missing: u32, waits: &[(&str, u64)], open: u32) -> UnmetRow {
    let waits = waits.iter().map(|(node, place)| (NodeId::new(*node), *place)).collect();
    UnmetRow { object: of("a"), missing, waits, open }
}

/// Whoever needs more grants than it waits for, or none at all, was a transaction that is stuck without any circle.
#[test]
fn needs_that_nothing_can_meet_are_no_deadlock() {
    for needs in [unmet(5, &[], 0), unmet(0, &[], 0), unmet(5, &[("n2", 1)], 0), unmet(u32::MAX, &[], u32::MAX)] {
        let mut lied = Lied::to();
        lied.waits_behind_a_guest();
        lied.tells(vec![block(GUEST, ArrowKind::Hard)], vec![needs]);
        assert_eq!(lied.machine.claims(LOCAL).len(), 2);
    }
}

#[test]
fn nobody_waits_on_itself() {
    for kind in [ArrowKind::Hard, ArrowKind::Soft] {
        let mut lied = Lied::to();
        lied.waits_behind_a_guest();
        lied.tells(vec![block(LOCAL, kind)], vec![]);
        assert!(lied.table.token(LOCAL, &of("a"), Mode::Write).is_some(), "nothing is surrendered for it");
    }
}

#[test]
fn an_answer_to_what_was_never_asked_is_passed_over() {
    let mut lied = Lied::to();
    lied.locks("b", &["n2"]);
    let granted = Standing { granted: Some((Mode::Write, Token(5))), wanted: None };
    lied.says(Message::Stands { tx: LOCAL, ask: u64::MAX, claims: vec![(of("b"), granted)], turned: false });
    assert!(!lied.is_served());
}

#[test]
fn a_request_names_one_transaction_of_its_sender() {
    let mut lied = Lied::to();
    lied.locks("a", &["n1"]);
    lied.says(claim(GUEST, TxId(3), "b"));
    assert!(lied.table.claim_count(GUEST) + lied.table.claim_count(TxId(3)) == 0, "two names in one request");
    let end = Message::Request { tx: LOCAL, ask: 2, request: Request::End };
    lied.says(end);
    assert!(lied.is_served() && lied.table.token(LOCAL, &of("a"), Mode::Write).is_some(), "it does not live there");
    lied.says(claim(LOCAL, LOCAL, "b"));
    assert!(lied.table.token(LOCAL, &of("b"), Mode::Write).is_none());
}

#[test]
fn only_tokens_of_earlier_incarnations_are_taken_back_and_each_once() {
    let mut lied = Lied::to();
    let held = |tx: u64, object: &str, token: u64| {
        let profile = TxProfile::new(TxId(tx));
        Held { profile, object: of(object), mode: Mode::Write, token: Token(token) }
    };
    let held = vec![held(2, "a", 0), held(2, "b", u64::MAX), held(2, "c", 4), held(3, "d", 4)];
    lied.says(Message::Hold { held, more: false });
    let has = |tx, object| lied.table.token(TxId(tx), &of(object), Mode::Write).map(|token| token.0);
    assert_eq!([has(2, "a"), has(2, "b"), has(2, "c"), has(3, "d")], [None, None, Some(4), None]);
}

#[test]
fn who_answers_heartbeats_of_the_future_is_not_trusted_longer() {
    let mut lied = Lied::to();
    let (between, sent) = (lied.between(), Millis(u64::MAX));
    lied.receives(Frame::BeatAnswer { between, ack: u64::MAX, sent });
    lied.passes(60_000);
    assert!(!lied.machine.is_alive(&NodeId::new("n2")));
}

#[test]
fn evidence_moves_only_what_the_transaction_has_claimed() {
    let step = FarStep::GiveWay(vec![(NodeId::new("n9"), of("zzz"), Token(1))]);
    for circle in [vec![], vec![arrow()]] {
        let mut lied = Lied::to();
        lied.waits_behind_a_guest();
        let stamp = lied.machine.home_row(LOCAL).unwrap().stamp;
        let deadlock = Deadlock { circle, way_out: WayOut::Abort { victim: LOCAL } };
        let evidence = Evidence { tx: LOCAL, stamp, deadlock, homes: vec![], step: step.clone() };
        lied.says(Message::Resolve { look: 77, evidence: Box::new(evidence) });
        assert!(lied.heard.contains(&Message::Resolved { look: 77, tx: LOCAL, acted: false }));
        assert_eq!(lied.machine.home_row(LOCAL).unwrap().letting_go, []);
    }
}

/// It would have been over without having given anything back.
#[test]
fn nobody_is_aborted_by_hearsay() {
    let mut lied = Lied::to();
    lied.locks("a", &["n1"]);
    let deadlock = Box::new(Deadlock { circle: vec![arrow()], way_out: WayOut::Abort { victim: LOCAL } });
    lied.says(Message::Note { deadlock, members: vec![LOCAL] });
    assert!(lied.is_served());
}

fn arrow() -> Arrow {
    Arrow {
        waiter: LOCAL,
        wants: of("b"),
        wanted: Mode::Write,
        since: Millis(5),
        blocker: GUEST,
        blocking: of("b"),
        blocking_mode: Mode::Read,
        kind: ArrowKind::Hard,
        token: Some(Token(3)),
    }
}

/// A format without words for its parts, as links have it, reads what it has written.
#[test]
fn a_deadlock_goes_over_a_link_and_into_a_log() {
    let (victim, objects) = (LOCAL, vec![of("a/b"), of("c")]);
    let overtaking = WayOut::Overtaking { first: LOCAL, second: GUEST };
    for way_out in [WayOut::Surrender { victim, objects }, WayOut::Abort { victim }, overtaking] {
        let deadlock = Box::new(Deadlock { circle: vec![arrow()], way_out });
        let log = serde_json::to_value(&deadlock).unwrap();
        assert!(log["way_out"]["how"].is_string(), "{log}");
        assert_eq!(serde_json::from_value::<Deadlock>(log).unwrap(), *deadlock);
        let message = Message::Note { deadlock, members: vec![LOCAL] };
        let between = Between { from: Life(1), to: Life(2) };
        let frame = Frame::Data { between, seq: 1, ack: 0, newest: Token(0), message };
        assert_eq!(postcard::from_bytes::<Frame>(&postcard::to_stdvec(&frame).unwrap()).unwrap(), frame);
    }
}

#[test]
fn a_letter_that_is_longer_than_any_node_may_write_is_not_delivered() {
    let mut lied = Lied::to();
    let longest = NodeMachine::LONGEST_LETTER;
    for length in [longest, longest + 1, 0] {
        lied.said += 1;
        let message = Message::Letter { about: of("leader"), note: vec![7; length] };
        let frame = Frame::Data { between: lied.between(), seq: lied.said, ack: 0, newest: Token(0), message };
        lied.machine.receive(&mut lied.table, &NodeId::new("n2"), frame, lied.now);
    }
    assert_eq!(lied.letters(), [longest, 0]);
}
