//! Nodes of a cluster over real sockets, for tests: names, ports, certificates, and waiting for what will happen.

#![allow(dead_code)] // each test needs a part of it

pub(crate) mod stranger;

use std::sync::{Arc, Weak};
use std::time::Duration;

use lock_core::{Call, Claim, Mode, NodeId, Timing, TransactionOptions, TxId};
use lock_server::{ClusterBuilder, ClusterNode, Member, Resident, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use tokio::sync::Notify;

pub(crate) const SECRET: &str = "a secret of the cluster";

/// Free ports of this machine.
pub(crate) fn ports(count: usize) -> Vec<u16> {
    let listeners: Vec<_> =
        (0..count).map(|_| std::net::TcpListener::bind("127.0.0.1:0").expect("loopback is there")).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("it listens").port()).collect()
}

/// Node `n1` or `n2`, …, at its port, with all others for peers.
pub(crate) fn builder(at: usize, ports: &[u16]) -> ClusterBuilder {
    let timing = Timing { node_timeout: 5_000, recovery_timeout: 10_000 };
    let builder = ClusterBuilder::new(name(at)).listen(format!("127.0.0.1:{}", ports[at])).timing(timing);
    let others = (0..ports.len()).filter(|other| *other != at);
    others.fold(builder, |builder, other| builder.peer(name(other), format!("127.0.0.1:{}", ports[other])))
}

pub(crate) fn name(at: usize) -> String {
    format!("n{}", at + 1)
}

/// How long anything may take: far longer than it does.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something is true of which nobody is told: counts of connections and of tasks. Looks again every few milliseconds.
pub(crate) async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let looks = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

pub(crate) async fn all_there(nodes: &[&ClusterNode]) {
    for node in nodes {
        let mut seen = node.member().presence();
        let all = seen.wait_for(|peers| peers.values().all(|peer| peer.is_up));
        tokio::time::timeout(PATIENCE, all).await.expect("they meet").expect("it lives");
    }
}

/// Whoever waits for a transaction: woken when it may stand otherwise.
#[derive(Default)]
struct Waiter(Notify);

impl Resident for Waiter {
    fn stirred(&self, _: &lock_core::NodeMachine) {
        self.0.notify_one();
    }
}

/// Locks something of some nodes, waits for it, and gives it back.
pub(crate) async fn lock_and_end(member: &Arc<Member>, object: &str, nodes: &[&str]) {
    let waiter = Arc::<Waiter>::default();
    let resident: Arc<dyn Resident> = waiter.clone();
    let tx = member.begin(TransactionOptions::default(), Arc::downgrade(&resident));
    let _ends = Ends(member, tx);
    claim(member, tx, object, nodes).expect("claimed");
    let granted = async {
        while !member.claims(tx).iter().all(|claim| claim.granted.is_some()) {
            waiter.0.notified().await;
        }
    };
    tokio::time::timeout(PATIENCE, granted).await.expect("it is granted");
}

/// Ends a transaction, also if whoever waits for it is stopped.
struct Ends<'member>(&'member Arc<Member>, TxId);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

/// Begins a transaction that nobody waits for.
pub(crate) fn begin(member: &Arc<Member>) -> TxId {
    member.begin(TransactionOptions::default(), Weak::<Waiter>::new())
}

pub(crate) fn claim(member: &Arc<Member>, tx: TxId, object: &str, nodes: &[&str]) -> Result<(), lock_core::CallError> {
    let mut claim = Claim::new(object.parse().expect("an object"), Mode::Write);
    claim.nodes = nodes.iter().map(NodeId::new).collect();
    member.call(tx, Call::Lock(vec![claim]))
}

/// An authority that signs certificates.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("signed"))
    }

    /// A certificate for a name, and its key, as text.
    pub(crate) fn certify(&self, name: &str) -> (String, String) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.0).expect("signed");
        (certificate.pem(), key.serialize_pem())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// All that a node needs, with a certificate for this name.
    pub(crate) fn tls(&self, name: &str) -> Tls {
        let (certificate, key) = self.certify(name);
        Tls::new(self.pem(), certificate, key).expect("good ones")
    }
}
