//! At the node of a cluster: keys are locked at home.
use lock_agent::{
    HandOverError, KeyTimeoutError, KeyedMutex, Locks, Member, MemoryNetwork, NodeId, Owner, Timing, WhyNot,
};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn keys_are_locked_waited_for_and_released_at_the_home_node() {
    let network = MemoryNetwork::new();
    let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &network);
    let locks = Locks::of(&member);
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let guard = mutex.lock(&me, "a").await.unwrap();
    assert!(guard.is_held() && mutex.lock(&me, "a").await.is_err());
    assert_eq!(mutex.owner("a").unwrap(), Some(me.id()));
    assert_eq!(mutex.try_lock(&other, "a").unwrap_err().held_by(), Some(me.id()));
    let late = mutex.lock_timeout(&other, "a", Duration::from_millis(5)).await;
    assert!(matches!(late, Err(KeyTimeoutError::Elapsed { holders, .. }) if holders == [me.id()]));
    let refused = guard.give_to(&other).unwrap_err();
    assert!(matches!(refused.why, WhyNot::HandOver(HandOverError::InACluster { .. })));
    assert!(refused.guard.is_held());
    drop(refused);
    assert_eq!(mutex.lock_all(&other, ["b", "a"]).await.unwrap().len(), 2);
    assert_eq!(mutex.release_all(&other), Ok(0), "released with their guards");
    assert!(mutex.lock(&Owner::new(&Locks::local()), "a").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_try_in_vain_leaves_a_waiting_call_of_its_owner_in_line() {
    let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &MemoryNetwork::new());
    let locks = Locks::of(&member);
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let in_the_way = mutex.lock(&other, "a").await.unwrap();
    let mut waits = Box::pin(mutex.lock(&me, "a"));
    assert!(futures_util::poll!(&mut waits).is_pending());
    assert!(mutex.try_lock(&me, "a").is_err());
    drop(in_the_way);
    assert!(waits.await.unwrap().is_held());
}

#[tokio::test(start_paused = true)]
async fn calls_of_one_owner_that_are_dropped_give_back_what_nobody_needs() {
    let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &MemoryNetwork::new());
    let locks = Locks::of(&member);
    let mutex = KeyedMutex::<String>::new(&locks, "m").unwrap().reentrant();
    let (me, other) = (Owner::new(&locks), Owner::new(&locks));
    let (read, theirs) = (mutex.read(&me, "a").await.unwrap(), mutex.read(&other, "a").await.unwrap());
    let mut one = Box::pin(mutex.lock(&me, "a"));
    let mut more = Box::pin(mutex.lock(&me, "a"));
    assert!(futures_util::poll!(&mut one).is_pending() && futures_util::poll!(&mut more).is_pending());
    drop(one);
    drop(theirs);
    let write = more.await.unwrap();
    assert!(mutex.try_read(&other, "a").is_err());
    drop(write);
    let theirs = mutex.try_read(&other, "a").unwrap();
    let mut again = Box::pin(mutex.lock(&me, "a"));
    assert!(futures_util::poll!(&mut again).is_pending());
    drop(again);
    assert!(read.is_held() && mutex.try_read(&Owner::new(&locks), "a").is_ok(), "nobody waits for write");
    drop((read, theirs));
    let mut waits = (Box::pin(mutex.lock(&me, "b")), mutex.lock(&other, "b").await.unwrap());
    assert!(futures_util::poll!(&mut waits.0).is_pending());
    drop(waits);
    assert!(mutex.try_lock(&Owner::new(&locks), "b").is_ok());
}

#[tokio::test(start_paused = true)]
async fn what_a_try_of_a_transaction_was_given_stays_when_a_call_that_waited_for_it_is_dropped() {
    let member = Member::in_memory(&NodeId::new("n1"), &[], Timing::default(), &MemoryNetwork::new());
    let locks = Locks::of(&member);
    let (tx, other) = (locks.begin().await, locks.begin().await);
    let _read = tx.lock("a", lock_agent::Mode::Read).await.unwrap();
    let _theirs = other.lock("a", lock_agent::Mode::Read).await.unwrap();
    let mut waits = Box::pin(tx.lock("a", lock_agent::Mode::Write));
    assert!(futures_util::poll!(&mut waits).is_pending());
    other.unlock("a").unwrap();
    let write = tx.try_lock("a", lock_agent::Mode::Write).unwrap();
    drop(waits);
    assert!(write.is_held(), "it was given to a caller");
}
