//! The steps of the timeline, from left to right.

use super::label;
use super::limits::COLUMNS;
use crate::{Moment, MomentEnd, Timeline};

/// Deadlocks of one step that get room of their own.
const MOST_ROOM: usize = 12;

/// The height of a deadlock's number.
pub(super) const NUMBER_SIZE: f64 = 9.0;
/// Letters of a word of a step, and of the whole.
const WORD: usize = 18;
const STEP: usize = 44;

/// What a deadlock is called in a picture.
pub(super) fn number_of(deadlock: usize) -> String {
    format!("#{}", deadlock + 1)
}

/// One step, or several where there are too many.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub(super) left: f64,
    /// Right of the deadlocks, where it is seen what stood after the step.
    pub(super) after: f64,
    pub(super) first: usize,
    pub(super) last: usize,
    /// How many deadlocks it has.
    deadlocks: usize,
}

/// Where each step stands.
#[derive(Debug)]
pub(super) struct Columns {
    pub(super) all: Vec<Column>,
    /// How many steps share a column.
    pub(super) share: usize,
    pub(super) right: f64,
}

impl Columns {
    pub(super) fn of(timeline: &Timeline, left: f64) -> Self {
        let moments = &timeline.moments;
        let share = moments.len().div_ceil(COLUMNS).max(1);
        let number = moments.len().div_ceil(share);
        let pitch = (1000.0 / number.max(1) as f64).clamp(15.0, 48.0);
        let last = moments.last().map_or(0, |moment| moment.deadlocks.end);
        let per_deadlock = label::width(&number_of(last), NUMBER_SIZE) + 4.0;
        let mut columns = Vec::with_capacity(number);
        let mut x = left;
        for (index, moments) in moments.chunks(share).enumerate() {
            let deadlocks = moments.iter().map(|moment| moment.deadlocks.len()).sum();
            let after = x + per_deadlock * usize::min(deadlocks, MOST_ROOM) as f64;
            let first = index * share;
            columns.push(Column { left: x, after, first, last: first + moments.len() - 1, deadlocks });
            x = after + pitch;
        }
        Self { all: columns, share, right: x }
    }

    /// Where begins what stands after a moment.
    pub(super) fn after(&self, moment: usize) -> f64 {
        self.all.get(moment / self.share).map_or(self.right, |column| column.after)
    }

    /// Where it ends: at the moment, or at the right edge.
    pub(super) fn until(&self, moment: Option<usize>) -> f64 {
        moment.map_or(self.right, |moment| self.after(moment))
    }

    /// Where a deadlock's line stands.
    pub(super) fn of_deadlock(&self, timeline: &Timeline, deadlock: usize) -> Option<f64> {
        let moment = timeline.moments.iter().position(|moment| moment.deadlocks.contains(&deadlock))?;
        let column = self.all.get(moment / self.share)?;
        let before = deadlock - timeline.moments.get(column.first)?.deadlocks.start;
        let room = column.after - column.left;
        Some(column.left + room * (before as f64 + 0.5) / column.deadlocks.max(1) as f64)
    }
}

impl Column {
    pub(super) fn moments<'a>(&self, timeline: &'a Timeline) -> &'a [Moment] {
        timeline.moments.get(self.first..=self.last).unwrap_or_default()
    }

    /// What the step says, or which lines share the column.
    pub(super) fn caption(&self, timeline: &Timeline) -> String {
        match self.moments(timeline) {
            [moment] => label::shortened(&format!("{} {}", moment.line, words(&moment.text)), STEP).into_owned(),
            [first, .., last] => format!("lines {}–{}", first.line, last.line),
            [] => String::new(),
        }
    }

    pub(super) fn title(&self, timeline: &Timeline) -> String {
        let line = |moment: &Moment| {
            let end = match moment.end {
                MomentEnd::Done => "",
                MomentEnd::Refused => "  (refused)",
                MomentEnd::Failed => "  (failed)",
            };
            format!("{}: {}{end}", moment.line, moment.text)
        };
        self.moments(timeline).iter().take(20).map(line).collect::<Vec<_>>().join("\n")
    }

    pub(super) fn end(&self, timeline: &Timeline) -> MomentEnd {
        let ends = self.moments(timeline).iter().map(|moment| moment.end);
        ends.max_by_key(|end| match end {
            MomentEnd::Done => 0,
            MomentEnd::Refused => 1,
            MomentEnd::Failed => 2,
        })
        .unwrap_or(MomentEnd::Done)
    }
}

/// A step's text with its long words shortened, so that who and how are left.
fn words(text: &str) -> String {
    let words = text.split_whitespace().map(|word| label::shortened(word, WORD));
    words.collect::<Vec<_>>().join(" ")
}
