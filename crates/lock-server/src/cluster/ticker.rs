//! Keeps the time of a node.

use std::sync::Weak;
use std::time::Duration;

use super::Member;

/// The longest time that a node is left alone.
const LONGEST: Duration = Duration::from_millis(250);

/// Lets time pass on a node for as long as somebody has it.
pub(super) async fn keep_time(member: Weak<Member>) {
    loop {
        let Some(alive) = member.upgrade() else { return };
        let wait = alive.tick().unwrap_or(LONGEST).min(LONGEST);
        let sooner = alive.sooner();
        drop(alive);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = sooner.notified() => {}
        }
    }
}
