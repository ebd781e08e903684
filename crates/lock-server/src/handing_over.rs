//! Handing a lock over between two transactions of this process, in place.

use std::sync::Arc;

use lock_core::{Mode, NotHandedOver, Object, Token};
use thiserror::Error;

use crate::{Node, Party, Stopped};

/// Why a lock was not handed over. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HandOverError {
    /// One of the two may not act any more.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    /// The table says why.
    #[error(transparent)]
    Refused(#[from] NotHandedOver),
}

impl Node {
    /// Makes a lock one of another transaction, never free in between, and gives its mode and its new token. A deadlock that this closes is
    /// resolved before the call returns.
    ///
    /// # Errors
    /// [`HandOverError`]; then nothing has changed.
    pub fn hand_over<P: Party + 'static>(
        &self,
        from: &P,
        object: &Object,
        to: &Arc<P>,
    ) -> Result<(Mode, Token), HandOverError> {
        let index = self.shard_of(object);
        // Before the table is held: whoever ends the heir meanwhile comes by this shard.
        to.touch(index);
        let heir = to.profile();
        let mut table = self.hold(index);
        let life = table.incarnation();
        if !from.may_act(life) || !to.may_act(life) {
            return Err(Stopped.into());
        }
        let given = table.hand_over(from.profile().tx, object, &heir)?;
        self.finish(table);
        // Those in line wait for the heir now; one that never waited is in no circle.
        if to.is_known() {
            self.look(heir.tx);
        }
        Ok(given)
    }
}
