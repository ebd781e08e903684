//! Who follows, and who comes late.

use lock_agent::{Require, Role, Turn};

use crate::cluster::{Cluster, elected, eventually, led, next, stays};

#[tokio::test]
async fn workers_are_told_who_leads_and_never_lead() {
    let cluster = Cluster::start(3).await;
    let mut early = cluster.work(1);
    let mut leader = cluster.stand(0, Require::Majority);
    let term = elected(&mut leader).await;
    let mut late = cluster.work(2);
    assert_eq!(led(&mut early).await, (leader.me().clone(), term));
    assert_eq!(led(&mut late).await, (leader.me().clone(), term));
    let before = leader.me().clone();
    drop(leader);
    assert!(matches!(next(&mut early).await, Turn::Unled { term: over } if over == term));
    stays("workers do not lead", || early.leader().is_none() && late.leader().is_none()).await;
    let mut next_leader = cluster.stand(2, Require::Majority);
    let after = elected(&mut next_leader).await;
    assert_eq!(led(&mut early).await, (next_leader.me().clone(), after));
    assert_ne!(*next_leader.me(), before, "who stands again is another participant");
}

#[tokio::test]
async fn all_know_each_other_and_who_goes_is_forgotten() {
    let mut cluster = Cluster::start(3).await;
    let first = cluster.stand(0, Require::Majority);
    let second = cluster.stand(1, Require::Majority);
    let worker = cluster.work(2);
    let far = cluster.work(1);
    eventually("all are known", || {
        first.others().len() == 3 && second.others().len() == 3 && worker.others().len() == 3
    })
    .await;
    assert_eq!(first.others()[second.me()], Role::Candidate);
    assert_eq!(first.others()[worker.me()], Role::Worker);
    drop(second);
    eventually("who went is forgotten", || first.others().len() == 2 && worker.others().len() == 2).await;
    drop(worker);
    cluster.kill_node(2);
    eventually("so is all of a node that is gone", || first.others().keys().eq([far.me()])).await;
}

#[tokio::test]
async fn a_worker_that_was_cut_off_learns_who_leads_now() {
    let cluster = Cluster::start(3).await;
    let mut worker = cluster.work(2);
    let mut first = cluster.stand(0, Require::Majority);
    let before = elected(&mut first).await;
    assert_eq!(led(&mut worker).await, (first.me().clone(), before));
    cluster.cut_off(2);
    assert!(matches!(next(&mut worker).await, Turn::Unled { .. }));
    drop(first);
    let mut second = cluster.stand(1, Require::Majority);
    let after = elected(&mut second).await;
    cluster.network.heal();
    assert_eq!(led(&mut worker).await, (second.me().clone(), after));
}
