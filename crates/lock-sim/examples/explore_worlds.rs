//! Explores the small worlds one after the other, each state of them.
//!
//! ```text
//! cargo run --release -p lock-sim --example explore_worlds -- 10 tree
//! ```
//! The first number says for how many minutes at most; words that follow choose the worlds whose name has one of them.

#![allow(clippy::disallowed_methods)] // the clock says how long it took, and ends what takes too long; nothing else

use std::process::ExitCode;
use std::time::{Duration, Instant};

use lock_sim::explore::{
    Counterexample, Explorable, Exploration, Explored, Happening, explore, many_node_worlds, one_node_worlds,
};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let minutes = arguments.next().map_or(Ok(10), |text| text.parse::<u64>());
    let Ok(minutes) = minutes else {
        eprintln!("usage: explore_worlds [MINUTES] [WORDS OF NAMES]…");
        return ExitCode::from(2);
    };
    let chosen: Vec<String> = arguments.collect();
    let end = Instant::now() + Duration::from_secs(60 * minutes);
    let mut worlds = one_node_worlds();
    worlds.retain(|world| chosen.is_empty() || chosen.iter().any(|word| world.name.contains(word)));
    let mut clusters = many_node_worlds();
    clusters.retain(|world| chosen.is_empty() || chosen.iter().any(|word| world.name.contains(word)));
    let wrong = worlds
        .iter()
        .filter(|world| !explore_one(world.name, &world.start, end, |found| world.as_scenario(found).to_string()));
    let wrong_clusters = clusters.iter().filter(|world| {
        let told = |found: &Counterexample<Happening>| world.start.tell(&found.actions).join("\n");
        !explore_one(&world.name, &world.start, end, told)
    });
    let wrong = wrong.count() + wrong_clusters.count();
    ExitCode::from(u8::from(wrong > 0))
}

/// Says whether all of it was seen and no promise broken.
fn explore_one<W: Explorable>(
    name: &str,
    from: &W,
    end: Instant,
    tell: impl Fn(&Counterexample<W::Action>) -> String,
) -> bool {
    let start = Instant::now();
    let mut last = start;
    let exploration = explore(from, |explored| {
        if last.elapsed() > Duration::from_secs(10) {
            last = Instant::now();
            eprintln!("{name}: {} states, {} s", explored.states, start.elapsed().as_secs());
        }
        Instant::now() < end
    });
    let Exploration { explored: Explored { states, steps, ends, deepest }, is_complete, counterexample } = exploration;
    let seconds = start.elapsed().as_secs_f64();
    let all = if is_complete { "all" } else { "not all" };
    println!("{name:<60} {states:>10} states ({all}), {steps} steps, {ends} ends, deepest {deepest}, {seconds:.1} s");
    if let Some(found) = counterexample {
        println!("# broken: {}\n{}", found.broken, tell(&found));
    }
    is_complete
}
