//! What happens in a world, and how it is told in the scenario language.

use std::fmt;

use lock_core::{Mode, Object, TxId};

use crate::{Action, TxOptions};

/// The life of one world: its transactions, counted from 1, and what they do. It is shown as a scenario.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// How they are begun.
    pub transactions: Vec<TxOptions>,
    /// What happens then.
    pub steps: Vec<ScriptStep>,
}

/// One step of a life, shown as a line of a scenario.
#[derive(Clone, Debug)]
pub enum ScriptStep {
    /// A transaction acts.
    Act(TxId, Action),
    /// So many milliseconds pass.
    Advance(u64),
}

impl fmt::Display for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, options) in (1..).zip(&self.transactions) {
            write!(f, "tx {}", TxId(number))?;
            if options.abort_on_deadlock {
                f.write_str(" abort-on-deadlock")?;
            }
            if options.priority != 0 {
                write!(f, " priority={}", options.priority)?;
            }
            if let Some(ms) = options.deadline_ms {
                write!(f, " deadline={ms}ms")?;
            }
            writeln!(f)?;
        }
        self.steps.iter().try_for_each(|step| writeln!(f, "{step}"))?;
        writeln!(f, "drain")
    }
}

impl fmt::Display for ScriptStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Advance(ms) => write!(f, "advance {ms}ms"),
            Self::Act(tx, Action::Lock(claims)) if claims.len() == 1 => {
                write!(f, "lock {tx} {}", Claim(&claims[0].0, claims[0].1))
            }
            Self::Act(tx, Action::Lock(claims)) => {
                write!(f, "lock-many {tx} ")?;
                for (index, (object, mode)) in claims.iter().enumerate() {
                    write!(f, "{}{}", if index > 0 { ", " } else { "" }, Claim(object, *mode))?;
                }
                Ok(())
            }
            Self::Act(tx, Action::LockOn(claim)) => {
                write!(f, "lock {tx} {}", Claim(&claim.object, claim.mode))?;
                for (index, node) in claim.nodes.iter().enumerate() {
                    write!(f, "{}{node}", if index > 0 { "," } else { " on " })?;
                }
                write!(f, " require {}", claim.require)
            }
            Self::Act(tx, Action::Try(object, mode)) => {
                write!(f, "try {tx} {}", Claim(object, *mode))
            }
            Self::Act(tx, Action::Unlock(object)) => write!(f, "unlock {tx} {object}"),
            Self::Act(tx, Action::Downgrade(object)) => write!(f, "downgrade {tx} {object}"),
            Self::Act(tx, Action::Surrender(object)) => write!(f, "surrender {tx} {object}"),
            Self::Act(tx, Action::Saw) => write!(f, "saw {tx}"),
            Self::Act(tx, Action::End) => write!(f, "end {tx}"),
            Self::Act(tx, Action::Drop) => write!(f, "drop {tx}"),
        }
    }
}

struct Claim<'a>(&'a Object, Mode);

impl fmt::Display for Claim<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}
