//! Who waits on whom at the end, as boxes and arrows.

use std::collections::{BTreeMap, BTreeSet};

use lock_core::{Arrow, ArrowKind, Mode, Object, TxId, WaitGraph};

use super::drawing::{Anchor, Area, Point};
use super::layered::{Connection, Graph, Placed, place};
use super::limits::{LETTERS, WAITERS};
use super::page::Section;
use super::{label, marks, shortcuts};
use crate::{Names, Report, Scenario};

const HEAD: f64 = 20.0;
const LINE: f64 = 16.0;
const SIZE: f64 = 11.0;
const SMALL: f64 = 10.0;

/// A transaction: its name, and a line for each thing that it waits for.
#[derive(Debug)]
struct Waiter {
    tx: TxId,
    wants: Vec<(Object, Mode)>,
}

/// The part of the page with what stands at the end.
pub(super) fn section(scenario: &Scenario, report: &Report, width: f64) -> Section {
    let heading =
        if report.failure.is_some() { "Who waits on whom at the failure" } else { "Who waits on whom at the end" };
    let mut section = Section { heading: heading.to_owned(), ..Section::default() };
    let standing = standing(report);
    if standing.is_empty() {
        section.heading.push_str(": nobody waits");
        return section;
    }
    let arrows = between_boxes(standing, &mut section.notes);
    let waiters = waiters(&arrows);
    let arrows = shortcuts::readable(arrows, &mut section.notes);
    let placed = place(&graph(&waiters, &arrows, &scenario.names), width);
    draw_arrows(&mut section, &arrows, &placed, &report.graph, &scenario.names);
    for (waiter, corner) in waiters.iter().zip(&placed.boxes) {
        draw_waiter(&mut section, waiter, *corner, &report.graph, &scenario.names);
    }
    (section.width, section.height) = (placed.width, placed.height);
    section
}

/// The report's graph is the last deadlock's circle if nobody waits.
fn standing(report: &Report) -> &[Arrow] {
    match report.deadlocks.last() {
        Some(last) if last.circle == report.graph.arrows => &[],
        _ => &report.graph.arrows,
    }
}

/// The arrows between those that have a box; who has none is noted.
fn between_boxes(all: &[Arrow], notes: &mut Vec<String>) -> Vec<Arrow> {
    let names: BTreeSet<TxId> = all.iter().flat_map(|arrow| [arrow.waiter, arrow.blocker]).collect();
    let shown: BTreeSet<TxId> = names.iter().copied().take(WAITERS).collect();
    if names.len() > shown.len() {
        notes.push(format!("{} younger transactions are left out.", names.len() - shown.len()));
    }
    let is_shown = |arrow: &&Arrow| shown.contains(&arrow.waiter) && shown.contains(&arrow.blocker);
    all.iter().filter(is_shown).cloned().collect()
}

fn waiters(arrows: &[Arrow]) -> Vec<Waiter> {
    let mut wants: BTreeMap<TxId, Vec<(Object, Mode)>> = BTreeMap::new();
    for arrow in arrows {
        wants.entry(arrow.blocker).or_default();
        let wants = wants.entry(arrow.waiter).or_default();
        let want = (arrow.wants.clone(), arrow.wanted);
        if !wants.contains(&want) {
            wants.push(want);
        }
    }
    wants.into_iter().map(|(tx, wants)| Waiter { tx, wants }).collect()
}

fn graph(waiters: &[Waiter], arrows: &[Arrow], names: &Names) -> Graph {
    let place = |tx: TxId| waiters.binary_search_by_key(&tx, |waiter| waiter.tx).unwrap_or_default();
    let connect = |arrow: &Arrow| {
        let (from, to) = (place(arrow.waiter), place(arrow.blocker));
        let own = |(object, mode): &(Object, Mode)| *object == arrow.wants && *mode == arrow.wanted;
        let line = waiters[from].wants.iter().position(own).unwrap_or_default();
        Connection { from, to, leaves: HEAD + LINE * (line as f64 + 0.5), arrives: HEAD / 2.0 }
    };
    Graph {
        boxes: waiters.iter().map(|waiter| size(waiter, names)).collect(),
        arrows: arrows.iter().map(connect).collect(),
    }
}

fn size(waiter: &Waiter, names: &Names) -> (f64, f64) {
    let name = label::width(&label::shortened(&names.of(waiter.tx), LETTERS), SIZE);
    let wants = waiter.wants.iter().map(|want| label::width(&wanted(want), SMALL));
    let below = if waiter.wants.is_empty() { 0.0 } else { LINE * waiter.wants.len() as f64 + 3.0 };
    (wants.fold(name, f64::max) + 16.0, HEAD + below)
}

fn wanted((object, mode): &(Object, Mode)) -> String {
    format!("{mode} {}", label::shortened(&object.to_string(), LETTERS))
}

fn draw_waiter(section: &mut Section, waiter: &Waiter, corner: Point, graph: &WaitGraph, names: &Names) {
    let name = names.of(waiter.tx);
    let (width, height) = size(waiter, names);
    let is_victim = graph.victim == Some(waiter.tx);
    let (class, ink) = match graph.deadlocked.contains(&waiter.tx) {
        _ if is_victim => ("victim", "on-victim"),
        true => ("member", "ink"),
        false => ("box", "ink"),
    };
    let wants = waiter.wants.iter().map(|(object, mode)| format!("waits for {mode} on {object}"));
    let title = [name.clone()].into_iter().chain(wants).collect::<Vec<_>>().join("\n");
    section.drawing.titled(&title, |drawing| {
        drawing.area(Area::new(corner.x, corner.y, width, height), 5.0, class);
        let short = label::shortened(&name, LETTERS);
        drawing.text(corner.moved(8.0, HEAD / 2.0), SIZE, Anchor::Start, &format!("{ink} strong"), &short);
        for (line, want) in waiter.wants.iter().enumerate() {
            let at = corner.moved(8.0, HEAD + LINE * (line as f64 + 0.5) - 1.0);
            drawing.text(at, SMALL, Anchor::Start, ink, &wanted(want));
        }
    });
}

fn draw_arrows(section: &mut Section, arrows: &[Arrow], placed: &Placed, graph: &WaitGraph, names: &Names) {
    for (arrow, route) in arrows.iter().zip(&placed.routes) {
        let is_round = graph.deadlocked.contains(&arrow.waiter) && graph.deadlocked.contains(&arrow.blocker);
        let line = if arrow.kind == ArrowKind::Soft { "soft" } else { "hard" };
        let (class, tip) = if is_round { (format!("{line} round"), "round-tip") } else { (line.to_owned(), "tip") };
        section.drawing.titled(&names.arrow(arrow), |drawing| {
            drawing.path(&route.path, &class);
            marks::tip(drawing, route.end, (if route.is_turned { -1.0 } else { 1.0 }, 0.0), tip);
        });
    }
}
