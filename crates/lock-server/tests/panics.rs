//! A panic while a table is held breaks that life of the node, and no more.
#![allow(missing_docs, clippy::unwrap_used)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};

use lock_core::{Ask, Deadlock, Fact, Incarnation, LostClaim, Mode, Object, TxId, TxProfile};
use lock_server::{Node, NodeConfig, Party, RequestError, Stopped};

struct Fragile {
    tx: TxId,
    incarnation: AtomicU64,
    touched: AtomicU64,
    panics: AtomicBool,
    lost: AtomicU64,
    woken: AtomicU64,
}

impl Fragile {
    fn new(node: &Node) -> Arc<Self> {
        let incarnation = AtomicU64::new(node.incarnation().0);
        let zero = || AtomicU64::new(0);
        let (panics, touched, lost, woken) = (AtomicBool::new(false), zero(), zero(), zero());
        Arc::new(Self { tx: node.next_tx(), incarnation, touched, panics, lost, woken })
    }
}

impl Party for Fragile {
    fn profile(&self) -> TxProfile {
        TxProfile::new(self.tx)
    }
    fn may_act(&self, incarnation: Incarnation) -> bool {
        assert!(!self.panics.load(SeqCst), "a panic while the table is held");
        incarnation.0 == self.incarnation.load(SeqCst)
    }
    fn touch(&self, shard: usize) {
        self.touched.fetch_or(1 << shard, SeqCst);
    }
    fn touched(&self) -> u64 {
        self.touched.load(SeqCst)
    }
    fn known(&self) {}
    fn is_known(&self) -> bool {
        true
    }
    fn resolved(&self, _: &Arc<Deadlock>) {}
    fn lost(&self, claims: &[LostClaim]) {
        self.lost.fetch_add(claims.len() as u64, SeqCst);
    }
    fn told(&self, _: &Fact) {}
    fn time_is_over(&self) {}
    fn wake(&self) {
        self.woken.fetch_add(1, SeqCst);
    }
}

fn object() -> Object {
    "a".parse().unwrap()
}

#[tokio::test]
async fn a_panic_while_a_table_is_held_gives_the_node_a_new_life_although_nobody_comes_by() {
    let node = Node::start(NodeConfig::default());
    let (holder, waiter, fragile) = (Fragile::new(&node), Fragile::new(&node), Fragile::new(&node));
    node.request(&holder, &object(), Mode::Write, Ask::WAIT).unwrap();
    node.request(&waiter, &object(), Mode::Write, Ask::WAIT).unwrap();
    let before = node.incarnation();
    fragile.panics.store(true, SeqCst);
    let request = || node.request(&fragile, &object(), Mode::Write, Ask::WAIT);
    assert!(catch_unwind(AssertUnwindSafe(request)).is_err());
    while waiter.woken.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    assert!(node.incarnation() > before);
    assert_eq!(waiter.lost.load(SeqCst), 1, "who waited is told");
    assert_eq!(node.take_losses(holder.tx).len(), 1, "who had it is told when it asks");
    let old = node.request(&holder, &object(), Mode::Write, Ask::WAIT);
    assert_eq!(old.unwrap_err(), RequestError::Stopped(Stopped), "of the life before");
    let new = Fragile::new(&node);
    node.request(&new, &object(), Mode::Write, Ask::TRY).expect("the node serves");
    assert_eq!(node.statistics().recoveries, 1);
    node.check().unwrap();
}

/// Those who wait for the table itself while its holder panics must not get the broken one.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_goes_on_with_a_broken_table() {
    let node = Node::start(NodeConfig { shards: 1, ..NodeConfig::default() });
    let mut tasks = tokio::task::JoinSet::new();
    for task in 0..8 {
        let node = node.clone();
        tasks.spawn_blocking(move || {
            for round in 0..100 {
                let party = Fragile::new(&node);
                party.panics.store((task + round) % 25 == 0, SeqCst);
                let request = || node.request(&party, &object(), Mode::Read, Ask::TRY);
                if let Ok(Ok(_)) = catch_unwind(AssertUnwindSafe(request)) {
                    node.remove(&*party);
                }
            }
        });
    }
    tasks.join_all().await;
    assert!(node.statistics().recoveries > 0);
    assert_eq!((node.claim_count(), node.party_count()), (0, 0));
    node.check().unwrap();
}
