//! The page of results.

use std::fmt::Write;

use super::programs::Program;
use super::samples::Plan;
use super::verdict::Line;
use super::{machine, table};
use crate::workspace::root;

/// What a page is made of.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) plan: Plan,
    pub(crate) programs: Vec<Program>,
    pub(crate) lines: Vec<Line>,
    /// File name and title of each picture.
    pub(crate) pictures: Vec<(String, String)>,
}

/// The page in Markdown. What holds a figure is written by hand in `bench/NOTES.md` and taken
/// in here, so that a new run does not lose it.
pub(crate) fn page(run: &Run) -> String {
    let mut text = String::from(
        "# Results\n\nMade by `cargo xtask bench`; [README.md](README.md) says what each case means.\n\n## Machine\n\n| | |\n|---|---|\n",
    );
    for (name, value) in machine::describe() {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    for program in &run.programs {
        match (&program.state, program.version()) {
            (Err(why), _) => drop(writeln!(text, "| {} | {why} |", program.peer)),
            (Ok(_), Some(version)) => drop(writeln!(text, "| {} | {version} |", program.peer)),
            (Ok(_), None) => {}
        }
    }
    let Plan { repetitions, seconds } = run.plan;
    let _ = write!(
        text,
        "\n## Method\n\nMedians of {repetitions} repetitions of {seconds} s each. In each repetition all programs have their turn, \
         and another one has the first, so that what disturbs the machine disturbs all alike; each turn is a process of its own. \
         ± is half the way from the least to the most. Nothing is pinned. Absolute figures move from machine to machine: compare within a row. \
         The ratio says how many times better Gordian is than what its target names.\n\n## Figures\n",
    );
    text.push_str(&table::markdown(&run.lines));
    text.push_str("\n## Pictures\n");
    for (file, title) in &run.pictures {
        let _ = write!(text, "\n![{title}]({file})\n");
    }
    text.push_str("\n## What holds it\n\n");
    let notes = std::fs::read_to_string(root().join("bench/NOTES.md")).unwrap_or_default();
    text.push_str(notes.split_once("\n\n").map_or("", |(_, body)| body).trim());
    text.push('\n');
    text
}
