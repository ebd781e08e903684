//! What a step costs when many wait for one object: it must not grow with the queue.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use gordian_bench::{microseconds_since, report};
use lock_core::{Ask, Incarnation, LockTable, Millis, Mode, Object, Tokens, TxId, TxProfile};

/// Steps that are timed together; few, so that the queue keeps its length.
const STEPS: u32 = 32;

/// One object, somebody who has it, and many who wait.
struct Queue {
    table: LockTable,
    object: Object,
    /// Who has it and who waits, in order, as long as nobody leaves out of turn.
    line: VecDeque<TxId>,
    next_id: u64,
    random: u64,
}

impl Queue {
    fn new(waiters: u32) -> Self {
        let table = LockTable::new(Incarnation(0), Tokens::starting_at(Incarnation(0)), 0);
        let object = "hot".parse().expect("the key is an object");
        let mut queue = Self { table, object, line: VecDeque::new(), next_id: 0, random: 1 };
        (0..=waiters).for_each(|_| queue.enqueue());
        queue
    }

    fn enqueue(&mut self) {
        self.next_id += 1;
        let tx = TxProfile::new(TxId(self.next_id));
        self.line.push_back(tx.tx);
        let answer = self.table.request(&tx, &self.object, Mode::Write, Ask::WAIT, || Millis(0));
        assert!(answer.is_ok(), "it may wait");
    }

    /// Strikes somebody who waits off the line, anywhere in it.
    fn choose(&mut self) -> TxId {
        self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = 1 + (self.random >> 33) % (self.line.len() as u64 - 1);
        let place = usize::try_from(place).expect("a place in memory");
        self.line.swap_remove_back(place).expect("a place in the line")
    }

    /// Removes the holder; the next one has it then.
    fn hand_over(&mut self) {
        let holder = self.line.pop_front().expect("somebody has it");
        self.table.remove(holder);
        assert!(self.table.take_facts().len() == 1, "one grant for one hand-over");
    }
}

/// Times enqueueing one, cancelling one anywhere, and handing over to the next.
pub(crate) fn queue(name: &str, waiters: u32, time: Duration) {
    let (mut enqueue, mut cancel, mut hand_over) = (Vec::new(), Vec::new(), Vec::new());
    let mut queue = Queue::new(waiters);
    repeat(time / 2, || {
        let leaving: Vec<_> = (0..STEPS).map(|_| queue.choose()).collect();
        cancel.push(timed(leaving, |tx| assert!(queue.table.remove(tx) == 1, "it waited")));
        enqueue.push(timed(0..STEPS, |_| queue.enqueue()));
    });
    let mut queue = Queue::new(waiters);
    repeat(time / 2, || {
        hand_over.push(timed(0..STEPS, |_| queue.hand_over()));
        (0..STEPS).for_each(|_| queue.enqueue());
    });
    report(&format!("{name}-enqueue"), "us", enqueue);
    report(&format!("{name}-cancel"), "us", cancel);
    report(&format!("{name}-handoff"), "us", hand_over);
}

/// Repeats until time is over, but at least once.
fn repeat(time: Duration, mut round: impl FnMut()) {
    let start = Instant::now();
    loop {
        round();
        if start.elapsed() >= time {
            return;
        }
    }
}

/// Microseconds that one of the steps takes.
fn timed<T>(steps: impl IntoIterator<Item = T>, step: impl FnMut(T)) -> f64 {
    let start = Instant::now();
    steps.into_iter().for_each(step);
    microseconds_since(start) / f64::from(STEPS)
}
