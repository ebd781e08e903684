//! A layout of our own for wait-for graphs: waiters to the left, those they wait on to the right.
//!
//! The steps are Sugiyama's: turn the arrows that close a circle ([`ranks`]), give each box a column, order the columns
//! ([`order`]), choose the heights ([`heights`]). What is not connected is placed side by side ([`shelves`]), and what
//! is too wide goes on below, as lines of text do ([`bands`]).

mod bands;
mod heights;
mod order;
mod ranks;
mod shelves;

use std::collections::BTreeMap;

use super::drawing::{Path, Point};
use bands::Bands;
use shelves::Shelves;

/// The room between two columns, in which the arrows run.
const COLUMN_GAP: f64 = 56.0;
/// The room between two boxes of a column.
const BOX_GAP: f64 = 12.0;
/// The height of an arrow that passes through a column.
const PASSAGE: f64 = 8.0;

/// What is to be placed.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// Width and height of each box.
    pub(super) boxes: Vec<(f64, f64)>,
    pub(super) arrows: Vec<Connection>,
}

/// An arrow between two boxes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Connection {
    pub(super) from: usize,
    pub(super) to: usize,
    /// How far below the top of its box it leaves.
    pub(super) leaves: f64,
    /// How far below the top of its box it arrives.
    pub(super) arrives: f64,
}

/// Where all stands.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// The upper left corners of the boxes.
    pub(super) boxes: Vec<Point>,
    pub(super) routes: Vec<Route>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The way of an arrow.
#[derive(Clone, Debug)]
pub(super) struct Route {
    pub(super) path: Path,
    /// Where it arrives.
    pub(super) end: Point,
    /// Whether it arrives from the right, because it closes a circle.
    pub(super) is_turned: bool,
}

/// What stands in a column: a box, or an arrow that passes through.
#[derive(Clone, Copy, Debug)]
struct Slot {
    of: Option<usize>,
    column: usize,
    height: f64,
}

/// A connected part of the graph on its way to being placed.
#[derive(Debug, Default)]
struct Part {
    slots: Vec<Slot>,
    /// The slots of each column, from top to bottom.
    columns: Vec<Vec<usize>>,
    /// The slots that an arrow passes, from left to right, and whether it runs from right to left.
    chains: Vec<Chain>,
    /// The top of each slot.
    tops: Vec<f64>,
}

#[derive(Debug)]
struct Chain {
    arrow: usize,
    slots: Vec<usize>,
    is_turned: bool,
}

/// Places boxes and arrows in a width, if the boxes allow it. The same graph is placed in the same way again.
pub(super) fn place(graph: &Graph, most_width: f64) -> Placed {
    let mut placed = Placed { boxes: vec![Point::default(); graph.boxes.len()], ..Placed::default() };
    let mut routes = BTreeMap::new();
    let mut shelves = Shelves::new(most_width);
    for members in parts(graph) {
        let part = Part::of(graph, &members);
        let bands = Bands::of(&part, graph, most_width);
        let origin = shelves.put(bands.width, bands.height);
        for member in members {
            placed.boxes[member] = bands.corner(&part, member).moved(origin.x, origin.y);
        }
        let ways = part.chains.iter().map(|chain| (chain.arrow, bands.route(&part, graph, chain, origin)));
        routes.extend(ways.collect::<Vec<_>>());
    }
    placed.routes = routes.into_values().collect();
    (placed.width, placed.height) = shelves.size();
    placed
}

/// The connected parts, each in the order of its boxes.
fn parts(graph: &Graph) -> Vec<Vec<usize>> {
    let mut part_of: Vec<usize> = (0..graph.boxes.len()).collect();
    for arrow in &graph.arrows {
        let (one, other) = (root(&mut part_of, arrow.from), root(&mut part_of, arrow.to));
        part_of[one.max(other)] = one.min(other);
    }
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for node in 0..graph.boxes.len() {
        parts.entry(root(&mut part_of, node)).or_default().push(node);
    }
    parts.into_values().collect()
}

/// The least box of a part, on the way to which the boxes point.
fn root(part_of: &mut [usize], mut node: usize) -> usize {
    while part_of[node] != node {
        part_of[node] = part_of[part_of[node]];
        node = part_of[node];
    }
    node
}

impl Part {
    fn of(graph: &Graph, members: &[usize]) -> Self {
        let ranks = ranks::ranks(graph, members);
        let mut part = Self::default();
        let mut slot_of = BTreeMap::new();
        for member in members {
            slot_of.insert(*member, part.add(Some(*member), ranks.column[member], graph.boxes[*member].1));
        }
        for (index, arrow) in graph.arrows.iter().enumerate() {
            if let (Some(from), Some(to)) = (slot_of.get(&arrow.from), slot_of.get(&arrow.to)) {
                part.connect(index, *from, *to);
            }
        }
        order::order(&mut part);
        heights::choose(&mut part);
        part
    }

    fn add(&mut self, of: Option<usize>, column: usize, height: f64) -> usize {
        let slot = self.slots.len();
        self.slots.push(Slot { of, column, height });
        if self.columns.len() <= column {
            self.columns.resize_with(column + 1, Vec::new);
        }
        self.columns[column].push(slot);
        slot
    }

    fn connect(&mut self, arrow: usize, from: usize, to: usize) {
        let is_turned = self.slots[from].column > self.slots[to].column;
        let (left, right) = if is_turned { (to, from) } else { (from, to) };
        let between = self.slots[left].column + 1..self.slots[right].column;
        let mut slots = vec![left];
        slots.extend(between.map(|column| self.add(None, column, PASSAGE)).collect::<Vec<_>>());
        slots.push(right);
        self.chains.push(Chain { arrow, slots, is_turned });
    }
}
