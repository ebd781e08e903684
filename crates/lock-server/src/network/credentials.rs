//! What a node shows to others, and expects of them.

use super::secret::Secret;
use super::tls::Tls;

/// What a node, or who asks one, shows to others and expects of them. Each part is enough to leave loopback; if there are
/// both, both are demanded.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The secret of the cluster.
    pub secret: Option<Secret>,
    /// Certificates.
    pub tls: Option<Tls>,
}

impl Credentials {
    /// Whether anybody who comes is believed.
    pub fn are_none(&self) -> bool {
        self.secret.is_none() && self.tls.is_none()
    }
}
