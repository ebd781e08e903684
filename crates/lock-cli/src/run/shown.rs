//! What `gordian run` prints: a line a story, or JSON lines.

use std::io::{self, Write};
use std::time::Duration;

use lock_sim::{Failure, Report, Scenario};
use serde_json::json;

use super::Tried;
use crate::arguments::RunArguments;
use crate::paint::Paint;

/// How many stories passed and failed.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
}

impl Tally {
    pub(super) fn count(&mut self, failed: bool) {
        if failed {
            self.failed += 1;
        } else {
            self.passed += 1;
        }
    }
}

/// The command that fails in the same way.
pub(super) fn again(file: &str, arguments: &RunArguments, seed: u64) -> String {
    format!("gordian run {file} --engine {} --seed {seed}", arguments.world.engine)
}

/// Prints, for people or for programs.
pub(super) struct Shown<'a, W: Write> {
    out: W,
    paint: Paint,
    arguments: &'a RunArguments,
}

impl<'a, W: Write> Shown<'a, W> {
    pub(super) fn new(out: W, arguments: &'a RunArguments) -> Self {
        Self { out, paint: Paint::for_stdout(), arguments }
    }

    pub(super) fn transcript(&mut self, report: &Report) -> io::Result<()> {
        if self.arguments.json {
            for entry in &report.transcript {
                writeln!(self.out, "{}", serde_json::to_string(entry)?)?;
            }
        }
        Ok(())
    }

    pub(super) fn story(&mut self, scenario: &Scenario, tried: &Tried) -> io::Result<()> {
        if self.arguments.json {
            return Ok(());
        }
        match &tried.report.failure {
            None => self.passed(scenario),
            Some(failure) => self.failed(scenario, failure, tried.seed),
        }
    }

    fn passed(&mut self, scenario: &Scenario) -> io::Result<()> {
        let Self { out, paint, .. } = self;
        writeln!(out, "{} {}  {}", paint.good("ok  "), scenario.file, paint.faint(&scenario.rule))
    }

    fn failed(&mut self, scenario: &Scenario, failure: &Failure, seed: u64) -> io::Result<()> {
        let Self { out, paint, arguments } = self;
        let Failure { file, line, said, expected, seen, waits, .. } = failure;
        writeln!(out, "{} {}  {}", paint.bad("FAIL"), scenario.file, scenario.rule)?;
        writeln!(out, "     {}", paint.faint(format_args!("{file}:{line}")))?;
        writeln!(out, "     {} {}", paint.faint(format_args!("{line:>4} |")), paint.strong(said))?;
        writeln!(out, "     expected  {}", paint.good(expected))?;
        writeln!(out, "     seen      {}", paint.bad(seen))?;
        writeln!(out, "     waits     {}", waits.join("\n               "))?;
        writeln!(out, "     again     {}", paint.faint(again(file, arguments, seed)))
    }

    pub(super) fn summary(&mut self, tally: &Tally, took: Duration) -> io::Result<()> {
        let Tally { passed, failed } = tally;
        let all = passed + failed;
        if self.arguments.json {
            let summary = json!({
                "entry": "summary", "scenarios": all, "passed": passed, "failed": failed,
                "repeat": self.arguments.repeat, "engine": self.arguments.world.engine.name(),
            });
            return writeln!(self.out, "{summary}");
        }
        let paint = self.paint;
        let failed = if *failed == 0 { "0 failed".to_owned() } else { paint.bad(format_args!("{failed} failed")) };
        let stories = if all == 1 { "scenario" } else { "scenarios" };
        let seeds = match self.arguments.repeat {
            1 => String::new(),
            many => format!(", {many} seeds each"),
        };
        writeln!(self.out, "{all} {stories}: {passed} passed, {failed} ({:.2} s{seeds})", took.as_secs_f64())
    }
}
