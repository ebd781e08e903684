//! What is wrong with a scenario file.

use thiserror::Error;

/// A scenario file is wrong: where, what was found, and what was expected there.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{file}:{line}: found {found}, expected {expected}")]
pub struct ParseError {
    /// The file.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What stands there.
    pub found: String,
    /// What may stand there.
    pub expected: String,
}

/// A scenario could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file is no scenario.
    #[error(transparent)]
    Wrong(#[from] ParseError),
}

/// A [`ParseError`] that does not know its file yet.
#[derive(Debug)]
pub(super) struct Wrong {
    line: usize,
    found: String,
    expected: String,
}

impl Wrong {
    pub(super) fn new(line: usize, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { line, found: found.into(), expected: expected.into() }
    }

    pub(super) fn in_file(self, file: &str) -> ParseError {
        let Self { line, found, expected } = self;
        ParseError { file: file.to_owned(), line, found, expected }
    }
}
