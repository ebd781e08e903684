//! A random life that shrinks: fewer steps, fewer transactions, simpler objects.

use std::fmt;

use lock_core::{ClaimChange, Mode, Object, Require, TxId};
use lock_sim::{Action, TxOptions};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::told::as_scenario;

/// Simpler ones first, as shrinking goes that way.
const OBJECTS: [&str; 6] = ["a", "b", "a/x", "a/y", "a/x/1", "b/x"];
const MOST_TRANSACTIONS: usize = 5;

#[derive(Clone)]
pub(crate) struct Life {
    pub(crate) transactions: Vec<TxOptions>,
    pub(crate) steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Act(TxId, Action),
    Advance(u64),
    /// Names a grant by the object's token that came so many grants before its newest one.
    SurrenderGrant(TxId, Object, usize),
    TakeBack(TxId, Object, ClaimChange),
    HandOver(TxId, Object, TxId),
}

impl fmt::Debug for Life {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", as_scenario(self))
    }
}

pub(crate) fn objects() -> Vec<Object> {
    OBJECTS.iter().map(|text| text.parse().expect("these are objects")).collect()
}

/// Lives with all that can be done.
pub(crate) fn lives() -> impl Strategy<Value = Life> {
    lives_of(prop_oneof![8 => sayable(), 1 => surrender_of_a_grant(), 1 => take_back(), 2 => hand_over()])
}

/// Lives that a scenario can tell.
pub(crate) fn sayable_lives() -> impl Strategy<Value = Life> {
    lives_of(sayable())
}

fn lives_of(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Life> {
    let transactions = vec(options(), MOST_TRANSACTIONS);
    (transactions, vec(step, 1..40)).prop_map(|(transactions, steps)| Life { transactions, steps })
}

fn options() -> impl Strategy<Value = TxOptions> {
    let deadline = prop_oneof![3 => Just(None), 1 => (1..9_u64).prop_map(|tenths| Some(100 * tenths))];
    let aborts = prop::bool::weighted(0.2);
    (aborts, prop_oneof![4 => Just(0), 1 => -1..=1], deadline).prop_map(|(abort_on_deadlock, priority, deadline_ms)| {
        TxOptions { abort_on_deadlock, priority, deadline_ms, ..TxOptions::default() }
    })
}

fn sayable() -> impl Strategy<Value = Step> {
    prop_oneof![
        24 => (tx(), action()).prop_map(|(tx, action)| Step::Act(tx, action)),
        1 => (1..4_u64).prop_map(|tenths| Step::Advance(100 * tenths)),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        20 => claim().prop_map(|claim| Action::Lock(vec![claim])),
        2 => (claim(), require()).prop_map(|((object, mode), require)| Action::LockOn(lock_core::Claim { require, ..lock_core::Claim::new(object, mode) })),
        3 => vec(claim(), 2..4).prop_map(Action::Lock),
        3 => claim().prop_map(|(object, mode)| Action::Try(object, mode)),
        4 => object().prop_map(Action::Unlock),
        3 => object().prop_map(Action::Downgrade),
        2 => object().prop_map(Action::Surrender),
        4 => Just(Action::Saw),
        1 => Just(Action::End),
        1 => Just(Action::Drop),
    ]
}

fn surrender_of_a_grant() -> impl Strategy<Value = Step> {
    (tx(), object(), 0..3_usize).prop_map(|(tx, object, before)| Step::SurrenderGrant(tx, object, before))
}

fn take_back() -> impl Strategy<Value = Step> {
    let change = prop_oneof![
        Just(ClaimChange::New),
        Just(ClaimChange::Conversion),
        Just(ClaimChange::Strengthened),
        Just(ClaimChange::Nothing),
    ];
    (tx(), object(), change).prop_map(|(tx, object, change)| Step::TakeBack(tx, object, change))
}

fn hand_over() -> impl Strategy<Value = Step> {
    (tx(), object(), tx()).prop_map(|(from, object, to)| Step::HandOver(from, object, to))
}

fn claim() -> impl Strategy<Value = (Object, Mode)> {
    (object(), prop_oneof![Just(Mode::Write), Just(Mode::Read)])
}

fn require() -> impl Strategy<Value = Require> {
    prop_oneof![Just(Require::All), Just(Require::Any), Just(Require::Majority), Just(Require::AllAlive)]
}

fn object() -> impl Strategy<Value = Object> {
    (0..OBJECTS.len()).prop_map(|index| objects().swap_remove(index))
}

fn tx() -> impl Strategy<Value = TxId> {
    (1..=MOST_TRANSACTIONS as u64).prop_map(TxId)
}
