//! Transactions across nodes: real tasks, real time, and a network in memory.

use std::sync::Arc;
use std::time::Duration;

use lock_agent::{ClaimError, Locks, Member, MemoryNetwork, Mode, NodeId, Require, Timing, claim};

/// Three nodes that know each other.
struct Cluster {
    network: Arc<MemoryNetwork>,
    names: Vec<NodeId>,
    members: Vec<Arc<Member>>,
}

impl Cluster {
    async fn start() -> Self {
        let names: Vec<NodeId> = ["n1", "n2", "n3"].map(NodeId::new).to_vec();
        let network = MemoryNetwork::new();
        let timing = Timing { node_timeout: 1_000, recovery_timeout: 2_000 };
        let members: Vec<_> = names.iter().map(|name| Member::in_memory(name, &names, timing, &network)).collect();
        for member in &members {
            let mut seen = member.members();
            seen.wait_for(|peers| peers.iter().all(|(peer, up)| *up || peer == member.name())).await.expect("it lives");
        }
        Self { network, names, members }
    }

    fn locks(&self, at: usize) -> Locks {
        Locks::of(&self.members[at])
    }
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it does not hang")
}

#[tokio::test]
async fn a_claim_on_all_nodes_is_granted_by_all() {
    let cluster = Cluster::start().await;
    let tx = cluster.locks(0).begin().await;
    let guards = within(tx.lock_many([claim("a", Mode::Write).on(cluster.names.clone())])).await.expect("free");
    assert!(guards[0].is_held());
    let object = "a".parse().expect("an object");
    for member in &cluster.members {
        assert_eq!(member.holders_and_waiters(&object).0.len(), 1);
    }
    tx.end();
    assert!(!guards[0].is_held());
    let next = cluster.locks(2).begin().await;
    within(next.lock_many([claim("a", Mode::Write).on(cluster.names.clone())])).await.expect("free again");
}

#[tokio::test]
async fn rings_over_nodes_are_resolved_and_everybody_is_served() {
    let cluster = Cluster::start().await;
    let tasks = (0..30).map(|at| {
        let (locks, names) = (cluster.locks(at % 3), cluster.names.clone());
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
    for member in &cluster.members {
        assert_eq!(member.status_of_table().claims, 0);
        member.check().expect("promises hold");
        eprintln!("{:?} deadlocks {}", member.view(), member.deadlocks().len());
    }
}

#[tokio::test]
async fn a_majority_goes_on_without_a_node_that_is_cut_off() {
    let cluster = Cluster::start().await;
    let [n1, n2, n3] = [0, 1, 2].map(|at| cluster.names[at].clone());
    let tx = cluster.locks(0).begin().await;
    let majority = claim("a", Mode::Write).on(cluster.names.clone()).require(Require::Majority);
    let guard = within(tx.lock_many([majority.clone()])).await.expect("free").remove(0);
    cluster.network.cut(&n1, &n3);
    cluster.network.cut(&n2, &n3);
    let mut seen = cluster.members[0].members();
    within(seen.wait_for(|peers| !peers[&n3])).await.expect("it lives");
    assert!(guard.is_held());
    let other = cluster.locks(2).begin().await;
    let refused = within(other.lock_many([majority])).await;
    assert!(matches!(refused, Err(ClaimError::CannotServe { .. })), "{refused:?}");
    cluster.network.heal();
    tx.end();
}
