//! The bank with real processes: one of them is killed, another one is frozen, and the money is counted.

use std::process::Command;

use serde_json::Value;

/// Runs a trial, and gives what came of it and whether it was good.
fn run(arguments: &[&str]) -> (Value, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_bank")).args(["run", "--json"]).args(arguments).output();
    let output = output.expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let outcome = serde_json::from_str(&said);
    let outcome = outcome.unwrap_or_else(|_| panic!("{said}{}", String::from_utf8_lossy(&output.stderr)));
    (outcome, output.status.success())
}

fn number(outcome: &Value, what: &str) -> i64 {
    outcome[what].as_i64().unwrap_or_else(|| panic!("{what}: {outcome}"))
}

#[test]
fn no_money_is_lost_though_one_process_is_killed_and_another_one_frozen() {
    let (outcome, is_good) = run(&["--seconds", "8"]);
    assert!(is_good, "{outcome}");
    assert_eq!(number(&outcome, "money_after"), number(&outcome, "money_before"), "{outcome}");
    for what in ["moved", "moved_without_one", "moved_while_frozen", "deadlocks"] {
        assert!(number(&outcome, what) > 0, "{what}: {outcome}");
    }
}

#[test]
fn without_locks_money_is_lost() {
    let (outcome, is_good) = run(&["--careless", "--peaceful", "--seconds", "2"]);
    assert!(!is_good, "{outcome}");
    assert_ne!(number(&outcome, "money_after"), number(&outcome, "money_before"), "{outcome}");
}
