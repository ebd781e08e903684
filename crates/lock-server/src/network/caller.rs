//! Who is at the other end of a stream, as far as its connection tells.

use std::sync::Arc;

use lock_core::NodeId;
use rustls::pki_types::CertificateDer;
use tonic::Extensions;
use tonic::transport::server::TlsConnectInfo;

use super::lobby::{Known, Pass};
use super::tls;

/// The other end of a stream.
pub(super) struct Caller {
    pass: Arc<Pass>,
    /// What it has shown, under TLS: proved to come from the authority.
    certificates: Option<Arc<Vec<CertificateDer<'static>>>>,
}

impl Caller {
    /// What the connection has left with a request. Nothing, if it did not come through the lobby.
    pub(super) fn of(extensions: &Extensions) -> Option<Self> {
        let under_tls = extensions.get::<TlsConnectInfo<Arc<Pass>>>();
        Some(Self {
            pass: extensions.get::<Arc<Pass>>()?.clone(),
            certificates: under_tls.and_then(TlsConnectInfo::peer_certs),
        })
    }

    /// Whether it may say to be a node. Without TLS there are no certificates, and the secret alone tells.
    ///
    /// # Errors
    /// Why it may not.
    pub(super) fn may_be(&self, node: &NodeId) -> Result<(), String> {
        match self.certificates.as_ref().and_then(|certificates| certificates.first()) {
            Some(certificate) => tls::is_for(certificate, node.as_str()),
            None => Ok(()),
        }
    }

    /// It has proved who it is. Its connection may stay for as long as this is kept.
    pub(super) fn know(&self) -> Known {
        self.pass.know()
    }
}
