//! Bad input: a narrow error that says who, what and why; nothing half done, nothing leaked.
#![allow(missing_docs, clippy::unwrap_used)]

use lock_agent::IntoClaim as _;
use lock_agent::Mode::{Read, Write};
use lock_agent::{
    Claim, ClaimError, InvalidObject, Locks, NodeConfig, NodeId, Over, ReleaseError, Require, Scope, Status, TryError,
    claim,
};

fn plain(object: &str) -> Claim {
    claim(object, Write).into_claim().unwrap()
}

fn on(object: &str, nodes: &[&str], require: Require) -> Claim {
    Claim { nodes: nodes.iter().map(NodeId::new).collect(), require, ..plain(object) }
}

#[tokio::test]
async fn what_is_no_object_is_refused_by_every_call() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let deep = vec!["a"; 10_000].join("/");
    let long = "a".repeat(1 << 20);
    for bad in ["", "/", "a//b", "/a", "a/", "a\nb", &deep, &long] {
        let is_invalid =
            |error: &ClaimError| matches!(error, ClaimError::InvalidObject(_)) && error.to_string().len() < 300;
        assert!(is_invalid(&tx.lock(bad, Write).await.unwrap_err()));
        assert!(is_invalid(&tx.lock_nowait(claim(bad, Write)).unwrap_err()));
        assert!(is_invalid(&tx.lock_many([claim("fine", Write), claim(bad, Write)]).await.unwrap_err()));
        assert!(matches!(tx.try_lock(bad, Write), Err(TryError::Claim(error)) if is_invalid(&error)));
        assert!(matches!(tx.unlock(bad), Err(ReleaseError::InvalidObject(_))));
        assert!(matches!(tx.downgrade(bad), Err(ReleaseError::InvalidObject(_))));
        assert!(matches!(tx.surrender(bad), Err(ReleaseError::InvalidObject(_))));
        assert!(locks.watch(bad, Scope::Object).is_err() && locks.lock_info(bad).is_err());
    }
    assert!(matches!(tx.lock(Vec::<String>::new(), Read).await, Err(ClaimError::InvalidObject(InvalidObject::Empty))));
    assert_eq!((tx.status(), locks.status().claims), (Status::NoLocks, 0));
    locks.node().expect("a node in this process alone").check().unwrap();
}

#[tokio::test]
async fn a_transaction_has_no_more_claims_than_allowed_however_they_come_and_go() {
    let locks = Locks::with(NodeConfig { max_claims: 3, ..NodeConfig::default() });
    let tx = locks.begin().await;
    for _ in 0..10 {
        tx.lock("a", Write).await.unwrap();
        tx.unlock("a").unwrap();
        tx.lock("db/1", Write).await.unwrap();
        tx.lock("db", Write).await.unwrap();
        tx.unlock("db").unwrap();
        tx.unlock("db/1").unwrap();
    }
    tx.lock_many([plain("a"), plain("b"), plain("c")]).await.unwrap();
    let error = tx.lock("d", Write).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} has 3 claims, which is the limit", tx.id()));
    assert!(matches!(tx.try_lock("d", Write), Err(TryError::Claim(ClaimError::TooManyClaims { limit: 3, .. }))));
    tx.unlock("b").unwrap();
    assert!(matches!(tx.lock_many([plain("d"), plain("e")]).await, Err(ClaimError::TooManyClaims { .. })));
    assert_eq!(locks.status().claims, 2, "all or none");
    tx.lock("d", Write).await.unwrap();
    let other = locks.begin().await;
    other.lock("e", Write).await.expect("the limit is each one's own");
}

/// Two calls withdraw the same claim; it is not counted twice.
#[tokio::test]
async fn a_claim_given_back_under_a_waiting_call_is_not_counted_twice() {
    let locks = Locks::with(NodeConfig { max_claims: 2, ..NodeConfig::default() });
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("a", Write).await.unwrap();
    for _ in 0..5 {
        let mut waits = Box::pin(tx.lock("a", Write));
        assert!(futures_util::poll!(&mut waits).is_pending());
        tx.unlock("a").unwrap();
        let error = waits.await.unwrap_err();
        assert!(matches!(error, ClaimError::Withdrawn { .. }), "{error}");
    }
    tx.lock_many([plain("b"), plain("c")]).await.unwrap();
    assert!(matches!(tx.lock("d", Write).await, Err(ClaimError::TooManyClaims { .. })));
}

#[tokio::test]
async fn a_million_claims_are_the_limit_and_go_at_once() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let limit = locks.node().expect("a node in this process alone").max_claims();
    tx.lock_many((0..limit).map(|index| claim(format!("o/{index}"), Write))).await.unwrap();
    assert!(matches!(tx.lock("one/more", Write).await, Err(ClaimError::TooManyClaims { .. })));
    assert_eq!(locks.status().claims, limit as usize);
    tx.end();
    assert_eq!(locks.status().claims, 0);
}

#[tokio::test]
async fn nothing_is_done_after_the_end() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    tx.lock("a", Write).await.unwrap();
    tx.try_end().unwrap();
    assert_eq!(tx.try_end(), Err(Over::Ended(tx.id())));
    let ended = |error: ClaimError| assert_eq!(error, ClaimError::Over(Over::Ended(tx.id())));
    ended(tx.lock("a", Write).await.unwrap_err());
    ended(tx.lock_many([plain("a")]).await.unwrap_err());
    ended(tx.lock_nowait(plain("a")).unwrap_err());
    ended(tx.await_all().await.unwrap_err());
    assert!(matches!(tx.try_lock("a", Write), Err(TryError::Claim(ClaimError::Over(_)))));
    assert!(matches!(tx.unlock("a"), Err(ReleaseError::Over(_))));
    assert!(matches!(tx.downgrade("a"), Err(ReleaseError::Over(_))));
    assert!(matches!(tx.surrender("a"), Err(ReleaseError::Over(_))));
    assert_eq!((tx.status(), locks.status().claims), (Status::Ended, 0));
}

#[tokio::test]
async fn who_gives_back_what_it_does_not_hold_is_told_who_does() {
    let locks = Locks::local();
    let (holder, tx) = (locks.begin().await, locks.begin().await);
    holder.lock("db/7", Write).await.unwrap();
    let error = tx.unlock("db/7").unwrap_err().to_string();
    assert_eq!(error, format!("{} does not hold db/7 (not held by it but by {})", tx.id(), holder.id()));
    assert!(matches!(tx.downgrade("db/7"), Err(ReleaseError::NotHeld(_))));
    assert!(matches!(tx.surrender("db/7"), Err(ReleaseError::NotHeld(_))));
    assert!(tx.unlock("free").unwrap_err().to_string().contains("not held by anybody"));
    let error = tx.try_lock("db", Read).unwrap_err().to_string();
    assert!(error.contains(&holder.id().to_string()) && error.contains("db/7"), "{error}");
    assert_eq!(locks.status().claims, 1);
}

#[tokio::test]
async fn a_transaction_never_waits_for_itself() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    for mode in [Read, Write, Read] {
        tx.lock("a/b", mode).await.unwrap();
        tx.lock("a", mode).await.unwrap();
        tx.lock("a/b/c", mode).await.unwrap();
        tx.lock_many([claim("a/b", mode), claim("a/b", Write)]).await.unwrap();
        tx.try_lock("a/b", Write).unwrap();
    }
    locks.node().expect("a node in this process alone").check().unwrap();
}

#[tokio::test]
async fn a_claim_on_a_node_that_is_not_there_cannot_be_served() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let error = tx.lock_nowait(on("a", &["n7"], Require::All)).unwrap_err();
    assert!(matches!(error, ClaimError::CannotServe { .. }));
    assert!(error.to_string().contains("n7") && error.to_string().contains("n1"), "{error}");
    tx.lock_many([on("a", &["n1", "n7"], Require::Any)]).await.expect("one of them is enough");
    assert!(tx.lock_many([plain("b"), on("c", &["n7"], Require::All)]).await.is_err());
    assert_eq!(locks.status().claims, 1);
}

#[tokio::test]
async fn a_claim_on_other_conditions_conflicts_whichever_came_first() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    tx.lock_nowait(on("a", &["n1"], Require::Any)).unwrap();
    let error = tx.lock("a", Write).await.unwrap_err();
    assert!(matches!(error, ClaimError::ConflictingClaim { had: Require::Any, wanted: Require::All, .. }), "{error}");
    tx.lock("b", Write).await.unwrap();
    let error = tx.lock_nowait(on("b", &["n1"], Require::Any)).unwrap_err();
    assert!(matches!(error, ClaimError::ConflictingClaim { had: Require::All, wanted: Require::Any, .. }), "{error}");
    let both = [on("c", &["n1"], Require::Any), plain("c")];
    assert!(matches!(tx.lock_many(both).await, Err(ClaimError::ConflictingClaim { .. })));
    tx.lock("c", Write).await.expect("nothing is left of the batch");
    tx.unlock("a").unwrap();
    tx.lock("a", Write).await.expect("what was given back may be claimed anew");
}

#[tokio::test]
async fn a_refused_batch_leaves_no_conditions_behind() {
    let locks = Locks::local();
    let tx = locks.begin().await;
    let batch = [on("a", &["n1"], Require::Any), on("b", &["n7"], Require::All)];
    assert!(matches!(tx.lock_many(batch).await, Err(ClaimError::CannotServe { .. })));
    tx.lock("a", Write).await.expect("it was never claimed");
}
