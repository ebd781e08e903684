//! `gordian run`: carries scenarios out and says what did not hold.

mod junit;
mod progress;
mod shown;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use lock_sim::{Report, Scenario, Timeline, engine_for_scenario};

use crate::arguments::{RunArguments, WorldArguments};
use crate::find::{find_files, load_all};
use crate::verdict::{Trouble, Verdict};
use junit::JUnit;
use progress::Progress;
use shown::{Shown, Tally};

pub(crate) fn run(arguments: &RunArguments) -> Result<Verdict, Trouble> {
    check_seeds(arguments)?;
    let scenarios = load_all(&find_files(&arguments.paths)?, arguments.world.engine)?;
    let started = Instant::now();
    let mut shown = Shown::new(io::stdout().lock(), arguments);
    let mut drawn = None;
    let mut tally = Tally::default();
    let mut junit = JUnit::new(arguments);
    let progress = Progress::over(scenarios.len(), arguments.json);
    for scenario in &scenarios {
        let begun = Instant::now();
        let tried = try_seeds(scenario, arguments, &mut shown)?;
        junit.case(scenario, &tried, begun.elapsed());
        tally.count(tried.report.failure.is_some());
        progress.hide_while(|| shown.story(scenario, &tried))?;
        keep_first_failure(&mut drawn, scenario, tried);
    }
    progress.finish();
    if let Some(path) = &arguments.junit {
        write(path, &junit.document(started.elapsed()))?;
    }
    shown.summary(&tally, started.elapsed())?;
    if let Some((scenario, tried)) = &drawn {
        draw(scenario, tried, arguments)?;
    }
    Ok(if tally.failed == 0 { Verdict::Passed } else { Verdict::Failed })
}

/// What came of one file: the report of the first seed that failed, or of the last one tried.
pub(crate) struct Tried {
    seed: u64,
    report: Report,
    /// Gathered if somebody wants to see it.
    timeline: Option<Timeline>,
}

fn check_seeds(arguments: &RunArguments) -> Result<(), Trouble> {
    let (seed, repeat) = (arguments.world.seed, arguments.repeat);
    seed.checked_add(repeat - 1).map(|_| ()).ok_or(Trouble::Seeds { seed, repeat })
}

fn try_seeds<W: Write>(
    scenario: &Scenario,
    arguments: &RunArguments,
    shown: &mut Shown<'_, W>,
) -> Result<Tried, Trouble> {
    let first = arguments.world.seed;
    let last = first + (arguments.repeat - 1);
    let mut seed = first;
    loop {
        let (report, timeline) = run_once(scenario, &arguments.world, seed, arguments.svg.is_some())?;
        shown.transcript(&report)?;
        if report.failure.is_some() || seed == last {
            return Ok(Tried { seed, report, timeline });
        }
        seed += 1;
    }
}

/// Carries one scenario out on a new engine, and looks after each step if a picture of it is wanted.
pub(crate) fn run_once(
    scenario: &Scenario,
    world: &WorldArguments,
    seed: u64,
    is_drawn: bool,
) -> Result<(Report, Option<Timeline>), Trouble> {
    let mut engine = engine_for_scenario(world.engine, scenario, seed)?;
    if is_drawn {
        let (report, timeline) = lock_sim::run_with_timeline(scenario, engine.as_mut(), seed);
        return Ok((report, Some(timeline)));
    }
    Ok((lock_sim::run(scenario, engine.as_mut(), seed), None))
}

/// What is drawn is the first failure, or else the last scenario.
fn keep_first_failure<'a>(drawn: &mut Option<(&'a Scenario, Tried)>, scenario: &'a Scenario, tried: Tried) {
    if drawn.as_ref().is_none_or(|(_, kept)| kept.report.failure.is_none()) {
        *drawn = Some((scenario, tried));
    }
}

fn draw(scenario: &Scenario, tried: &Tried, arguments: &RunArguments) -> Result<(), Trouble> {
    let report = &tried.report;
    if let Some(path) = &arguments.dot {
        write(path, &report.graph.to_dot_named(|tx| scenario.names.of(tx)))?;
    }
    if let Some(path) = &arguments.mermaid {
        write(path, &report.graph.to_mermaid_named(|tx| scenario.names.of(tx)))?;
    }
    if let (Some(path), Some(timeline)) = (&arguments.svg, &tried.timeline) {
        write(path, &lock_sim::draw(scenario, report, timeline))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(path, text).map_err(|source| Trouble::Unwritable { path: path.to_owned(), source })
}
