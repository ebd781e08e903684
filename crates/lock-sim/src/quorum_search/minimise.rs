//! The smallest script that still fails.

use super::script::{Script, Step};
use crate::TxOptions;
use crate::quorum::QuorumAction;

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
    without_a_step(script).chain(with_a_smaller_batch(script)).chain(with_plain_options(script))
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
            Step::Act(_, QuorumAction::Lock(claims, ..)) if claims.len() > 1 => claims.len(),
            _ => 0,
        };
        (0..claims).map(move |claim| {
            let mut simpler = script.clone();
            if let Step::Act(_, QuorumAction::Lock(claims, ..)) = &mut simpler.steps[index] {
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
