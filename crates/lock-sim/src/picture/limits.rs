//! How much a picture shows. What is beyond is left out, and the picture says so.

/// Circles of deadlocks that are drawn, the first ones.
pub(super) const CIRCLES: usize = 24;
/// Deadlocks that are marked in the timeline, the first ones.
pub(super) const DEADLOCKS: usize = 500;
/// Members of a circle that is drawn; of a larger one only the names are told.
pub(super) const CIRCLE_MEMBERS: usize = 40;
/// Transactions in the wait-for graph.
pub(super) const WAITERS: usize = 150;
/// Arrows that are all drawn; of more, those that follow from others are left out.
pub(super) const EASY_ARROWS: usize = 60;
/// Arrows that are drawn at all.
pub(super) const ARROWS: usize = 400;
/// Rows of the timeline.
pub(super) const ROWS: usize = 150;
/// Objects of a transaction that have a lane of their own.
pub(super) const LANES: usize = 12;
/// Columns of the timeline; if there are more steps, several share one.
pub(super) const COLUMNS: usize = 400;
/// Bars of the timeline.
pub(super) const BARS: usize = 15_000;
/// Letters of a name or an object.
pub(super) const LETTERS: usize = 26;
/// How wide the graphs may become, if the timeline is not wider.
pub(super) const GRAPH_WIDTH: f64 = 1400.0;
/// How wide they may become then.
pub(super) const MOST_GRAPH_WIDTH: f64 = 2800.0;
