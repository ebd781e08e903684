//! What the transactions of a small world may do.

use lock_core::{Mode, Object, TxId};

use crate::Action;

/// A kind of call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// Asks to read, and waits.
    Read,
    /// Asks to write, and waits: what is read already becomes an upgrade.
    Write,
    /// Asks to write, if it can be had at once.
    TryWrite,
    /// Gives back.
    Unlock,
    /// From write to read.
    Downgrade,
    /// Back to the end of the line.
    Surrender,
    /// The caller is told of all that is granted.
    Saw,
}

/// What may be called, how often, and when.
#[derive(Clone, Debug)]
pub struct Calls {
    /// On which objects.
    pub objects: Vec<Object>,
    /// Which calls; besides, each transaction may end at any time.
    pub kinds: Vec<CallKind>,
    /// How many calls that change something each transaction makes; its end is not counted.
    pub each: u8,
    /// Whether one that waits may go on calling, or only end.
    pub while_waiting: bool,
}

impl Calls {
    /// Every call that a transaction may make.
    pub(super) fn of(&self, tx: TxId) -> Vec<(TxId, Action)> {
        self.kinds.iter().flat_map(|kind| self.actions(*kind)).map(|action| (tx, action)).collect()
    }

    fn actions(&self, kind: CallKind) -> Vec<Action> {
        let action = |object: &Object| {
            let object = object.clone();
            match kind {
                CallKind::Read => Action::Lock(vec![(object, Mode::Read)]),
                CallKind::Write => Action::Lock(vec![(object, Mode::Write)]),
                CallKind::TryWrite => Action::Try(object, Mode::Write),
                CallKind::Unlock => Action::Unlock(object),
                CallKind::Downgrade => Action::Downgrade(object),
                CallKind::Surrender => Action::Surrender(object),
                CallKind::Saw => Action::Saw,
            }
        };
        let objects = if kind == CallKind::Saw { &self.objects[..1] } else { &self.objects };
        objects.iter().map(action).collect()
    }
}
