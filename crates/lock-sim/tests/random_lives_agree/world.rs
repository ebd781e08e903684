//! What the real rules and their naive reading can both do.

use lock_core::{ClaimChange, Object, Token, TxId};
use lock_sim::{Engine, NaiveWorld, PureNode, Refusal};

use crate::life::Step;

/// An engine that can also do what no scenario says.
pub(crate) trait World: Engine {
    fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange);

    fn surrender_grant(&mut self, tx: TxId, object: &Object, token: Token) -> Result<(), Refusal>;

    fn hand_over(&mut self, from: TxId, object: &Object, to: TxId) -> Result<(), Refusal>;
}

impl World for NaiveWorld {
    fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange) {
        self.take_back(tx, object, change);
    }

    fn surrender_grant(&mut self, tx: TxId, object: &Object, token: Token) -> Result<(), Refusal> {
        self.surrender_grant(tx, object, token)
    }

    fn hand_over(&mut self, from: TxId, object: &Object, to: TxId) -> Result<(), Refusal> {
        self.hand_over(from, object, to)
    }
}

impl World for PureNode {
    fn take_back(&mut self, tx: TxId, object: &Object, change: ClaimChange) {
        self.take_back(tx, object, change);
    }

    fn surrender_grant(&mut self, tx: TxId, object: &Object, token: Token) -> Result<(), Refusal> {
        self.surrender_grant(tx, object, token)
    }

    fn hand_over(&mut self, from: TxId, object: &Object, to: TxId) -> Result<(), Refusal> {
        self.hand_over(from, object, to)
    }
}

pub(crate) fn carry_out(world: &mut dyn World, step: &Step) -> Result<(), Refusal> {
    match step {
        Step::Act(tx, action) => world.act(*tx, action),
        Step::Advance(ms) => {
            world.advance(*ms);
            Ok(())
        }
        Step::SurrenderGrant(tx, object, before) => {
            let token = current_or_earlier(world, object, *before);
            world.surrender_grant(*tx, object, token)
        }
        Step::HandOver(from, object, to) => world.hand_over(*from, object, *to),
        Step::TakeBack(tx, object, change) => {
            world.take_back(*tx, object, *change);
            Ok(())
        }
    }
}

/// The token of a grant of the object, counted back from the newest; one that never was if there were fewer.
pub(crate) fn current_or_earlier(world: &mut dyn World, object: &Object, before: usize) -> Token {
    let tokens = Engine::tokens(world, object);
    tokens.iter().rev().nth(before).copied().unwrap_or(Token(0))
}
