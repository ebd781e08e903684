//! Which node is asked.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

use lock_core::NodeId;
use tonic::transport::Endpoint;

use crate::network::dial::endpoint;
use crate::network::tls::Tls;

/// A node to be asked: `HOST:PORT`, or `NAME=HOST:PORT` if another one at that address is not wanted. Under TLS the name has to
/// be said, as it is what the certificate is good for.
///
/// ```
/// use lock_server::Whom;
///
/// # fn main() -> Result<(), std::convert::Infallible> {
/// let whom: Whom = "n1=127.0.0.1:7401".parse()?;
/// assert_eq!((whom.node, whom.address), (Some("n1".into()), String::from("127.0.0.1:7401")));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whom {
    /// Its name, if only that one is wanted.
    pub node: Option<NodeId>,
    /// Where it listens.
    pub address: String,
}

impl Whom {
    pub(super) fn endpoint(&self, tls: Option<&Tls>) -> Result<Endpoint, String> {
        match (tls, &self.node) {
            (Some(tls), Some(node)) => endpoint(&self.address, Some(tls.client(node.as_str()))),
            (Some(_), None) => {
                Err(format!("with certificates it has to be said which node is wanted, as in n1={}", self.address))
            }
            (None, _) => endpoint(&self.address, None),
        }
    }
}

impl FromStr for Whom {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text.split_once('=') {
            Some((node, address)) => Self { node: Some(NodeId::new(node)), address: address.to_owned() },
            None => Self { node: None, address: text.to_owned() },
        })
    }
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{node}={}", self.address),
            None => f.write_str(&self.address),
        }
    }
}
