//! Nodes over real sockets in one process.

use std::sync::Arc;
use std::time::Duration;

use lock_agent::{ClusterBuilder, ClusterNode, Locks, Mode, Secret, StartError, Timing, claim};

const NAMES: [&str; 3] = ["n1", "n2", "n3"];

/// Free ports of this machine.
fn ports() -> Vec<u16> {
    let listeners: Vec<_> =
        NAMES.iter().map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is there")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("it listens").port()).collect()
}

fn builder(at: usize, ports: &[u16], secret: &str) -> ClusterBuilder {
    let others = (0..NAMES.len()).filter(|other| *other != at);
    let timing = Timing { node_timeout: 2_000, recovery_timeout: 4_000 };
    let builder = ClusterBuilder::new(NAMES[at]).listen(format!("127.0.0.1:{}", ports[at])).timing(timing);
    let builder = builder.secret(Secret::new(secret).expect("long enough"));
    others.fold(builder, |builder, other| builder.peer(NAMES[other], format!("127.0.0.1:{}", ports[other])))
}

async fn all_there(node: &ClusterNode) {
    let mut seen = node.member().presence();
    within(seen.wait_for(|peers| peers.values().all(|peer| peer.is_up))).await.expect("it lives");
}

async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("it does not hang")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lock_on_three_nodes_is_had_by_one_after_the_other() {
    let ports = ports();
    let mut nodes = Vec::new();
    for at in 0..3 {
        nodes.push(builder(at, &ports, "a secret of the cluster").start().await.expect("it starts"));
    }
    for node in &nodes {
        all_there(node).await;
    }
    let counter = Arc::new(parking_lot::Mutex::new(0));
    let tasks = (0..9).map(|task| {
        let (locks, counter) = (Locks::of(nodes[task % 3].member()), counter.clone());
        tokio::spawn(async move {
            for _ in 0..20 {
                let tx = locks.begin().await;
                let guards = tx.lock_many([claim("a", Mode::Write).on(NAMES)]).await.expect("served");
                let before = *counter.lock();
                tokio::task::yield_now().await;
                assert!(guards[0].is_held());
                *counter.lock() = before + 1;
                tx.end();
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        within(task).await.expect("no panic");
    }
    assert_eq!(*counter.lock(), 180);
}

#[tokio::test]
async fn who_does_not_know_the_secret_is_not_let_in() {
    let ports = ports();
    let one = builder(0, &ports, "a secret of the cluster").start().await.expect("it starts");
    let other = builder(1, &ports, "some other secret of it").start().await.expect("it starts");
    let mut seen = one.member().presence();
    let met =
        tokio::time::timeout(Duration::from_millis(500), seen.wait_for(|peers| peers.values().any(|peer| peer.is_up)));
    assert!(met.await.is_err(), "they met");
    drop(other);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once() {
    let started = ClusterBuilder::new("n 1").listen("0.0.0.0:0").peer("n2", "nowhere").max_claims(0).start().await;
    let Err(StartError::Settings(mistakes)) = started else { panic!("it started") };
    assert_eq!(mistakes.len(), 4, "{mistakes:#?}");
}
