//! What the world is like, in the words in which real tables tell it.

use lock_core::{ClaimShape, TableShape};

use super::NaiveWorld;
use super::claim::{Claim, ClaimId, Place};
use super::world::Life;
use crate::NodeShape;

impl NaiveWorld {
    /// The shape that a node with one table must have.
    pub fn shape(&self) -> NodeShape {
        let claims: Vec<_> = self.claims.iter().map(|(id, claim)| (shape_of(id, claim), id, claim.place())).collect();
        let pairs = || {
            let all =
                claims.iter().enumerate().flat_map(|one| claims.iter().enumerate().map(move |other| (one, other)));
            all.filter(|((_, one), (_, other))| one.0.may_meet(&other.0))
        };
        let before = |one: Option<Place>, other: Option<Place>| one < other;
        let in_line = pairs().filter(|((_, one), (_, other))| before(one.2, other.2));
        // A pair that was turned twice stands as it did at first.
        let is_turned = |one: &ClaimId, other: &ClaimId| self.turned.contains(&(one.clone(), other.clone()));
        let turned = pairs().filter(|((_, one), (_, other))| before(other.2, one.2) && is_turned(one.1, other.1));
        let table = TableShape {
            line: in_line.map(|(one, other)| (one.0, other.0)).collect(),
            turned: turned.map(|(one, other)| (one.0, other.0)).collect(),
            claims: claims.iter().map(|(shape, ..)| shape.clone()).collect(),
        };
        let over = self.transactions.iter().filter(|(_, transaction)| transaction.life != Life::Running);
        NodeShape { tables: vec![table], over: over.map(|(tx, _)| *tx).collect() }
    }
}

fn shape_of(id: &ClaimId, claim: &Claim) -> ClaimShape {
    ClaimShape {
        tx: id.tx,
        object: id.object.clone(),
        granted: claim.granted.map(|grant| grant.mode),
        told: claim.granted.is_some_and(|grant| grant.told),
        wanted: claim.waiting.map(|wait| wait.mode),
    }
}
