//! Transactions across nodes: real tasks, real time, and a network in memory.

mod nodes;

use std::time::Duration;

use lock_agent::{ClaimError, Event, Mode, Require, Status, TimeoutError, Timing, TryError, claim};
use nodes::Cluster;

const TIMING: Timing = Timing { node_timeout: 1_000, recovery_timeout: 2_000 };

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it does not hang")
}

#[tokio::test]
async fn a_claim_on_all_nodes_is_granted_by_all() {
    let cluster = Cluster::start(3).await;
    let tx = cluster.locks(0).begin().await;
    let guards = within(tx.lock_many([claim("a", Mode::Write).on(cluster.names.clone())])).await.expect("free");
    assert!(guards[0].is_held());
    let object = "a".parse().expect("an object");
    for member in cluster.members() {
        assert_eq!(member.holders_and_waiters(&object).0.len(), 1);
    }
    tx.end();
    assert!(!guards[0].is_held());
    let next = cluster.locks(2).begin().await;
    within(next.lock_many([claim("a", Mode::Write).on(cluster.names.clone())])).await.expect("free again");
}

#[tokio::test]
async fn rings_over_nodes_are_resolved_and_everybody_is_served() {
    let cluster = Cluster::start(3).await;
    let tasks = (0..30).map(|at| {
        let (locks, names) = (cluster.locks(at % 3).clone(), cluster.names.clone());
        tokio::spawn(async move {
            for round in 0..10 {
                let tx = locks.begin().await;
                for step in 0..2 {
                    let which = (at + round + step) % 3;
                    let on = [names[which].clone()];
                    tx.lock_many([claim(["ring", names[which].as_str()], Mode::Write).on(on)]).await?;
                }
                tx.end();
            }
            Ok::<_, ClaimError>(())
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        within(task).await.expect("no panic").expect("served");
    }
    for member in cluster.members() {
        assert_eq!(member.status_of_table().claims, 0);
        member.check().expect("promises hold");
    }
}

#[tokio::test]
async fn a_majority_goes_on_without_a_node_that_is_cut_off() {
    let cluster = Cluster::start(3).await;
    let [n1, n2, n3] = [0, 1, 2].map(|at| cluster.names[at].clone());
    let tx = cluster.locks(0).begin().await;
    let majority = claim("a", Mode::Write).on(cluster.names.clone()).require(Require::Majority);
    let guard = within(tx.lock_many([majority.clone()])).await.expect("free").remove(0);
    cluster.network.cut(&n1, &n3);
    cluster.network.cut(&n2, &n3);
    let mut seen = cluster.member(0).presence();
    within(seen.wait_for(|peers| !peers[&n3].is_up)).await.expect("it lives");
    assert!(guard.is_held());
    let other = cluster.locks(2).begin().await;
    let refused = within(other.lock_many([majority])).await;
    assert!(matches!(refused, Err(ClaimError::CannotServe { .. })), "{refused:?}");
    cluster.network.heal();
    tx.end();
}

impl Cluster {
    /// Who has an object on a node, and how many wait for it there.
    fn at(&self, node: usize, object: &str) -> (usize, usize) {
        let object = object.parse().expect("an object");
        let (holders, waiters) = self.member(node).holders_and_waiters(&object);
        (holders.len(), waiters.len())
    }
}

/// Lets everything that is under way arrive: on one thread, when every other task has had its turns.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_future_that_is_dropped_leaves_nothing_in_any_line() {
    let cluster = Cluster::start(3).await;
    let (holder, waiter) = (cluster.locks(0).begin().await, cluster.locks(1).begin().await);
    let everywhere = || [claim("a", Mode::Write).on(cluster.names.clone())];
    within(holder.lock_many(everywhere())).await.expect("free");
    {
        let waits = waiter.lock_many(everywhere());
        tokio::pin!(waits);
        assert!(futures_util::poll!(waits.as_mut()).is_pending());
        settle().await;
        assert_eq!(cluster.at(2, "a"), (1, 1));
    }
    settle().await;
    assert_eq!([0, 1, 2].map(|node| cluster.at(node, "a")), [(1, 0); 3]);
    assert_eq!(waiter.status(), Status::NoLocks);
    holder.end();
    settle().await;
    assert_eq!([0, 1, 2].map(|node| cluster.at(node, "a")), [(0, 0); 3]);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_frees_every_node() {
    let cluster = Cluster::start(3).await;
    let tx = cluster.locks(0).begin().await;
    within(tx.lock_many([claim("a", Mode::Write).on(cluster.names.clone())])).await.expect("free");
    drop(tx);
    settle().await;
    assert_eq!([0, 1, 2].map(|node| cluster.at(node, "a")), [(0, 0); 3]);
}

#[tokio::test]
async fn a_timeout_and_a_try_leave_nothing_behind_and_name_the_holder() {
    let cluster = Cluster::start(3).await;
    let (holder, other) = (cluster.locks(0).begin().await, cluster.locks(0).begin().await);
    within(holder.lock("a", Mode::Write)).await.expect("free");
    let elapsed = within(other.lock_timeout("a", Mode::Write, Duration::from_millis(20))).await;
    let Err(TimeoutError::Elapsed { holders, .. }) = elapsed else { panic!("{elapsed:?}") };
    assert_eq!(holders, [holder.id()]);
    let refused = other.try_lock("a", Mode::Read);
    let Err(TryError::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.in_the_way.tx, holder.id());
    assert_eq!(cluster.at(0, "a"), (1, 0));
    assert!(other.try_lock("b", Mode::Write).expect("free").is_held());
}

#[tokio::test]
async fn a_unit_of_work_is_retried_with_its_age_until_it_is_done() {
    let cluster = Cluster::start(3).await;
    let work = async |at: usize, first: &'static str, second: &'static str| {
        let tries = std::cell::Cell::new(0);
        let (n1, n3) = (cluster.names[0].clone(), cluster.names[2].clone());
        let node = |object: &str| if object == "a" { n1.clone() } else { n3.clone() };
        let locks = cluster.locks(at);
        let done = locks.run(async |tx| {
            tries.set(tries.get() + 1);
            tx.lock_many([claim(first, Mode::Write).on([node(first)])]).await?;
            settle().await;
            tx.lock_many([claim(second, Mode::Write).on([node(second)])]).await?;
            Ok::<_, ClaimError>(())
        });
        done.await.expect("done in the end");
        tries.get()
    };
    let (one, other) = within(async { tokio::join!(work(0, "a", "b"), work(1, "b", "a")) }).await;
    assert_eq!(one + other, 3, "one of them was tried twice");
}

#[tokio::test]
async fn events_tell_of_grants_deadlocks_and_nodes() {
    let cluster = Cluster::start(3).await;
    let (n1, n2, n3) = (cluster.names[0].clone(), cluster.names[1].clone(), cluster.names[2].clone());
    let tx = cluster.locks(0).begin().monitor_nodes(true).await;
    let mut events = tx.events();
    within(tx.lock_many([claim("a", Mode::Write).on([n2.clone(), n1.clone()])])).await.expect("free");
    let mut seen = Vec::new();
    while !seen.iter().any(|event| matches!(event, Event::Status(Status::HaveAllLocks { .. }))) {
        seen.push(within(events.next()).await.expect("it lives"));
    }
    assert!(seen.iter().any(|event| matches!(event, Event::Granted { .. })), "{seen:?}");
    cluster.network.cut(&n1, &n3);
    assert!(matches!(within(events.next()).await, Some(Event::NodeDown { node }) if node == n3));
    cluster.network.cut(&n1, &n2);
    let lost = async {
        loop {
            if let Some(Event::Lost { object }) = events.next().await {
                return object;
            }
        }
    };
    assert_eq!(within(lost).await.as_str(), "a");
}

#[tokio::test]
async fn a_lost_lock_is_told_by_callback_event_guard_and_error() {
    let cluster = Cluster::start(3).await;
    let [n1, n2] = [0, 1].map(|at| cluster.names[at].clone());
    let tx = cluster.locks(0).begin().await;
    let (lost, mut told) = tokio::sync::mpsc::unbounded_channel();
    tx.on_lost(move |object| drop(lost.send(object)));
    let (mut events, mut more_events) = (tx.events(), tx.events());
    let guard = within(tx.lock_many([claim("a", Mode::Write).on([n2.clone()])])).await.expect("free").remove(0);
    cluster.network.cut(&n1, &n2);
    assert_eq!(within(told.recv()).await.expect("it is called").as_str(), "a");
    for events in [&mut events, &mut more_events] {
        let mut seen = Vec::new();
        while !matches!(seen.last(), Some(Event::Lost { .. })) {
            seen.push(within(events.next()).await.expect("it lives"));
        }
        assert!(!seen.iter().any(|event| matches!(event, Event::NodeDown { .. })), "without `monitor_nodes`: {seen:?}");
    }
    assert!(!guard.is_held());
    assert_eq!(tx.losses(), [guard.object().clone()]);
    let refused = within(tx.await_all()).await;
    assert!(matches!(refused, Err(ClaimError::CannotServe { .. })), "{refused:?}");
}

#[tokio::test]
async fn how_nodes_are_there_is_told_with_incarnation_and_since_when() {
    let cluster = Cluster::start(3).await;
    let [n1, n2] = [0, 1].map(|at| cluster.names[at].clone());
    let mut presence = cluster.member(0).presence();
    let up = presence.borrow_and_update()[&n2];
    assert_eq!((up.is_up, up.incarnation), (true, Some(cluster.member(1).view().incarnation)));
    cluster.network.cut(&n1, &n2);
    let down = within(presence.wait_for(|presence| !presence[&n2].is_up)).await.expect("it lives")[&n2];
    assert_eq!(down.incarnation, None);
    assert!(up.since < down.since && down.since <= cluster.member(0).now());
}

#[tokio::test]
async fn who_awaits_nodes_is_served_when_they_come_back() {
    let cluster = Cluster::start(3).await;
    let [n1, n3] = [0, 2].map(|at| cluster.names[at].clone());
    cluster.network.cut(&n1, &n3);
    let mut seen = cluster.member(0).presence();
    within(seen.wait_for(|peers| !peers[&n3].is_up)).await.expect("it lives");
    let tx = cluster.locks(0).begin().await_nodes(true).await;
    let waits = tx.lock_many([claim("a", Mode::Write).on([n3.clone()])]);
    let heals = async {
        settle().await;
        cluster.network.heal();
    };
    let (locked, ()) = within(async { tokio::join!(waits, heals) }).await;
    assert!(locked.expect("served")[0].is_held());
}

#[tokio::test]
async fn many_objects_of_the_home_node_are_tried_for_all_or_none() {
    let cluster = Cluster::start(2).await;
    let (one, other) = (cluster.locks(0).begin().await, cluster.locks(0).begin().await);
    let _b = one.lock("b", Mode::Write).await.expect("free");
    let refused = other.try_lock_many([("a", Mode::Write), ("b", Mode::Read)]);
    assert!(matches!(refused, Err(TryError::Refused(refused)) if refused.in_the_way.tx == one.id()));
    assert!(other.info().claims.is_empty() && one.try_lock("a", Mode::Write).is_ok(), "nothing was kept");
    let elsewhere = other.try_lock_many([claim("c", Mode::Read).on([cluster.names[1].clone()])]);
    assert!(matches!(elsewhere, Err(TryError::Elsewhere { .. })), "{elsewhere:?}");
    let guards = other.try_lock_many([("c", Mode::Read), ("d", Mode::Write), ("c", Mode::Write)]).expect("free");
    assert_eq!(
        guards.iter().map(|guard| (guard.is_held(), guard.mode())).collect::<Vec<_>>(),
        [(true, Mode::Write); 2]
    );
}

#[tokio::test]
async fn a_try_for_many_in_vain_keeps_nothing_also_if_one_is_waited_for() {
    let cluster = Cluster::start(2).await;
    let (one, other) = (cluster.locks(0).begin().await, cluster.locks(0).begin().await);
    let _a = one.lock("a", Mode::Write).await.expect("free");
    other.lock_nowait(("a", Mode::Write)).expect("in line");
    assert!(other.try_lock_many([("b", Mode::Write), ("a", Mode::Write)]).is_err());
    assert!(one.try_lock("b", Mode::Write).is_ok(), "nothing was kept");
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_is_in_nobodys_way_on_any_node() {
    let cluster = Cluster::start(2).await;
    let (one, two) = (cluster.locks(0).begin().await, cluster.locks(1).begin().await);
    let _read = one.lock("a", Mode::Read).await.expect("free");
    let _write = two.lock("a", Mode::Write).await.expect("free");
    let me = cluster.locks(0).begin().await;
    let both = |mode| claim("a", mode).on(cluster.names.clone());
    me.lock_nowait(both(Mode::Read)).expect("claimed"); // granted on the first node, waits on the second
    let soon = Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, me.lock_many([both(Mode::Write)])).await.is_err());
    let third = cluster.locks(0).begin().await;
    within(third.lock_many([claim("a", Mode::Read)])).await.expect("nobody waits for write");
}

#[tokio::test]
async fn a_call_that_is_dropped_gives_back_what_it_was_granted_and_nothing_else() {
    let cluster = Cluster::start(2).await;
    let there = |object, mode| claim(object, mode).on([cluster.names[1].clone()]);
    let (one, other) = (cluster.locks(0).begin().await, cluster.locks(1).begin().await);
    let _b = within(other.lock_many([there("b", Mode::Write)])).await.expect("free");
    one.lock_nowait(there("kept", Mode::Read)).expect("claimed");
    let read = within(one.lock_many([there("read", Mode::Read)])).await.expect("free").remove(0);
    let claims =
        [there("a", Mode::Write), there("b", Mode::Write), there("read", Mode::Write), there("kept", Mode::Read)];
    let soon = Duration::from_millis(50);
    assert!(tokio::time::timeout(soon, one.lock_many(claims)).await.is_err());
    let free = [there("a", Mode::Write), there("read", Mode::Read), there("kept", Mode::Read)];
    assert_eq!(within(other.lock_many(free)).await.expect("given back").len(), 3);
    let kept: Vec<String> = one.info().claims.iter().map(|claim| claim.object.to_string()).collect();
    assert_eq!((kept, read.is_held()), (vec!["kept".to_owned(), "read".to_owned()], true));
}

#[tokio::test]
async fn leases_and_deadlines_end_holding_and_waiting_on_other_nodes() {
    let cluster = Cluster::start(3).await;
    let on = || [claim("a", Mode::Write).on([cluster.names[2].clone()])];
    let holder = cluster.locks(0).begin().lease(Duration::from_millis(60)).await;
    let guard = within(holder.lock_many(on())).await.expect("free").remove(0);
    let late = cluster.locks(1).begin().deadline(Duration::from_millis(20)).await;
    let refused = within(late.lock_many(on())).await;
    assert!(matches!(refused, Err(ClaimError::DeadlineOver { .. })), "{refused:?}");
    let next = cluster.locks(1).begin().await;
    within(next.lock_many(on())).await.expect("the lease ends");
    assert!(!guard.is_held());
}
