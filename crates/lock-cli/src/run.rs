//! `gordian run`: carries scenarios out and says what did not hold.

mod junit;
mod progress;
mod shown;

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use lock_sim::{EngineKind, Report, Scenario, engine_for, engine_for_scenario};

use crate::arguments::RunArguments;
use crate::find::{find_files, load_all};
use crate::verdict::{Trouble, Verdict};
use junit::JUnit;
use progress::Progress;
use shown::{Shown, Tally};

pub(crate) fn run(arguments: &RunArguments) -> Result<Verdict, Trouble> {
    check_seeds(arguments)?;
    engine_for(arguments.world.engine)?;
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
        keep_first_failure(&mut drawn, scenario, tried.report);
    }
    progress.finish();
    if let Some(path) = &arguments.junit {
        write(path, &junit.document(started.elapsed()))?;
    }
    shown.summary(&tally, started.elapsed())?;
    if let Some((scenario, report)) = &drawn {
        draw(scenario, report, arguments)?;
    }
    Ok(if tally.failed == 0 { Verdict::Passed } else { Verdict::Failed })
}

/// What came of one file: the report of the first seed that failed, or of the last one tried.
pub(crate) struct Tried {
    seed: u64,
    report: Report,
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
        let report = run_once(scenario, arguments.world.engine, seed)?;
        shown.transcript(&report)?;
        if report.failure.is_some() || seed == last {
            return Ok(Tried { seed, report });
        }
        seed += 1;
    }
}

/// Carries one scenario out on a new engine.
pub(crate) fn run_once(scenario: &Scenario, engine: EngineKind, seed: u64) -> Result<Report, Trouble> {
    let mut engine = engine_for_scenario(engine, scenario, seed)?;
    Ok(lock_sim::run(scenario, engine.as_mut(), seed))
}

/// The graph that is drawn is that of the first failure, or else of the last scenario.
fn keep_first_failure<'a>(drawn: &mut Option<(&'a Scenario, Report)>, scenario: &'a Scenario, report: Report) {
    if drawn.as_ref().is_none_or(|(_, kept)| kept.failure.is_none()) {
        *drawn = Some((scenario, report));
    }
}

fn draw(scenario: &Scenario, report: &Report, arguments: &RunArguments) -> Result<(), Trouble> {
    if let Some(path) = &arguments.dot {
        write(path, &report.graph.to_dot_named(|tx| scenario.names.of(tx)))?;
    }
    if let Some(path) = &arguments.mermaid {
        write(path, &report.graph.to_mermaid_named(|tx| scenario.names.of(tx)))?;
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), Trouble> {
    fs::write(path, text).map_err(|source| Trouble::Unwritable { path: path.to_owned(), source })
}
