//! Reads scenario files. Whatever is wrong is said with its line and what was expected there.

mod block;
mod command;
mod error;
mod expect;
mod known;
mod words;

use std::io::Read;
use std::path::Path;

pub use error::{LoadError, ParseError};

use crate::Scenario;
use block::Block;
use error::Wrong;
use known::Known;

/// The most bytes that a scenario file may have.
pub const MAX_FILE_BYTES: u64 = 1 << 20;
/// The most lines that a scenario file may have.
pub const MAX_LINES: usize = 20_000;

impl Scenario {
    /// Reads a scenario from a file.
    ///
    /// # Errors
    /// The file cannot be read, is too large, or is no scenario.
    pub fn load(path: &Path) -> Result<Self, LoadError> {
        let file = path.display().to_string();
        let text = read_bounded(path).map_err(|source| LoadError::Unreadable { file: file.clone(), source })?;
        Ok(Self::parse(&file, &text)?)
    }

    /// Reads a scenario from text; `file` is the name that errors and failures show.
    ///
    /// # Errors
    /// The line, what was found there, and what was expected.
    pub fn parse(file: &str, text: &str) -> Result<Self, ParseError> {
        parse_lines(file, text).map_err(|wrong| wrong.in_file(file))
    }
}

/// One byte more than is allowed is enough to know that a file is too large.
fn read_bounded(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MAX_FILE_BYTES + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn parse_lines(file: &str, text: &str) -> Result<Scenario, Wrong> {
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Wrong::new(1, "a larger file", format!("at most {MAX_FILE_BYTES} bytes")));
    }
    let mut known = Known::default();
    let mut block = Block::default();
    for (index, written) in text.lines().enumerate() {
        let line = index + 1;
        if line > MAX_LINES {
            return Err(Wrong::new(line, "one line more", format!("at most {MAX_LINES} lines")));
        }
        let said = without_comment(written);
        if !said.is_empty() {
            block.take(line, said, &mut known)?;
        }
    }
    let steps = block.finish()?;
    let Known { nodes, names } = known;
    Ok(Scenario { file: file.to_owned(), rule: first_comment(text).to_owned(), nodes, names, steps })
}

/// A `#` starts a comment at the start of a line or after a blank; inside a word it is part of
/// the word, as objects may have one.
fn without_comment(line: &str) -> &str {
    let starts = |at: usize| line[..at].chars().next_back().is_none_or(char::is_whitespace);
    let end = line.match_indices('#').map(|(at, _)| at).find(|&at| starts(at));
    line[..end.unwrap_or(line.len())].trim()
}

fn first_comment(text: &str) -> &str {
    text.lines().find_map(|line| line.trim_start().strip_prefix('#')).map_or("", str::trim)
}

#[cfg(test)]
mod tests {
    use super::{first_comment, without_comment};

    #[test]
    fn a_comment_starts_at_a_word_not_inside_one() {
        assert_eq!(without_comment("  lock t1 a#1 read  # why"), "lock t1 a#1 read");
        assert_eq!(without_comment("# all of it"), "");
        assert_eq!(without_comment("drain"), "drain");
    }

    #[test]
    fn the_rule_is_the_first_comment_line() {
        assert_eq!(first_comment("\n# Readers share.\n# Why.\ntx t1"), "Readers share.");
        assert_eq!(first_comment("tx t1"), "");
    }
}
