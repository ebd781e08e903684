//! How high each slot stands: as near to its neighbours as the others in its column allow.

use super::order::neighbours;
use super::{BOX_GAP, Part};

const ROUNDS: usize = 10;

/// Chooses the top of each slot, the order of the columns being given.
pub(super) fn choose(part: &mut Part) {
    part.tops = vec![0.0; part.slots.len()];
    for column in 0..part.columns.len() {
        settle(part, column, |_, top| top);
    }
    let (left, right) = neighbours(part);
    let last = part.columns.len();
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            (0..last).rev().for_each(|column| align(part, column, &right));
        } else {
            (0..last).for_each(|column| align(part, column, &left));
        }
    }
}

fn align(part: &mut Part, column: usize, neighbours: &[Vec<usize>]) {
    let middles: Vec<f64> = (0..part.slots.len()).map(|slot| part.tops[slot] + part.slots[slot].height / 2.0).collect();
    let heights: Vec<f64> = part.slots.iter().map(|slot| slot.height).collect();
    settle(part, column, |slot, top| {
        let next = &neighbours[slot];
        let sum: f64 = next.iter().map(|neighbour| middles[*neighbour]).sum();
        if next.is_empty() { top } else { sum / next.len() as f64 - heights[slot] / 2.0 }
    });
}

/// A run of slots that touch, and so move together.
struct Run {
    top: f64,
    members: usize,
    height: f64,
}

/// Gives each slot of a column the top it would like to have, but none covers another: those that would are pushed
/// apart evenly.
fn settle(part: &mut Part, column: usize, wish: impl Fn(usize, f64) -> f64) {
    let mut runs: Vec<Run> = Vec::new();
    for slot in &part.columns[column] {
        let height = part.slots[*slot].height + BOX_GAP;
        let mut run = Run { top: wish(*slot, part.tops[*slot]), members: 1, height };
        while let Some(above) = runs.pop_if(|above| above.top + above.height > run.top) {
            run = joined(&above, &run);
        }
        runs.push(run);
    }
    let mut slots = part.columns[column].iter();
    for run in runs {
        let mut top = run.top;
        for slot in slots.by_ref().take(run.members) {
            part.tops[*slot] = top;
            top += part.slots[*slot].height + BOX_GAP;
        }
    }
}

/// Two runs as one, at the mean of the tops that their members would like.
fn joined(above: &Run, below: &Run) -> Run {
    let (many, few) = (above.members as f64, below.members as f64);
    let top = (above.top * many + (below.top - above.height) * few) / (many + few);
    Run { top, members: above.members + below.members, height: above.height + below.height }
}
