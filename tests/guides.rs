//! What the guides show is what is printed.

#![allow(clippy::unwrap_used)] // a test may panic

use gordian::{ClaimError, Locks, Mode};
use lock_sim::{Interleavings, read_deadlock, reproduce};

const GUIDE: &str = include_str!("../docs/guides/reproduce-a-deadlock.md");

fn trimmed(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

async fn pay(locks: Locks, from: &'static str, to: &'static str) -> Result<(), ClaimError> {
    let tx = locks.begin().await;
    tx.lock(["accounts", from], Mode::Write).await?;
    tx.lock(["accounts", to], Mode::Write).await?;
    Ok(())
}

#[test]
fn the_log_of_the_guide_is_told_as_the_guide_tells_it() {
    let story = reproduce(&read_deadlock(GUIDE).unwrap()).unwrap();
    assert!(trimmed(GUIDE).replace('"', "").contains(story.trim()), "{story}");
}

#[test]
fn the_report_of_the_guide_is_the_report() {
    let found = Interleavings::of(0..200).explore(async |tasks| {
        drop(tasks.spawn("alice pays", pay(tasks.locks(), "alice", "bob")));
        drop(tasks.spawn("bob pays", pay(tasks.locks(), "bob", "alice")));
        tasks.all_done().await;
        tasks.deadlocks().expect_no_deadlock();
    });
    let report = found.unwrap_err().to_string();
    let shown = GUIDE.split("```text\nseed ").nth(1).unwrap().split("```").next().unwrap();
    for line in format!("seed {shown}").lines().filter(|line| *line != "…") {
        assert!(report.lines().any(|said| said == line), "{line} in:\n{report}");
    }
}
