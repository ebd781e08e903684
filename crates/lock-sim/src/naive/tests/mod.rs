//! Each rule as a short story: what is told of the lock table, of the end of a transaction and
//! its deadline, and of deadlocks.
mod deadlock;
mod line;
mod transaction;

use lock_core::{Mode, Object, TxId, WayOut};

use super::NaiveWorld;
use crate::{Action, Engine, Refusal, TxOptions, TxStatus};

/// Reads a story in the words of the scenario language.
struct Story(NaiveWorld);

impl Story {
    /// A world with that many transactions.
    fn of(transactions: u64) -> Self {
        Self::with(&vec![TxOptions::default(); usize::try_from(transactions).expect("few")])
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
        for command in commands.lines().map(str::trim).filter(|line| !line.is_empty()) {
            self.does(command).unwrap_or_else(|refusal| panic!("{command}: {refusal}"));
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
        let expected = holders.iter().map(|(tx, mode)| (TxId(*tx), *mode)).collect();
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
        let seen: Vec<u64> = self.0.tokens(&object(of)).iter().map(|token| token.0).collect();
        assert_eq!(seen, tokens, "tokens of {of}");
        self
    }

    /// All deadlocks: the circle and the way out.
    fn deadlocks(mut self, expected: &[(&[u64], WayOut)]) -> Self {
        let seen: Vec<(Vec<u64>, WayOut)> = self
            .0
            .deadlocks()
            .into_iter()
            .map(|deadlock| (deadlock.members().map(|tx| tx.0).collect(), deadlock.way_out))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(circle, way_out)| (circle.to_vec(), way_out.clone())).collect();
        assert_eq!(seen, expected);
        self
    }
}

fn object(text: &str) -> Object {
    text.parse().expect("an object")
}

fn claim(text: &str) -> (Object, Mode) {
    let (path, mode) = text.split_once(' ').expect("an object and a mode");
    (object(path), if mode == "read" { Mode::Read } else { Mode::Write })
}

fn surrenders(victim: u64, objects: &[&str]) -> WayOut {
    WayOut::Surrender { victim: TxId(victim), objects: objects.iter().copied().map(object).collect() }
}

fn overtakes(first: u64, second: u64) -> WayOut {
    WayOut::Overtaking { first: TxId(first), second: TxId(second) }
}

const READ: Mode = Mode::Read;
const WRITE: Mode = Mode::Write;
