//! Watchers see each change, in the order of the versions, and hold nothing.
#![allow(missing_docs, clippy::unwrap_used)]

use lock_agent::Mode::{Read, Write};
use lock_agent::{Locks, Scope, Version, claim};

#[tokio::test]
async fn a_watch_of_an_object_sees_that_object_only() {
    let locks = Locks::local();
    let mut watch = locks.watch("db/1", Scope::Object).unwrap();
    let tx = locks.begin().await;
    tx.lock_many([claim("db/2", Write), claim("db/1/below", Write)]).await.unwrap();
    assert!(watch.try_next().is_none());
    tx.lock("db/1", Read).await.unwrap();
    let change = watch.next().await.unwrap();
    assert_eq!((change.object.as_str(), change.holders[0].tx, change.holders[0].mode), ("db/1", tx.id(), Read));
    tx.end();
    assert!(watch.next().await.unwrap().holders.is_empty());
    assert!(watch.try_next().is_none());
    assert_eq!(locks.status().claims, 0, "a watch holds nothing");
}

#[tokio::test]
async fn a_watch_of_a_subtree_sees_all_below() {
    let locks = Locks::local();
    let mut watch = locks.watch("db", Scope::Subtree).unwrap();
    let (tx, waiter) = (locks.begin().await, locks.begin().await);
    tx.lock("db/users/7", Write).await.unwrap();
    assert_eq!(watch.next().await.unwrap().object.as_str(), "db/users/7");
    waiter.lock_nowait(claim("db", Write)).unwrap();
    let change = watch.next().await.unwrap();
    assert_eq!((change.object.as_str(), change.waiters[0].tx), ("db", waiter.id()));
    tx.lock("dbx/1", Write).await.unwrap();
    assert!(watch.try_next().is_none());
}

#[tokio::test]
async fn versions_grow_over_entries_that_become_empty() {
    let locks = Locks::local();
    let mut watch = locks.watch("a", Scope::Object).unwrap();
    let mut last = Version::default();
    for _ in 0..100 {
        let tx = locks.begin().await;
        tx.lock("a", Write).await.unwrap();
        tx.end();
        for _ in 0..2 {
            let version = watch.next().await.unwrap().version;
            assert!(version > last);
            last = version;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn versions_come_in_order_under_contention() {
    let locks = Locks::local();
    let mut watch = locks.watch("a", Scope::Object).unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let locks = locks.clone();
        tasks.spawn(async move {
            for _ in 0..20 {
                let tx = locks.begin().await;
                tx.lock("a", Write).await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let mut last = Version::default();
    while let Some(change) = watch.try_next() {
        assert!(change.version > last && change.holders.len() <= 1);
        last = change.version;
    }
    assert!(last > Version::default());
}

#[tokio::test]
async fn a_slow_watcher_is_let_go_and_told_so() {
    let locks = Locks::local();
    let mut slow = locks.watch("a", Scope::Object).unwrap();
    for _ in 0..1000 {
        locks.begin().await.lock("a", Write).await.unwrap();
    }
    let mut read = 0;
    let ended = loop {
        match slow.next().await {
            Ok(_) => read += 1,
            Err(ended) => break ended,
        }
    };
    assert_eq!((read, ended.object.as_str()), (1024, "a"));
    let mut next = locks.watch("a", Scope::Object).unwrap();
    locks.begin().await.lock("a", Write).await.unwrap();
    next.next().await.unwrap();
}

#[tokio::test]
async fn a_watch_ends_when_it_is_dropped_and_when_its_node_is_gone() {
    let locks = Locks::local();
    let (dropped, mut stays) = (locks.watch("a", Scope::Object).unwrap(), locks.watch("a", Scope::Object).unwrap());
    drop(dropped);
    locks.begin().await.lock("a", Write).await.unwrap();
    assert!(stays.next().await.is_ok() && stays.next().await.is_ok());
    drop(locks);
    assert!(stays.next().await.is_err());
}
