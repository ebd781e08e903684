//! Scenario text in a Rust test: what holds passes, and what does not panics with a text that says it all.
#![allow(missing_docs, clippy::unwrap_used)] // a test may panic

use std::panic::{UnwindSafe, catch_unwind};

use lock_sim::{EngineKind, scenario};

const RING: &str = "tx t1
    tx t2
    lock t1 a write
    lock t2 b write
    lock t1 b write
    lock t2 a write";

/// The text that a panic has.
fn panics(test: impl FnOnce() + UnwindSafe) -> String {
    let panic = catch_unwind(test).expect_err("it panics");
    panic.downcast_ref::<String>().cloned().unwrap_or_else(|| (*panic.downcast_ref::<&str>().unwrap()).to_owned())
}

#[test]
fn demands_that_are_met_can_be_written_in_a_row() {
    for engine in [EngineKind::Sim, EngineKind::Actors, EngineKind::Naive] {
        scenario!(RING, engine = engine).expect_deadlock(&["t2", "t1"]).assert_victim("t2");
    }
    scenario!("tx t1\nlock t1 a write", seed = 3).expect_no_deadlock();
    scenario!(RING, engine = EngineKind::Sim, seed = 3).assert_victim("t2");
}

#[test]
fn a_failure_panics_with_line_and_waits() {
    let text = panics(|| {
        scenario!("tx t1\ntx t2\nlock t1 a write\nlock t2 a write\nexpect t2 has-all");
    });
    assert!(text.starts_with("scenario at crates/lock-sim/tests/scenario_text.rs:"), "{text}");
    for part in [":5: expect t2 has-all", "expected: t2 has-all", "seen:     waiting for a", "t1 has write on a"] {
        assert!(text.contains(part), "{part} in:\n{text}");
    }
}

#[test]
fn a_wrong_text_panics_with_line_and_what_may_stand_there() {
    assert!(
        panics(|| {
            scenario!("tx t1\nlok t1 a read");
        })
        .contains(":2: found `lok`, expected a command")
    );
}

#[test]
fn a_demand_that_is_not_met_shows_what_was_seen() {
    let seen = "seen: 1 deadlock\n  deadlock of t1 t2:\n    t1 waits for write on b since 0 ms: t2 has write on b";
    let text = panics(|| {
        scenario!(RING).expect_deadlock(&["t1", "t3"]).assert_victim("t2");
    });
    assert!(text.starts_with(&format!("expected a deadlock of t1 t3, {seen}")), "{text}");
    let text = panics(|| {
        scenario!(RING).assert_victim("t1");
    });
    assert!(text.starts_with(&format!("expected t1 to be a victim, {seen}")), "{text}");
    assert!(text.ends_with("resolved: t2 surrendered b"), "{text}");
    let text = panics(|| {
        scenario!(RING).expect_no_deadlock();
    });
    assert!(text.starts_with(&format!("expected no deadlock, {seen}")), "{text}");
    let text = panics(|| {
        scenario!("tx t1").expect_deadlock(&["t1", "t2"]);
    });
    assert_eq!(text, "expected a deadlock of t1 t2, seen: no deadlock");
}
