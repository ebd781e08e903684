//! What a call meant for others than its caller.

use crate::{Change, Mode, Object, Token, TxId, WatchId};

/// Something that happened to somebody who did not ask just now.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// A waiter became a holder.
    Granted {
        /// Whose claim.
        tx: TxId,
        /// Of which object.
        object: Object,
        /// The mode that it has now.
        mode: Mode,
        /// The new grant's token.
        token: Token,
    },
    /// A waiting claim was withdrawn because another grant of its transaction covers it.
    Covered {
        /// Whose claim.
        tx: TxId,
        /// Of which object.
        object: Object,
    },
    /// A watched object changed.
    Changed {
        /// Who watches.
        watch: WatchId,
        /// What it is now.
        change: Change,
    },
}
