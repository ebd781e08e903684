//! Certificates: what is said is encrypted, and a node is who its certificate says, at both ends.

mod cluster;

use std::time::Duration;

use cluster::stranger::{Stranger, knock};
use cluster::{Authority, SECRET, all_there, builder, lock_and_end, ports};
use lock_server::{
    Answer, AskError, ClusterBuilder, ClusterNode, Credentials, Question, Secret, StartError, Tls, Whom, ask,
};
use tonic::transport::{Certificate, ClientTlsConfig, Identity};

const SOON: Duration = Duration::from_secs(10);

async fn two_nodes(authority: &Authority, ports: &[u16]) -> [ClusterNode; 2] {
    let one = builder(0, ports).tls(authority.tls("n1")).start().await.expect("it starts");
    let other = builder(1, ports).tls(authority.tls("n2")).start().await.expect("it starts");
    [one, other]
}

#[tokio::test]
async fn nodes_with_certificates_of_one_authority_lock_at_each_other() {
    let (authority, ports) = (Authority::new(), ports(2));
    let [one, other] = two_nodes(&authority, &ports).await;
    all_there(&[&one, &other]).await;
    lock_and_end(one.member(), "a", &["n1", "n2"]).await;
    assert_eq!(other.connections().known, 1);
}

#[tokio::test]
async fn a_certificate_of_one_node_does_not_play_another_one() {
    let (authority, ports) = (Authority::new(), ports(2));
    let own = builder(1, &ports).tls(authority.tls("n1")).start().await;
    let Err(StartError::Settings(mistakes)) = own else { panic!("it started") };
    assert!(mistakes[0].starts_with("tls_certificate: the certificate is not for n2"), "{mistakes:?}");

    // As somebody who listens: where n1 looks for n2, there is n3.
    let ports = cluster::ports(3);
    let one = builder(0, &ports[..2]).tls(authority.tls("n1")).start().await.expect("it starts");
    let other =
        ClusterBuilder::new("n3").listen(format!("127.0.0.1:{}", ports[1])).peer("n1", one.address().to_string());
    let other = other.tls(authority.tls("n3")).start().await.expect("it starts");
    let whom: Whom = format!("n2={}", other.address()).parse().expect("a node");
    let credentials = Credentials { secret: None, tls: Some(authority.tls("n1")) };
    let told = ask(&whom, &credentials, &Question::Node, SOON).await.expect_err("it is n3").to_string();
    assert!(told.contains("not valid for name \"n2\""), "{told}");
    assert_eq!((one.connections().known, other.connections().known), (0, 0));

    // As somebody who dials: with n3's certificate it says to be n2.
    let (certificate, key) = authority.certify("n3");
    let config = ClientTlsConfig::new()
        .identity(Identity::from_pem(certificate, key))
        .ca_certificate(Certificate::from_pem(authority.pem()))
        .domain_name("n1");
    let mut liar = Stranger::connect(one.address(), Some(config)).await.expect("its certificate is a good one");
    let told = liar.refused(knock("gordian", "n2", "n1", (1, 1))).await;
    assert!(told.contains("the certificate is not for n2"), "{told}");
}

#[tokio::test]
async fn who_has_no_certificate_of_the_authority_is_not_talked_to() {
    let (authority, other, ports) = (Authority::new(), Authority::new(), ports(2));
    let node = builder(0, &ports).tls(authority.tls("n1")).start().await.expect("it starts");
    let whom = Whom { node: Some("n1".into()), address: node.address().to_string() };
    let asked = async |tls: Option<Tls>| {
        let credentials = Credentials { secret: None, tls };
        ask(&whom, &credentials, &Question::Node, SOON).await
    };
    assert!(matches!(asked(Some(authority.tls("somebody"))).await, Ok(Answer::Node(_))));
    for stranger in [None, Some(other.tls("somebody"))] {
        let refused = asked(stranger).await;
        assert!(matches!(refused, Err(AskError::NotReached { .. })), "{refused:?}");
    }
}

#[tokio::test]
async fn who_asks_says_whom_and_finds_nobody_else() {
    let (authority, ports) = (Authority::new(), ports(2));
    let node = builder(0, &ports).tls(authority.tls("n1")).start().await.expect("it starts");
    let credentials = Credentials { secret: None, tls: Some(authority.tls("somebody")) };
    let asked = async |whom: String| {
        ask(&whom.parse().expect("a node"), &credentials, &Question::Node, SOON)
            .await
            .map_err(|error| error.to_string())
    };
    let at = node.address();
    assert!(asked(format!("n1={at}")).await.is_ok());
    let told = asked(format!("n2={at}")).await.expect_err("it is n1");
    assert!(told.contains("not valid for"), "{told}");
    let told = asked(at.to_string()).await.expect_err("no name");
    assert!(told.contains("it has to be said which node is wanted"), "{told}");
}

#[tokio::test]
async fn with_a_secret_besides_both_are_demanded() {
    let (authority, ports) = (Authority::new(), ports(2));
    let secret = || Secret::new(SECRET).expect("long enough");
    let node = builder(0, &ports).tls(authority.tls("n1")).secret(secret()).start().await.expect("it starts");
    let whom: Whom = format!("n1={}", node.address()).parse().expect("a node");
    let asked = async |secret| {
        let credentials = Credentials { secret, tls: Some(authority.tls("somebody")) };
        ask(&whom, &credentials, &Question::Node, SOON).await
    };
    assert!(asked(Some(secret())).await.is_ok());
    assert!(matches!(asked(None).await, Err(AskError::NotTrusted { .. })));
}

#[test]
fn every_mistake_of_the_three_texts_is_told() {
    let authority = Authority::new();
    let (certificate, key) = authority.certify("n1");
    let (_, other_key) = authority.certify("n1");
    let told = |authority: &str, certificate: &str, key: &str| {
        Tls::new(authority, certificate, key).expect_err("something is wrong").0
    };
    let all = told("no", "no", "no");
    assert_eq!(all.len(), 3, "{all:?}");
    for (mistake, setting) in all.iter().zip(["tls_ca: ", "tls_certificate: ", "tls_key: "]) {
        assert!(mistake.starts_with(setting), "{mistake}");
    }
    assert_eq!(told(&authority.pem(), &certificate, &other_key), ["tls_key: it is not the key of the certificate"]);
    assert!(!format!("{:?}", Tls::new(authority.pem(), certificate, key)).contains("PRIVATE"));
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_a_mistake_at_the_start() {
    let (authority, other, ports) = (Authority::new(), Authority::new(), ports(2));
    let (certificate, key) = other.certify("n1");
    let tls = Tls::new(authority.pem(), certificate, key).expect("each by itself is good");
    let Err(StartError::Settings(mistakes)) = builder(0, &ports).tls(tls).start().await else { panic!("it started") };
    assert_eq!(mistakes, ["tls_certificate: the certificate was not signed by the authority in `tls_ca`"]);
}

#[tokio::test]
async fn names_that_no_certificate_can_have_are_mistakes_with_certificates_only() {
    let authority = Authority::new();
    let mistakes = ClusterBuilder::new("n1").peer("nöte", "127.0.0.1:7402").tls(authority.tls("n1")).mistakes();
    assert!(mistakes.len() == 1 && mistakes[0].contains("`nöte` cannot stand in a certificate"), "{mistakes:?}");
    assert_eq!(ClusterBuilder::new("n1").peer("nöte", "127.0.0.1:7402").mistakes(), [""; 0]);
}
