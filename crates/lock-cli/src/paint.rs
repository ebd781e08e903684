//! Colour, where people look: on a terminal, unless `NO_COLOR` is set.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal};

use clap::builder::styling::{AnsiColor, Style};

/// Paints text for standard output, or leaves it as it is.
#[derive(Clone, Copy)]
pub(crate) struct Paint {
    coloured: bool,
}

impl Paint {
    pub(crate) fn for_stdout() -> Self {
        Self { coloured: wants_colour(io::stdout().is_terminal()) }
    }

    pub(crate) fn good(self, text: impl Display) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn bad(self, text: impl Display) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(crate) fn strong(self, text: impl Display) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(crate) fn faint(self, text: impl Display) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: impl Display) -> String {
        if self.coloured { format!("{style}{text}{style:#}") } else { text.to_string() }
    }
}

/// A line for standard error.
pub(crate) fn complaint(text: &str) -> String {
    let paint = Paint { coloured: wants_colour(io::stderr().is_terminal()) };
    format!("{} {text}", paint.bad("gordian:"))
}

fn wants_colour(is_terminal: bool) -> bool {
    is_terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
