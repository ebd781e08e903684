//! What stands where.

use super::drawing::{Anchor, Drawing, Point};
use super::limits::{GRAPH_WIDTH, MOST_GRAPH_WIDTH};
use super::{bars, circles, label, legend, style, waits};
use crate::{Entry, Report, Scenario, Timeline};

const MARGIN: f64 = 24.0;
const HEADING: f64 = 30.0;
const GAP: f64 = 26.0;

/// A part of the page, drawn from its own origin.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub(super) heading: String,
    /// What was left out, and why.
    pub(super) notes: Vec<String>,
    pub(super) drawing: Drawing,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Draws a run as one SVG: its deadlocks, who waits on whom at the end, and the timeline.
///
/// The same run gives the same bytes. A picture that would be too large to be read leaves things out and says which.
pub fn draw(scenario: &Scenario, report: &Report, timeline: &Timeline) -> String {
    let timeline_section = bars::section(scenario, report, timeline);
    let width = timeline_section.width.clamp(GRAPH_WIDTH, MOST_GRAPH_WIDTH);
    let graphs = [circles::section(scenario, report, timeline, width), waits::section(scenario, report, width)];
    let sections = graphs.into_iter().chain([timeline_section]);
    let (title, verdict) = (title(scenario, report), verdict(report));
    let mut page = Drawing::default();
    let mut y = MARGIN + 8.0;
    page.text(Point::new(MARGIN, y), 17.0, Anchor::Start, "ink title", &title);
    y += 22.0;
    page.text(Point::new(MARGIN, y), 12.0, Anchor::Start, "faint", &label::shortened(&scenario.rule, 180));
    y += 20.0;
    page.text(
        Point::new(MARGIN, y),
        12.0,
        Anchor::Start,
        if report.failure.is_some() { "bad" } else { "ink" },
        &verdict,
    );
    y += 20.0;
    y += legend::draw(&mut page, Point::new(MARGIN, y)) + GAP;
    let mut width = f64::max(legend::WIDTH, label::width(&title, 17.0)).max(label::width(&verdict, 12.0));
    for section in sections {
        width = width.max(section.width);
        y = put(&mut page, &section, y);
    }
    page.document(width + 2.0 * MARGIN, y, &title, &(style::style() + legend::PATTERNS))
}

fn put(page: &mut Drawing, section: &Section, top: f64) -> f64 {
    let mut y = top;
    page.text(Point::new(MARGIN, y), 14.0, Anchor::Start, "ink title", &section.heading);
    y += HEADING - 8.0;
    for note in &section.notes {
        page.text(Point::new(MARGIN, y - 2.0), 11.0, Anchor::Start, "faint", note);
        y += 16.0;
    }
    page.at(Point::new(MARGIN, y), |page| page.append(&section.drawing));
    y + section.height + GAP
}

fn title(scenario: &Scenario, report: &Report) -> String {
    let seed = match report.transcript.first() {
        Some(Entry::Scenario { seed, .. }) => format!(" · seed {seed}"),
        _ => String::new(),
    };
    format!("{}{seed}", label::shortened(&scenario.file, 100))
}

fn verdict(report: &Report) -> String {
    let expected = |text: &str| label::shortened(text, 60).into_owned();
    match &report.failure {
        None => "All that was expected held.".to_owned(),
        Some(failure) if failure.said.ends_with(&failure.expected) => {
            format!("Line {} failed: {} · seen {}", failure.line, expected(&failure.said), expected(&failure.seen))
        }
        Some(failure) => format!(
            "Line {} failed: {} · expected {} · seen {}",
            failure.line,
            expected(&failure.said),
            expected(&failure.expected),
            expected(&failure.seen)
        ),
    }
}
