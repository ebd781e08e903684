//! The commands of a file in their order, and what may stand where.

use super::command::parse_command;
use super::error::Wrong;
use super::known::Known;
use crate::{Command, Expectation, Fault, Step, Together};

/// The steps so far, and the `together` that is open.
#[derive(Default)]
pub(super) struct Block {
    steps: Vec<Step>,
    open: Option<Step>,
}

impl Block {
    pub(super) fn take(&mut self, line: usize, said: &str, known: &mut Known) -> Result<(), Wrong> {
        match said {
            "together" => self.open(line, said),
            "done" => self.close(line),
            _ => {
                let command = parse_command(line, said, known)?;
                self.check_place(line, said, &command)?;
                self.push(Step { line, text: said.to_owned(), command });
                Ok(())
            }
        }
    }

    pub(super) fn finish(self) -> Result<Vec<Step>, Wrong> {
        match self.open {
            Some(open) => Err(Wrong::new(open.line, "`together` without an end", "`done` on a later line")),
            None => Ok(self.steps),
        }
    }

    fn open(&mut self, line: usize, said: &str) -> Result<(), Wrong> {
        if let Some(open) = &self.open {
            let expected = format!("`done` first: the `together` of line {} is still open", open.line);
            return Err(Wrong::new(line, "`together`", expected));
        }
        let command = Command::Together(Together { steps: Vec::new(), done: line });
        self.open = Some(Step { line, text: said.to_owned(), command });
        Ok(())
    }

    fn close(&mut self, line: usize) -> Result<(), Wrong> {
        let Some(mut open) = self.open.take() else {
            return Err(Wrong::new(line, "`done`", "`together` on an earlier line"));
        };
        if let Command::Together(together) = &mut open.command {
            together.done = line;
        }
        self.steps.push(open);
        Ok(())
    }

    fn push(&mut self, step: Step) {
        match self.open.as_mut().map(|open| &mut open.command) {
            Some(Command::Together(together)) => together.steps.push(step),
            _ => self.steps.push(step),
        }
    }

    fn check_place(&self, line: usize, said: &str, command: &Command) -> Result<(), Wrong> {
        let found = format!("`{said}`");
        if self.open.is_some() && !may_be_let_loose(command) {
            return Err(Wrong::new(line, found, "a command of a transaction or a node, or `done`"));
        }
        match command {
            Command::Nodes if !self.steps.is_empty() => {
                Err(Wrong::new(line, found, "`nodes` only once, before any other command"))
            }
            Command::Fault(Fault::Clocks(_)) if self.steps.iter().any(is_more_than_the_form) => {
                Err(Wrong::new(line, found, "`clocks` only before anything happens"))
            }
            Command::Expect(Expectation::Error(_)) if !self.last_may_be_refused() => {
                Err(Wrong::new(line, found, "`expect error` right after a command that can be refused"))
            }
            _ => Ok(()),
        }
    }

    fn last_may_be_refused(&self) -> bool {
        self.steps.last().is_some_and(|step| {
            matches!(
                step.command,
                Command::Lock(_) | Command::Act { .. } | Command::Together(_) | Command::Expect(Expectation::Error(_))
            )
        })
    }
}

fn is_more_than_the_form(step: &Step) -> bool {
    !matches!(step.command, Command::Nodes | Command::Lenient | Command::Fault(Fault::Weather(_)))
}

fn may_be_let_loose(command: &Command) -> bool {
    matches!(command, Command::Begin(_) | Command::Lock(_) | Command::Act { .. } | Command::Fault(_))
}
