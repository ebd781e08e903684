//! Nodes of a cluster over real sockets, for tests: names, ports, certificates, and waiting for what will happen.

#![allow(dead_code)] // each test needs a part of it

pub(crate) mod stranger;

use std::sync::{Arc, Weak};
use std::time::Duration;

use lock_core::{Call, Claim, Mode, NodeId, Timing, TransactionOptions, TxId};
use lock_server::{ClusterBuilder, ClusterNode, Member, Resident, Tls};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair};

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

/// Waits until something is true, and looks again every few milliseconds.
pub(crate) async fn until(what: &str, mut is: impl FnMut() -> bool) {
    let looks = async {
        while !is() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), looks).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

pub(crate) async fn all_there(nodes: &[&ClusterNode]) {
    for node in nodes {
        let mut seen = node.member().members();
        let all = seen.wait_for(|peers| peers.values().all(|up| *up));
        tokio::time::timeout(Duration::from_secs(20), all).await.expect("they meet").expect("it lives");
    }
}

/// A transaction that nobody waits for.
struct Quiet;

impl Resident for Quiet {
    fn stirred(&self, _: &lock_core::NodeMachine) {}
}

/// Locks something of some nodes, waits for it, and gives it back.
pub(crate) async fn lock_and_end(member: &Arc<Member>, object: &str, nodes: &[&str]) {
    let tx = begin(member);
    let _ends = Ends(member, tx);
    claim(member, tx, object, nodes).expect("claimed");
    until("it is granted", || member.claims(tx).iter().all(|claim| claim.granted.is_some())).await;
}

/// Ends a transaction, also if whoever waits for it is stopped.
struct Ends<'member>(&'member Arc<Member>, TxId);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

pub(crate) fn begin(member: &Arc<Member>) -> TxId {
    let quiet: Weak<dyn Resident> = Arc::<Quiet>::downgrade(&Arc::new(Quiet));
    member.begin(TransactionOptions::default(), quiet)
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
