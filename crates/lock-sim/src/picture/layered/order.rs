//! Who stands above whom in a column, so that few arrows cross.

use super::Part;

/// Sweeps to and fro; more change next to nothing.
const SWEEPS: usize = 12;

/// Orders each column by the places of its neighbours, to and fro, and keeps the best order that was seen.
pub(super) fn order(part: &mut Part) {
    let (left, right) = neighbours(part);
    let mut best = (crossings(part, &right), part.columns.clone());
    for sweep in 0..SWEEPS {
        if sweep % 2 == 0 {
            (1..part.columns.len()).for_each(|column| sort(part, column, column - 1, &left));
        } else {
            (1..part.columns.len()).rev().for_each(|column| sort(part, column - 1, column, &right));
        }
        let crossings = crossings(part, &right);
        if crossings < best.0 {
            best = (crossings, part.columns.clone());
        }
    }
    part.columns = best.1;
}

/// Of each slot, the slots next to it on an arrow: in the column to the left, and to the right.
pub(super) fn neighbours(part: &Part) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut left = vec![Vec::new(); part.slots.len()];
    let mut right = left.clone();
    for pair in part.chains.iter().flat_map(|chain| chain.slots.windows(2)) {
        right[pair[0]].push(pair[1]);
        left[pair[1]].push(pair[0]);
    }
    (left, right)
}

fn places(part: &Part, column: usize) -> Vec<f64> {
    let mut places = vec![0.0; part.slots.len()];
    for (place, slot) in part.columns[column].iter().enumerate() {
        places[*slot] = place as f64;
    }
    places
}

fn sort(part: &mut Part, column: usize, by: usize, neighbours: &[Vec<usize>]) {
    let (own, others) = (places(part, column), places(part, by));
    let middle = |slot: usize| {
        let next = &neighbours[slot];
        let sum: f64 = next.iter().map(|neighbour| others[*neighbour]).sum();
        if next.is_empty() { own[slot] } else { sum / next.len() as f64 }
    };
    part.columns[column].sort_by(|one, other| middle(*one).total_cmp(&middle(*other)));
}

fn crossings(part: &Part, right: &[Vec<usize>]) -> usize {
    let between = |column: usize| {
        let ends = places(part, column + 1);
        let arrows = part.columns[column].iter().map(|slot| right[*slot].iter().map(|end| ends[*end]).collect());
        inversions(&arrows.collect::<Vec<Vec<f64>>>())
    };
    (0..part.columns.len().saturating_sub(1)).map(between).sum()
}

fn inversions(arrows: &[Vec<f64>]) -> usize {
    let crossed = |(index, ends): (usize, &Vec<f64>)| -> usize {
        let above = arrows[..index].iter().flatten();
        above.map(|end| ends.iter().filter(|own| *own < end).count()).sum()
    };
    arrows.iter().enumerate().map(crossed).sum()
}
