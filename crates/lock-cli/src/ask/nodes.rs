//! `gordian nodes`: who is there, and how each one is.

use std::io;

use lock_core::{Incarnation, NodeId};
use lock_server::{AskError, NodeView, PeerView, Whom};
use serde::Serialize;

use super::asker::Asker;
use super::{json, table};
use crate::arguments::AskArguments;
use crate::verdict::{Trouble, Verdict};

/// How a node is, as far as the one that was asked and the node itself tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum State {
    Up,
    /// It waits to be told what others hold there, and grants nothing new meanwhile.
    Recovering,
    /// The node that was asked has it for down, and it does not answer.
    Down,
    /// It answers, but the node that was asked does not see it.
    Unseen,
    /// The node that was asked sees it, but it does not answer here.
    Silent,
}

#[derive(Debug, Serialize)]
struct Row {
    node: NodeId,
    address: String,
    state: State,
    incarnation: Option<Incarnation>,
    /// For how many milliseconds the node that was asked has seen it there, or not there; nothing for that node itself.
    for_ms: Option<u64>,
    /// What it tells of itself.
    tells: Option<NodeView>,
    /// Why it tells nothing.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Told {
    cluster: String,
    asked: NodeId,
    nodes: Vec<Row>,
}

pub(crate) fn nodes(arguments: &AskArguments) -> Result<Verdict, Trouble> {
    let asker = Asker::new(arguments)?;
    let own = asker.node(&asker.whom)?;
    let whom = |peer: &PeerView| Whom { node: Some(peer.node.clone()), address: peer.address.clone() };
    let told = asker.nodes(&own.peers.iter().map(whom).collect::<Vec<_>>());
    let peers: Vec<PeerView> = own.peers.clone();
    let mut rows: Vec<Row> = peers.into_iter().zip(told).map(|(peer, told)| row_of_peer(peer, told)).collect();
    let (cluster, name) = (own.cluster.clone(), own.node.clone());
    rows.insert(0, own_row(asker.whom.address, own));
    rows.sort_by(|one, other| one.node.cmp(&other.node));
    let all_up = rows.iter().all(|row| row.state == State::Up);
    let nodes = Told { cluster, asked: name, nodes: rows };
    if arguments.json {
        json::print(&nodes)?;
    } else {
        show(&nodes)?;
    }
    Ok(if all_up { Verdict::Passed } else { Verdict::Failed })
}

fn own_row(address: String, asked: NodeView) -> Row {
    let state = if asked.is_recovering { State::Recovering } else { State::Up };
    let (node, incarnation) = (asked.node.clone(), Some(asked.incarnation));
    Row { node, address, state, incarnation, for_ms: None, tells: Some(asked), error: None }
}

fn row_of_peer(peer: PeerView, told: Result<NodeView, AskError>) -> Row {
    let state = match &told {
        Ok(_) if !peer.is_up => State::Unseen,
        Ok(view) if view.is_recovering => State::Recovering,
        Ok(_) => State::Up,
        Err(_) if peer.is_up => State::Silent,
        Err(_) => State::Down,
    };
    let incarnation = told.as_ref().map(|view| view.incarnation).ok().or(peer.incarnation);
    let (tells, error) = match told {
        Ok(view) => (Some(view), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Row { node: peer.node, address: peer.address, state, incarnation, for_ms: Some(peer.for_ms), tells, error }
}

fn show(nodes: &Told) -> io::Result<()> {
    let head = [
        "NODE",
        "ADDRESS",
        "STATE",
        "INCARNATION",
        "UP",
        "TX",
        "CLAIMS",
        "WAITING",
        "LOOKS",
        "ROUNDS",
        "MESSAGES",
        "PHANTOMS",
        "DEADLOCKS",
    ];
    let rows: Vec<Vec<String>> = nodes.nodes.iter().map(cells).collect();
    table::print(&head, &rows)?;
    for row in nodes.nodes.iter().filter(|row| matches!(row.state, State::Down | State::Unseen)) {
        let since = table::duration(row.for_ms.unwrap_or_default());
        println!("{} has not been there for {since}, as {} sees it", row.node, nodes.asked);
    }
    for (row, error) in nodes.nodes.iter().filter_map(|row| Some((row, row.error.as_ref()?))) {
        println!("{}: {error}", row.node);
    }
    Ok(())
}

fn cells(row: &Row) -> Vec<String> {
    let state = serde_json::to_value(row.state).ok().and_then(|state| Some(state.as_str()?.to_owned()));
    let mut cells = vec![row.node.to_string(), row.address.clone(), state.unwrap_or_default()];
    cells.push(row.incarnation.map(|incarnation| incarnation.to_string()).unwrap_or_default());
    if let Some(NodeView { up_ms, transactions, claims, waiting, counters, .. }) = &row.tells {
        cells.push(table::duration(*up_ms));
        let numbers = [*transactions as u64, *claims as u64, *waiting as u64];
        let counted = [counters.looks, counters.rounds, counters.messages, counters.phantoms, counters.deadlocks];
        cells.extend(numbers.into_iter().chain(counted).map(|number| number.to_string()));
    }
    cells
}
