//! A worker: it follows, and is not to be elected.

use std::collections::BTreeMap;

use lock_core::Token;

use super::attending::Attending;
use super::participant::{Participant, Role};
use super::turn::Turn;

/// A worker: it is told who leads and what the leader says, and cannot be elected. When it is dropped, it takes part no more.
#[derive(Debug)]
pub struct Following {
    pub(super) attending: Attending,
}

impl Following {
    /// The next thing that it is told. It never ends by itself; `Some`, to be read like a stream.
    ///
    /// # Cancel safety
    /// Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Turn> {
        self.attending.next().await
    }

    /// Its name among those who take part.
    pub fn me(&self) -> &Participant {
        self.attending.me()
    }

    /// Who leads, as far as it knows, and in which term.
    pub fn leader(&self) -> Option<(Participant, Token)> {
        self.attending.leader()
    }

    /// Who else takes part, as far as it knows.
    pub fn others(&self) -> BTreeMap<Participant, Role> {
        self.attending.others()
    }
}
