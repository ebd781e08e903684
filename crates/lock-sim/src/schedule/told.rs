//! The schedule as it is told: who had which turn, and what came of it.

use std::fmt;

/// Which task ran at each turn, under one seed, and what that came to in the lock table.
///
/// Its [`Display`](fmt::Display) tells it a line a turn, the last 500 of them. The same seed and the same code
/// give the same text, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// The seed.
    pub seed: u64,
    /// The turns, in order.
    pub turns: Vec<Turn>,
}

/// One turn: a task ran from one await to the next that did not go on at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose it was.
    pub task: String,
    /// When, in virtual time since the start.
    pub at_ms: u64,
    /// Whether the task was done with it.
    pub done: bool,
    /// What changed in the lock table, and the deadlocks that were resolved, a line each.
    pub notes: Vec<String>,
}

/// So many turns are shown, the last ones.
const SHOWN: usize = 500;

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, turns } = self;
        write!(f, "schedule of seed {seed}, {} turns:", turns.len())?;
        let first = turns.len().saturating_sub(SHOWN);
        if first > 0 {
            write!(f, "\n   … {first} turns before")?;
        }
        let width = turns[first..].iter().map(|turn| turn.task.chars().count()).max().unwrap_or(0);
        for (number, turn) in turns.iter().enumerate().skip(first) {
            turn.tell(f, number + 1, width)?;
        }
        Ok(())
    }
}

impl Turn {
    fn tell(&self, f: &mut fmt::Formatter<'_>, number: usize, width: usize) -> fmt::Result {
        let Self { task, at_ms, done, notes } = self;
        let head = format!("\n{number:>5} {at_ms:>5} ms  {task:<width$}");
        let end = done.then(|| "done".to_owned());
        let mut lines = notes.iter().chain(&end);
        f.write_str(head.trim_end_matches(' '))?;
        if let Some(first) = lines.next() {
            let blanks = head.len() - head.trim_end_matches(' ').len() + 2;
            write!(f, "{:blanks$}{first}", "")?;
        }
        lines.try_for_each(|line| write!(f, "\n{:>1$}{line}", "", width + 18))
    }
}
