//! `gordian sim`: random lives of clusters, all promises checked, on all cores.

use std::fs;
use std::io::IsTerminal;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use lock_sim::{Profile, Scenario, TrialFailure, TrialReport, generate, live, shrink, trace};

use crate::arguments::SimArguments;
use crate::verdict::{Trouble, Verdict};

pub(crate) fn sim(arguments: &SimArguments) -> Result<Verdict, Trouble> {
    match (arguments.reproduce, arguments.shrink) {
        (_, Some(seed)) => make_small(arguments, seed),
        (Some(seed), None) => Ok(reproduce(arguments, seed)),
        (None, None) => Ok(search(arguments)),
    }
}

/// Seeds in the form `A..B`, the end left out.
pub(crate) fn parse_seeds(text: &str) -> Result<Range<u64>, String> {
    let parse = || {
        let (from, to) = text.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    };
    parse().filter(|seeds: &Range<u64>| !seeds.is_empty()).ok_or_else(|| "A..B, with A smaller than B".to_owned())
}

fn life(profile: Profile, seed: u64, steps: usize) -> (String, Scenario) {
    let text = generate(profile, seed, steps);
    let scenario = Scenario::parse(&format!("seed-{seed}"), &text).expect("what is generated is well-formed");
    (text, scenario)
}

/// What the threads share.
struct Shared {
    next: AtomicU64,
    stop: AtomicBool,
    total: Mutex<TrialReport>,
    failures: Mutex<Vec<(Profile, u64, TrialFailure)>>,
}

fn search(arguments: &SimArguments) -> Verdict {
    let profiles = arguments.profiles();
    let seeds = arguments.seeds.clone();
    let lives = (seeds.end - seeds.start) * profiles.len() as u64;
    let started = Instant::now();
    let bar = progress(lives);
    let shared = Shared {
        next: AtomicU64::new(0),
        stop: AtomicBool::new(false),
        total: Mutex::default(),
        failures: Mutex::default(),
    };
    let jobs = arguments.jobs.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
    thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| live_many(arguments, &profiles, lives, &shared, &bar));
        }
    });
    bar.finish_and_clear();
    let tried = shared.next.load(Ordering::Relaxed).min(lives);
    tell(arguments, tried, started.elapsed().as_secs_f64(), &shared)
}

fn live_many(arguments: &SimArguments, profiles: &[Profile], lives: u64, shared: &Shared, bar: &ProgressBar) {
    while !shared.stop.load(Ordering::Relaxed) {
        let number = shared.next.fetch_add(1, Ordering::Relaxed);
        if number >= lives {
            return;
        }
        let kinds = profiles.len() as u64;
        let seed = arguments.seeds.start + number / kinds;
        let profile = profiles[usize::try_from(number % kinds).unwrap_or(0)];
        let (_, scenario) = life(profile, seed, arguments.steps);
        match live(&scenario, seed) {
            Ok(report) => *shared.total.lock().expect("no thread panics while it holds this") += report,
            Err(failure) => {
                let mut failures = shared.failures.lock().expect("no thread panics while it holds this");
                failures.push((profile, seed, failure));
                if failures.len() >= arguments.failures.get() {
                    shared.stop.store(true, Ordering::Relaxed);
                }
            }
        }
        bar.inc(1);
    }
}

fn progress(lives: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(Some(lives), ProgressDrawTarget::stderr_with_hz(5));
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} lives, {per_sec}, {eta} left");
    bar.set_style(style.expect("the template is well-formed"));
    bar
}

fn tell(arguments: &SimArguments, tried: u64, seconds: f64, shared: &Shared) -> Verdict {
    let mut failures = shared.failures.lock().expect("the threads are gone");
    failures.sort_by_key(|(profile, seed, _)| (*seed, profile.name()));
    for (profile, seed, failure) in failures.iter() {
        println!("FAIL profile {profile}, seed {seed}: {}", failure.broken);
        let steps = arguments.steps;
        println!("     again: gordian sim --profile {profile} --steps {steps} --reproduce {seed}");
        println!("     small: gordian sim --profile {profile} --steps {steps} --shrink {seed}");
    }
    let TrialReport { steps, events, deadlocks, search_messages } = *shared.total.lock().expect("the threads are gone");
    println!(
        "{tried} lives, {} broke a promise; {steps} commands, {events} events, {deadlocks} deadlocks, \
         {search_messages} messages of searches ({seconds:.1} s)",
        failures.len()
    );
    if failures.is_empty() { Verdict::Passed } else { Verdict::Failed }
}

fn reproduce(arguments: &SimArguments, seed: u64) -> Verdict {
    let mut verdict = Verdict::Passed;
    for profile in arguments.profiles() {
        let (text, scenario) = life(profile, seed, arguments.steps);
        println!("{text}");
        trace(&scenario, seed).iter().for_each(|line| println!("{line}"));
        match live(&scenario, seed) {
            Ok(_) => println!("\nprofile {profile}, seed {seed}: no promise is broken"),
            Err(failure) => {
                println!("\nprofile {profile}, seed {seed}: {}\n{failure}", failure.broken);
                verdict = Verdict::Failed;
            }
        }
    }
    verdict
}

fn make_small(arguments: &SimArguments, seed: u64) -> Result<Verdict, Trouble> {
    let mut verdict = Verdict::Passed;
    for profile in arguments.profiles() {
        let (text, _) = life(profile, seed, arguments.steps);
        let bar = if std::io::stderr().is_terminal() { ProgressBar::new_spinner() } else { ProgressBar::hidden() };
        let small = shrink(&text, seed, |lines| bar.set_message(format!("{lines} lines")));
        bar.finish_and_clear();
        let Some((small, small_seed, failure)) = small else {
            println!("profile {profile}, seed {seed}: no promise is broken");
            continue;
        };
        verdict = Verdict::Failed;
        let path = arguments.out.clone().unwrap_or_else(|| format!("{profile}-{seed}.scenario").into());
        fs::write(&path, &small).map_err(|source| Trouble::Unwritable { path: path.clone(), source })?;
        println!("{small}\n{}", failure.broken);
        println!("written to {0}; again: gordian run {0} --seed {small_seed}", path.display());
    }
    Ok(verdict)
}
