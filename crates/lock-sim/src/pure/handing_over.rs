//! Handing a lock over to another transaction.

use lock_core::{Object, TxId};

use super::{PureNode, refusal};
use crate::Refusal;

impl PureNode {
    /// Makes what one transaction has of an object another one's, never free in between.
    ///
    /// # Errors
    /// The refusal: of the table, or because one of the two is over; then nothing has changed.
    pub fn hand_over(&mut self, from: TxId, object: &Object, to: TxId) -> Result<(), Refusal> {
        self.machine(from).running().map_err(|over| refusal(&over))?;
        self.machine(to).running().map_err(|over| refusal(&over))?;
        let heir = self.machine(to).profile();
        self.table_of(object).hand_over(from, object, &heir).map_err(|error| refusal(&error))?;
        // Whatever the heir required of it before, it has it as it was given.
        self.machine(to).gave_back(object);
        self.settle(object);
        self.look(to);
        Ok(())
    }
}
