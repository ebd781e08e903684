//! Columns that do not fit beside each other go on below, as lines of text do.

use std::cell::Cell;

use super::super::drawing::{Path, Point};
use super::{COLUMN_GAP, Chain, Graph, Part, Route};

/// The room between two bands.
const BAND_GAP: f64 = 40.0;
/// The room between two arrows that go on below.
const TRACK: f64 = 5.0;
const TRACKS: usize = 6;

/// Where the columns of a part stand.
#[derive(Debug)]
pub(super) struct Bands {
    columns: Vec<Column>,
    pub(super) width: f64,
    pub(super) height: f64,
    wraps: Cell<usize>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    band: usize,
    left: f64,
    width: f64,
    /// What is added to the heights of its slots.
    down: f64,
    /// Below all of its band.
    bottom: f64,
}

impl Bands {
    pub(super) fn of(part: &Part, graph: &Graph, most_width: f64) -> Self {
        let mut columns = broken(part, graph, most_width);
        let mut height = 0.0;
        let bands = columns.last().map_or(0, |column| column.band + 1);
        for band in 0..bands {
            let members: Vec<usize> = (0..columns.len()).filter(|column| columns[*column].band == band).collect();
            let slots = || members.iter().flat_map(|column| &part.columns[*column]);
            let top = slots().map(|slot| part.tops[*slot]).fold(f64::INFINITY, f64::min);
            let low = slots().map(|slot| part.tops[*slot] + part.slots[*slot].height).fold(top, f64::max);
            let down = if band == 0 { 0.0 } else { height + BAND_GAP };
            height = down + low - top;
            members.into_iter().for_each(|column| {
                (columns[column].down, columns[column].bottom) = (down - top, height);
            });
        }
        let width = columns.iter().map(|column| column.left + column.width).fold(0.0, f64::max);
        let (before, behind) = if bands > 1 { (COLUMN_GAP / 2.0, COLUMN_GAP) } else { (0.0, 0.0) };
        columns.iter_mut().for_each(|column| column.left += before);
        Self { columns, width: width + before + behind, height, wraps: Cell::new(0) }
    }

    /// The upper left corner of a box; boxes of a column stand at its right, nearest to those they wait on.
    pub(super) fn corner(&self, part: &Part, member: usize) -> Point {
        let slot = part.slots.iter().position(|slot| slot.of == Some(member)).unwrap_or_default();
        let column = self.columns[part.slots[slot].column];
        Point::new(column.left, part.tops[slot] + column.down)
    }

    pub(super) fn route(&self, part: &Part, graph: &Graph, chain: &Chain, origin: Point) -> Route {
        let arrow = graph.arrows[chain.arrow];
        let (from, to) = (self.corner(part, arrow.from), self.corner(part, arrow.to));
        let (start, end) = if chain.is_turned {
            (from.moved(0.0, arrow.leaves), to.moved(graph.boxes[arrow.to].0, arrow.arrives))
        } else {
            (from.moved(graph.boxes[arrow.from].0, arrow.leaves), to.moved(0.0, arrow.arrives))
        };
        let passed = &chain.slots[1..chain.slots.len() - 1];
        let mut stops: Vec<(Column, Point, Point)> = passed.iter().map(|slot| self.passage(part, *slot)).collect();
        if chain.is_turned {
            stops.reverse();
            stops.iter_mut().for_each(|(_, enters, leaves)| std::mem::swap(enters, leaves));
        }
        let (first, last) = (self.column_of(part, chain, 0), self.column_of(part, chain, chain.slots.len() - 1));
        let (first, last) = if chain.is_turned { (last, first) } else { (first, last) };
        let at = |point: Point| point.moved(origin.x, origin.y);
        let (mut path, mut before, mut here) = (Path::from(at(start)), first, at(start));
        for (column, enters, leaves) in stops.into_iter().chain([(last, end, end)]) {
            path = self.step(path, (before, here), (column, at(enters)), origin);
            if enters != leaves {
                path = path.straight(at(leaves));
            }
            (before, here) = (column, at(leaves));
        }
        Route { path, end: at(end), is_turned: chain.is_turned }
    }

    fn column_of(&self, part: &Part, chain: &Chain, place: usize) -> Column {
        self.columns[part.slots[chain.slots[place]].column]
    }

    /// An arrow runs straight through a column.
    fn passage(&self, part: &Part, slot: usize) -> (Column, Point, Point) {
        let column = self.columns[part.slots[slot].column];
        let y = part.tops[slot] + part.slots[slot].height / 2.0 + column.down;
        (column, Point::new(column.left, y), Point::new(column.left + column.width, y))
    }

    /// From one column to the next, which may be in another band: then around what stands between.
    fn step(&self, path: Path, from: (Column, Point), to: (Column, Point), origin: Point) -> Path {
        if from.0.band == to.0.band {
            // Boxes are narrower than their column: go level until its edge.
            let edge = Point::new(from.0.left + from.0.width + origin.x, from.1.y);
            let path = if edge.x > from.1.x && to.1.x > edge.x { path.straight(edge) } else { path };
            return path.level(to.1);
        }
        let track = TRACK * (self.wraps.get() % TRACKS) as f64;
        self.wraps.set(self.wraps.get() + 1);
        let upper = if from.0.band < to.0.band { from.0 } else { to.0 };
        let between = upper.bottom + origin.y + BAND_GAP / 6.0 + track;
        let sideways = if from.0.band < to.0.band { 8.0 + track / 2.0 } else { -8.0 - track / 2.0 };
        let edge = if sideways > 0.0 { from.0.left + from.0.width } else { from.0.left };
        let (out, back) = (edge + origin.x + sideways, to.1.x - sideways);
        path.straight(Point::new(out, from.1.y))
            .straight(Point::new(out, between))
            .straight(Point::new(back, between))
            .straight(Point::new(back, to.1.y))
            .straight(to.1)
    }
}

/// The columns from left to right, a new band begun where the width is used up.
fn broken(part: &Part, graph: &Graph, most_width: f64) -> Vec<Column> {
    let (mut left, mut band) = (0.0, 0);
    let mut columns = Vec::new();
    for slots in &part.columns {
        let boxes = slots.iter().filter_map(|slot| part.slots[*slot].of);
        let width = boxes.map(|member| graph.boxes[member].0).fold(0.0, f64::max);
        if left > 0.0 && left + width > most_width - 1.5 * COLUMN_GAP {
            (left, band) = (0.0, band + 1);
        }
        columns.push(Column { band, left, width, down: 0.0, bottom: 0.0 });
        left += width + COLUMN_GAP;
    }
    columns
}
