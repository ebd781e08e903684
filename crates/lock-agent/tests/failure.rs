//! A failure of the node is not silent, and not for long.
#![allow(missing_docs, clippy::unwrap_used)]

mod leftovers;

use futures_util::poll;
use leftovers::nothing_is_left;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Event, Locks, Scope, Status, claim};

async fn until_recovered(locks: &Locks, recoveries: u64) {
    while locks.statistics().recoveries < recoveries {
        tokio::task::yield_now().await;
    }
}

async fn everybody_is_told(locks: &Locks, fail: impl AsyncFnOnce()) {
    let (holds, waits, idle) = (locks.begin().await, locks.begin().await, locks.begin().await);
    let guard = holds.lock("a", Write).await.unwrap();
    let has = waits.lock("b", Read).await.unwrap();
    let mut waiting = Box::pin(waits.lock("a", Write));
    assert!(poll!(&mut waiting).is_pending());
    let incarnation = locks.node().expect("a node in this process alone").incarnation();
    let version = async {
        let mut watch = locks.watch("v", Scope::Object).unwrap();
        locks.begin().await.lock("v", Write).await.unwrap();
        watch.next().await.unwrap().version
    };
    let before = version.await;

    fail().await;
    assert!(locks.node().expect("a node in this process alone").incarnation() > incarnation);
    assert!(matches!(waiting.await, Err(ClaimError::Lost { .. })), "a waiting future ends");
    assert!(!guard.is_held() && !has.is_held());
    for tx in [&holds, &waits] {
        assert!(matches!(tx.lock("c", Read).await, Err(ClaimError::Lost { .. })));
        assert!(matches!(tx.await_all().await, Err(ClaimError::Lost { .. })));
    }
    assert_eq!(holds.status(), Status::CannotServe { objects: vec![guard.object().clone()] });
    assert!(matches!(waits.status(), Status::CannotServe { objects } if objects.len() == 2));
    assert_eq!(holds.losses(), [guard.object().clone()]);
    assert_eq!(waits.losses(), [has.object().clone()], "what it only waited for is not lost");

    let new = locks.begin().await;
    let again = new.lock("a", Write).await.unwrap();
    assert!(again.token() > Some(guard.first_token()), "tokens keep growing");
    idle.lock("b", Write).await.expect("who had nothing has lost nothing");
    let mut watch = locks.watch("v", Scope::Object).unwrap();
    new.lock("v", Write).await.unwrap();
    assert!(watch.next().await.unwrap().version > before, "versions keep growing");
    locks.node().expect("a node in this process alone").check().unwrap();
    drop((holds, waits, idle, new));
    nothing_is_left(locks);
}

#[tokio::test]
async fn everybody_is_told_when_the_node_fails() {
    let locks = Locks::local();
    everybody_is_told(&locks, async || locks.node().expect("a node in this process alone").fail()).await;
}

#[tokio::test]
async fn everybody_is_told_when_the_server_panics() {
    let locks = Locks::local();
    everybody_is_told(&locks, async || {
        locks.node().expect("a node in this process alone").panic_in_server();
        until_recovered(&locks, 1).await;
    })
    .await;
    everybody_is_told(&locks, async || {
        locks.node().expect("a node in this process alone").panic_in_server();
        until_recovered(&locks, 2).await;
    })
    .await;
}

/// The supervisor brings it back: deadlines come, also those that were set before.
#[tokio::test(start_paused = true)]
async fn deadlines_outlive_a_panic_of_the_server() {
    let locks = Locks::local();
    let tx = locks.begin().deadline(std::time::Duration::from_secs(5)).await_nodes(true).await;
    locks.node().expect("a node in this process alone").panic_in_server();
    until_recovered(&locks, 1).await;
    let holder = locks.begin().await;
    holder.lock("a", Write).await.unwrap();
    assert!(matches!(tx.lock("a", Write).await, Err(ClaimError::DeadlineOver { .. })));
}

#[tokio::test]
async fn who_awaits_nodes_has_its_locks_again() {
    let locks = Locks::local();
    let tx = locks.begin().await_nodes(true).await;
    let (a, b) = (tx.lock("a", Write).await.unwrap(), tx.lock("b", Read).await.unwrap());
    locks.node().expect("a node in this process alone").fail();
    assert!(!a.is_held());
    tx.await_all().await.unwrap();
    assert!(a.is_held() && b.is_held() && !a.is_unbroken());
    assert_eq!(tx.losses().len(), 2, "it was told");
    tx.end();
    nothing_is_left(&locks);
}

/// Nobody calls: its agent does it.
#[tokio::test]
async fn who_awaits_nodes_need_not_call_to_have_its_locks_again() {
    let locks = Locks::local();
    let tx = locks.begin().await_nodes(true).await;
    let a = tx.lock("a", Write).await.unwrap();
    locks.node().expect("a node in this process alone").fail();
    while !a.is_held() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_awaits_nodes_goes_on_waiting() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await_nodes(true).await, locks.begin().await_nodes(true).await);
    let held = holder.lock("a", Write).await.unwrap();
    let mut waiting = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut waiting).is_pending());
    locks.node().expect("a node in this process alone").fail();
    holder.await_all().await.unwrap();
    assert!(held.is_held());
    assert!(poll!(&mut waiting).is_pending());
    holder.end();
    waiting.await.unwrap();
}

#[tokio::test]
async fn monitors_are_told_what_was_lost_between_down_and_up() {
    let locks = Locks::local();
    let tx = locks.begin().monitor_nodes(true).await_nodes(true).await;
    let mut events = tx.events();
    let guard = tx.lock("a", Write).await.unwrap();
    locks.node().expect("a node in this process alone").fail();
    let mut seen = Vec::new();
    loop {
        let event = events.next().await.unwrap();
        if !matches!(event, Event::Status(_)) {
            seen.push(event.clone());
        }
        if matches!(event, Event::NodeUp { .. }) {
            break;
        }
    }
    let node = locks.node().expect("a node in this process alone").name().clone();
    let incarnation = locks.node().expect("a node in this process alone").incarnation();
    let lost = Event::Lost { object: guard.object().clone() };
    assert_eq!(seen, [Event::NodeDown { node: node.clone() }, lost, Event::NodeUp { node, incarnation }]);
    tx.await_all().await.unwrap();
    assert!(guard.is_held());
}

#[tokio::test]
async fn two_failures_in_a_row_are_not_one_too_few() {
    let locks = Locks::local();
    let (plain, awaits) = (locks.begin().await, locks.begin().await_nodes(true).await);
    let lost = plain.lock("a", Write).await.unwrap();
    let back = awaits.lock("b", Write).await.unwrap();
    locks.node().expect("a node in this process alone").fail();
    locks.node().expect("a node in this process alone").fail();
    assert_eq!(plain.losses(), [lost.object().clone()], "lost in the first of two, and not asked in between");
    assert!(matches!(plain.await_all().await, Err(ClaimError::Lost { .. })));
    awaits.await_all().await.unwrap();
    assert!(back.is_held());
}

#[tokio::test]
async fn watchers_go_on_and_are_told_what_became_free() {
    let locks = Locks::local();
    let mut watch = locks.watch("db", Scope::Subtree).unwrap();
    let tx = locks.begin().await;
    tx.lock("db/1", Write).await.unwrap();
    let before = watch.next().await.unwrap();
    locks.node().expect("a node in this process alone").fail();
    let freed = watch.next().await.unwrap();
    assert_eq!((&freed.object, freed.holders.len()), (&before.object, 0));
    assert!(freed.version > before.version);
    let other = locks.begin().await;
    other.lock("db/2", Write).await.unwrap();
    let after = watch.next().await.unwrap();
    assert_eq!(after.holders[0].tx, other.id());
    assert!(after.version > freed.version);
}

/// More changes in one life than the numbers of one millisecond.
#[tokio::test]
async fn versions_keep_growing_however_busy_the_node_was() {
    let locks = Locks::with(lock_agent::NodeConfig { shards: 1, ..lock_agent::NodeConfig::default() });
    let tx = locks.begin().await;
    for _ in 0..2_200_000 {
        tx.lock("a", Write).await.unwrap();
        tx.unlock("a").unwrap();
    }
    let mut watch = locks.watch("a", Scope::Object).unwrap();
    let mut version = async || {
        let tx = locks.begin().await;
        tx.lock("a", Write).await.unwrap();
        tx.end();
        let first = watch.next().await.unwrap().version;
        watch.next().await.unwrap();
        first
    };
    let before = version().await;
    locks.node().expect("a node in this process alone").fail();
    assert!(version().await > before);
}

#[tokio::test]
async fn who_ends_after_a_failure_without_asking_leaves_nothing() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let id = tx.id();
    tx.lock("a", Write).await.unwrap();
    locks.node().expect("a node in this process alone").fail();
    tx.end();
    assert!(locks.node().expect("a node in this process alone").take_losses(id).is_empty());
}

/// Failures at any moment: nobody hangs, and nothing is left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_hangs_when_the_node_fails_again_and_again() {
    let locks = Locks::local();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..16_u32 {
        let locks = locks.clone();
        tasks.spawn(async move {
            for round in 0..150_u32 {
                let awaits = (task + round) % 2 == 0;
                let tx = locks.begin().await_nodes(awaits).await;
                for step in 0..3 {
                    let object = format!("o{}", (task * 7 + round * 3 + step) % 4);
                    match tx.lock(object, if step == 0 { Read } else { Write }).await {
                        Ok(_) | Err(ClaimError::Withdrawn { .. }) => {}
                        Err(ClaimError::Lost { .. }) => {
                            assert!(!awaits, "who awaits nodes is served");
                            break;
                        }
                        Err(error) => panic!("{error}"),
                    }
                    tokio::task::yield_now().await;
                }
                if awaits {
                    tx.await_all().await.unwrap();
                    tx.lock_nowait(claim("x", Write)).unwrap();
                }
            }
        });
    }
    let fails = async {
        for _ in 0..200 {
            locks.node().expect("a node in this process alone").fail();
            tokio::task::yield_now().await;
        }
    };
    fails.await;
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    nothing_is_left(&locks);
}
