//! A life as a scenario that `gordian run` takes, with what the naive reading says must come of it.

use std::fmt::Write as _;

use lock_core::{ClaimChange, Object, TxId};
use lock_sim::{Engine, NaiveWorld, Script, ScriptStep, TxStatus};

use crate::life::{Life, Step, objects};
use crate::world::{carry_out, current_or_earlier};

/// What a scenario has no word for is told by what it comes to, or else as a comment.
pub(crate) fn as_scenario(life: &Life) -> String {
    let begins = Script { transactions: life.transactions.clone(), steps: Vec::new() }.to_string();
    let mut text = begins.trim_end_matches("drain\n").to_owned();
    let mut world = begun(life);
    for step in &life.steps {
        let _ = writeln!(text, "{}", line(&mut world, step));
        if let Err(refusal) = carry_out(&mut world, step)
            && can_be_said(step)
        {
            let _ = writeln!(text, "expect error {}", fixed_words(&refusal.0));
        }
    }
    expect_all(&mut world, life, &mut text);
    text + "drain\n"
}

fn begun(life: &Life) -> NaiveWorld {
    let mut world = NaiveWorld::default();
    (1..).map(TxId).zip(&life.transactions).for_each(|(tx, options)| world.begin(tx, options));
    world
}

pub(crate) fn can_be_said(step: &Step) -> bool {
    matches!(step, Step::Act(..) | Step::Advance(_))
}

fn line(world: &mut NaiveWorld, step: &Step) -> String {
    match step {
        Step::Act(tx, action) => ScriptStep::Act(*tx, action.clone()).to_string(),
        Step::Advance(ms) => ScriptStep::Advance(*ms).to_string(),
        Step::SurrenderGrant(tx, object, before) => {
            let token = current_or_earlier(world, object, *before);
            match world.clone().surrender_grant(*tx, object, token) {
                Ok(()) => format!("surrender {tx} {object} # the grant with the token {token}"),
                Err(_) => format!("# surrender {tx} {object}, but only the grant with the token {token}: refused"),
            }
        }
        Step::HandOver(from, object, to) => format!("# {from} hands {object} over to {to}: no command does this"),
        Step::TakeBack(tx, object, change) => taken_back(world, *tx, object, *change),
    }
}

fn taken_back(world: &NaiveWorld, tx: TxId, object: &Object, change: ClaimChange) -> String {
    let after = |does: &dyn Fn(&mut NaiveWorld)| {
        let mut world = world.clone();
        does(&mut world);
        world.shape()
    };
    let taken_back = after(&|world| world.take_back(tx, object, change));
    let unlocked = after(&|world| drop(world.act(tx, &lock_sim::Action::Unlock(object.clone()))));
    let downgraded = after(&|world| drop(world.act(tx, &lock_sim::Action::Downgrade(object.clone()))));
    let why = format!("# takes a request back: {change:?}");
    match taken_back {
        shape if shape == world.shape() => format!("{why}, {tx} {object}: changes nothing"),
        shape if shape == unlocked => format!("unlock {tx} {object} {why}"),
        shape if shape == downgraded => format!("downgrade {tx} {object} {why}"),
        _ => format!("{why}, {tx} {object}: no command does this"),
    }
}

/// The words that the refusals of all engines share.
fn fixed_words(refusal: &str) -> &'static str {
    let words = ["not held", "ended", "aborted", "deadline", "conflicting claim"];
    words.into_iter().find(|words| refusal.contains(words)).expect("a refusal has fixed words")
}

fn expect_all(world: &mut NaiveWorld, life: &Life, text: &mut String) {
    for tx in (1..=life.transactions.len() as u64).map(TxId) {
        let _ = writeln!(text, "expect {tx} {}", word(world.status(tx)));
    }
    for object in objects() {
        let holders = world.holders(&object);
        let holders: Vec<_> = holders.iter().map(|(tx, mode)| format!("{tx} {mode}")).collect();
        let queue: Vec<_> = world.queue(&object).iter().map(ToString::to_string).collect();
        let or = |row: String, none: &str| if row.is_empty() { none.to_owned() } else { row };
        let _ = writeln!(text, "expect holds {object} {}", or(holders.join(", "), "nobody"));
        let _ = writeln!(text, "expect queue {object} {}", or(queue.join(" "), "empty"));
    }
    let _ = writeln!(text, "expect deadlocks {}", world.deadlocks().len());
}

fn word(status: TxStatus) -> &'static str {
    match status {
        TxStatus::NoLocks => "no-locks",
        TxStatus::Waiting => "waiting",
        TxStatus::HasAll => "has-all",
        TxStatus::CannotServe => "cannot-serve",
        TxStatus::Aborted => "aborted",
        TxStatus::Ended => "ended",
    }
}
