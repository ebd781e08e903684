//! What a scenario calls its transactions.

use lock_core::{Arrow, ArrowKind, Deadlock, TxId, WaitGraph, WayOut};

/// The names of a scenario's transactions, in order of age: the first name is that of `TxId(1)`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(transparent)]
pub struct Names(Vec<String>);

impl Names {
    /// Names the next transaction and gives its id.
    pub fn add(&mut self, name: &str) -> TxId {
        self.0.push(name.to_owned());
        TxId(self.0.len() as u64)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nobody has a name yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Who has this name.
    pub fn find(&self, name: &str) -> Option<TxId> {
        let position = self.0.iter().position(|known| known == name)?;
        Some(TxId(position as u64 + 1))
    }

    /// The name of a transaction.
    pub fn of(&self, tx: TxId) -> String {
        let position = usize::try_from(tx.0).ok().and_then(|id| id.checked_sub(1));
        position.and_then(|position| self.0.get(position)).map_or_else(|| tx.to_string(), Clone::clone)
    }

    /// Several names with blanks between.
    pub fn row(&self, transactions: impl IntoIterator<Item = TxId>) -> String {
        transactions.into_iter().map(|tx| self.of(tx)).collect::<Vec<_>>().join(" ")
    }

    /// One arrow as text.
    pub fn arrow(&self, arrow: &Arrow) -> String {
        let (waiter, blocker) = (self.of(arrow.waiter), self.of(arrow.blocker));
        let how = match arrow.kind {
            ArrowKind::Hard => "has",
            ArrowKind::Soft => "waits ahead for",
        };
        let Arrow { wanted, wants, since, blocking, blocking_mode, .. } = arrow;
        format!(
            "{waiter} waits for {wanted} on {wants} since {since} ms: {blocker} {how} {blocking_mode} on {blocking}"
        )
    }

    /// A wait-for graph as text, a line an arrow.
    pub fn graph(&self, graph: &WaitGraph) -> Vec<String> {
        if graph.arrows.is_empty() {
            return vec!["nobody waits".to_owned()];
        }
        graph.arrows.iter().map(|arrow| self.arrow(arrow)).collect()
    }

    /// A way out as text.
    pub fn way_out(&self, way_out: &WayOut) -> String {
        match way_out {
            WayOut::Surrender { victim, objects } => {
                let objects: Vec<_> = objects.iter().map(ToString::to_string).collect();
                format!("{} surrendered {}", self.of(*victim), objects.join(", "))
            }
            WayOut::Abort { victim } => format!("{} aborted", self.of(*victim)),
            WayOut::Overtaking { first, second } => {
                format!("{} was let past {}; nobody lost anything", self.of(*first), self.of(*second))
            }
        }
    }

    /// A deadlock as text: the circle, a line an arrow, and the way out.
    pub fn deadlock(&self, deadlock: &Deadlock) -> Vec<String> {
        let mut lines = vec![format!("deadlock of {}:", self.row(deadlock.members()))];
        lines.extend(deadlock.circle.iter().map(|arrow| format!("  {}", self.arrow(arrow))));
        lines.push(format!("  resolved: {}", self.way_out(&deadlock.way_out)));
        lines
    }
}
