//! What may befall the cluster.

use std::fmt;
use std::time::Duration;

use crate::dice::Dice;

/// One fault, which is undone after a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// SIGKILL, and a new process afterwards.
    Kill(usize),
    /// SIGSTOP, and SIGCONT afterwards.
    Freeze(usize),
    /// Nothing passes between those who are marked and the others.
    Split(Vec<bool>),
    /// Nothing passes from one to the other; what the other says passes.
    OneWay(usize, usize),
}

impl Fault {
    /// Any fault of so many nodes, and how long it lasts.
    pub(crate) fn any(dice: &mut Dice, nodes: usize) -> (Self, Duration) {
        let node = dice.place(nodes);
        let fault = match dice.roll(10) {
            0..=2 => Self::Kill(node),
            3..=5 => Self::Freeze(node),
            6..=8 => Self::Split((0..nodes).map(|_| dice.percent(50)).collect()),
            _ => Self::OneWay(node, (node + 1 + dice.place(nodes - 1)) % nodes),
        };
        // Shorter and longer than the time after which the others take a node for down.
        (fault, Duration::from_millis(50 + dice.roll(200) * dice.roll(20)))
    }

    /// Whether what one says to the other is dropped.
    pub(crate) fn cuts(&self, from: usize, to: usize) -> bool {
        match self {
            Self::Kill(_) | Self::Freeze(_) => false,
            Self::Split(sides) => sides[from] != sides[to],
            Self::OneWay(one, other) => (*one, *other) == (from, to),
        }
    }

    /// What the command line calls it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Kill(_) => "kill",
            Self::Freeze(_) => "freeze",
            Self::Split(_) => "split",
            Self::OneWay(..) => "one-way",
        }
    }

    /// The process that is killed or frozen.
    pub(crate) fn befalls(&self) -> Option<usize> {
        match self {
            Self::Kill(node) | Self::Freeze(node) => Some(*node),
            Self::Split(_) | Self::OneWay(..) => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill(node) => write!(f, "n{} is killed", node + 1),
            Self::Freeze(node) => write!(f, "n{} is frozen", node + 1),
            Self::Split(sides) => {
                let side = |side: bool| {
                    let members = sides.iter().enumerate().filter(|(_, marked)| **marked == side);
                    members.map(|(node, _)| format!("n{}", node + 1)).collect::<Vec<_>>().join(",")
                };
                write!(f, "split: {} | {}", side(true), side(false))
            }
            Self::OneWay(from, to) => write!(f, "n{} does not hear n{}", to + 1, from + 1),
        }
    }
}
