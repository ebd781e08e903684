//! What programs do besides what a scenario can say: take a request back, and surrender one certain grant.

use lock_core::{ClaimChange, Object, Surrendered, Token, TxId};

use super::{PureNode, refusal};
use crate::Refusal;

impl PureNode {
    /// Takes back a request whose answer nobody waits for any more; `change` is what it had come to.
    pub fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange) {
        self.table_of(object).take_back(tx, object, change);
        self.settle(object);
    }

    /// Surrenders an object, if the grant with this token is still the current one.
    ///
    /// # Errors
    /// The refusal, if it is not; then nothing has changed.
    pub fn surrender_grant(&mut self, tx: TxId, object: &Object, token: Token) -> Result<(), Refusal> {
        self.machine(tx).running().map_err(|over| refusal(&over))?;
        self.surrender(tx, object, Some(token))
    }

    pub(super) fn surrender(&mut self, tx: TxId, object: &Object, token: Option<Token>) -> Result<(), Refusal> {
        let now = self.now;
        let in_time = self.machine(tx).may_wait(now);
        let may_wait = in_time.is_ok();
        let surrendered = self.table_of(object).surrender(tx, object, token, may_wait, now);
        if surrendered.map_err(|error| refusal(&error))? == Surrendered::Kept {
            in_time.map_err(|late| refusal(&late))?;
        }
        self.settle(object);
        self.look(tx);
        Ok(())
    }
}
