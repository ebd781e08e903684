//! The wait-for graph as people see it: text, JSON, DOT and Mermaid.

use std::collections::BTreeSet;
use std::fmt::{self, Write as _};

use serde::{Deserialize, Serialize};

use crate::{Arrow, ArrowKind, Deadlock, TxId};

/// A wait-for graph: an arrow from each waiter to each transaction that it waits on.
///
/// Serialize it for JSON; [`WaitGraph::to_dot`] and [`WaitGraph::to_mermaid`] draw it, with the
/// deadlocked part and the victim marked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitGraph {
    /// All arrows, ordered by waiter and blocker.
    pub arrows: Vec<Arrow>,
    /// The members of the deadlock that is marked, if there is one.
    pub deadlocked: BTreeSet<TxId>,
    /// Who gave way in it.
    pub victim: Option<TxId>,
}

impl Deadlock {
    /// The circle as a graph, with the victim marked.
    pub fn graph(&self) -> WaitGraph {
        WaitGraph { arrows: self.circle.clone(), deadlocked: self.members().collect(), victim: self.way_out.victim() }
    }
}

impl WaitGraph {
    /// Source for Graphviz.
    pub fn to_dot(&self) -> String {
        self.to_dot_named(|tx| tx.to_string())
    }

    /// Source for Graphviz, with names of the caller's for the transactions.
    pub fn to_dot_named(&self, name: impl Fn(TxId) -> String) -> String {
        let mut dot = String::from("digraph wait_for {\n  rankdir=LR;\n  node [shape=box, style=rounded];\n");
        for tx in self.transactions() {
            let look = match self.mark(tx) {
                Mark::Victim => " [style=\"rounded,filled\", fillcolor=\"#f4b6b6\", xlabel=\"victim\"]",
                Mark::Deadlocked => " [style=\"rounded,filled\", fillcolor=\"#fbe3a6\"]",
                Mark::Plain => "",
            };
            let _ = writeln!(dot, "  {tx} [label=\"{}\"]{look};", escape(&name(tx), "\\\""));
        }
        for arrow in &self.arrows {
            let style = if arrow.kind == ArrowKind::Soft { "dashed" } else { "solid" };
            let label = escape(&format!("{} {}", arrow.wanted, arrow.wants), "\\\"");
            let _ = writeln!(dot, "  {} -> {} [label=\"{label}\", style={style}];", arrow.waiter, arrow.blocker);
        }
        dot.push_str("}\n");
        dot
    }

    /// Source for Mermaid.
    pub fn to_mermaid(&self) -> String {
        self.to_mermaid_named(|tx| tx.to_string())
    }

    /// Source for Mermaid, with names of the caller's for the transactions.
    pub fn to_mermaid_named(&self, name: impl Fn(TxId) -> String) -> String {
        let mut mermaid = String::from("flowchart LR\n");
        for tx in self.transactions() {
            let class = match self.mark(tx) {
                Mark::Victim => ":::victim",
                Mark::Deadlocked => ":::deadlocked",
                Mark::Plain => "",
            };
            let _ = writeln!(mermaid, "  {tx}(\"{}\"){class}", escape(&name(tx), "#quot;"));
        }
        for arrow in &self.arrows {
            let line = if arrow.kind == ArrowKind::Soft { "-.->" } else { "-->" };
            let label = escape(&format!("{} {}", arrow.wanted, arrow.wants), "#quot;");
            let _ = writeln!(mermaid, "  {} {line}|\"{label}\"| {}", arrow.waiter, arrow.blocker);
        }
        mermaid.push_str("  classDef deadlocked fill:#fbe3a6,stroke:#a67c00\n");
        mermaid.push_str("  classDef victim fill:#f4b6b6,stroke:#a33\n");
        mermaid
    }

    fn transactions(&self) -> BTreeSet<TxId> {
        self.arrows.iter().flat_map(|arrow| [arrow.waiter, arrow.blocker]).collect()
    }

    fn mark(&self, tx: TxId) -> Mark {
        if self.victim == Some(tx) {
            Mark::Victim
        } else if self.deadlocked.contains(&tx) {
            Mark::Deadlocked
        } else {
            Mark::Plain
        }
    }
}

enum Mark {
    Plain,
    Deadlocked,
    Victim,
}

fn escape(text: &str, quote: &str) -> String {
    text.replace('\\', "\\\\").replace('"', quote)
}

impl fmt::Display for WaitGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.arrows.is_empty() {
            return f.write_str("nobody waits");
        }
        for (index, arrow) in self.arrows.iter().enumerate() {
            write!(f, "{}{arrow}", if index > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}
