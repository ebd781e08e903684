//! Carries a scenario out on an engine and judges it.

mod refused;

use lock_core::{Deadlock, TxId, WaitGraph};

use crate::drain::drain;
use crate::expectation::seen_instead;
use crate::timeline::{Recorder, Timeline};
use crate::{Begin, Command, Deed, Engine, Entry, Expectation, Failure, Outcome, Refusal, Scenario, Step, Together};
use refused::Refused;

/// What came of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What happened, step by step.
    pub transcript: Vec<Entry>,
    /// All deadlocks that were resolved.
    pub deadlocks: Vec<Deadlock>,
    /// Who waits on whom at the end, or at the failure, the last deadlock's members and victim
    /// marked. If nobody waits there, the circle of the last deadlock.
    pub graph: WaitGraph,
    /// Who waits on whom at the end, or at the failure, a line an arrow.
    pub waits: Vec<String>,
    /// The first thing that did not hold.
    pub failure: Option<Failure>,
}

/// Carries a scenario out on an engine that has just been made.
///
/// Stops at the first failure. A command that is refused is one, unless `expect error` follows
/// it. That no promise is broken ([`Engine::violations`]) is expected at the end of each scenario.
///
/// After `done`, `expect error` is about the refusals of its whole block: each of them must have
/// the words of one of the `expect error` lines that follow, and each such line must fit one.
///
/// The scenario must be one that the engine can carry out, see
/// [`needs_many_nodes`](crate::needs_many_nodes); a command that it cannot is a failure.
///
/// # Panics
/// If the engine does not give one outcome for each action of a block.
pub fn run(scenario: &Scenario, engine: &mut dyn Engine, seed: u64) -> Report {
    run_recording(scenario, engine, seed, None).0
}

/// Does the same as [`run`], and looks after each step who holds and waits for what, for a picture.
///
/// # Panics
/// As [`run`] does.
pub fn run_with_timeline(scenario: &Scenario, engine: &mut dyn Engine, seed: u64) -> (Report, Timeline) {
    run_recording(scenario, engine, seed, Some(Recorder::default()))
}

fn run_recording(
    scenario: &Scenario,
    engine: &mut dyn Engine,
    seed: u64,
    recorder: Option<Recorder>,
) -> (Report, Timeline) {
    let transcript = Vec::new();
    let mut runner = Runner { scenario, engine, seed, begun: Vec::new(), resolved: 0, transcript, recorder };
    runner.transcript.push(Entry::Scenario {
        file: scenario.file.clone(),
        rule: scenario.rule.clone(),
        seed,
        names: scenario.names.clone(),
    });
    let failure = runner.run_to_failure();
    let timeline = runner.timeline(failure.as_ref());
    (runner.report(failure), timeline)
}

/// What did not hold, on which line.
struct Unmet {
    line: usize,
    said: String,
    expected: String,
    seen: String,
}

impl Unmet {
    fn at(step: &Step, expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self { line: step.line, said: step.text.clone(), expected: expected.into(), seen: seen.into() }
    }
}

struct Runner<'a> {
    scenario: &'a Scenario,
    engine: &'a mut dyn Engine,
    seed: u64,
    begun: Vec<TxId>,
    /// How many deadlocks the transcript has told of.
    resolved: usize,
    transcript: Vec<Entry>,
    /// Only if somebody asked for a timeline.
    recorder: Option<Recorder>,
}

impl Runner<'_> {
    fn run_to_failure(&mut self) -> Option<Unmet> {
        let mut refused = Refused::default();
        for step in &self.scenario.steps {
            if let Err(unmet) = self.take_step(step, &mut refused) {
                self.note(unmet.line, &unmet.said, Outcome::Failed);
                return Some(unmet);
            }
        }
        self.settle(refused).and_then(|()| self.check_promises()).err()
    }

    fn settle(&self, refused: Refused) -> Result<(), Unmet> {
        let lenient = self.scenario.steps.iter().any(|step| step.command == Command::Lenient);
        if lenient { Ok(()) } else { refused.settle() }
    }

    fn take_step(&mut self, step: &Step, refused: &mut Refused) -> Result<(), Unmet> {
        if let Command::Expect(Expectation::Error(words)) = &step.command {
            refused.expect(step, words)?;
            self.note(step.line, &step.text, Outcome::Held);
            return Ok(());
        }
        self.settle(std::mem::take(refused))?;
        let outcome = self.carry_out(step, refused)?;
        if let Some(recorder) = &mut self.recorder {
            recorder.after(step, &outcome, self.engine);
        }
        self.note(step.line, &step.text, outcome);
        Ok(())
    }

    fn carry_out(&mut self, step: &Step, refused: &mut Refused) -> Result<Outcome, Unmet> {
        match &step.command {
            Command::Nodes | Command::Lenient => {}
            Command::Begin(begin) => self.begin(begin),
            Command::Lock(_) | Command::Act { .. } => return Ok(self.act(step, refused)),
            Command::Together(together) => return Ok(self.together(together, refused)),
            Command::Advance { ms } => self.engine.advance(*ms),
            Command::Drain => self.drain(step)?,
            Command::Expect(expectation) => return self.expect(step, expectation),
            Command::Fault(fault) => self.engine.befalls(fault),
        }
        Ok(Outcome::Done)
    }

    fn begin(&mut self, begin: &Begin) {
        match &begin.home {
            Some(home) => self.engine.begin_at(begin.tx, home, &begin.options),
            None => self.engine.begin(begin.tx, &begin.options),
        }
        self.begun.push(begin.tx);
    }

    fn act(&mut self, step: &Step, refused: &mut Refused) -> Outcome {
        let Some((tx, action)) = step.command.action() else {
            return Outcome::Done;
        };
        let result = self.engine.act(tx, &action);
        refused.after(vec![(step, result)])
    }

    /// Transactions of the block are begun first: a begin touches nobody else.
    fn together(&mut self, together: &Together, refused: &mut Refused) -> Outcome {
        for step in &together.steps {
            if let Command::Begin(begin) = &step.command {
                self.begin(begin);
            }
        }
        let steps = together.steps.iter().filter_map(|step| Some((step, step.command.deed()?)));
        let (steps, deeds): (Vec<&Step>, Vec<Deed>) = steps.unzip();
        let results: Vec<Result<(), Refusal>> = self.engine.at_once(&deeds, self.seed);
        assert_eq!(results.len(), deeds.len(), "an engine gives an outcome for each deed");
        refused.after(steps.into_iter().zip(results).collect())
    }

    fn drain(&mut self, step: &Step) -> Result<(), Unmet> {
        let (recorder, names) = (&mut self.recorder, &self.scenario.names);
        let mut ended = |tx, engine: &mut dyn Engine| {
            if let Some(recorder) = recorder {
                recorder.drained(step.line, &names.of(tx), engine);
            }
        };
        let drained = drain(self.engine, &self.begun, names, &mut ended);
        drained.map_err(|seen| Unmet::at(step, "that nobody is left waiting", seen))
    }

    fn expect(&mut self, step: &Step, expectation: &Expectation) -> Result<Outcome, Unmet> {
        match seen_instead(expectation, self.engine, &self.scenario.names) {
            Some(seen) => Err(Unmet::at(step, step.text.trim_start_matches("expect").trim_start(), seen)),
            None => Ok(Outcome::Held),
        }
    }

    fn check_promises(&mut self) -> Result<(), Unmet> {
        let violations = self.engine.violations();
        match (violations.is_empty(), self.scenario.steps.last()) {
            (false, Some(last)) => Err(Unmet::at(last, "that no promise is broken", violations.join("; "))),
            _ => Ok(()),
        }
    }

    fn note(&mut self, line: usize, step: &str, outcome: Outcome) {
        let mut deadlocks = self.engine.deadlocks();
        let new = deadlocks.split_off(self.resolved.min(deadlocks.len()));
        self.resolved += new.len();
        self.transcript.push(Entry::Step { line, step: step.to_owned(), outcome, deadlocks: new });
    }

    fn timeline(&mut self, unmet: Option<&Unmet>) -> Timeline {
        let failed = unmet.map(|unmet| (unmet.line, unmet.said.as_str()));
        self.recorder.take().map_or_else(Timeline::default, |recorder| recorder.finish(failed, self.engine))
    }

    fn report(mut self, unmet: Option<Unmet>) -> Report {
        let deadlocks = self.engine.deadlocks();
        let standing = self.engine.wait_graph();
        let waits = self.scenario.names.graph(&standing);
        let graph = marked(standing, deadlocks.last());
        let failure = unmet.map(|Unmet { line, said, expected, seen }| Failure {
            file: self.scenario.file.clone(),
            line,
            said,
            expected,
            seen,
            waits: waits.clone(),
            graph: graph.clone(),
        });
        self.transcript.push(Entry::Verdict {
            file: self.scenario.file.clone(),
            seed: self.seed,
            passed: failure.is_none(),
            failure: failure.clone(),
        });
        Report { transcript: self.transcript, deadlocks, graph, waits, failure }
    }
}

/// A deadlock is resolved before anybody can look, so what stands is marked with the last one.
pub(crate) fn marked(standing: WaitGraph, last: Option<&Deadlock>) -> WaitGraph {
    match last {
        Some(deadlock) if standing.arrows.is_empty() => deadlock.graph(),
        Some(deadlock) if standing.deadlocked.is_empty() => {
            let WaitGraph { deadlocked, victim, .. } = deadlock.graph();
            WaitGraph { deadlocked, victim, ..standing }
        }
        _ => standing,
    }
}
