//! Looks at an engine after each step, and notes what changed.

use std::collections::BTreeMap;

use lock_core::{Deadlock, Mode, NodeId, Object, TxId, WayOut};

use super::{Happening, Life, Mark, Moment, MomentEnd, Span, Timeline};
use crate::{Action, Command, Engine, Outcome, Step, TxStatus};

/// Looks at one transaction after one step, before the gathering gives up: seconds of work.
const MOST_LOOKS: usize = 5_000_000;
/// Spans and marks before it gives up: some ten megabytes.
const MOST_SPANS: usize = 200_000;

/// Gathers a [`Timeline`] while a scenario runs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    timeline: Timeline,
    living: BTreeMap<TxId, Watched>,
    at_ms: u64,
    resolved: usize,
    looks: usize,
    spans: usize,
}

/// What is known of a transaction that is not over.
#[derive(Clone, Debug, Default)]
struct Watched {
    standing: BTreeMap<(Object, Option<NodeId>), Since>,
    status: Option<TxStatus>,
    lost: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Since {
    granted: Option<Mode>,
    wanted: Option<Mode>,
    from: usize,
}

impl Recorder {
    /// Notes what a step has changed. Expectations change nothing; an engine is looked at after all else.
    pub(crate) fn after(&mut self, step: &Step, outcome: &Outcome, engine: &mut dyn Engine) {
        if self.timeline.is_cut {
            return;
        }
        match &step.command {
            Command::Expect(_) | Command::Nodes | Command::Drain => return,
            Command::Begin(_) if self.joins_begins(&step.text) => {}
            command => {
                self.at_ms += if let Command::Advance { ms } = command { *ms } else { 0 };
                let end = if matches!(outcome, Outcome::Refused(_)) { MomentEnd::Refused } else { MomentEnd::Done };
                self.open_moment(step.line, caption(step), end);
            }
        }
        self.begin_new(&step.command);
        self.note_own_acts(&step.command, outcome);
        self.look(engine);
    }

    /// Notes what the end of a transaction has changed, in the midst of a `drain`.
    pub(crate) fn drained(&mut self, line: usize, name: &str, engine: &mut dyn Engine) {
        if !self.timeline.is_cut {
            self.open_moment(line, format!("drain: end {name}"), MomentEnd::Done);
            self.look(engine);
        }
    }

    /// Notes where the scenario failed, and gives what was gathered.
    pub(crate) fn finish(mut self, failed: Option<(usize, &str)>, engine: &mut dyn Engine) -> Timeline {
        if let (Some((line, said)), false) = (failed, self.timeline.is_cut) {
            self.open_moment(line, said.to_owned(), MomentEnd::Failed);
            self.look(engine);
        }
        let living = std::mem::take(&mut self.living);
        for (tx, watched) in living {
            let life = self.timeline.lives.entry(tx).or_default();
            life.spans.extend(watched.standing.into_iter().map(|(key, since)| span(key, since, None)));
        }
        self.timeline
    }

    /// Begins in a row are one moment: they touch nobody.
    fn joins_begins(&mut self, text: &str) -> bool {
        let Some(last) = self.timeline.moments.last_mut() else { return false };
        let joins = last.text.starts_with("tx ");
        if joins {
            let name_in = |text: &str| text.split_whitespace().nth(1).unwrap_or_default().to_owned();
            last.text = format!("tx {} … {}", name_in(&last.text), name_in(text));
        }
        joins
    }

    fn open_moment(&mut self, line: usize, text: String, end: MomentEnd) {
        let deadlocks = self.resolved..self.resolved;
        self.timeline.moments.push(Moment { line, text, at_ms: self.at_ms, deadlocks, end });
    }

    fn now(&self) -> usize {
        self.timeline.moments.len().saturating_sub(1)
    }

    fn begin_new(&mut self, command: &Command) {
        let began = self.now();
        for command in each_command(command) {
            if let Command::Begin(begin) = command {
                self.timeline.lives.insert(begin.tx, Life { began, ..Life::default() });
                self.living.insert(begin.tx, Watched::default());
            }
        }
    }

    fn note_own_acts(&mut self, command: &Command, outcome: &Outcome) {
        let all_done = *outcome == Outcome::Done;
        for (tx, action) in each_command(command).filter_map(Command::action) {
            match action {
                Action::Surrender(object) if all_done => self.mark(tx, Happening::Surrendered(object)),
                Action::Drop if all_done => self.mark(tx, Happening::Died),
                _ => {}
            }
        }
    }

    fn mark(&mut self, tx: TxId, what: Happening) {
        let at = self.now();
        self.timeline.lives.entry(tx).or_default().marks.push(Mark { at, what });
        self.spans += 1;
    }

    fn look(&mut self, engine: &mut dyn Engine) {
        self.look_for_deadlocks(engine);
        let living: Vec<TxId> = self.living.keys().copied().collect();
        self.looks += living.len();
        for tx in living {
            self.look_at(tx, engine);
        }
        self.timeline.is_cut = self.looks > MOST_LOOKS || self.spans > MOST_SPANS;
    }

    fn look_for_deadlocks(&mut self, engine: &mut dyn Engine) {
        let deadlocks = engine.deadlocks();
        for deadlock in deadlocks.get(self.resolved..).unwrap_or_default() {
            self.mark_way_out(deadlock);
        }
        self.resolved = deadlocks.len();
        if let Some(moment) = self.timeline.moments.last_mut() {
            moment.deadlocks.end = self.resolved;
        }
    }

    /// An abort is marked when the status says so.
    fn mark_way_out(&mut self, deadlock: &Deadlock) {
        match &deadlock.way_out {
            WayOut::Surrender { victim, objects } => {
                objects.iter().for_each(|object| self.mark(*victim, Happening::Surrendered(object.clone())));
            }
            WayOut::Overtaking { first, second } => {
                let behind = deadlock.circle.iter().find(|arrow| arrow.waiter == *first && arrow.blocker == *second);
                let wants = behind.map(|arrow| arrow.wants.clone());
                self.mark(*first, Happening::LetPast { second: *second, wants });
            }
            WayOut::Abort { .. } => {}
        }
    }

    fn look_at(&mut self, tx: TxId, engine: &mut dyn Engine) {
        let Some(mut watched) = self.living.remove(&tx) else { return };
        self.follow_claims(tx, &mut watched, engine);
        self.follow_losses(tx, &mut watched, engine);
        let status = engine.status(tx);
        if watched.status != Some(status) {
            self.mark_status(tx, status);
            watched.status = Some(status);
        }
        if status != TxStatus::Ended {
            self.living.insert(tx, watched);
        }
    }

    fn follow_claims(&mut self, tx: TxId, watched: &mut Watched, engine: &mut dyn Engine) {
        let now = self.now();
        let mut before = std::mem::take(&mut watched.standing);
        for claim in engine.parts(tx) {
            let key = (claim.object, claim.node);
            let seen = Since { granted: claim.granted, wanted: claim.wanted, from: now };
            let goes_on = |since: &Since| since.granted == seen.granted && since.wanted == seen.wanted;
            let since = match before.get(&key).copied().filter(goes_on) {
                Some(since) => before.remove(&key).unwrap_or(since),
                None => seen,
            };
            watched.standing.insert(key, since);
        }
        self.spans += before.len();
        let over = before.into_iter().map(|(key, since)| span(key, since, Some(now)));
        self.timeline.lives.entry(tx).or_default().spans.extend(over);
    }

    fn follow_losses(&mut self, tx: TxId, watched: &mut Watched, engine: &mut dyn Engine) {
        let lost = engine.lost(tx);
        for object in lost.iter().skip(watched.lost) {
            self.mark(tx, Happening::Lost(object.clone()));
        }
        watched.lost = lost.len();
    }

    fn mark_status(&mut self, tx: TxId, status: TxStatus) {
        match status {
            TxStatus::Aborted => self.mark(tx, Happening::Aborted),
            TxStatus::CannotServe => self.mark(tx, Happening::CannotServe),
            TxStatus::Ended => self.mark_end(tx),
            TxStatus::NoLocks | TxStatus::Waiting | TxStatus::HasAll => {}
        }
    }

    fn mark_end(&mut self, tx: TxId) {
        let now = self.now();
        let life = self.timeline.lives.entry(tx).or_default();
        life.ended = Some(now);
        if !life.marks.contains(&Mark { at: now, what: Happening::Died }) {
            self.mark(tx, Happening::Ended);
        }
    }
}

fn span((object, node): (Object, Option<NodeId>), since: Since, until: Option<usize>) -> Span {
    Span { object, node, granted: since.granted, wanted: since.wanted, from: since.from, until }
}

/// A command, or those that it lets loose at once.
fn each_command(command: &Command) -> impl Iterator<Item = &Command> {
    let (one, many) = match command {
        Command::Together(together) => (None, together.steps.as_slice()),
        one => (Some(one), [].as_slice()),
    };
    one.into_iter().chain(many.iter().map(|step| &step.command))
}

fn caption(step: &Step) -> String {
    match &step.command {
        Command::Together(together) => format!("together: {} at once", together.steps.len()),
        _ => step.text.clone(),
    }
}
