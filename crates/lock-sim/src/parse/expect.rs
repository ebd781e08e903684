//! One line that tells what must be true.

use lock_core::{Object, TxId};

use super::error::Wrong;
use super::known::Known;
use super::words::Words;
use crate::{DeadlockLike, Expectation, TxStatus};

pub(super) fn parse_expectation(words: &mut Words<'_>, known: &Known) -> Result<Expectation, Wrong> {
    let subject = SUBJECTS.into_iter().find(|word| words.takes(word));
    match subject {
        Some("holds") => parse_holds(words, known),
        Some("queue") => parse_queue(words, known),
        Some("deadlocks") => parse_count(words),
        Some("deadlock") => parse_deadlock(words, known),
        Some("lost") => Ok(Expectation::Lost(known.tx(words)?, words.object()?)),
        Some("token-grows") => Ok(Expectation::TokenGrows(words.object()?)),
        Some("error") => parse_error(words),
        _ => parse_of_tx(words, known),
    }
}

/// What an expectation may be about, other than one transaction.
const SUBJECTS: [&str; 7] = ["holds", "queue", "deadlocks", "deadlock", "lost", "token-grows", "error"];

fn parse_error(words: &mut Words<'_>) -> Result<Expectation, Wrong> {
    let first = words.next("words of the error")?;
    let rest = words.rest();
    Ok(Expectation::Error(format!("{first} {rest}").trim().to_owned()))
}

fn parse_count(words: &mut Words<'_>) -> Result<Expectation, Wrong> {
    let expected = "a number of deadlocks";
    let word = words.next(expected)?;
    word.parse().map(Expectation::Deadlocks).map_err(|_| words.wrong(word, expected))
}

fn parse_of_tx(words: &mut Words<'_>, known: &Known) -> Result<Expectation, Wrong> {
    const EXPECTED: &str =
        "no-locks, waiting, has-all, cannot-serve, aborted, ended, waiting OBJECT or waiting-for TRANSACTIONS";
    let tx = known.tx(words)?;
    let status = match words.next(EXPECTED)? {
        "waiting-for" => {
            return Ok(Expectation::WaitingFor(tx, parse_transactions(words, known)?));
        }
        "waiting" if !words.is_at_end() => return Ok(Expectation::Waiting(tx, words.object()?)),
        "no-locks" => TxStatus::NoLocks,
        "waiting" => TxStatus::Waiting,
        "has-all" => TxStatus::HasAll,
        "cannot-serve" => TxStatus::CannotServe,
        "aborted" => TxStatus::Aborted,
        "ended" => TxStatus::Ended,
        other => return Err(words.wrong(other, EXPECTED)),
    };
    Ok(Expectation::Status(tx, status))
}

/// One or more transactions up to the end of the line, none of them twice.
fn parse_transactions(words: &mut Words<'_>, known: &Known) -> Result<Vec<TxId>, Wrong> {
    let mut all = Vec::new();
    while all.is_empty() || !words.is_at_end() {
        push_new(&mut all, words, known)?;
    }
    Ok(all)
}

fn push_new(all: &mut Vec<TxId>, words: &mut Words<'_>, known: &Known) -> Result<(), Wrong> {
    let tx = known.tx(words)?;
    if all.contains(&tx) {
        return Err(words.wrong(&known.names.of(tx), "each transaction once"));
    }
    all.push(tx);
    Ok(())
}

fn parse_holds(words: &mut Words<'_>, known: &Known) -> Result<Expectation, Wrong> {
    let object = words.object()?;
    let mut holders = Vec::new();
    let mut transactions = Vec::new();
    let mut another = !words.takes("nobody");
    while another {
        push_new(&mut transactions, words, known)?;
        let (mode, comma) = words.mode_in_list()?;
        holders.extend(transactions.last().map(|tx| (*tx, mode)));
        another = comma;
    }
    let on = if words.takes("on") { Some(known.node(words)?) } else { None };
    Ok(Expectation::Holds { object, holders, on })
}

fn parse_queue(words: &mut Words<'_>, known: &Known) -> Result<Expectation, Wrong> {
    let object: Object = words.object()?;
    if words.takes("empty") {
        return Ok(Expectation::Queue(object, Vec::new()));
    }
    Ok(Expectation::Queue(object, parse_transactions(words, known)?))
}

fn parse_deadlock(words: &mut Words<'_>, known: &Known) -> Result<Expectation, Wrong> {
    let mut like = DeadlockLike::default();
    loop {
        if words.is_at_end() {
            break;
        } else if words.takes("victim") {
            parse_victim(&mut like, words, known)?;
        } else if words.takes("surrendered") {
            like.surrendered.push(words.object()?);
        } else if words.takes("by") {
            parse_by_overtaking(&mut like, words)?;
        } else if like == only_members(&like) {
            push_new(&mut like.members, words, known)?;
        } else {
            let word = words.next("")?;
            return Err(words.wrong(word, "`victim TX`, `surrendered OBJECT`, `by overtaking` or the end of the line"));
        }
    }
    check_circle(&like, words, known)?;
    Ok(Expectation::Deadlock(like))
}

fn only_members(like: &DeadlockLike) -> DeadlockLike {
    DeadlockLike { members: like.members.clone(), ..DeadlockLike::default() }
}

fn parse_victim(like: &mut DeadlockLike, words: &mut Words<'_>, known: &Known) -> Result<(), Wrong> {
    let victim = known.tx(words)?;
    let name = known.names.of(victim);
    if !like.members.contains(&victim) {
        return Err(words.wrong(&name, "a victim that is a member of the circle"));
    }
    if like.victim.replace(victim).is_some() {
        return Err(words.wrong("victim", "one victim"));
    }
    Ok(())
}

fn parse_by_overtaking(like: &mut DeadlockLike, words: &mut Words<'_>) -> Result<(), Wrong> {
    let word = words.next("`overtaking`")?;
    if word != "overtaking" {
        return Err(words.wrong(word, "`overtaking`"));
    }
    like.by_overtaking = true;
    Ok(())
}

fn check_circle(like: &DeadlockLike, words: &mut Words<'_>, known: &Known) -> Result<(), Wrong> {
    if like.members.len() < 2 {
        return Err(words.wrong(&known.names.row(like.members.iter().copied()), "two or more transactions"));
    }
    if like.members.iter().min() != like.members.first() {
        let row = known.names.row(like.members.iter().copied());
        return Err(words.wrong(&row, "the circle in order of its arrows, the oldest first"));
    }
    if like.by_overtaking && (like.victim.is_some() || !like.surrendered.is_empty()) {
        return Err(words.wrong("by overtaking", "no victim and nothing surrendered: nobody loses anything"));
    }
    Ok(())
}
