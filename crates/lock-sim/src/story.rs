//! Scenario text inside a Rust test.

use crate::{EngineKind, Report, Scenario, engine_for_scenario, needs_many_nodes, run};

/// Runs scenario text and gives its [`Report`]; a wrong text and a failure panic.
///
/// On the pure machines with the seed 0, unless said otherwise: `engine = EngineKind::Actors`, `seed = 7`, in this order.
///
/// ```
/// use lock_sim::{EngineKind, scenario};
///
/// let ring = "tx t1
///             tx t2
///             lock t1 a write
///             lock t2 b write
///             lock t1 b write
///             lock t2 a write
///             drain";
/// scenario!(ring).expect_deadlock(&["t1", "t2"]).assert_victim("t2");
/// scenario!(ring, engine = EngineKind::Actors).assert_victim("t2");
/// scenario!("tx t1\nlock t1 a write\nexpect t1 has-all", seed = 7).expect_no_deadlock();
/// ```
///
/// # Panics
/// If the text is no scenario, an expectation does not hold, a command is refused unexpectedly, or the engine cannot
/// be had. The text of the panic is the display of the [`ParseError`](crate::ParseError) or the
/// [`Failure`](crate::Failure): line, what was expected, what was seen, who waits on whom.
#[macro_export]
macro_rules! scenario {
    ($text:expr $(,)?) => {
        $crate::scenario!($text, engine = $crate::EngineKind::Sim, seed = 0)
    };
    ($text:expr, engine = $engine:expr $(,)?) => {
        $crate::scenario!($text, engine = $engine, seed = 0)
    };
    ($text:expr, seed = $seed:expr $(,)?) => {
        $crate::scenario!($text, engine = $crate::EngineKind::Sim, seed = $seed)
    };
    ($text:expr, engine = $engine:expr, seed = $seed:expr $(,)?) => {
        $crate::run_text(concat!("scenario at ", file!(), ":", line!()), $text, $engine, $seed)
    };
}

/// What [`scenario!`](crate::scenario!) does, with a name for the text: it stands before the line numbers.
///
/// # Panics
/// As [`scenario!`](crate::scenario!).
#[track_caller]
pub fn run_text(name: &str, text: &str, engine: EngineKind, seed: u64) -> Report {
    let scenario = Scenario::parse(name, text).unwrap_or_else(|wrong| panic!("{wrong}"));
    if let Some(needs) = needs_many_nodes(&scenario).filter(|_| !engine.has_many_nodes()) {
        panic!("{name}:{}: {needs}, which the engine `{engine}` does not have", needs.line);
    }
    let mut engine = engine_for_scenario(engine, &scenario, seed).unwrap_or_else(|missing| panic!("{missing}"));
    let report = run(&scenario, engine.as_mut(), seed);
    if let Some(failure) = &report.failure {
        panic!("{failure}");
    }
    report
}
