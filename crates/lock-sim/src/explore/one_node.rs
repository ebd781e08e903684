//! The states of a small world of one node.

use std::sync::Arc;

use lock_core::{Mode, TableShape, TxId};

use super::{Calls, Explorable};
use crate::drain::drain;
use crate::{Action, Engine, NaiveWorld, Names, NodeShape, PureNode, TxOptions, TxStatus};

/// How a transaction's life is written in a key.
const RUNNING: u8 = 0;
const ABORTED: u8 = 1;
const ENDED: u8 = 2;

/// A node with the real rules beside their naive reading, and how many calls are left to each transaction.
///
/// Each step is carried out on both, and what comes of it must be the same: what is refused, how deadlocks end, which
/// tokens are given, and all that decides how it goes on. In each state all promises hold, and all can be served.
#[derive(Clone, Debug)]
pub struct OneNode {
    calls: Arc<Calls>,
    real: PureNode,
    naive: NaiveWorld,
    /// That of both.
    shape: Arc<NodeShape>,
    /// How many calls each transaction may still make.
    left: Vec<u8>,
}

impl OneNode {
    /// A node on which nothing has been asked for yet, and as many transactions as there are options.
    pub fn new(calls: Calls, transactions: &[TxOptions]) -> Self {
        let (mut real, mut naive) = (PureNode::default(), NaiveWorld::default());
        for (tx, options) in (1..).map(TxId).zip(transactions) {
            real.begin(tx, options);
            naive.begin(tx, options);
        }
        let left = vec![calls.each; transactions.len()];
        Self { calls: Arc::new(calls), shape: Arc::new(real.shape()), real, naive, left }
    }

    /// Whether anybody waits for anything.
    pub fn somebody_waits(&self) -> bool {
        self.shape.tables.iter().flat_map(|table| &table.claims).any(|claim| claim.wanted.is_some())
    }

    fn transactions(&self) -> Vec<TxId> {
        (1..=self.left.len() as u64).map(TxId).collect()
    }

    fn left_to(&mut self, tx: TxId) -> &mut u8 {
        let index = usize::try_from(tx.0 - 1).expect("a small world has few transactions");
        &mut self.left[index]
    }

    fn actions_of(&self, tx: TxId, left: u8) -> Vec<(TxId, Action)> {
        let status = self.naive.status_of(tx);
        let may_call = left > 0 && (self.calls.while_waiting || status != TxStatus::Waiting);
        match status {
            TxStatus::Ended => Vec::new(),
            TxStatus::Aborted => vec![(tx, Action::End)],
            _ if may_call => self.calls.of(tx).into_iter().chain([(tx, Action::End)]).collect(),
            _ => vec![(tx, Action::End)],
        }
    }

    /// What came of a step is the same on both; says whether anything did.
    fn agree(&mut self) -> Result<bool, String> {
        same("deadlocks", &self.real.take_deadlocks(), &self.naive.take_deadlocks())?;
        for object in &self.calls.objects {
            same("tokens", &self.real.tokens(object), &self.naive.tokens(object))?;
        }
        let shape = self.real.shape();
        same("state", &shape, &self.naive.shape())?;
        let changed = shape != *self.shape;
        if changed {
            self.shape = Arc::new(shape);
        }
        Ok(changed)
    }

    fn everybody_can_be_served(&self) -> Result<(), String> {
        let mut node = self.real.clone();
        let transactions = self.transactions();
        drain(&mut node, &transactions, &Names::default(), &mut |_, _| ())?;
        if !node.deadlocks().is_empty() {
            return Err("ends resolve, but one brought about a deadlock".to_owned());
        }
        if node.is_empty() { Ok(()) } else { Err("nothing is left once all have ended, but something is".to_owned()) }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, real: &T, naive: &T) -> Result<(), String> {
    if real == naive {
        return Ok(());
    }
    Err(format!("the rules agree with their naive reading, but the {what} should be {naive:?} and is {real:?}"))
}

impl Explorable for OneNode {
    type Action = (TxId, Action);
    type Key = Box<[u8]>;

    fn actions(&self) -> Vec<Self::Action> {
        let all = self.transactions().into_iter().zip(&self.left);
        all.flat_map(|(tx, left)| self.actions_of(tx, *left)).collect()
    }

    fn apply(&mut self, (tx, action): &Self::Action) -> Result<(), String> {
        let (outcome, expected) = (self.real.act(*tx, action), self.naive.act(*tx, action));
        if outcome.is_ok() != expected.is_ok() {
            return Err(format!("what is refused is {expected:?}, but {outcome:?}"));
        }
        match self.agree()? {
            true if outcome.is_err() => return Err("what is refused changes nothing, but it did".to_owned()),
            true => *self.left_to(*tx) = self.left_to(*tx).saturating_sub(1),
            false => {}
        }
        for tx in &self.shape.clone().over {
            *self.left_to(*tx) = 0;
        }
        Ok(())
    }

    fn key(&self) -> Self::Key {
        let lives = self.transactions().into_iter().map(|tx| match self.naive.status_of(tx) {
            TxStatus::Ended => ENDED,
            TxStatus::Aborted => ABORTED,
            _ => RUNNING,
        });
        let mut key: Vec<u8> = lives.chain(self.left.iter().copied()).collect();
        self.shape.tables.iter().for_each(|table| self.write(table, &mut key));
        key.into_boxed_slice()
    }

    fn check(&self) -> Result<(), String> {
        let (mut real, mut naive) = (self.real.clone(), self.naive.clone());
        let broken = real.violations().into_iter().chain(naive.violations()).next();
        broken.map_or(Ok(()), Err)?;
        self.everybody_can_be_served()
    }
}

impl OneNode {
    /// Few bytes: there are millions of keys.
    fn write(&self, table: &TableShape, key: &mut Vec<u8>) {
        let small = |number: usize| u8::try_from(number).expect("a small world has few claims");
        for claim in &table.claims {
            let object = self.calls.objects.iter().position(|object| *object == claim.object);
            let code = |mode: Option<Mode>| mode.map_or(0, |mode| 1 + mode as u8);
            let flags = (code(claim.granted) << 3) | (code(claim.wanted) << 1) | u8::from(claim.told);
            key.extend([
                small(usize::try_from(claim.tx.0).unwrap_or(usize::MAX)),
                small(object.unwrap_or(usize::MAX)),
                flags,
            ]);
        }
        for pairs in [&table.line, &table.turned] {
            key.push(u8::MAX);
            key.extend(pairs.iter().flat_map(|(one, other)| [small(*one), small(*other)]));
        }
    }
}
