//! The smallest script that still fails.

use lock_core::TxId;

use super::script::{Script, ScriptStep as Step};
use crate::{Action, TxOptions};

/// Leaves out whatever is not needed for the failure, until nothing more can be left out.
pub(super) fn smallest(script: &Script, fails: impl Fn(&Script) -> bool) -> Script {
    let mut smallest = script.clone();
    loop {
        let smaller = simpler(&smallest).find(|script| fails(script));
        let Some(smaller) = smaller else {
            return smallest;
        };
        smallest = smaller;
    }
}

/// All scripts that are simpler by one thing.
fn simpler(script: &Script) -> impl Iterator<Item = Script> {
    without_a_step(script)
        .chain(with_a_smaller_batch(script))
        .chain(with_plain_options(script))
        .chain(without_an_idler(script))
}

fn without_a_step(script: &Script) -> impl Iterator<Item = Script> {
    (0..script.steps.len()).map(|index| {
        let mut simpler = script.clone();
        simpler.steps.remove(index);
        simpler
    })
}

fn with_a_smaller_batch(script: &Script) -> impl Iterator<Item = Script> {
    (0..script.steps.len()).flat_map(move |index| {
        let claims = match &script.steps[index] {
            Step::Act(_, Action::Lock(claims)) if claims.len() > 1 => claims.len(),
            _ => 0,
        };
        (0..claims).map(move |claim| {
            let mut simpler = script.clone();
            if let Step::Act(_, Action::Lock(claims)) = &mut simpler.steps[index] {
                claims.remove(claim);
            }
            simpler
        })
    })
}

fn with_plain_options(script: &Script) -> impl Iterator<Item = Script> {
    let fancy = |index: &usize| script.transactions[*index] != TxOptions::default();
    (0..script.transactions.len()).filter(fancy).map(|index| {
        let mut simpler = script.clone();
        simpler.transactions[index] = TxOptions::default();
        simpler
    })
}

/// Leaves out a transaction that does nothing, and counts the younger ones anew.
fn without_an_idler(script: &Script) -> impl Iterator<Item = Script> {
    let acts = |tx: u64| script.steps.iter().any(|step| matches!(step, Step::Act(TxId(other), _) if *other == tx));
    (1..=script.transactions.len() as u64).filter(move |tx| !acts(*tx)).map(|idler| {
        let mut simpler = Script { transactions: Vec::new(), steps: script.steps.clone() };
        let others = (1..).zip(&script.transactions).filter(|(tx, _)| *tx != idler);
        simpler.transactions.extend(others.map(|(_, options)| options.clone()));
        for step in &mut simpler.steps {
            if let Step::Act(TxId(tx), _) = step {
                *tx -= u64::from(*tx > idler);
            }
        }
        simpler
    })
}
