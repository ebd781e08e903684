//! From a failing life to a small one: whatever is not needed for the failure is left out.

use super::generate::HEALING;
use super::live::{TrialFailure, live};
use crate::Scenario;

/// The smallest scenario found that still breaks the same promise, and the seed under which it does.
///
/// Without a line everything after it may happen in another order, so a few other seeds are tried too.
pub fn shrink(text: &str, seed: u64, mut progress: impl FnMut(usize)) -> Option<(String, u64, TrialFailure)> {
    let failure = fails(text, seed)?;
    let promise = promise_of(&failure);
    let mut best = (text.to_owned(), seed, failure);
    let mut chunk = best.0.lines().count() / 2;
    while chunk > 0 {
        // Small ones are tried everywhere, so that a block without content goes whole.
        let step = if chunk <= 2 { 1 } else { chunk };
        let mut at = 0;
        let mut found = false;
        while at < best.0.lines().count() {
            let smaller = without(&best.0, at, chunk);
            if smaller == best.0 {
                at += step;
                continue;
            }
            match seeds(best.1).find_map(|seed| Some((seed, fails(&smaller, seed)?))) {
                Some((seed, failure)) if promise_of(&failure) == promise => {
                    best = (smaller, seed, failure);
                    found = true;
                    progress(best.0.lines().count());
                }
                _ => at += step,
            }
        }
        if !(found && chunk == 1) {
            chunk /= 2;
        }
    }
    Some(best)
}

/// The first word of what was broken names the promise.
fn promise_of(failure: &TrialFailure) -> String {
    let first = failure.broken.split(':').next().unwrap_or_default();
    if first.contains("waits for") { "everybody is served".to_owned() } else { first.to_owned() }
}

fn seeds(seed: u64) -> impl Iterator<Item = u64> {
    [seed, 0, 1, 2].into_iter()
}

fn fails(text: &str, seed: u64) -> Option<TrialFailure> {
    let scenario = Scenario::parse("life", text).ok()?;
    live(&scenario, seed).err()
}

/// The text without some lines of its life, and without whatever is said of transactions that are not begun then.
/// Comments stay, and so does the healing at the end: without it nobody promises anything. `lenient` stays too: without it
/// a refusal would be a failure that the life did not have.
fn without(text: &str, at: usize, count: usize) -> String {
    let healing = text.lines().position(|line| line == HEALING).unwrap_or(usize::MAX);
    let stays = |(index, line): &(usize, &str)| {
        line.starts_with('#') || *line == "lenient" || *index >= healing || *index < at || *index >= at + count
    };
    let left: Vec<&str> = text.lines().enumerate().filter(stays).map(|(_, line)| line).collect();
    let begun = |tx: &str| left.iter().any(|line| line.split_whitespace().take(2).eq(["tx", tx]));
    let known = |line: &&str| line.split_whitespace().nth(1).is_none_or(|word| !is_tx(word) || begun(word));
    left.iter().copied().filter(known).flat_map(|line| [line, "\n"]).collect()
}

fn is_tx(word: &str) -> bool {
    word.strip_prefix('t').is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_life_is_forgiven_is_forgiven_in_its_small_form() {
        let text = format!("# A life.\nnodes n1 n2\nlenient\ntx t1 at n1\nunlock t1 a\n{HEALING}\ndrain\n");
        assert_eq!(without(&text, 1, 4), format!("# A life.\nlenient\n{HEALING}\ndrain\n"));
        assert_eq!(without(&text, 2, 1), text);
    }
}
