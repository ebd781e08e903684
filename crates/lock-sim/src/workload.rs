//! Random workloads from a seed.

mod keys;
mod life;
mod mix;
mod weights;

pub use keys::Keys;
pub use life::{LifeReport, RandomLife, RandomStep};
pub use mix::Mix;
pub use weights::Weights;

use lock_core::{Mode, Object, TxId};

use crate::seeded::Seeded;
use crate::{Action, TxOptions};

/// How a rough random workload is made, in which also what is refused is tried; [`Mix`] makes one with weights.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// How many transactions act; an ended one is not followed by another.
    pub transactions: usize,
    /// How many objects there are to choose from.
    pub objects: usize,
    /// How deep the trees of objects are.
    pub depth: usize,
    /// How many actions are made.
    pub steps: usize,
}

/// The transactions' options, and what they do, all from one seed.
pub fn random_actions(workload: Workload, seed: u64) -> (Vec<TxOptions>, Vec<(TxId, Action)>) {
    let mut random = Seeded::new(seed);
    let objects: Vec<Object> = (0..workload.objects).map(|_| random_object(workload, &mut random)).collect();
    let options = (0..workload.transactions).map(|_| random_options(&mut random)).collect();
    let steps = (0..workload.steps).map(|_| {
        let tx = TxId(1 + random.below(workload.transactions) as u64);
        (tx, random_action(&objects, &mut random))
    });
    (options, steps.collect())
}

fn random_object(workload: Workload, random: &mut Seeded) -> Object {
    let depth = 1 + random.below(workload.depth.max(1));
    let segments: Vec<&str> = (0..depth).map(|_| ["a", "b", "c"][random.below(3)]).collect();
    Object::from_segments(segments).expect("short segments")
}

fn random_options(random: &mut Seeded) -> TxOptions {
    TxOptions {
        abort_on_deadlock: random.below(5) == 0,
        priority: i32::try_from(random.below(8)).map_or(0, |priority| (priority - 6).max(0)),
        ..TxOptions::default()
    }
}

fn random_action(objects: &[Object], random: &mut Seeded) -> Action {
    let mut object = || objects[random.below(objects.len())].clone();
    let (one, two, three) = (object(), object(), object());
    let mut mode = || if random.below(2) == 0 { Mode::Read } else { Mode::Write };
    let (first, second, third) = (mode(), mode(), mode());
    match random.below(40) {
        0..=19 => Action::Lock(vec![(one, first)]),
        20..=22 => Action::Lock(vec![(one, first), (two, second), (three, third)]),
        23..=25 => Action::Try(one, first),
        26..=28 => Action::Unlock(one),
        29 => Action::Downgrade(one),
        30 => Action::Surrender(one),
        31..=35 => Action::Saw,
        36 => Action::Drop,
        _ => Action::End,
    }
}
