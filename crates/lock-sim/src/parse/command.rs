//! One line that tells what happens.

use lock_core::{Mode, NodeId, Object, Require, TxId};

use super::error::Wrong;
use super::expect::parse_expectation;
use super::known::Known;
use super::words::Words;
use crate::{Action, Begin, Claim, Command, Fault, Weather};

pub(super) fn parse_command(line: usize, said: &str, known: &mut Known) -> Result<Command, Wrong> {
    let mut words = Words::new(line, said);
    let word = words.next(COMMANDS)?;
    let command = parse_after(word, &mut words, known)?;
    words.end()?;
    Ok(command)
}

const COMMANDS: &str = "a command: nodes, tx, lock, lock-many, try, unlock, downgrade, surrender, saw, end, drop, \
     crash, start, freeze, thaw, split, heal, weather, clocks, lenient, together, done, advance, drain or expect";

fn parse_after(word: &str, words: &mut Words<'_>, known: &mut Known) -> Result<Command, Wrong> {
    match word {
        "nodes" => parse_nodes(words, known),
        "tx" => parse_begin(words, known).map(Command::Begin),
        "lock" => parse_claim(words, known).map(Command::Lock),
        "lock-many" | "try" | "unlock" | "downgrade" | "surrender" | "saw" | "end" | "drop" => {
            let tx = known.tx(words)?;
            Ok(Command::Act { tx, action: parse_action(word, words)? })
        }
        "crash" => Ok(Command::Fault(Fault::Crash(known.node(words)?))),
        "start" => Ok(Command::Fault(Fault::Start(known.node(words)?))),
        "freeze" => Ok(Command::Fault(Fault::Freeze(known.node(words)?))),
        "thaw" => Ok(Command::Fault(Fault::Thaw(known.node(words)?))),
        "split" => parse_split(words, known),
        "heal" => Ok(Command::Fault(Fault::Heal)),
        "weather" => parse_weather(words),
        "clocks" => parse_clocks(words),
        "lenient" => Ok(Command::Lenient),
        "advance" => {
            let duration = words.next("a duration such as 500ms or 3s")?;
            Ok(Command::Advance { ms: words.duration_ms(duration)? })
        }
        "drain" => Ok(Command::Drain),
        "expect" => parse_expectation(words, known).map(Command::Expect),
        unknown => Err(words.wrong(unknown, COMMANDS)),
    }
}

fn parse_action(word: &str, words: &mut Words<'_>) -> Result<Action, Wrong> {
    Ok(match word {
        "lock-many" => Action::Lock(parse_many(words)?),
        "try" => Action::Try(words.object()?, words.mode()?),
        "unlock" => Action::Unlock(words.object()?),
        "downgrade" => Action::Downgrade(words.object()?),
        "surrender" => Action::Surrender(words.object()?),
        "saw" => Action::Saw,
        "end" => Action::End,
        _ => Action::Drop,
    })
}

fn parse_many(words: &mut Words<'_>) -> Result<Vec<(Object, Mode)>, Wrong> {
    let mut claims = Vec::new();
    loop {
        let object = words.object()?;
        let (mode, comma) = words.mode_in_list()?;
        claims.push((object, mode));
        if !comma {
            return Ok(claims);
        }
    }
}

fn parse_nodes(words: &mut Words<'_>, known: &mut Known) -> Result<Command, Wrong> {
    let mut nodes: Vec<NodeId> = Vec::new();
    while nodes.is_empty() || !words.is_at_end() {
        let node = NodeId::new(words.name("a node's name")?);
        if nodes.contains(&node) {
            return Err(words.wrong(node.as_str(), "each node once"));
        }
        nodes.push(node);
    }
    known.nodes = nodes;
    Ok(Command::Nodes)
}

fn parse_begin(words: &mut Words<'_>, known: &mut Known) -> Result<Begin, Wrong> {
    let tx = known.new_tx(words)?;
    let mut begin = Begin { tx, home: None, options: crate::TxOptions::default() };
    let mut seen = Vec::new();
    while let Some(word) = words.optional() {
        let key = word.split('=').next().unwrap_or(word);
        if seen.contains(&key) {
            return Err(words.wrong(word, "each option once"));
        }
        seen.push(key);
        parse_option(word, &mut begin, words, known)?;
    }
    Ok(begin)
}

fn parse_option(word: &str, begin: &mut Begin, words: &mut Words<'_>, known: &Known) -> Result<(), Wrong> {
    match word.split_once('=') {
        None if word == "at" => begin.home = Some(known.node(words)?),
        None if word == "abort-on-deadlock" => begin.options.abort_on_deadlock = true,
        None if word == "await-nodes" => begin.options.await_nodes = true,
        Some(("priority", number)) => {
            let wrong = |_| words.wrong(word, "priority= and a whole number");
            begin.options.priority = number.parse().map_err(wrong)?;
        }
        Some(("deadline", duration)) => {
            begin.options.deadline_ms = Some(words.duration_ms(duration)?);
        }
        _ => return Err(words.wrong(word, OPTIONS)),
    }
    Ok(())
}

const OPTIONS: &str = "an option: at NODE, abort-on-deadlock, await-nodes, priority=P or deadline=T";

fn parse_claim(words: &mut Words<'_>, known: &Known) -> Result<Claim, Wrong> {
    let (tx, object, mode): (TxId, _, _) = (known.tx(words)?, words.object()?, words.mode()?);
    let mut on = Vec::new();
    if words.takes("on") {
        let list = words.next("nodes with commas between")?;
        on = known.nodes(list, words)?;
    }
    let require = if words.takes("require") { parse_require(words)? } else { Require::All };
    match words.optional() {
        Some(extra) => Err(words.wrong(extra, "`on NODES`, then `require HOW`, or the end of the line")),
        None => Ok(Claim { tx, object, mode, on, require }),
    }
}

fn parse_require(words: &mut Words<'_>) -> Result<Require, Wrong> {
    const ALL: [Require; 5] =
        [Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];
    const EXPECTED: &str = "all, any, majority, all-alive or majority-alive";
    let word = words.next(EXPECTED)?;
    let found = ALL.into_iter().find(|require| require.to_string() == word);
    found.ok_or_else(|| words.wrong(word, EXPECTED))
}

fn parse_weather(words: &mut Words<'_>) -> Result<Command, Wrong> {
    const EXPECTED: &str = "delay=5ms..20ms, drop=P or duplicate=P, each once, with P of a thousand frames";
    let mut weather = Weather::default();
    let mut seen = Vec::new();
    while let Some(word) = words.optional() {
        let wrong = || words.wrong(word, EXPECTED);
        let (key, value) = word.split_once('=').ok_or_else(wrong)?;
        if seen.contains(&key) {
            return Err(wrong());
        }
        seen.push(key);
        let permille = || value.parse().ok().filter(|share| *share < 1_000).ok_or_else(wrong);
        match key {
            "delay" => {
                let (from, to) = value.split_once("..").ok_or_else(wrong)?;
                (weather.delay_from_ms, weather.delay_to_ms) = (words.duration_ms(from)?, words.duration_ms(to)?);
                if weather.delay_from_ms > weather.delay_to_ms {
                    return Err(wrong());
                }
            }
            "drop" => weather.drop_permille = permille()?,
            "duplicate" => weather.duplicate_permille = permille()?,
            _ => return Err(wrong()),
        }
    }
    Ok(Command::Fault(Fault::Weather(weather)))
}

fn parse_clocks(words: &mut Words<'_>) -> Result<Command, Wrong> {
    const EXPECTED: &str = "drift=P, with P of a million, at most 100000";
    let word = words.next(EXPECTED)?;
    let drift = word.strip_prefix("drift=").and_then(|number| number.parse().ok()).filter(|drift| *drift <= 100_000);
    drift.map(|drift| Command::Fault(Fault::Clocks(drift))).ok_or_else(|| words.wrong(word, EXPECTED))
}

fn parse_split(words: &mut Words<'_>, known: &Known) -> Result<Command, Wrong> {
    let text = words.rest();
    let groups: Vec<_> = text.split('|').map(|group| known.nodes(group, words)).collect::<Result<_, _>>()?;
    let mut all: Vec<&NodeId> = groups.iter().flatten().collect();
    all.sort();
    if groups.len() < 2 || all.windows(2).any(|pair| pair[0] == pair[1]) {
        return Err(words.wrong(&text, "two or more groups with | between, each node in one of them"));
    }
    Ok(Command::Fault(Fault::Split(groups)))
}
