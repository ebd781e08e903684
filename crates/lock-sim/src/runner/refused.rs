//! The refusals of one command, or of one block, until `expect error` has spoken for each.

use super::Unmet;
use crate::{Outcome, Refusal, Step};

/// What the last command was refused with, and which of it was expected.
#[derive(Default)]
pub(super) struct Refused(Vec<One>);

struct One {
    unmet: Unmet,
    text: String,
    expected: bool,
}

impl Refused {
    /// Takes the results of a command or a block.
    pub(super) fn after(&mut self, results: Vec<(&Step, Result<(), Refusal>)>) -> Outcome {
        let refusals = results.into_iter().filter_map(|(step, result)| Some((step, result.err()?.to_string())));
        self.0 = refusals
            .map(|(step, text)| {
                let unmet = Unmet::at(step, "that it is not refused", format!("refused: {text}"));
                One { unmet, text, expected: false }
            })
            .collect();
        if self.0.is_empty() {
            return Outcome::Done;
        }
        Outcome::Refused(self.0.iter().map(|one| one.text.clone()).collect())
    }

    /// An `expect error` fits each refusal that has its words, and must fit one.
    pub(super) fn expect(&mut self, step: &Step, words: &str) -> Result<(), Unmet> {
        let mut fits = false;
        for one in self.0.iter_mut().filter(|one| one.text.contains(words)) {
            one.expected = true;
            fits = true;
        }
        if fits {
            return Ok(());
        }
        let texts: Vec<_> = self.0.iter().map(|one| one.text.as_str()).collect();
        let seen = if texts.is_empty() { "no refusal".to_owned() } else { format!("refused: {}", texts.join("; ")) };
        Err(Unmet::at(step, format!("an error with the words `{words}`"), seen))
    }

    /// Fails if a refusal was not expected.
    pub(super) fn settle(self) -> Result<(), Unmet> {
        match self.0.into_iter().find(|one| !one.expected) {
            Some(one) => Err(one.unmet),
            None => Ok(()),
        }
    }
}
