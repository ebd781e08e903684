//! Scenario text: a wrong file is reported by its line, and a right one runs to its end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lock_sim::{Entry, ParseError, PureNode, Report, Scenario, needs_many_nodes, run};

fuzz_target!(|text: &str| {
    match Scenario::parse("fuzz", text) {
        Err(wrong) => points_at_a_line(&wrong, text),
        Ok(scenario) if needs_many_nodes(&scenario).is_none() => {
            let report = run(&scenario, &mut PureNode::default(), 0);
            can_be_told(&scenario, &report);
            keeps_every_promise(&report);
        }
        Ok(_) => {}
    }
});

fn points_at_a_line(wrong: &ParseError, text: &str) {
    assert!((1..=text.lines().count().max(1)).contains(&wrong.line), "{wrong}: of {} lines", text.lines().count());
    assert!(!wrong.found.is_empty() && !wrong.expected.is_empty());
    assert!(wrong.to_string().starts_with(&format!("fuzz:{}: found ", wrong.line)));
}

/// All that the command prints.
fn can_be_told(scenario: &Scenario, report: &Report) {
    let told: Vec<String> = report.transcript.iter().map(json).collect();
    assert!(told.iter().all(|entry| !entry.contains('\n')), "an entry is a line of JSON");
    for deadlock in &report.deadlocks {
        assert!(!scenario.names.deadlock(deadlock).is_empty());
    }
    assert!(!report.waits.is_empty());
    if let Some(failure) = &report.failure {
        assert!(!failure.to_string().is_empty());
    }
}

/// An expectation may not hold, and a command may be refused; but nobody is left behind, and no promise is broken.
fn keeps_every_promise(report: &Report) {
    if let Some(failure) = &report.failure {
        let ours = ["that nobody is left waiting", "that no promise is broken"];
        assert!(!ours.contains(&failure.expected.as_str()), "{failure}");
    }
}

fn json(entry: &Entry) -> String {
    serde_json::to_string(entry).expect("a transcript is plain data")
}
