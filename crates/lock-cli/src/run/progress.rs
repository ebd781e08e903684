//! A bar for those who wait before a terminal.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressStyle};

/// Fewer files than this are over before a bar helps anybody.
const MANY_FILES: usize = 20;

/// How far we are; shows nothing where nobody would see it.
pub(super) struct Progress(ProgressBar);

impl Progress {
    pub(super) fn over(files: usize, json: bool) -> Self {
        if files < MANY_FILES || json || !io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new(files as u64);
        let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {elapsed}");
        Self(style.map_or(bar.clone(), |style| bar.with_style(style)))
    }

    /// Counts one file, and keeps the bar out of the way of what it has to say.
    pub(super) fn hide_while<T>(&self, speak: impl FnOnce() -> T) -> T {
        let said = self.0.suspend(speak);
        self.0.inc(1);
        said
    }

    pub(super) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
