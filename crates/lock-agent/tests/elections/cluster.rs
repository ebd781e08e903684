//! Who takes part in an election, and waiting for what is to come.

use std::time::Duration;

use lock_agent::{Candidacy, Election, Following, Participant, Require, Token, Turn};

use crate::TIMING;
pub(crate) use crate::nodes::Cluster;

/// How long anything may take: far longer than it does.
const PATIENCE: Duration = Duration::from_secs(30);

impl Cluster {
    pub(crate) fn election(&self, require: Require) -> Election {
        Election::named("leader").expect("a name").on(self.names.clone()).require(require)
    }

    pub(crate) fn stand(&self, at: usize, require: Require) -> Candidacy {
        self.election(require).campaign(self.locks(at))
    }

    pub(crate) fn work(&self, at: usize) -> Following {
        self.election(Require::Majority).follow(self.locks(at))
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
