//! The timeline: who held and waited for what, and when.

use lock_core::{Arrow, Deadlock, TxId, WayOut};

use super::columns::{Column, Columns, NUMBER_SIZE, number_of};
use super::drawing::{Anchor, Area, Drawing, Point};
use super::label;
use super::legend::waiting;
use super::limits::{DEADLOCKS, LETTERS, ROWS};
use super::marks::{self, Sign};
use super::page::Section;
use super::rows::{Lane, Row, Rows};
use crate::{Happening, Mark, MomentEnd, Names, Report, Scenario, Span, Timeline};

const SIZE: f64 = 11.0;
const SMALL: f64 = 9.0;
const BAR: f64 = 12.0;
/// How high and how far a climbing text reaches, for its length.
const CLIMB: f64 = 0.87;
const ADVANCE: f64 = 0.5;
/// The room for the numbers of the deadlocks and the clock, between the steps' texts and the rows.
const CLOCK: f64 = 34.0;

/// The part of the page with the timeline.
pub(super) fn section(scenario: &Scenario, report: &Report, timeline: &Timeline) -> Section {
    let mut section = Section { heading: "Who held and waited when".to_owned(), ..Section::default() };
    let rows = Rows::of(timeline, report);
    let gutter = Gutter::of(&rows, &scenario.names);
    let columns = Columns::of(timeline, gutter.width);
    let steps = columns.all.iter().map(|column| label::width(&column.caption(timeline), SMALL)).fold(0.0, f64::max);
    let header = steps * CLIMB + 10.0 + CLOCK;
    let rows = rows.below(header);
    let chart = Chart { scenario, report, timeline, rows, gutter, columns, header };
    chart.note_left_out(&mut section.notes);
    chart.draw(&mut section.drawing);
    (section.width, section.height) = chart.size();
    section
}

/// What stands left of the bars: the names, and the objects of the lanes.
struct Gutter {
    objects: f64,
    width: f64,
}

impl Gutter {
    fn of(rows: &Rows, names: &Names) -> Self {
        let name = |row: &Row| label::width(&label::shortened(&names.of(row.tx), LETTERS), SIZE);
        let lane = |lane: &Lane| label::width(&lane_label(lane), SMALL);
        let objects = rows.all.iter().map(name).fold(20.0, f64::max) + 14.0;
        let lanes = rows.all.iter().flat_map(|row| &row.lanes).map(lane).fold(20.0, f64::max);
        Self { objects, width: objects + lanes + 12.0 }
    }
}

fn lane_label((object, node): &Lane) -> String {
    let object = object.to_string();
    let object = label::shortened(&object, LETTERS);
    node.as_ref().map_or_else(|| object.to_string(), |node| format!("{object} @{node}"))
}

struct Chart<'a> {
    scenario: &'a Scenario,
    report: &'a Report,
    timeline: &'a Timeline,
    rows: Rows,
    gutter: Gutter,
    columns: Columns,
    header: f64,
}

impl Chart<'_> {
    fn size(&self) -> (f64, f64) {
        let names = self.gutter.objects;
        let steps = self.columns.all.iter();
        let over = steps.map(|column| column.after + label::width(&column.caption(self.timeline), SMALL) * ADVANCE);
        (over.fold(self.columns.right + names, f64::max), self.rows.bottom + 4.0)
    }

    fn note_left_out(&self, notes: &mut Vec<String>) {
        if self.columns.share > 1 {
            notes.push(format!(
                "{} steps share a column: what comes and goes within one is narrow.",
                self.columns.share
            ));
        }
        if self.rows.left_out > 0 {
            let (shown, all) = (self.rows.all.len(), self.timeline.lives.len());
            notes.push(format!(
                "{shown} of {all} transactions are drawn, {ROWS} at most: members of deadlocks first, then those that waited."
            ));
        }
        if self.report.deadlocks.len() > DEADLOCKS {
            notes.push(format!("The first {DEADLOCKS} of {} deadlocks are marked.", self.report.deadlocks.len()));
        }
        if self.timeline.is_cut {
            let last = self.timeline.moments.last().map_or(0, |moment| moment.line);
            notes.push(format!("The run is too large to be drawn to its end: the timeline stops at line {last}."));
        }
    }

    fn draw(&self, drawing: &mut Drawing) {
        self.rows.all.iter().enumerate().for_each(|(index, row)| self.draw_band(drawing, index, row));
        self.columns.all.iter().for_each(|column| self.draw_step(drawing, column));
        self.draw_clock(drawing);
        self.rows.all.iter().for_each(|row| self.draw_row(drawing, row));
        self.report
            .deadlocks
            .iter()
            .take(DEADLOCKS)
            .enumerate()
            .for_each(|(index, deadlock)| self.draw_deadlock(drawing, index, deadlock));
        self.rows.all.iter().for_each(|row| self.draw_marks(drawing, row));
    }

    fn draw_band(&self, drawing: &mut Drawing, index: usize, row: &Row) {
        if index.is_multiple_of(2) {
            drawing.area(Area::new(0.0, row.top, self.columns.right + self.gutter.objects, row.height), 0.0, "band");
        }
        if let Some(life) = self.timeline.lives.get(&row.tx) {
            let (left, right) = (self.columns.after(life.began), self.columns.until(life.ended));
            drawing.area(Area::new(left, row.top + 2.0, right - left, row.height - 4.0), 2.0, "life");
        }
        let name = self.scenario.names.of(row.tx);
        let short = label::shortened(&name, LETTERS);
        drawing.titled(&name, |drawing| {
            drawing.text(Point::new(4.0, row.lane(0)), SIZE, Anchor::Start, "ink strong", &short);
            drawing.text(Point::new(self.columns.right + 6.0, row.lane(0)), SIZE, Anchor::Start, "faint", &short);
        });
    }

    fn draw_step(&self, drawing: &mut Drawing, column: &Column) {
        let (top, end) = (self.header - CLOCK, column.end(self.timeline));
        let (line, ink) = match end {
            MomentEnd::Failed => ("failed-line", "bad strong"),
            MomentEnd::Refused => ("grid", "bad code"),
            MomentEnd::Done => ("grid", "ink"),
        };
        drawing.line(Point::new(column.after, top), Point::new(column.after, self.rows.bottom), line);
        let caption = column.caption(self.timeline);
        drawing.titled(&column.title(self.timeline), |drawing| {
            let at = Point::new(column.after + 3.0, top - 3.0);
            drawing.climbing_text(at, SMALL, ink, &caption);
        });
    }

    /// When the scenario's time stood where, if it ever moved.
    fn draw_clock(&self, drawing: &mut Drawing) {
        let moments = &self.timeline.moments;
        if moments.last().is_none_or(|last| last.at_ms == 0) {
            return;
        }
        let y = self.header - 8.0;
        let mut before = None;
        for (index, moment) in moments.iter().enumerate() {
            if before.replace(moment.at_ms) != Some(moment.at_ms) {
                let x = self.columns.after(index);
                drawing.line(Point::new(x, y - 6.0), Point::new(x, y + 6.0), "hard");
                drawing.text(Point::new(x + 3.0, y), SMALL, Anchor::Start, "faint", &seconds(moment.at_ms));
            }
        }
    }

    fn draw_row(&self, drawing: &mut Drawing, row: &Row) {
        for (place, lane) in row.lanes.iter().enumerate() {
            drawing.titled(&lane.0.to_string(), |drawing| {
                let at = Point::new(self.gutter.objects, row.lane(place));
                drawing.text(at, SMALL, Anchor::Start, "faint", &lane_label(lane));
            });
        }
        if row.left_out > 0 {
            let at = Point::new(self.gutter.objects, row.lane(row.lanes.len()));
            drawing.text(at, SMALL, Anchor::Start, "faint code", &format!("and {} objects more", row.left_out));
        }
        let spans = self.timeline.lives.get(&row.tx).into_iter().flat_map(|life| &life.spans);
        for span in spans {
            if let Some(y) = row.lane_of(&span.object, span.node.as_ref()) {
                self.draw_span(drawing, row.tx, span, y);
            }
        }
    }

    fn draw_span(&self, drawing: &mut Drawing, tx: TxId, span: &Span, y: f64) {
        let (left, right) = (self.columns.after(span.from), self.columns.until(span.until));
        let area = Area::new(left, y - BAR / 2.0, right - left - 1.0, BAR);
        let mode = span.granted.or(span.wanted).map_or_else(String::new, |mode| mode.to_string());
        let held = span.granted.map(|mode| if mode == lock_core::Mode::Write { "write" } else { "read" });
        drawing.titled(&self.tell(tx, span), |drawing| {
            match held {
                Some(class) => drawing.area(area, 2.0, class),
                None => waiting(drawing, area),
            }
            if held.is_some() && span.wanted.is_some() {
                waiting(drawing, Area::new(left, y + 1.5, area.width, BAR / 2.0 - 1.5));
            }
            let ink = held.map_or("on-wait".to_owned(), |class| format!("on-{class}"));
            let (long, room) = (format!("{mode} {}", span.object), area.width - 6.0);
            let text = if room > label::width("write", SMALL) * 2.5 { long } else { mode };
            if let Some(text) = label::fitting(&text, room, SMALL) {
                let up = if held.is_some() && span.wanted.is_some() { 2.0 } else { 0.0 };
                drawing.text(Point::new(left + 3.0, y - up), SMALL, Anchor::Start, &ink, &text);
            }
        });
    }

    fn tell(&self, tx: TxId, span: &Span) -> String {
        let name = self.scenario.names.of(tx);
        let what = match (span.granted, span.wanted) {
            (Some(granted), Some(wanted)) => format!("holds {granted} and waits for {wanted}"),
            (Some(granted), None) => format!("holds {granted}"),
            (None, wanted) => format!("waits for {}", wanted.map_or_else(String::new, |mode| mode.to_string())),
        };
        let line = |moment: usize| self.timeline.moments.get(moment).map_or(0, |moment| moment.line);
        let until = span.until.map_or_else(|| "the end".to_owned(), |moment| format!("line {}", line(moment)));
        let node = span.node.as_ref().map_or_else(String::new, |node| format!(" at {node}"));
        format!("{name} {what} on {}{node}, from line {} to {until}", span.object, line(span.from))
    }

    fn draw_deadlock(&self, drawing: &mut Drawing, index: usize, deadlock: &Deadlock) {
        let Some(x) = self.columns.of_deadlock(self.timeline, index) else { return };
        let place = |arrow: &Arrow| {
            let row = self.rows.find(arrow.waiter)?;
            Some((arrow.waiter, row.lane_of(&arrow.wants, None).unwrap_or(row.middle())))
        };
        let members: Vec<(TxId, f64)> = deadlock.circle.iter().filter_map(place).collect();
        let low = members.iter().map(|(_, y)| *y).fold(self.header, f64::max);
        drawing.titled(&self.scenario.names.deadlock(deadlock).join("\n"), |drawing| {
            drawing.line(Point::new(x, self.header - 12.0), Point::new(x, low), "moment");
            drawing.text(
                Point::new(x, self.header - 20.0),
                NUMBER_SIZE,
                Anchor::Middle,
                "round-tip strong",
                &number_of(index),
            );
            for (tx, y) in &members {
                drawing.dot(Point::new(x, *y), 4.0, "moment-dot");
                if deadlock.way_out.victim() == Some(*tx) {
                    drawing.dot(Point::new(x, *y), 1.6, "paper");
                }
            }
        });
    }

    fn draw_marks(&self, drawing: &mut Drawing, row: &Row) {
        let Some(life) = self.timeline.lives.get(&row.tx) else { return };
        for mark in &life.marks {
            let x = self.columns.after(mark.at);
            drawing.titled(&self.tell_mark(row.tx, mark), |drawing| match &mark.what {
                Happening::Surrendered(object)
                | Happening::Lost(object)
                | Happening::LetPast { wants: Some(object), .. } => {
                    let y = row.lane_of(object, None).unwrap_or(row.middle());
                    marks::sign(drawing, Sign::from(&mark.what), Point::new(x, y));
                }
                Happening::Ended | Happening::Died => {
                    drawing.area(Area::new(x - 1.5, row.top + 2.0, 3.0, row.height - 4.0), 0.0, "end");
                    if mark.what == Happening::Died {
                        drawing.area(Area::around(Point::new(x, row.top + 5.0), 9.0, 3.0), 0.0, "end");
                    }
                }
                _ => marks::sign(drawing, Sign::from(&mark.what), Point::new(x, row.middle())),
            });
        }
    }

    fn tell_mark(&self, tx: TxId, mark: &Mark) -> String {
        let names = &self.scenario.names;
        let name = names.of(tx);
        let what = match &mark.what {
            Happening::Surrendered(object) => format!("{name} surrendered {object}"),
            Happening::LetPast { second, .. } => names.way_out(&WayOut::Overtaking { first: tx, second: *second }),
            Happening::Lost(object) => format!("{name} lost {object}"),
            Happening::CannotServe => format!("{name} asks for what lost nodes cannot grant"),
            Happening::Aborted => format!("{name} aborted"),
            Happening::Ended => format!("{name} ended"),
            Happening::Died => format!("the program of {name} died"),
        };
        let line = self.timeline.moments.get(mark.at).map_or(0, |moment| moment.line);
        format!("{what}, in line {line}")
    }
}

fn seconds(ms: u64) -> String {
    if ms.is_multiple_of(1000) { format!("{} s", ms / 1000) } else { format!("{ms} ms") }
}
