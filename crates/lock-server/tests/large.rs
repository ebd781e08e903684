//! Nodes that have much to say to each other: it goes over in pieces that both can take in, and what cannot is refused to
//! whoever asked for it.

mod cluster;

use std::sync::Arc;

use cluster::{all_there, begin, builder, lock_and_end, ports, until};
use lock_core::{Call, CallError, Claim, ClaimError, Mode, NodeId};
use lock_server::{ClusterNode, Member};

/// How long an object's text is here, with a number of four digits.
const LONG: usize = 4_000;

/// Two nodes that have met.
async fn two() -> [ClusterNode; 2] {
    let ports = ports(2);
    let [one, other] = [0, 1].map(|at| builder(at, &ports).start());
    let nodes = [one.await.expect("it starts"), other.await.expect("it starts")];
    all_there(&[&nodes[0], &nodes[1]]).await;
    nodes
}

/// Claims of as many long objects, on the other node.
fn claims(name: u32, count: u32) -> Vec<Claim> {
    let segment = "x".repeat(248);
    let long = [segment.as_str(); 17].join("/");
    let claim = |number| {
        let object = format!("{name:04}/{}/{number:04}", &long[..LONG - 10]);
        let mut claim = Claim::new(object.parse().expect("an object"), Mode::Write);
        claim.nodes = vec![NodeId::new("n2")];
        claim
    };
    (0..count).map(claim).collect()
}

fn all_granted(member: &Arc<Member>, tx: lock_core::TxId, count: usize) -> bool {
    let claims = member.claims(tx);
    claims.len() == count && claims.iter().all(|claim| claim.granted.is_some())
}

#[tokio::test]
async fn what_is_too_much_for_one_packet_goes_over_in_several() {
    let [one, _other] = two().await;
    let member = one.member();
    // All in one moment, so all of it waits to be said: more than a packet may have, in fewer frames.
    let transactions: Vec<_> = (0..50).map(|_| begin(member)).collect();
    for (name, tx) in (0..).zip(&transactions) {
        member.call(*tx, Call::Lock(claims(name, 100))).expect("claimed");
    }
    until("all is granted", || transactions.iter().all(|tx| all_granted(member, *tx, 100))).await;
    transactions.into_iter().for_each(|tx| member.end(tx));
}

#[tokio::test]
async fn a_batch_that_fits_into_no_message_is_refused_and_changes_nothing() {
    let [one, _other] = two().await;
    let member = one.member();
    let tx = begin(member);
    let refused = member.call(tx, Call::Lock(claims(0, 4_000))).expect_err("too much");
    let CallError::Claim(ClaimError::TooLarge { tx: who, bytes, limit }) = refused else { panic!("{refused}") };
    assert_eq!((who, bytes, limit), (tx, 4_000 * (LONG + 32), 14 * 1024 * 1024));
    assert!(member.claims(tx).is_empty());
    member.end(tx);
    lock_and_end(member, "a", &["n1", "n2"]).await;
}

#[tokio::test]
async fn the_largest_batch_that_is_taken_in_is_granted() {
    let [one, _other] = two().await;
    let member = one.member();
    let tx = begin(member);
    let count = 14 * 1024 * 1024 / (u32::try_from(LONG).expect("it is small") + 32);
    member.call(tx, Call::Lock(claims(0, count))).expect("it fits");
    until("it is granted", || all_granted(member, tx, count as usize)).await;
    member.end(tx);
}
