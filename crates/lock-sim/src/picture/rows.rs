//! The transactions of the timeline, from top to bottom, and the lanes of their objects.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{NodeId, Object, TxId};

use super::limits::{BARS, LANES, ROWS};
use crate::timeline::Life;
use crate::{Report, Timeline};

/// The height of one object's lane.
pub(super) const LANE: f64 = 15.0;
const PADDING: f64 = 3.0;

/// A lane's object, and the node where there are several.
pub(super) type Lane = (Object, Option<NodeId>);

/// One transaction.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) tx: TxId,
    pub(super) top: f64,
    pub(super) height: f64,
    /// In the order in which they were asked for.
    pub(super) lanes: Vec<Lane>,
    /// Objects that have no lane.
    pub(super) left_out: usize,
}

/// All rows, and who has none.
#[derive(Debug)]
pub(super) struct Rows {
    pub(super) all: Vec<Row>,
    pub(super) left_out: usize,
    pub(super) bottom: f64,
}

impl Rows {
    pub(super) fn of(timeline: &Timeline, report: &Report) -> Self {
        let chosen = chosen(timeline, report);
        let mut rows: Vec<Row> = Vec::with_capacity(chosen.len());
        let mut y = 0.0;
        for (tx, life) in timeline.lives.iter().filter(|(tx, _)| chosen.contains(tx)) {
            let row = Row::of(*tx, life, y);
            y += row.height;
            rows.push(row);
        }
        Self { all: rows, left_out: timeline.lives.len() - chosen.len(), bottom: y }
    }

    /// The same, further down.
    pub(super) fn below(mut self, top: f64) -> Self {
        self.all.iter_mut().for_each(|row| row.top += top);
        self.bottom += top;
        self
    }

    pub(super) fn find(&self, tx: TxId) -> Option<&Row> {
        self.all.iter().find(|row| row.tx == tx)
    }
}

/// Members of deadlocks first, then who waited, then the others, the oldest first, as far as there is room.
fn chosen(timeline: &Timeline, report: &Report) -> BTreeSet<TxId> {
    let members: BTreeSet<TxId> = report.deadlocks.iter().flat_map(lock_core::Deadlock::members).collect();
    let dullness = |tx: TxId, life: &Life| match life.spans.iter().any(|span| span.wanted.is_some()) {
        _ if members.contains(&tx) => 0,
        true => 1,
        false => 2,
    };
    let mut all: Vec<(u8, TxId)> = timeline.lives.iter().map(|(tx, life)| (dullness(*tx, life), *tx)).collect();
    all.sort_unstable();
    let mut bars = 0;
    let fits = |tx: &TxId| {
        bars += timeline.lives.get(tx).map_or(0, |life| life.spans.len() + life.marks.len());
        bars <= BARS
    };
    all.into_iter().map(|(_, tx)| tx).take(ROWS).take_while(fits).collect()
}

impl Row {
    fn of(tx: TxId, life: &Life, top: f64) -> Self {
        let mut first: BTreeMap<Lane, usize> = BTreeMap::new();
        for span in &life.spans {
            let from = first.entry((span.object.clone(), span.node.clone())).or_insert(span.from);
            *from = span.from.min(*from);
        }
        let mut lanes: Vec<(usize, Lane)> = first.into_iter().map(|(lane, from)| (from, lane)).collect();
        lanes.sort();
        let left_out = lanes.len().saturating_sub(LANES);
        let lanes: Vec<Lane> = lanes.into_iter().map(|(_, lane)| lane).take(LANES).collect();
        let height = LANE * (lanes.len() + usize::from(left_out > 0)).max(1) as f64 + 2.0 * PADDING;
        Self { tx, top, height, lanes, left_out }
    }

    /// The middle of a lane.
    pub(super) fn lane(&self, place: usize) -> f64 {
        self.top + PADDING + LANE * (place as f64 + 0.5)
    }

    /// The middle of an object's lane, if it has one.
    pub(super) fn lane_of(&self, object: &Object, node: Option<&NodeId>) -> Option<f64> {
        let is_it = |lane: &Lane| lane.0 == *object && (node.is_none() || lane.1.as_ref() == node);
        self.lanes.iter().position(is_it).map(|place| self.lane(place))
    }

    pub(super) fn middle(&self) -> f64 {
        self.top + self.height / 2.0
    }
}
