//! What may happen in a random life, and how often.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A kind of random life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// One node, many conflicts.
    One,
    /// Several nodes; frames are delayed, nothing else goes wrong.
    Calm,
    /// Frames are delayed, lost and doubled.
    Lossy,
    /// Processes die and come back.
    Crashes,
    /// Links are cut, and nodes stand still.
    Splits,
    /// Everything at once, and clocks that drift.
    #[default]
    Chaos,
}

/// A word that names no profile.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("no profile is called `{0}`; there are one, calm, lossy, crashes, splits and chaos")]
pub struct UnknownProfile(pub String);

/// How often what happens, of a thousand commands, and what there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mix {
    pub(super) nodes: usize,
    pub(super) delays: bool,
    pub(super) losses: bool,
    pub(super) drift: bool,
    pub(super) crash: usize,
    pub(super) freeze: usize,
    pub(super) split: usize,
}

impl Profile {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::One, Self::Calm, Self::Lossy, Self::Crashes, Self::Splits, Self::Chaos];

    /// Its name, as the command line takes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Calm => "calm",
            Self::Lossy => "lossy",
            Self::Crashes => "crashes",
            Self::Splits => "splits",
            Self::Chaos => "chaos",
        }
    }

    pub(super) fn mix(self) -> Mix {
        let calm = Mix { nodes: 5, delays: true, losses: false, drift: false, crash: 0, freeze: 0, split: 0 };
        match self {
            Self::One => Mix { nodes: 1, delays: false, ..calm },
            Self::Calm => calm,
            Self::Lossy => Mix { losses: true, ..calm },
            Self::Crashes => Mix { crash: 15, ..calm },
            Self::Splits => Mix { split: 12, freeze: 12, ..calm },
            Self::Chaos => Mix { losses: true, drift: true, crash: 10, freeze: 8, split: 8, ..calm },
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        Self::ALL.into_iter().find(|profile| profile.name() == name).ok_or_else(|| UnknownProfile(name.to_owned()))
    }
}
