//! Each rule as a short story.

use lock_core::{Mode, Object, TxId, WayOut};

use super::NaiveWorld;
use crate::{Action, Engine, Refusal, TxOptions, TxStatus};

/// Reads a story in the words of the scenario language.
struct Story(NaiveWorld);

impl Story {
    /// A world with that many transactions.
    fn of(transactions: u64) -> Self {
        Self::with(&vec![
            TxOptions::default();
            usize::try_from(transactions).expect("few")
        ])
    }

    fn with(options: &[TxOptions]) -> Self {
        let mut world = NaiveWorld::default();
        for (tx, options) in (1..).zip(options) {
            world.begin(TxId(tx), options);
        }
        Self(world)
    }

    /// Commands, one a line: `lock 1 a write, b read`.
    fn tell(mut self, commands: &str) -> Self {
        for command in commands
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
        {
            self.does(command)
                .unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
        }
        self
    }

    fn does(&mut self, command: &str) -> Result<(), Refusal> {
        let (verb, rest) = command.split_once(' ').expect("a verb");
        let (tx, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let tx = TxId(tx.parse().expect("a number"));
        let claims = || rest.split(", ").map(claim).collect::<Vec<_>>();
        let action = match verb {
            "lock" => Action::Lock(claims()),
            "try" => Action::Try(claims()[0].0.clone(), claims()[0].1),
            "unlock" => Action::Unlock(object(rest)),
            "downgrade" => Action::Downgrade(object(rest)),
            "surrender" => Action::Surrender(object(rest)),
            "saw" => Action::Saw,
            "end" => Action::End,
            "drop" => Action::Drop,
            other => panic!("unknown verb {other}"),
        };
        let outcome = self.0.act(tx, &action);
        assert_eq!(self.0.violations(), [""; 0], "after {command}");
        outcome
    }

    fn refuses(mut self, command: &str, words: &str) -> Self {
        let refusal = self.does(command).expect_err("refused");
        assert!(refusal.0.contains(words), "{command}: {refusal}");
        self
    }

    fn after(mut self, ms: u64) -> Self {
        self.0.advance(ms);
        self
    }

    fn holds(mut self, of: &str, holders: &[(u64, Mode)]) -> Self {
        let expected = holders
            .iter()
            .map(|(tx, mode)| (TxId(*tx), *mode))
            .collect();
        assert_eq!(self.0.holders(&object(of)), expected, "holders of {of}");
        self
    }

    fn queue(mut self, of: &str, waiters: &[u64]) -> Self {
        let expected: Vec<TxId> = waiters.iter().copied().map(TxId).collect();
        assert_eq!(self.0.queue(&object(of)), expected, "queue of {of}");
        self
    }

    fn status(mut self, tx: u64, status: TxStatus) -> Self {
        assert_eq!(self.0.status(TxId(tx)), status, "status of t{tx}");
        self
    }

    fn tokens(mut self, of: &str, tokens: &[u64]) -> Self {
        let seen: Vec<u64> = self
            .0
            .tokens(&object(of))
            .iter()
            .map(|token| token.0)
            .collect();
        assert_eq!(seen, tokens, "tokens of {of}");
        self
    }

    /// All deadlocks: the circle and the way out.
    fn deadlocks(mut self, expected: &[(&[u64], WayOut)]) -> Self {
        let seen: Vec<(Vec<u64>, WayOut)> = self
            .0
            .deadlocks()
            .into_iter()
            .map(|deadlock| {
                (
                    deadlock.members().map(|tx| tx.0).collect(),
                    deadlock.way_out,
                )
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(circle, way_out)| (circle.to_vec(), way_out.clone()))
            .collect();
        assert_eq!(seen, expected);
        self
    }
}

fn object(text: &str) -> Object {
    text.parse().expect("an object")
}

fn claim(text: &str) -> (Object, Mode) {
    let (path, mode) = text.split_once(' ').expect("an object and a mode");
    (
        object(path),
        if mode == "read" {
            Mode::Read
        } else {
            Mode::Write
        },
    )
}

fn surrenders(victim: u64, objects: &[&str]) -> WayOut {
    WayOut::Surrender {
        victim: TxId(victim),
        objects: objects.iter().copied().map(object).collect(),
    }
}

fn overtakes(first: u64, second: u64) -> WayOut {
    WayOut::Overtaking {
        first: TxId(first),
        second: TxId(second),
    }
}

const READ: Mode = Mode::Read;
const WRITE: Mode = Mode::Write;

#[test]
fn readers_share_and_do_not_pass_a_waiting_writer() {
    Story::of(4)
        .tell("lock 1 a read\n lock 2 a write\n lock 3 a read\n lock 4 a/b read")
        .holds("a", &[(1, READ)])
        .queue("a", &[2, 3])
        .queue("a/b", &[4])
        .tell("end 1")
        .holds("a", &[(2, WRITE)])
        .tell("end 2")
        .holds("a", &[(3, READ)])
        .holds("a/b", &[(4, READ)])
        .tokens("a", &[1, 2, 3]);
}

#[test]
fn what_is_covered_is_not_claimed_again() {
    Story::of(2)
        .tell("lock 1 a write\n lock 1 a/b/c read\n lock 1 a read")
        .tokens("a", &[1])
        .tokens("a/b/c", &[])
        .refuses("unlock 1 a/b/c", "not held");
}

#[test]
fn what_a_grant_covers_is_not_waited_for_any_longer() {
    Story::of(3)
        .tell("lock 2 a/x write\n lock 3 a/b write\n lock 1 a write\n lock 1 a/b read\n end 2")
        .queue("a/b", &[1])
        .tell("end 3")
        .queue("a/b", &[])
        .holds("a/b", &[])
        .holds("a", &[(1, WRITE)])
        .status(1, TxStatus::HasAll);
}

#[test]
fn a_conversion_goes_ahead_of_ordinary_waiters_and_keeps_what_it_has() {
    Story::of(3)
        .tell("lock 1 a read\n lock 2 a read\n lock 3 a write\n lock 2 a write")
        .queue("a", &[2, 3])
        .holds("a", &[(1, READ), (2, READ)])
        .tell("end 1")
        .holds("a", &[(2, WRITE)])
        .queue("a", &[3])
        .deadlocks(&[]);
}

#[test]
fn a_stronger_wish_keeps_its_place() {
    Story::of(4)
        .tell("lock 1 a write\n lock 2 a read\n lock 3 a read\n lock 2 a write\n lock 2 a read\n end 1")
        .holds("a", &[(2, WRITE)])
        .queue("a", &[3]);
}

#[test]
fn a_batch_enters_in_its_order_and_joins_what_it_names_twice() {
    Story::of(2)
        .tell("lock 1 b read, a read, b write, a/c read")
        .tokens("b", &[1])
        .tokens("a", &[2])
        .tokens("a/c", &[])
        .holds("b", &[(1, WRITE)]);
}

#[test]
fn a_try_never_waits() {
    Story::of(3)
        .tell("lock 1 a read\n try 2 a read\n try 3 a write\n try 2 a write\n lock 3 a write\n try 2 b write")
        .holds("a", &[(1, READ), (2, READ)])
        .queue("a", &[3])
        .tell("try 1 a/b read\n end 1\n try 2 a write")
        .holds("a", &[(2, WRITE)])
        .status(2, TxStatus::HasAll);
}

#[test]
fn unlock_and_downgrade_let_others_in() {
    Story::of(3)
        .tell("lock 1 a write\n lock 2 a read\n lock 3 a write\n downgrade 1 a\n downgrade 1 a")
        .holds("a", &[(1, READ), (2, READ)])
        .tell("downgrade 3 a")
        .holds("a", &[(1, READ), (2, READ), (3, READ)])
        .tell("lock 1 a write\n unlock 1 a")
        .status(1, TxStatus::NoLocks)
        .refuses("unlock 1 a", "not held")
        .refuses("downgrade 1 a", "not held")
        .refuses("surrender 1 a", "not held");
}

#[test]
fn who_surrenders_goes_to_the_end_and_still_wants_it() {
    Story::of(3)
        .tell("lock 1 a write\n surrender 1 a")
        .tokens("a", &[1, 2])
        .tell("lock 2 a read\n surrender 1 a")
        .holds("a", &[(2, READ)])
        .queue("a", &[1])
        .refuses("surrender 1 a", "not held")
        .tell("end 2")
        .tokens("a", &[1, 2, 3, 4]);
}

#[test]
fn who_surrenders_what_it_covers_elsewhere_loses_nothing() {
    Story::of(2)
        .tell("lock 1 a/b write\n lock 1 a write\n lock 2 a/b write\n surrender 1 a/b")
        .holds("a/b", &[])
        .queue("a/b", &[2])
        .status(1, TxStatus::HasAll);
}

#[test]
fn what_is_over_acts_no_more() {
    let aborting = TxOptions {
        abort_on_deadlock: true,
        ..TxOptions::default()
    };
    Story::with(&[TxOptions::default(), aborting])
        .tell("lock 1 a write\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(1, &["a"]))])
        .tell("end 2")
        .refuses("saw 2", "ended")
        .refuses("end 2", "ended")
        .status(2, TxStatus::Ended);
}

#[test]
fn who_would_rather_abort_does_so_when_its_caller_knows() {
    let aborting = TxOptions {
        abort_on_deadlock: true,
        ..TxOptions::default()
    };
    Story::with(&[TxOptions::default(), aborting])
        .tell("lock 1 a write\n saw 1\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], WayOut::Abort { victim: TxId(2) })])
        .holds("b", &[(1, WRITE)])
        .status(2, TxStatus::Aborted)
        .refuses("saw 2", "aborted")
        .tell("drop 2")
        .status(2, TxStatus::Ended);
}

#[test]
fn after_its_deadline_nobody_waits() {
    let hasty = TxOptions {
        deadline_ms: Some(500),
        ..TxOptions::default()
    };
    Story::with(&[TxOptions::default(), hasty, TxOptions::default()])
        .tell("lock 1 a read, b read\n lock 2 a read\n lock 2 a write\n lock 3 a read")
        .queue("a", &[2, 3])
        .after(499)
        .queue("a", &[2, 3])
        .after(1)
        .queue("a", &[])
        .holds("a", &[(1, READ), (2, READ), (3, READ)])
        .refuses("lock 2 c write, b write", "deadline")
        .holds("c", &[])
        .tell("lock 2 c write");
}

#[test]
fn two_in_a_circle_and_the_younger_gives_way() {
    Story::of(2)
        .tell("lock 1 a write\n lock 2 b write\n lock 1 b write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["b"]))])
        .holds("b", &[(1, WRITE)])
        .queue("b", &[2])
        .status(1, TxStatus::HasAll);
}

#[test]
fn priority_decides_before_knowledge_and_knowledge_before_age() {
    let low = TxOptions {
        priority: -1,
        ..TxOptions::default()
    };
    let story = "lock 1 a write\n saw 1\n lock 2 b write\n lock 1 b write\n lock 2 a write";
    Story::with(&[low, TxOptions::default()])
        .tell(story)
        .deadlocks(&[(&[1, 2], surrenders(1, &["a"]))]);
    let known = "lock 1 a write\n lock 2 b write\n saw 2\n lock 1 b write\n lock 2 a write";
    Story::of(2)
        .tell(known)
        .deadlocks(&[(&[1, 2], surrenders(1, &["a"]))]);
}

#[test]
fn the_victim_gives_up_all_that_the_one_before_it_waits_for_and_no_more() {
    Story::of(2)
        .tell("lock 2 a write, b write, c write\n lock 1 d write\n lock 1 a write, b write\n lock 2 d write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["a", "b"]))])
        .holds("c", &[(2, WRITE)])
        .status(1, TxStatus::HasAll);
}

#[test]
fn two_conversions_of_one_object_are_a_deadlock() {
    Story::of(2)
        .tell("lock 1 a read\n lock 2 a read\n lock 1 a write\n lock 2 a write")
        .deadlocks(&[(&[1, 2], surrenders(2, &["a"]))])
        .holds("a", &[(1, WRITE)])
        .queue("a", &[2]);
}

#[test]
fn where_only_order_stands_in_the_way_nobody_loses_anything() {
    // The writer t2 waits for the reader t1, which waits behind it for the part below.
    Story::of(3)
        .tell("lock 1 a/b read\n lock 3 a/c read\n lock 2 a write\n lock 1 a/d write")
        .deadlocks(&[(&[1, 2], overtakes(1, 2))])
        .holds("a/d", &[(1, WRITE)])
        .tell("end 1\n end 3")
        .holds("a", &[(2, WRITE)]);
}

#[test]
fn a_turned_pair_is_shown_in_the_queue() {
    Story::of(4)
        .tell("lock 1 b write\n lock 4 a read\n lock 3 c write\n lock 2 a write\n lock 2 b write")
        .tell("lock 1 c read\n lock 1 a read\n end 3")
        .deadlocks(&[(&[1, 2], overtakes(1, 2))])
        .holds("a", &[(1, READ), (4, READ)])
        .queue("a", &[2]);
}

#[test]
fn any_interleaving_keeps_the_order_of_each_transaction() {
    let steps: Vec<(TxId, Action)> = (1..=3)
        .flat_map(|tx| {
            let first = Action::Lock(vec![(object("a"), READ)]);
            [
                (TxId(tx), first),
                (TxId(tx), Action::Saw),
                (TxId(tx), Action::End),
            ]
        })
        .collect();
    for seed in 0..50 {
        let mut world = Story::of(3).0;
        assert!(world.together(&steps, seed).iter().all(Result::is_ok));
        assert!((1..=3).all(|tx| world.status(TxId(tx)) == TxStatus::Ended));
    }
}
