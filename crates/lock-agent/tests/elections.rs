//! Elections over nodes in one process, with splits.

use std::sync::Arc;
use std::time::Duration;

use lock_agent::{Candidacy, Election, Locks, Member, MemoryNetwork, NodeId, Require, Timing, Token, Turn};

struct Cluster {
    network: Arc<MemoryNetwork>,
    names: Vec<NodeId>,
    members: Vec<Arc<Member>>,
}

impl Cluster {
    async fn start() -> Self {
        let names: Vec<NodeId> = ["n1", "n2", "n3"].map(NodeId::new).to_vec();
        let network = MemoryNetwork::new();
        let timing = Timing { node_timeout: 600, recovery_timeout: 1_200 };
        let members: Vec<_> = names.iter().map(|name| Member::in_memory(name, &names, timing, &network)).collect();
        for member in &members {
            member.members().wait_for(|peers| peers.values().all(|up| *up)).await.expect("it lives");
        }
        Self { network, names, members }
    }

    fn stand(&self, at: usize, require: Require) -> Candidacy {
        let election = Election::named("leader").expect("a name").on(self.names.clone()).require(require);
        election.campaign(&Locks::of(&self.members[at]))
    }

    /// Cuts the third node off from the others.
    fn split(&self) {
        self.network.cut(&self.names[0], &self.names[2]);
        self.network.cut(&self.names[1], &self.names[2]);
    }
}

async fn next(candidacy: &mut Candidacy) -> Turn {
    let turn = tokio::time::timeout(Duration::from_secs(20), candidacy.next());
    turn.await.expect("it does not hang").expect("it stands")
}

async fn elected(candidacy: &mut Candidacy) -> Token {
    loop {
        if let Turn::Elected { term } = next(candidacy).await {
            return term;
        }
    }
}

#[tokio::test]
async fn one_leads_and_when_it_stands_no_more_the_next_one_does_in_a_later_term() {
    let cluster = Cluster::start().await;
    let mut first = cluster.stand(0, Require::Majority);
    let before = elected(&mut first).await;
    let mut second = cluster.stand(1, Require::Majority);
    assert!(tokio::time::timeout(Duration::from_millis(50), second.next()).await.is_err());
    assert!(first.leads() && !second.leads());
    drop(first);
    assert!(elected(&mut second).await > before);
}

#[tokio::test]
async fn a_leader_that_is_cut_off_from_the_majority_steps_down_before_the_next_one_leads() {
    let cluster = Cluster::start().await;
    let mut third = cluster.stand(2, Require::Majority);
    let before = elected(&mut third).await;
    let mut first = cluster.stand(0, Require::Majority);
    cluster.split();
    let after = elected(&mut first).await;
    assert!(!third.leads(), "two lead at once");
    assert!(after > before);
    assert_eq!(next(&mut third).await, Turn::Lost);
    cluster.network.heal();
    assert!(tokio::time::timeout(Duration::from_millis(300), third.next()).await.is_err());
    assert!(first.leads());
}

#[tokio::test]
async fn of_two_leaders_of_a_split_one_leads_when_it_has_healed() {
    let cluster = Cluster::start().await;
    let mut first = cluster.stand(0, Require::AllAlive);
    elected(&mut first).await;
    let mut third = cluster.stand(2, Require::AllAlive);
    cluster.split();
    elected(&mut third).await;
    assert!(first.leads() && third.leads(), "each side has one");
    cluster.network.heal();
    let (mut times, mut alone) = (0, 0);
    while alone < 20 {
        tokio::time::timeout(Duration::from_millis(50), async { tokio::join!(first.next(), third.next()) }).await.ok();
        alone = if first.leads() != third.leads() { alone + 1 } else { 0 };
        times += 1;
        assert!(times < 200, "nobody leads alone");
    }
}
