//! Each kind of expectation fails when it does not hold, on its line, and says what is seen instead.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Deadlock, Mode, Object, Token, TxId, WaitGraph};
use lock_sim::{
    Action, Engine, Entry, Failure, NaiveWorld, Outcome, Refusal, Scenario, Standing, TxOptions, TxStatus, run,
};

fn failure_on(engine: &mut dyn Engine, text: &str) -> Option<Failure> {
    run(&Scenario::parse("story", text).expect("well-formed"), engine, 0).failure
}

fn failure(text: &str) -> Option<Failure> {
    failure_on(&mut NaiveWorld::default(), text)
}

/// After the beginning, the wrong expectation fails with what is seen; the right one holds.
fn wrong_then_right(beginning: &str, wrong: &str, seen: &str, right: &str) {
    let failed = failure(&format!("{beginning}{wrong}")).expect(wrong);
    assert_eq!(failed.line, beginning.lines().count() + 1, "{wrong}");
    assert_eq!(failed.said, wrong);
    assert_eq!(failed.expected, wrong.trim_start_matches("expect "));
    assert_eq!(failed.seen, seen, "{wrong}");
    assert_eq!(failure(&format!("{beginning}{right}")), None, "{right}");
}

const TWO: &str = "tx t1\ntx t2\ntx t3\nlock t1 a write\nlock t2 a read\n";

#[test]
fn status() {
    wrong_then_right(TWO, "expect t1 waiting", "has-all", "expect t1 has-all");
    wrong_then_right(TWO, "expect t2 has-all", "waiting for a", "expect t2 waiting");
    wrong_then_right(TWO, "expect t3 ended", "no-locks", "expect t3 no-locks");
    wrong_then_right(TWO, "expect t3 aborted", "no-locks", "expect t3 no-locks");
    wrong_then_right(TWO, "expect t3 cannot-serve", "no-locks", "expect t3 no-locks");
}

#[test]
fn waiting_for_an_object() {
    wrong_then_right(TWO, "expect t2 waiting b", "waiting for a", "expect t2 waiting a");
    wrong_then_right(TWO, "expect t1 waiting a", "has-all, waiting for nothing", "expect t2 waiting a");
}

#[test]
fn waiting_for_exactly_these() {
    let three = format!("{TWO}lock t3 a write\n");
    wrong_then_right(&three, "expect t3 waiting-for t1", "waiting for t1 t2", "expect t3 waiting-for t2 t1");
    wrong_then_right(&three, "expect t2 waiting-for t1 t3", "waiting for t1", "expect t2 waiting-for t1");
    wrong_then_right(&three, "expect t1 waiting-for t2", "waiting for nobody", "expect t2 waiting-for t1");
}

#[test]
fn holds_exactly_this_object() {
    wrong_then_right(TWO, "expect holds a nobody", "t1 write", "expect holds a t1 write");
    wrong_then_right(TWO, "expect holds a t1 read", "t1 write", "expect holds a t1 write");
    wrong_then_right(TWO, "expect holds a t1 write, t2 read", "t1 write", "expect holds a t1 write on n1");
    wrong_then_right(TWO, "expect holds a/b t1 write", "nobody", "expect holds a/b nobody");
}

#[test]
fn queue_in_order() {
    let three = format!("{TWO}lock t3 a write\n");
    wrong_then_right(&three, "expect queue a t3 t2", "t2 t3", "expect queue a t2 t3");
    wrong_then_right(&three, "expect queue a t2", "t2 t3", "expect queue a t2 t3");
    wrong_then_right(&three, "expect queue a empty", "t2 t3", "expect queue b empty");
    wrong_then_right(&three, "expect queue b t2", "empty", "expect queue b empty");
}

const RING: &str = "tx t1\ntx t2\nlock t1 a write\nlock t2 b write\nlock t1 b write\nlock t2 a write\n";
const OVERTAKING: &str =
    "tx t1\ntx t2\ntx t3\nlock t1 a read\nlock t3 c write\nlock t2 a write\nlock t3 a read\nlock t1 c write\n";

#[test]
fn number_of_deadlocks() {
    wrong_then_right(RING, "expect deadlocks 2", "1 (t1 t2: t2 surrendered b)", "expect deadlocks 1");
    wrong_then_right(TWO, "expect deadlocks 1", "0", "expect deadlocks 0");
}

#[test]
fn deadlock_by_circle_and_way_out() {
    let others = "others (t1 t2: t2 surrendered b)";
    wrong_then_right(RING, "expect deadlock t1 t2 victim t1", others, "expect deadlock t1 t2 victim t2");
    wrong_then_right(RING, "expect deadlock t1 t2 surrendered a", others, "expect deadlock t1 t2 surrendered b");
    wrong_then_right(RING, "expect deadlock t1 t2 by overtaking", others, "expect deadlock t1 t2");
    let right = "expect deadlock t1 t3 t2 by overtaking";
    let others = "others (t1 t3 t2: t3 was let past t2; nobody lost anything)";
    wrong_then_right(OVERTAKING, "expect deadlock t1 t2 t3", others, right);
    wrong_then_right(OVERTAKING, "expect deadlock t1 t3 t2 victim t2", others, right);
    wrong_then_right(OVERTAKING, "expect deadlock t1 t3", others, right);
    assert_eq!(failure(&format!("{TWO}expect deadlock t1 t2")).expect("none").seen, "no deadlock");
}

#[test]
fn a_deadlock_that_was_aborted_has_surrendered_nothing() {
    let ring = "tx t1\ntx t2 abort-on-deadlock\nlock t1 a write\nlock t2 b write\nsaw t1\nsaw t2\n\
        lock t1 b write\nlock t2 a write\n";
    let wrong = "expect deadlock t1 t2 victim t2 surrendered b";
    wrong_then_right(ring, wrong, "others (t1 t2: t2 aborted)", "expect deadlock t1 t2 victim t2");
}

#[test]
fn refusals() {
    let beginning = "tx t1\nunlock t1 a\n";
    let failed = failure(beginning).expect("refused");
    assert_eq!((failed.line, failed.expected.as_str()), (2, "that it is not refused"));
    assert!(failed.seen.starts_with("refused: "), "{failed}");

    assert_eq!(failure(&format!("{beginning}expect error not held")), None);
    let failed = failure(&format!("{beginning}expect error ended")).expect("another error");
    assert_eq!((failed.line, failed.expected.as_str()), (3, "an error with the words `ended`"));
    let failed = failure("tx t1\nlock t1 a read\nexpect error not held").expect("not refused");
    assert_eq!((failed.line, failed.seen.as_str()), (3, "no refusal"));
}

#[test]
fn a_refusal_is_noticed_on_its_line_even_if_more_follows() {
    let failed = failure("tx t1\nunlock t1 a\nexpect t1 no-locks").expect("refused");
    assert_eq!((failed.line, failed.said.as_str()), (2, "unlock t1 a"));
}

#[test]
fn refusals_of_a_block_are_each_expected_by_words_that_fit() {
    let block = "tx t1\ntx t2\nend t2\ntogether\nunlock t1 a\nlock t2 b read\ndone\n";
    assert_eq!(failure(block).expect("refused").line, 5);
    let failed = failure(&format!("{block}expect error not held")).expect("one is not expected");
    assert_eq!((failed.line, failed.said.as_str()), (6, "lock t2 b read"));
    assert_eq!(failure(&format!("{block}expect error not held\nexpect error ended")), None);
    assert_eq!(failure(&format!("{block}expect error not held\nexpect error aborted")).expect("no fit").line, 9);
}

#[test]
fn drain_names_who_is_left_and_why() {
    let mut stubborn = Liar { keeps_waiting: Some(TxId(2)), ..Liar::default() };
    let failed = failure_on(&mut stubborn, "tx t1\ntx t2\nlock t1 a write\nlock t2 a write\ndrain").expect("left");
    assert_eq!((failed.line, failed.expected.as_str()), (5, "that nobody is left waiting"));
    assert!(failed.seen.starts_with("t2 still waits for "), "{failed}");
}

#[test]
fn drain_ends_who_has_all_and_leaves_who_has_nothing() {
    let story = format!("{TWO}drain\nexpect t1 ended\nexpect t2 ended\nexpect t3 no-locks");
    assert_eq!(failure(&story), None);
}

#[test]
fn lost_and_tokens() {
    let story = "tx t1\nlock t1 a read\nexpect lost t1 a";
    assert_eq!(failure(story).expect("not lost").seen, "lost: nothing");
    let mut liar = Liar { lost: vec!["a".parse().expect("valid")], ..Liar::default() };
    assert_eq!(failure_on(&mut liar, story), None);

    assert_eq!(failure("expect token-grows a").expect("no grant").seen, "never granted");
    let story = "tx t1\nlock t1 a read\nexpect token-grows a";
    assert_eq!(failure(story), None);
    let mut liar = Liar { tokens: vec![Token(3), Token(3)], ..Liar::default() };
    assert_eq!(failure_on(&mut liar, story).expect("does not grow").seen, "#3, #3");
}

#[test]
fn a_broken_promise_fails_the_last_line() {
    let mut liar = Liar { violations: vec!["two writers".to_owned()], ..Liar::default() };
    let failed = failure_on(&mut liar, "tx t1\nlock t1 a read\n").expect("broken");
    assert_eq!((failed.line, failed.expected.as_str()), (2, "that no promise is broken"));
    assert_eq!(failed.seen, "two writers");
}

#[test]
fn a_failure_tells_who_waits_on_whom() {
    let failed = failure("tx alice\ntx bob\nlock alice a write\nlock bob a read\nexpect bob has-all").expect("waits");
    assert_eq!(failed.waits, ["bob waits for read on a since 0 ms: alice has write on a"]);
    assert!(failed.to_string().starts_with("story:5: expect bob has-all\n  expected: bob has-all\n"), "{failed}");
}

#[test]
fn the_transcript_tells_each_step_and_its_deadlocks() {
    let scenario = Scenario::parse("story", &format!("{RING}unlock t1 x\nexpect error not held\nexpect deadlocks 1"));
    let report = run(&scenario.expect("well-formed"), &mut NaiveWorld::default(), 7);
    let outcomes = report.transcript.iter().filter_map(|entry| match entry {
        Entry::Step { line, outcome, deadlocks, .. } => Some((*line, outcome.clone(), deadlocks.len())),
        _ => None,
    });
    let outcomes: Vec<_> = outcomes.into_iter().skip(5).collect();
    assert_eq!(outcomes[0], (6, Outcome::Done, 1));
    assert!(matches!(&outcomes[1], (7, Outcome::Refused(texts), 0) if texts.len() == 1));
    assert_eq!(outcomes[2..], [(8, Outcome::Held, 0), (9, Outcome::Held, 0)]);
    let json = serde_json::to_value(report.transcript.last().expect("verdict")).expect("serializes");
    assert_eq!(json, serde_json::json!({"entry": "verdict", "file": "story", "seed": 7, "passed": true}));
}

#[test]
fn the_graph_marks_the_last_deadlock() {
    let scenario = Scenario::parse("story", RING).expect("well-formed");
    let report = run(&scenario, &mut NaiveWorld::default(), 0);
    assert_eq!(report.graph.victim, Some(TxId(2)));
    assert_eq!(report.graph.deadlocked, BTreeSet::from([TxId(1), TxId(2)]));
    assert!(report.graph.arrows.iter().all(|arrow| arrow.waiter == TxId(2)), "only what stands at the end");
}

/// A world that says what it is told to say, where a real one could only be right.
#[derive(Default)]
struct Liar {
    world: NaiveWorld,
    keeps_waiting: Option<TxId>,
    lost: Vec<Object>,
    tokens: Vec<Token>,
    violations: Vec<String>,
}

impl Engine for Liar {
    fn begin(&mut self, tx: TxId, options: &TxOptions) {
        self.world.begin(tx, options);
    }

    fn act(&mut self, tx: TxId, action: &Action) -> Result<(), Refusal> {
        self.world.act(tx, action)
    }

    fn together(&mut self, steps: &[(TxId, Action)], seed: u64) -> Vec<Result<(), Refusal>> {
        self.world.together(steps, seed)
    }

    fn advance(&mut self, ms: u64) {
        self.world.advance(ms);
    }

    fn status(&mut self, tx: TxId) -> TxStatus {
        if self.keeps_waiting == Some(tx) { TxStatus::Waiting } else { self.world.status(tx) }
    }

    fn waiting(&mut self, tx: TxId) -> BTreeSet<Object> {
        self.world.waiting(tx)
    }

    fn claims(&mut self, tx: TxId) -> Vec<Standing> {
        self.world.claims(tx)
    }

    fn holders(&mut self, object: &Object) -> BTreeMap<TxId, Mode> {
        self.world.holders(object)
    }

    fn queue(&mut self, object: &Object) -> Vec<TxId> {
        self.world.queue(object)
    }

    fn deadlocks(&mut self) -> Vec<Deadlock> {
        self.world.deadlocks()
    }

    fn lost(&mut self, _: TxId) -> Vec<Object> {
        self.lost.clone()
    }

    fn tokens(&mut self, object: &Object) -> Vec<Token> {
        if self.tokens.is_empty() { self.world.tokens(object) } else { self.tokens.clone() }
    }

    fn wait_graph(&mut self) -> WaitGraph {
        self.world.wait_graph()
    }

    fn violations(&mut self) -> Vec<String> {
        let mut violations = self.world.violations();
        violations.extend(self.violations.iter().cloned());
        violations
    }
}
