//! Nodes in one process, and waiting for what is to come.

use std::sync::Arc;
use std::time::Duration;

use lock_agent::{
    Candidacy, Election, Following, Locks, Member, MemoryNetwork, NodeId, Participant, Require, Timing, Token, Turn,
};

/// How long anything may take: far longer than it does.
const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const TIMING: Timing = Timing { node_timeout: 600, recovery_timeout: 1_200 };

pub(crate) struct Cluster {
    pub(crate) network: Arc<MemoryNetwork>,
    pub(crate) names: Vec<NodeId>,
    pub(crate) locks: Vec<Option<Locks>>,
}

impl Cluster {
    /// Nodes `n1`, `n2` and so on, in touch with each other.
    pub(crate) async fn start(size: usize) -> Self {
        let mut cluster = Self::of_none_yet(size);
        (0..size).for_each(|at| cluster.start_node(at));
        cluster.all_in_touch().await;
        cluster
    }

    /// That many nodes, and none of them started.
    pub(crate) fn of_none_yet(size: usize) -> Self {
        let names = (1..=size).map(|at| NodeId::new(format!("n{at}"))).collect();
        Self { network: MemoryNetwork::new(), names, locks: vec![None; size] }
    }

    pub(crate) fn start_node(&mut self, at: usize) {
        let member = Member::in_memory(&self.names[at], &self.names, TIMING, &self.network);
        self.locks[at] = Some(Locks::of(&member));
    }

    /// Nobody hears from a node any more, and it is gone as soon as nobody here has anything of it.
    pub(crate) fn kill_node(&mut self, at: usize) {
        self.cut_off(at);
        self.locks[at] = None;
    }

    pub(crate) async fn all_in_touch(&self) {
        for locks in self.locks.iter().flatten() {
            let mut presence = locks.member().expect("a cluster").presence();
            presence.wait_for(|peers| peers.values().all(|peer| peer.is_up)).await.expect("it lives");
        }
    }

    pub(crate) fn at(&self, at: usize) -> &Locks {
        self.locks[at].as_ref().expect("the node is there")
    }

    pub(crate) fn election(&self, require: Require) -> Election {
        Election::named("leader").expect("a name").on(self.names.clone()).require(require)
    }

    pub(crate) fn stand(&self, at: usize, require: Require) -> Candidacy {
        self.election(require).campaign(self.at(at))
    }

    pub(crate) fn work(&self, at: usize) -> Following {
        self.election(Require::Majority).follow(self.at(at))
    }

    /// Cuts a node off from all others.
    pub(crate) fn cut_off(&self, at: usize) {
        let others = (0..self.names.len()).filter(|other| *other != at);
        others.for_each(|other| self.network.cut(&self.names[at], &self.names[other]));
    }
}

/// Who takes part, candidate or worker.
pub(crate) trait TakesPart {
    async fn turn(&mut self) -> Option<Turn>;
}

impl TakesPart for Candidacy {
    async fn turn(&mut self) -> Option<Turn> {
        self.next().await
    }
}

impl TakesPart for Following {
    async fn turn(&mut self) -> Option<Turn> {
        self.next().await
    }
}

pub(crate) async fn next(who: &mut impl TakesPart) -> Turn {
    let turn = tokio::time::timeout(PATIENCE, who.turn());
    turn.await.expect("it does not hang").expect("its node is there")
}

/// Reads turns until one says something.
pub(crate) async fn until<T>(who: &mut impl TakesPart, mut says: impl FnMut(Turn) -> Option<T>) -> T {
    loop {
        if let Some(said) = says(next(who).await) {
            return said;
        }
    }
}

pub(crate) async fn elected(who: &mut Candidacy) -> Token {
    until(who, |turn| if let Turn::Elected { term } = turn { Some(term) } else { None }).await
}

pub(crate) async fn led(who: &mut impl TakesPart) -> (Participant, Token) {
    until(who, |turn| if let Turn::Led { by, term } = turn { Some((by, term)) } else { None }).await
}

pub(crate) async fn told(who: &mut impl TakesPart) -> (Token, Vec<u8>) {
    until(who, |turn| if let Turn::Told { term, body, .. } = turn { Some((term, body)) } else { None }).await
}

/// Looks again and again until something is so.
pub(crate) async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let looking = async {
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        while !is_so() {
            looks.tick().await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap_or_else(|_| panic!("it never came: {what}"));
}

/// Something stays so over many looks, for longer than a node may be silent.
pub(crate) async fn stays(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(TIMING.node_timeout / 20));
    for _ in 0..30 {
        looks.tick().await;
        assert!(is_so(), "{what}");
    }
}
