//! Reads the explanation of a deadlock back from a log.

use std::str::FromStr;

use lock_core::{Arrow, ArrowKind, Deadlock, Millis, Mode, Object, Token, TxId, WayOut};
use thiserror::Error;

/// A log in which no explanation of a deadlock is found, or a line of one that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UnreadableDeadlock {
    /// Neither `deadlock of … transactions:` nor a JSON object.
    #[error("no deadlock is explained here, neither as text nor as JSON")]
    Missing,
    /// The JSON is no deadlock.
    #[error("the JSON is no deadlock: {0}")]
    Json(String),
    /// The text breaks off, or says something else than an explanation does.
    #[error("`{line}` is no line of an explanation; expected {expected}")]
    Line {
        /// What was found; empty if the text is over.
        line: String,
        /// What should stand there.
        expected: &'static str,
    },
}

/// Reads the first deadlock that is explained in a log, as text (the [`Display`](std::fmt::Display) of a [`Deadlock`])
/// or as JSON. What stands before and after it does not matter, but no log prefix may stand within the text.
///
/// # Errors
/// There is none, or it cannot be read.
///
/// # Examples
/// ```
/// let log = r#"{"level":"warn"}"#;
/// assert!(lock_sim::read_deadlock(log).unwrap_err().to_string().starts_with("the JSON is no deadlock"));
/// assert!(lock_sim::read_deadlock("all quiet").is_err());
/// ```
pub fn read_deadlock(log: &str) -> Result<Deadlock, UnreadableDeadlock> {
    let text = log.find(HEAD).map(|at| (at, from_text(&log[at..])));
    let json = log.find('{').map(|at| (at, from_json(&log[at..])));
    let mut found: Vec<_> = text.into_iter().chain(json).collect();
    // What can be read comes before what cannot, and then what stands first.
    found.sort_by_key(|(at, read)| (read.is_err(), *at));
    found.into_iter().next().map_or(Err(UnreadableDeadlock::Missing), |(_, read)| read)
}

const HEAD: &str = "deadlock of ";
const ARROW: &str = "`t1 waits for MODE on OBJECT since N ms, blocked by t2, which has MODE on OBJECT`";
const WAY_OUT: &str = "`resolved: …`";

/// The deadlock may stand inside another object, as loggers write it.
fn from_json(text: &str) -> Result<Deadlock, UnreadableDeadlock> {
    let mut first = None;
    for (at, _) in text.match_indices('{') {
        match serde_json::Deserializer::from_str(&text[at..]).into_iter::<Deadlock>().next() {
            Some(Ok(deadlock)) => return Ok(deadlock),
            Some(Err(error)) => first = first.or(Some(error)),
            None => {}
        }
    }
    Err(first.map_or(UnreadableDeadlock::Missing, |error| UnreadableDeadlock::Json(error.to_string())))
}

fn from_text(text: &str) -> Result<Deadlock, UnreadableDeadlock> {
    let mut lines = text.lines().map(str::trim).skip(1);
    let mut circle = Vec::new();
    loop {
        let line = lines.next().unwrap_or_default();
        let wrong = |expected| UnreadableDeadlock::Line { line: line.to_owned(), expected };
        match line.strip_prefix("resolved: ") {
            Some(way_out) if !circle.is_empty() => {
                let way_out = read_way_out(way_out).ok_or_else(|| wrong(WAY_OUT))?;
                return Ok(Deadlock { circle, way_out });
            }
            _ => circle.push(read_arrow(line).ok_or_else(|| wrong(ARROW))?),
        }
    }
}

fn read_arrow(line: &str) -> Option<Arrow> {
    let (wait, block) = line.split_once(" ms, blocked by ")?;
    let (waiter, wish) = wait.split_once(" waits for ")?;
    let (wish, since) = wish.rsplit_once(" since ")?;
    let (wanted, wants) = read_claim(wish)?;
    let (blocker, block) = block.split_once(", which ")?;
    let (kind, block) = match block.strip_prefix("has ") {
        Some(block) => (ArrowKind::Hard, block),
        None => (ArrowKind::Soft, block.strip_prefix("waits ahead for ")?),
    };
    let (block, token) = without_token(block);
    let (blocking_mode, blocking) = read_claim(block)?;
    let since = Millis(since.parse().ok()?);
    let (waiter, blocker) = (read_tx(waiter)?, read_tx(blocker)?);
    Some(Arrow { waiter, wants, wanted, since, blocker, blocking, blocking_mode, kind, token })
}

/// `write on accounts/bob (#7)`; tokens may be shortened or left out by whoever copied the text.
fn without_token(block: &str) -> (&str, Option<Token>) {
    match block.rsplit_once(" (#") {
        Some((block, token)) => (block, token.trim_end_matches(')').parse().ok().map(Token)),
        None => (block, None),
    }
}

fn read_claim(text: &str) -> Option<(Mode, Object)> {
    let (mode, object) = text.split_once(" on ")?;
    let mode = [Mode::Read, Mode::Write].into_iter().find(|known| known.to_string() == mode)?;
    Some((mode, Object::from_str(object).ok()?))
}

fn read_tx(text: &str) -> Option<TxId> {
    Some(TxId(text.strip_prefix('t')?.parse().ok()?))
}

fn read_way_out(text: &str) -> Option<WayOut> {
    if let Some(victim) = text.strip_suffix(" aborted") {
        return Some(WayOut::Abort { victim: read_tx(victim)? });
    }
    if let Some((first, second)) = text.split_once(" was let past ") {
        let second = second.split(';').next()?;
        return Some(WayOut::Overtaking { first: read_tx(first)?, second: read_tx(second)? });
    }
    let (victim, objects) = text.split_once(" surrendered ")?;
    let objects = objects.strip_suffix(" and waits for it again").unwrap_or(objects);
    let objects: Option<Vec<Object>> = objects.split(", ").map(|object| Object::from_str(object).ok()).collect();
    Some(WayOut::Surrender { victim: read_tx(victim)?, objects: objects? })
}
