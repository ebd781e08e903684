//! The words of one line, taken one after the other.

use std::iter::Peekable;
use std::str::SplitWhitespace;

use lock_core::{Mode, Object};

use super::error::Wrong;
use super::known::is_name;

/// What is left of a line.
pub(super) struct Words<'a> {
    line: usize,
    rest: Peekable<SplitWhitespace<'a>>,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: usize, said: &'a str) -> Self {
        Self { line, rest: said.split_whitespace().peekable() }
    }

    /// An error on this line about a word.
    pub(super) fn wrong(&self, found: &str, expected: &str) -> Wrong {
        Wrong::new(self.line, format!("`{found}`"), expected)
    }

    pub(super) fn next(&mut self, expected: &str) -> Result<&'a str, Wrong> {
        self.rest.next().ok_or_else(|| Wrong::new(self.line, "the end of the line", expected))
    }

    pub(super) fn optional(&mut self) -> Option<&'a str> {
        self.rest.next()
    }

    pub(super) fn is_at_end(&mut self) -> bool {
        self.rest.peek().is_none()
    }

    /// Takes the word if it is this one.
    pub(super) fn takes(&mut self, word: &str) -> bool {
        self.rest.next_if(|next| *next == word).is_some()
    }

    pub(super) fn end(&mut self) -> Result<(), Wrong> {
        match self.rest.next() {
            Some(extra) => Err(self.wrong(extra, "the end of the line")),
            None => Ok(()),
        }
    }

    pub(super) fn rest(&mut self) -> String {
        self.rest.by_ref().collect::<Vec<_>>().join(" ")
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<&'a str, Wrong> {
        let word = self.next(expected)?;
        if is_name(word) { Ok(word) } else { Err(self.wrong(word, &format!("{expected}: letters, digits, - and _"))) }
    }

    pub(super) fn object(&mut self) -> Result<Object, Wrong> {
        let word = self.next("an object")?;
        word.parse().map_err(|invalid| self.wrong(word, &format!("an object ({invalid})")))
    }

    pub(super) fn mode(&mut self) -> Result<Mode, Wrong> {
        let word = self.next(MODES)?;
        self.mode_of(word)
    }

    /// A mode, and whether a comma after it says that more follows.
    pub(super) fn mode_in_list(&mut self) -> Result<(Mode, bool), Wrong> {
        let word = self.next(MODES)?;
        let more = word.ends_with(',');
        Ok((self.mode_of(word.strip_suffix(',').unwrap_or(word))?, more))
    }

    fn mode_of(&self, word: &str) -> Result<Mode, Wrong> {
        match word {
            "read" => Ok(Mode::Read),
            "write" => Ok(Mode::Write),
            other => Err(self.wrong(other, MODES)),
        }
    }

    pub(super) fn duration_ms(&self, word: &str) -> Result<u64, Wrong> {
        parse_duration_ms(word).ok_or_else(|| self.wrong(word, "a duration such as 500ms or 3s"))
    }
}

const MODES: &str = "`read` or `write`";

fn parse_duration_ms(word: &str) -> Option<u64> {
    let (digits, unit_ms) = match word.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (word.strip_suffix('s')?, 1000),
    };
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit_ms)
}

#[cfg(test)]
mod tests {
    use super::parse_duration_ms;

    #[test]
    fn durations_have_a_unit_and_fit() {
        assert_eq!(parse_duration_ms("500ms"), Some(500));
        assert_eq!(parse_duration_ms("3s"), Some(3000));
        for wrong in ["3", "s", "ms", "-1s", "+1s", "1.5s", "3m", "99999999999999999999s", "18446744073709551615s"] {
            assert_eq!(parse_duration_ms(wrong), None, "{wrong}");
        }
    }
}
