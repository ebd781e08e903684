//! Counters behind fencing tokens: what a lock protects.

use std::collections::BTreeMap;

use crate::telling::Answer;

/// A counter for each object. Whoever comes with an older token than one seen before is refused.
#[derive(Default)]
pub(super) struct Counters(BTreeMap<String, Counter>);

#[derive(Default)]
struct Counter {
    value: u64,
    newest: u64,
}

impl Counters {
    pub(super) fn read(&mut self, object: &str, token: u64) -> Answer {
        let counter = self.0.entry(object.to_owned()).or_default();
        if token < counter.newest {
            return Answer::TooOld;
        }
        counter.newest = token;
        Answer::Value(counter.value)
    }

    /// # Errors
    /// If this loses an update: somebody has raised it since it was read, and the tokens did not tell.
    pub(super) fn write(&mut self, object: &str, token: u64, value: u64) -> Result<Answer, String> {
        let counter = self.0.entry(object.to_owned()).or_default();
        if token < counter.newest {
            return Ok(Answer::TooOld);
        }
        let before = std::mem::replace(&mut counter.value, value);
        counter.newest = token;
        if value == before + 1 {
            return Ok(Answer::Written);
        }
        Err(format!("an update of {object} is lost: it was {before} and is made {value}, under token {token}"))
    }

    pub(super) fn total(&self) -> u64 {
        self.0.values().map(|counter| counter.value).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_with_an_older_token_is_refused() {
        let mut counters = Counters::default();
        assert_eq!(counters.read("a", 1), Answer::Value(0));
        assert_eq!(counters.read("a", 2), Answer::Value(0));
        assert_eq!(counters.write("a", 1, 1), Ok(Answer::TooOld));
        assert_eq!(counters.write("a", 2, 1), Ok(Answer::Written));
        assert_eq!(counters.total(), 1);
    }

    #[test]
    fn an_update_that_tokens_do_not_protect_is_found() {
        let mut counters = Counters::default();
        assert_eq!((counters.read("a", 7), counters.read("a", 7)), (Answer::Value(0), Answer::Value(0)));
        assert_eq!(counters.write("a", 7, 1), Ok(Answer::Written));
        assert!(counters.write("a", 7, 1).is_err());
    }
}
