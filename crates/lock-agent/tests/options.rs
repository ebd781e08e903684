//! What a transaction may choose, and what follows from it.
#![allow(missing_docs, clippy::unwrap_used)]

mod leftovers;

use std::time::Duration;

use futures_util::{FutureExt, poll};
use leftovers::nothing_is_left;
use lock_agent::Mode::{Read, Write};
use lock_agent::{ClaimError, Event, Events, Flag, Locks, Over, Status, Transaction, TryError, claim};

/// `younger` has `b` and waits for `a`, which `older` has; then `older` wants `b`.
fn close_a_circle(older: &Transaction) {
    older.lock_nowait(claim("b", Write)).unwrap();
}

async fn next(events: &mut Events) -> Event {
    events.next().await.expect("an event")
}

#[tokio::test]
async fn who_was_told_of_what_it_would_lose_aborts() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().abort_on_deadlock(true).await);
    older.lock("a", Write).await.unwrap();
    let guard = younger.lock("b", Write).await.unwrap();
    let mut waits = Box::pin(younger.lock("a", Write));
    assert!(poll!(&mut waits).is_pending());
    close_a_circle(&older);
    let Err(ClaimError::Over(Over::Aborted { tx, deadlock })) = waits.await else { panic!("aborted") };
    assert_eq!(tx, younger.id());
    assert_eq!(deadlock.members().collect::<Vec<_>>(), [older.id(), younger.id()]);
    assert!(!guard.is_held());
    assert_eq!(younger.status(), Status::Aborted);
    assert!(matches!(younger.await_all().await, Err(ClaimError::Over(Over::Aborted { .. }))));
    assert!(matches!(younger.try_lock("free", Read), Err(TryError::Claim(ClaimError::Over(Over::Aborted { .. })))));
    assert!(younger.unlock("b").is_err());
    older.await_all().await.unwrap();
    younger.try_end().unwrap();
    assert_eq!(younger.try_end(), Err(Over::Ended(younger.id())));
    older.end();
    nothing_is_left(&locks);
}

#[tokio::test]
async fn who_was_not_told_surrenders_instead_of_aborting() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().abort_on_deadlock(true).await);
    older.lock("a", Write).await.unwrap();
    younger.lock_nowait(claim("b", Write)).unwrap();
    younger.lock_nowait(claim("a", Write)).unwrap();
    close_a_circle(&older);
    older.await_all().await.unwrap();
    older.end();
    assert_eq!(younger.await_all().await.unwrap().deadlocks.len(), 1);
}

/// A deadline makes the transaction go another way inside; what it is told of is the same.
#[tokio::test]
async fn a_lock_is_told_of_with_a_deadline_too() {
    let locks = Locks::local();
    let older = locks.begin().await;
    let younger = locks.begin().abort_on_deadlock(true).deadline(Duration::from_mins(1)).await;
    older.lock("a", Write).await.unwrap();
    younger.lock("b", Write).await.unwrap();
    assert!(younger.info().claims[0].told);
    let mut waits = Box::pin(younger.lock("a", Write));
    assert!(poll!(&mut waits).is_pending());
    close_a_circle(&older);
    assert!(matches!(waits.await, Err(ClaimError::Over(Over::Aborted { .. }))));
}

#[tokio::test]
async fn being_told_by_a_lock_is_seen_in_the_table_with_a_deadline() {
    let locks = Locks::local();
    let tx = locks.begin().deadline(Duration::from_mins(1)).await;
    tx.lock("a", Write).await.unwrap();
    assert!(locks.transaction_claims(tx.id())[0].told);
    tx.lock_many([claim("b", Write), claim("c", Write)]).await.unwrap();
    assert!(locks.transaction_claims(tx.id()).iter().all(|claim| claim.told));
}

#[tokio::test]
async fn the_lower_priority_gives_way_whatever_its_age() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().priority(-1).await, locks.begin().await);
    let a = older.lock("a", Write).await.unwrap();
    let b = younger.lock("b", Write).await.unwrap();
    younger.lock_nowait(claim("a", Write)).unwrap();
    close_a_circle(&older);
    assert!(!a.is_held() && b.is_unbroken());
}

#[tokio::test]
async fn a_priority_changed_while_waiting_counts() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().await);
    let a = older.lock("a", Write).await.unwrap();
    let b = younger.lock("b", Write).await.unwrap();
    younger.lock_nowait(claim("a", Write)).unwrap();
    younger.change_flag(Flag::Priority(5));
    close_a_circle(&older);
    assert!(!a.is_held() && b.is_unbroken());
}

#[tokio::test]
async fn abort_on_deadlock_switched_on_while_waiting_counts() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().await);
    older.lock("a", Write).await.unwrap();
    younger.lock("b", Write).await.unwrap();
    let mut waits = Box::pin(younger.lock("a", Write));
    assert!(poll!(&mut waits).is_pending());
    younger.change_flag(Flag::AbortOnDeadlock(true));
    close_a_circle(&older);
    assert!(matches!(waits.await, Err(ClaimError::Over(Over::Aborted { .. }))));
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_what_waits_is_withdrawn_and_what_it_has_stays() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().deadline(Duration::from_secs(5)).await);
    holder.lock("a", Write).await.unwrap();
    let has = tx.lock("b", Write).await.unwrap();
    tx.lock_nowait(claim("a", Read)).unwrap();
    let started = tokio::time::Instant::now();
    let error = tx.lock("a", Write).await.unwrap_err();
    assert!(matches!(error, ClaimError::DeadlineOver { .. }), "{error}");
    assert_eq!(started.elapsed(), Duration::from_secs(5));
    assert!(has.is_unbroken());
    assert!(locks.lock_info("a").unwrap().waiters.is_empty());
    assert!(
        matches!(tx.lock("a", Write).await, Err(ClaimError::DeadlineOver { .. })),
        "nothing is waited for any more"
    );
    assert!(matches!(
        tx.lock_many([claim("a", Write), claim("free", Write)]).await,
        Err(ClaimError::DeadlineOver { .. })
    ));
    assert!(locks.lock_info("free").unwrap().holders.is_empty(), "all or nothing");
    tx.lock("free", Write).await.expect("what can be had at once needs no waiting");
    tx.lock_many([claim("free/2", Write), claim("free2", Write)]).await.expect("the same for many");
    drop((holder, tx));
    nothing_is_left(&locks);
}

#[tokio::test(start_paused = true)]
async fn a_grant_before_the_deadline_is_in_time_however_late_it_is_seen() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().deadline(Duration::from_secs(5)).await);
    holder.lock("a", Write).await.unwrap();
    let mut waits = Box::pin(tx.lock("a", Write));
    assert!(poll!(&mut waits).is_pending());
    holder.end();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokio::task::yield_now().await;
    waits.await.expect("granted in time");
}

#[tokio::test(start_paused = true)]
async fn deadlines_come_in_their_order_however_they_were_set() {
    let locks = Locks::local();
    let holder = locks.begin().await;
    holder.lock("a", Write).await.unwrap();
    let waiting = [7_u64, 3, 9, 1, 5].map(|seconds| {
        let tx = locks.begin().deadline(Duration::from_secs(seconds)).start();
        async move {
            let started = tokio::time::Instant::now();
            tx.lock("a", Read).await.unwrap_err();
            (seconds, started.elapsed().as_secs())
        }
    });
    for (wanted, had) in futures_util::future::join_all(waiting).await {
        assert_eq!(wanted, had);
    }
}

/// Real time and several threads: the timer that fires and the one that is set next meet.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_deadline_is_forgotten_under_contention() {
    let locks = Locks::local();
    let holder = locks.begin().await;
    holder.lock("a", Write).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..64_u64 {
        let locks = locks.clone();
        tasks.spawn(async move {
            for round in 0..10 {
                let tx = locks.begin().deadline(Duration::from_millis(1 + (task + round) % 7)).await;
                assert!(matches!(tx.lock("a", Read).await, Err(ClaimError::DeadlineOver { .. })));
            }
        });
    }
    tasks.join_all().await;
    holder.end();
    nothing_is_left(&locks);
}

#[tokio::test(start_paused = true)]
async fn at_the_end_of_its_lease_a_transaction_is_over_and_told_what_it_lost() {
    let locks = Locks::local();
    let tx = locks.begin().lease(Duration::from_secs(5)).await;
    let mut events = tx.events();
    let guard = tx.lock("a", Write).await.unwrap();
    let waiter = locks.begin().await;
    waiter.lock("a", Write).await.unwrap();
    assert!(!guard.is_held());
    assert_eq!(tx.losses(), [guard.object().clone()]);
    assert_eq!(tx.status(), Status::Ended);
    assert!(matches!(tx.lock("b", Write).await, Err(ClaimError::Over(Over::Ended(_)))));
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        seen.push(event);
    }
    assert!(seen.contains(&Event::Lost { object: guard.object().clone() }), "{seen:?}");
    assert_eq!(seen.last(), Some(&Event::Status(Status::Ended)));
    drop((tx, waiter));
    nothing_is_left(&locks);
}

#[tokio::test]
async fn events_come_in_the_order_in_which_things_happened() {
    let locks = Locks::local();
    let (older, younger) = (locks.begin().await, locks.begin().await);
    let mut events = younger.events();
    older.lock("a", Write).await.unwrap();
    younger.lock("b", Write).await.unwrap();
    assert_eq!(next(&mut events).await, Event::Status(Status::HaveAllLocks { deadlocks: Vec::new() }));
    younger.lock_nowait(claim("a", Write)).unwrap();
    assert_eq!(next(&mut events).await, Event::Status(Status::Waiting));
    close_a_circle(&older);
    let Event::Deadlock(deadlock) = next(&mut events).await else { panic!("the deadlock first") };
    assert_eq!(deadlock.way_out.victim(), Some(younger.id()));
    older.end();
    assert!(matches!(next(&mut events).await, Event::Granted { mode: Write, .. }));
    let Event::Status(Status::HaveAllLocks { deadlocks }) = next(&mut events).await else { panic!("has all") };
    assert!(matches!(next(&mut events).await, Event::Granted { mode: Write, .. }));
    assert_eq!(deadlocks.len(), 1);
    younger.end();
    assert_eq!(next(&mut events).await, Event::Status(Status::Ended));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn reading_of_a_grant_tells_the_caller_of_it() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    let mut events = tx.events();
    holder.lock("a", Write).await.unwrap();
    tx.lock_nowait(claim("a", Write)).unwrap();
    holder.end();
    assert!(!locks.transaction_claims(tx.id())[0].told);
    while !matches!(next(&mut events).await, Event::Granted { .. }) {}
    assert!(locks.transaction_claims(tx.id())[0].told);
}

#[tokio::test]
async fn a_slow_reader_is_told_how_much_it_missed() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let mut events = tx.events();
    for _ in 0..1000 {
        let holder = locks.begin().await;
        holder.lock("a", Write).await.unwrap();
        tx.lock_nowait(claim("a", Write)).unwrap();
        holder.end();
        tokio::task::yield_now().await;
        tx.unlock("a").unwrap();
        tokio::task::yield_now().await;
    }
    let mut read = 0_u64;
    while tokio::task::unconstrained(events.next()).now_or_never().is_some() {
        read += 1;
    }
    assert_eq!(read, 1024, "the buffer is bounded");
    tx.lock("b", Write).await.unwrap();
    let Event::Missed(missed) = next(&mut events).await else { panic!("told of what was missed first") };
    assert!(missed > 0);
    assert!(matches!(next(&mut events).await, Event::Status(Status::HaveAllLocks { .. })));
}

#[tokio::test]
async fn events_of_a_transaction_that_is_over_end() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    tx.try_end().unwrap();
    let mut events = tx.events();
    while let Some(event) = events.next().await {
        assert_eq!(event, Event::Status(Status::Ended));
    }
    tx.change_flag(Flag::Notify(true));
    drop(tx);
    assert_eq!(locks.node().expect("a node in this process alone").party_count(), 0);
}

#[tokio::test]
async fn no_agent_outlives_its_transaction() {
    let alive = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
    let before = alive();
    let locks = Locks::local();
    let with_node = alive();
    for round in 0..20 {
        let tx = locks.begin().notify(round % 2 == 0).monitor_nodes(true).await;
        let events = tx.events();
        tx.lock("a", Write).await.unwrap();
        if round % 3 == 0 {
            tx.try_end().unwrap();
            tx.change_flag(Flag::Notify(true));
            drop(tx.events());
        }
        drop(tx);
        drop(events);
    }
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(alive(), with_node);
    assert_eq!(locks.node().expect("a node in this process alone").party_count(), 0);
    drop(locks);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(alive(), before);
}
