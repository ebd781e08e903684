//! Handing a lock over to another transaction of this node.

use lock_core::{ClaimError, Object};
use lock_server::HandOverError as Refusal;

use super::Here;
use crate::{Guard, HandOverError};

impl Here {
    pub(crate) fn hand_over(&self, object: &Object, heir: &Self) -> Result<Guard, HandOverError> {
        let (giver, taker) = (&self.shared, &heir.shared);
        if !taker.has_room_for(1) {
            let limit = taker.node().max_claims();
            return Err(ClaimError::TooManyClaims { tx: taker.tx, limit }.into());
        }
        let (mode, token) = loop {
            match giver.node().hand_over(&**giver, object, taker) {
                Ok(grant) => break grant,
                Err(Refusal::Refused(refused)) => return Err(refused.into()),
                Err(Refusal::Stopped(_)) => {
                    giver.catch_up()?;
                    taker.catch_up()?;
                }
            }
        };
        taker.count_claim();
        // Whatever the heir required of it before, it has it as it was given.
        taker.machine(|machine| machine.gave_back(object));
        giver.look_again();
        taker.look_again();
        Ok(Guard::here(taker.clone(), object.clone(), mode, token))
    }
}
