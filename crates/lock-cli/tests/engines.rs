//! The stories have one outcome: in the simulator, on real nodes in one process, and on nodes in a process each.

#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use lock_core::{Deadlock, TxId};
use lock_sim::{
    Action, Command, Engine, EngineKind, Entry, Outcome, Report, Scenario, Standing, Step, TxStatus, cluster_of,
    engine_for_scenario, run,
};

const STORIES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios");

/// All that a story comes to, but for the numbers of tokens: on one node these begin elsewhere in each engine.
#[derive(Debug, PartialEq)]
struct Came {
    /// What each line did, and which deadlocks ended with it.
    steps: Vec<(usize, Outcome, Vec<Deadlock>)>,
    failure: Option<String>,
    waits: Vec<String>,
    standing: BTreeMap<TxId, (TxStatus, Vec<Standing>)>,
}

fn outcome(scenario: &Scenario, engine: &mut dyn Engine, seed: u64) -> Came {
    let Report { transcript, waits, failure, .. } = run(scenario, engine, seed);
    let steps = transcript.into_iter().filter_map(|entry| match entry {
        Entry::Step { line, outcome, deadlocks, .. } => Some((line, without_tokens(outcome), in_order(deadlocks))),
        _ => None,
    });
    let txs = (1..=scenario.names.len() as u64).map(TxId);
    let standing = txs.map(|tx| (tx, (engine.status(tx), engine.claims(tx)))).collect();
    Came { steps: steps.collect(), failure: failure.map(|failure| failure.to_string()), waits, standing }
}

/// Deadlocks that ended with one line, on several nodes perhaps, have no order.
fn in_order(mut deadlocks: Vec<Deadlock>) -> Vec<Deadlock> {
    deadlocks.iter_mut().flat_map(|deadlock| &mut deadlock.circle).for_each(|arrow| arrow.token = None);
    deadlocks.sort_by_key(|deadlock| format!("{deadlock:?}"));
    deadlocks
}

fn without_tokens(outcome: Outcome) -> Outcome {
    let without = |text: String| {
        let mut parts = text.split('#');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.trim_start_matches(|char: char| char.is_ascii_digit()))
    };
    match outcome {
        Outcome::Refused(texts) => Outcome::Refused(texts.into_iter().map(without).collect()),
        other => other,
    }
}

/// The stories by their names, such as `table/readers-share-an-object`.
fn stories() -> BTreeMap<String, Scenario> {
    let folders = fs::read_dir(STORIES).expect("there").map(|folder| folder.expect("readable").path());
    let files = folders.filter(|path| path.is_dir()).flat_map(|folder| fs::read_dir(folder).expect("readable"));
    let named = files.map(|file| file.expect("readable").path()).map(|path| {
        let name = path.strip_prefix(STORIES).expect("below").with_extension("").display().to_string();
        (name, Scenario::load(&path).expect("a well-formed story"))
    });
    named.collect()
}

/// Those whose outcome depends on what comes first of what happens at one moment, from the page of the stories.
fn open_ended() -> BTreeSet<String> {
    let page = fs::read_to_string(Path::new(STORIES).join("README.md")).expect("a page");
    let listed = page.split("## Stories in which order matters").nth(1).expect("a list");
    let rows = listed.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

fn on(engine: EngineKind, scenario: &Scenario, seed: u64) -> Came {
    let mut engine = match engine {
        EngineKind::Cluster => cluster_of(Path::new(env!("CARGO_BIN_EXE_gordian")), scenario),
        other => engine_for_scenario(other, scenario, seed),
    };
    outcome(scenario, engine.as_mut().expect("an engine").as_mut(), seed)
}

/// Calls something with each story, on as many threads as there are cores; gives the texts that come out.
fn with_each(
    stories: &BTreeMap<String, Scenario>,
    each: impl Fn(&str, &Scenario) -> Vec<String> + Sync,
) -> Vec<String> {
    let (stories, next): (Vec<_>, _) = (stories.iter().collect(), AtomicUsize::new(0));
    let work = || {
        let mut came = Vec::new();
        while let Some((name, scenario)) = stories.get(next.fetch_add(1, Ordering::SeqCst)) {
            came.extend(each(name, scenario));
        }
        came
    };
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no engine panics")).collect()
    })
}

#[test]
fn every_story_has_one_outcome_on_simulated_and_on_real_nodes() {
    let (stories, open) = (stories(), open_ended());
    assert!(stories.len() >= 310, "{}", stories.len());
    let different = with_each(&stories, |name, scenario| {
        let simulated = on(EngineKind::Sim, scenario, 0);
        let compare = |engine| {
            let real = on(engine, scenario, 0);
            let is_same = if open.contains(name) { real.failure.is_none() } else { real == simulated };
            (!is_same).then(|| format!("{name} on {engine}:\n  {simulated:?}\n  {real:?}"))
        };
        [EngineKind::Actors, EngineKind::Cluster].into_iter().filter_map(compare).collect()
    });
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Whether something befalls nodes or links, or a transaction dies, while much happens at once: in the simulator all that is
/// let loose at once has begun before the first message comes.
fn has_a_fault_in_the_middle(scenario: &Scenario) -> bool {
    let befalls = |step: &Step| matches!(step.command, Command::Fault(_) | Command::Act { action: Action::Drop, .. });
    scenario.steps.iter().any(|step| match &step.command {
        Command::Together(together) => together.steps.iter().any(befalls),
        _ => false,
    })
}

#[test]
fn the_stories_in_which_order_matters_are_those_in_which_it_does() {
    let (mut stories, open) = (stories(), open_ended());
    assert_eq!(open.len(), 22, "each of them has to be thought about: {open:?}");
    stories.retain(|name, _| open.contains(name));
    assert_eq!(stories.len(), open.len(), "each of them is there: {open:?}");
    let settled = with_each(&stories, |name, scenario| {
        let first = on(EngineKind::Sim, scenario, 0);
        let is_open = || (1..64).any(|seed| on(EngineKind::Sim, scenario, seed) != first);
        if has_a_fault_in_the_middle(scenario) || is_open() { Vec::new() } else { vec![name.to_owned()] }
    });
    assert!(settled.is_empty(), "these have one outcome in the simulator, so they have it everywhere: {settled:?}");
}
