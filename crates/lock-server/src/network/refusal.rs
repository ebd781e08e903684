//! What becomes of whoever does not come in: he is told why, and so is the log.

use std::time::Duration;

use lock_core::NodeId;

use super::complaints::Complaints;
use super::door::Out;

/// How one room turns people away.
pub(super) struct Refusal<P> {
    /// What the log says has happened.
    what: &'static str,
    /// How it is said to whoever came.
    packet: fn(String) -> P,
    complaints: Complaints,
}

impl<P> Refusal<P> {
    pub(super) fn new(what: &'static str, packet: fn(String) -> P) -> Self {
        Self { what, packet, complaints: Complaints::default() }
    }

    /// What comes of a meeting within that time; `None` if whoever came was refused.
    pub(super) async fn unless<T>(
        &self,
        node: &NodeId,
        meeting: impl Future<Output = Result<T, String>>,
        within: Duration,
        out: &Out<P>,
    ) -> Option<T> {
        let met = tokio::time::timeout(within, meeting).await;
        let why = match met.unwrap_or_else(|_| Err(String::from("it took too long"))) {
            Ok(met) => return Some(met),
            Err(why) => why,
        };
        self.complaints.say(node, self.what, &why);
        // Whoever does not listen is not waited for.
        let _ = tokio::time::timeout(within, out.send(Ok((self.packet)(why)))).await;
        None
    }
}
