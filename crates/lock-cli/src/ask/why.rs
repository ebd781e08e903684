//! `gordian why`: who is in a transaction's way, and who in theirs, across nodes.

use std::collections::BTreeMap;
use std::io::{self, Write};

use lock_core::{ArrowKind, NodeId, TxId};
use lock_server::Whom;
use serde::Serialize;

use super::asker::Asker;
use super::chain::{Blocked, Chain, Link};
use super::json;
use super::table::duration;
use crate::arguments::WhyArguments;
use crate::paint::Paint;
use crate::verdict::{Trouble, Verdict};

/// All that was found out.
#[derive(Serialize)]
struct Why<'a> {
    tx: TxId,
    waits: bool,
    /// A circle, each waiting for the next and the last for the first.
    circle: Option<Vec<TxId>>,
    /// Whether the transaction itself is part of it.
    in_circle: bool,
    /// Who waits for nobody, and so decides when the others go on.
    ends: Vec<TxId>,
    /// Everybody who was met on the way, the nearest first.
    transactions: Vec<&'a Link>,
    /// More were in the way than are followed.
    is_cut: bool,
    /// Nodes that could not be asked, and why not.
    not_asked: BTreeMap<NodeId, String>,
}

pub(crate) fn why(arguments: &WhyArguments) -> Result<Verdict, Trouble> {
    let asker = Asker::new(&arguments.ask)?;
    let own = asker.node(&asker.whom)?;
    let whom = |node: &NodeId, address| Whom { node: Some(node.clone()), address };
    let mut known: BTreeMap<NodeId, Whom> =
        own.peers.into_iter().map(|peer| (peer.node.clone(), whom(&peer.node, peer.address))).collect();
    known.insert(own.node.clone(), whom(&own.node, asker.whom.address.clone()));
    let mut chain = Chain::new(arguments.tx, known.keys().cloned().collect());
    let not_asked = follow(&asker, &known, &mut chain);
    if !chain.is_about_somebody() {
        let nodes: Vec<&str> = known.keys().filter(|node| !not_asked.contains_key(*node)).map(NodeId::as_str).collect();
        return Err(Trouble::NobodyKnows { tx: arguments.tx, asked: nodes.join(", ") });
    }
    let (circle, transactions) = (chain.circle(), chain.links());
    let why = Why {
        tx: arguments.tx,
        waits: transactions.first().is_some_and(|link| link.waits()),
        in_circle: circle.as_ref().is_some_and(|circle| circle.contains(&arguments.tx)),
        circle,
        ends: chain.ends(),
        transactions,
        is_cut: chain.is_cut(),
        not_asked,
    };
    if arguments.ask.json {
        json::print(&why)?;
    } else {
        show(&why)?;
    }
    Ok(match (&why.circle, why.waits) {
        (Some(_), _) => Verdict::Circle,
        (None, true) => Verdict::Failed,
        (None, false) => Verdict::Passed,
    })
}

/// Asks until nobody can tell more. Gives who could not be asked.
fn follow(asker: &Asker, known: &BTreeMap<NodeId, Whom>, chain: &mut Chain) -> BTreeMap<NodeId, String> {
    let mut not_asked = BTreeMap::new();
    loop {
        let questions = chain.questions();
        if questions.is_empty() {
            return not_asked;
        }
        for (node, txs) in questions {
            if not_asked.contains_key(&node) {
                continue;
            }
            let answer = match known.get(&node) {
                Some(whom) => asker.waits(whom, txs).map_err(|error| error.to_string()),
                None => Err(String::from("where it listens is not known")),
            };
            match answer {
                Ok(view) => chain.take(view),
                Err(why) => drop(not_asked.insert(node, why)),
            }
        }
    }
}

fn show(why: &Why<'_>) -> io::Result<()> {
    let (mut out, paint) = (io::stdout().lock(), Paint::for_stdout());
    for link in &why.transactions {
        show_link(&mut out, link)?;
    }
    for (node, error) in &why.not_asked {
        writeln!(out, "{} {node}: {error}; what waits there is not seen", paint.bad("not asked"))?;
    }
    if why.is_cut {
        writeln!(out, "and so on: more than {} transactions are in the way", Chain::LONGEST)?;
    }
    let tx = why.tx;
    match &why.circle {
        Some(circle) => {
            let own = if why.in_circle { String::new() } else { format!("{tx} waits for it; ") };
            let names: Vec<String> = circle.iter().chain(circle.first()).map(ToString::to_string).collect();
            writeln!(out, "{}: {own}{}", paint.bad("a circle"), names.join(" -> "))?;
            writeln!(out, "(the nodes were read one after the other; a circle that is real is resolved by itself)")
        }
        None if why.waits && why.ends != [tx] => {
            let ends: Vec<String> = why.ends.iter().map(ToString::to_string).collect();
            writeln!(out, "{}: {tx} goes on when these let go: {}", paint.strong("no circle"), ends.join(", "))
        }
        None => Ok(()),
    }
}

fn show_link(out: &mut impl Write, link: &Link) -> io::Result<()> {
    let Link { tx, home, status, needs, blocked } = link;
    let lives = home.as_ref().map(|home| format!(" (lives at {home})")).unwrap_or_default();
    match status {
        Some(status) => writeln!(out, "{tx}{lives}: {status}")?,
        None => writeln!(out, "{tx}{lives}: how it stands is not known")?,
    }
    for blocked in blocked {
        show_blocked(out, blocked)?;
    }
    for unmet in needs.iter().flat_map(|needs| &needs.unmet) {
        if !blocked.iter().any(|blocked| blocked.arrow.wants == unmet.object) {
            let (object, missing, open) = (&unmet.object, unmet.missing, unmet.open);
            writeln!(
                out,
                "  it needs {object} from {missing} more of its nodes; {open} have not answered, or are awaited"
            )?;
        }
    }
    Ok(())
}

fn show_blocked(out: &mut impl Write, blocked: &Blocked) -> io::Result<()> {
    let Blocked { node, waited_ms, arrow } = blocked;
    let (wanted, wants, in_the_way) = (arrow.wanted, &arrow.wants, arrow.blocker);
    write!(
        out,
        "  at {node}: waits for {wanted} on {wants}, for {}, blocked by {in_the_way}, which ",
        duration(*waited_ms)
    )?;
    let (mode, object) = (arrow.blocking_mode, &arrow.blocking);
    match (arrow.kind, arrow.token) {
        (ArrowKind::Hard, Some(token)) => writeln!(out, "has {mode} on {object} ({token})"),
        (ArrowKind::Hard, None) => writeln!(out, "has {mode} on {object}"),
        (ArrowKind::Soft, _) => writeln!(out, "waits ahead for {mode} on {object}"),
    }
}
