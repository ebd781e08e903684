//! A deadlock in a log is read back, and told as a scenario in which it happens again.
#![allow(missing_docs, clippy::unwrap_used)] // a test may panic

use lock_core::WayOut;
use lock_sim::{Keys, Mix, NotReproducible, PureNode, UnreadableDeadlock, Weights, read_deadlock, reproduce, scenario};

/// Many deadlocks, of all shapes.
fn deadlocks() -> Vec<lock_core::Deadlock> {
    let weights = Weights { upgrade: 15, advance: 5, ..Weights::default() };
    let mix = Mix::default().keys(Keys::uniform(6).named("accounts")).weights(weights).priorities(2);
    (0..60).flat_map(|seed| mix.life(seed).carry_out(&mut PureNode::default()).deadlocks).collect()
}

#[test]
fn what_is_explained_is_read_back_from_text_and_json() {
    let all = deadlocks();
    assert!(all.len() > 100, "{}", all.len());
    for deadlock in all {
        let text = format!("WARN a log {{\n{deadlock}\nand so on {{");
        assert_eq!(read_deadlock(&text).unwrap(), deadlock);
        let json = format!("{{\"level\":\"WARN\",\"deadlock\":{}}}", serde_json::to_string(&deadlock).unwrap());
        assert_eq!(read_deadlock(&json).unwrap(), deadlock);
    }
}

#[test]
fn what_happened_happens_again() {
    let mut reproduced = 0;
    for deadlock in deadlocks() {
        match reproduce(&deadlock) {
            Ok(text) => {
                let report = scenario!(&text);
                let members: Vec<String> = deadlock.members().map(|tx| tx.to_string()).collect();
                let members: Vec<&str> = members.iter().map(String::as_str).collect();
                let victim = deadlock.way_out.victim().unwrap();
                report.expect_deadlock(&members).assert_victim(&victim.to_string());
                reproduced += 1;
            }
            Err(error) => {
                assert!(matches!(error, NotReproducible::OrderOnly { .. }), "{error}");
                assert!(deadlock.to_string().contains("waits ahead for"), "{deadlock}");
            }
        }
    }
    assert!(reproduced > 80, "{reproduced}");
}

#[test]
fn an_abort_happens_again_too() {
    let log = "deadlock of 2 transactions:
  t3 waits for write on a since 0 ms, blocked by t9, which has read on a
  t9 waits for write on a since 1 ms, blocked by t3, which has read on a (#…57)
resolved: t3 aborted";
    let deadlock = read_deadlock(log).unwrap();
    let text = reproduce(&deadlock).unwrap();
    let report = scenario!(&text);
    assert!(matches!(report.deadlocks[0].way_out, WayOut::Abort { .. }), "{text}");
    report.assert_victim("t3");
}

#[test]
fn what_cannot_be_read_is_named() {
    let wrong = |log: &str| read_deadlock(log).unwrap_err();
    assert_eq!(wrong("nothing here"), UnreadableDeadlock::Missing);
    assert!(matches!(wrong("x {\"circle\": 3}"), UnreadableDeadlock::Json(_)));
    let broken = wrong("deadlock of 2 transactions:\n  t1 waits for its turn\n");
    assert!(broken.to_string().starts_with("`t1 waits for its turn` is no line of an explanation"), "{broken}");
    assert!(matches!(wrong("deadlock of 2 transactions:"), UnreadableDeadlock::Line { line, .. } if line.is_empty()));
}
