//! Certificates: each node shows one that names it, and trusts those of one authority.
//!
//! Both ends show theirs. The dialer makes sure, as it is made, that the connection leads to the node that it wants; the acceptor looks at the certificate
//! again when the dialer has said who it is. So who has the key of n2 cannot play n1, neither as the one nor as the other.

use std::sync::Arc;
use std::time::Duration;

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error, RootCertStore};
use thiserror::Error;
use tonic::transport::{Certificate, ClientTlsConfig, Identity, ServerTlsConfig};

/// What a node shows, and whom it trusts, for connections under TLS. The key is never shown, nor logged.
///
/// All nodes of a cluster trust the same authority; a certificate that it has signed for the name of a node lets its owner
/// be that node. Certificates have to be good for servers and for clients, and are read once, at the start.
#[derive(Clone)]
pub struct Tls {
    authority: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
    parsed: Arc<Parsed>,
}

struct Parsed {
    roots: Arc<RootCertStore>,
    chain: Vec<CertificateDer<'static>>,
    provider: Arc<CryptoProvider>,
}

/// Why certificates cannot be used: a line for each mistake, that begins with the setting.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", .0.join("\n"))]
pub struct TlsError(pub Vec<String>);

impl Tls {
    /// From three texts in PEM form: the certificate of the authority, or several; the own certificate, followed by those
    /// between it and the authority, if there are any; and its key.
    ///
    /// # Errors
    /// [`TlsError`], with every mistake.
    pub fn new(
        authority: impl Into<Vec<u8>>,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Result<Self, TlsError> {
        let (authority, certificate, key) = (authority.into(), certificate.into(), key.into());
        let provider = provider();
        let roots = roots(&authority).map_err(|why| format!("tls_ca: {why}"));
        let chain = certificates(&certificate).map_err(|why| format!("tls_certificate: {why}"));
        let private = PrivateKeyDer::from_pem_slice(&key);
        let private = private.map_err(|_| String::from("tls_key: it has no key in PEM form"));
        match (roots, chain, private) {
            (Ok(roots), Ok(chain), Ok(private)) => {
                CertifiedKey::from_der(chain.clone(), private, &provider)
                    .map_err(|error| TlsError(vec![pair(&error)]))?;
                let parsed = Arc::new(Parsed { roots: Arc::new(roots), chain, provider });
                Ok(Self { authority, certificate, key, parsed })
            }
            (roots, chain, private) => {
                Err(TlsError([roots.err(), chain.err(), private.err()].into_iter().flatten().collect()))
            }
        }
    }

    /// Whether others, with the same authority, will take this for the certificate of a node.
    ///
    /// # Errors
    /// Why they will not.
    pub(super) fn check(&self, node: &str) -> Result<(), String> {
        let Parsed { roots, chain, provider } = &*self.parsed;
        let (own, between, now) = (&chain[0], &chain[1..], UnixTime::now());
        let wrong = |error: Error| refused(&error, node);
        let name = name(node)?;
        let servers = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let servers = servers.map_err(|error| error.to_string())?;
        servers.verify_server_cert(own, between, &name, &[], now).map_err(wrong)?;
        let clients = WebPkiClientVerifier::builder_with_provider(roots.clone(), provider.clone()).build();
        let clients = clients.map_err(|error| error.to_string())?;
        clients.verify_client_cert(own, between, now).map_err(wrong)?;
        Ok(())
    }

    /// How a node listens.
    pub(super) fn server(&self, within: Duration) -> ServerTlsConfig {
        ServerTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .client_ca_root(Certificate::from_pem(&self.authority))
            .timeout(within)
    }

    /// How a node is reached.
    pub(super) fn client(&self, node: &str) -> ClientTlsConfig {
        ClientTlsConfig::new()
            .identity(Identity::from_pem(&self.certificate, &self.key))
            .ca_certificate(Certificate::from_pem(&self.authority))
            .domain_name(node)
    }
}

/// Whether a certificate that was shown, and proved to come from the authority, names a node.
///
/// # Errors
/// Why it does not.
pub(super) fn is_for(certificate: &CertificateDer<'_>, node: &str) -> Result<(), String> {
    let parsed = ParsedCertificate::try_from(certificate).map_err(|error| error.to_string())?;
    verify_server_name(&parsed, &name(node)?).map_err(|error| refused(&error, node))
}

/// The name of a node as certificates write it.
pub(super) fn name(node: &str) -> Result<ServerName<'static>, String> {
    let name = ServerName::try_from(node.to_owned());
    name.map_err(|_| format!("`{node}` cannot stand in a certificate: letters, digits, `-` and `.` are allowed"))
}

fn refused(error: &Error, node: &str) -> String {
    match error {
        Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            format!("the certificate is not for {node}; it has to name it as a DNS name (subjectAltName)")
        }
        Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            String::from("the certificate was not signed by the authority in `tls_ca`")
        }
        other => other.to_string(),
    }
}

fn pair(error: &Error) -> String {
    match error {
        Error::InconsistentKeys(_) => String::from("tls_key: it is not the key of the certificate"),
        other => format!("tls_key: {other}"),
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, String> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let all = all.map_err(|error| format!("it is no PEM: {error}"))?;
    if all.is_empty() { Err(String::from("it has no certificate in PEM form")) } else { Ok(all) }
}

fn roots(pem: &[u8]) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(pem)? {
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}

/// Whatever the process has chosen; else `ring`, for the whole process, so that nobody has to guess.
fn provider() -> Arc<CryptoProvider> {
    // Fails if there is one already.
    let _ = ring::default_provider().install_default();
    CryptoProvider::get_default().cloned().unwrap_or_else(|| Arc::new(ring::default_provider()))
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tls(…)")
    }
}
