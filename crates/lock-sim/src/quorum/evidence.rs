//! What a looker saw, and what is left of it when somebody is to act on it.

use lock_core::TxId;

use super::QuorumWorld;
use super::claim::ClaimId;
use super::picture::Picture;
use super::rules::Check;
use super::way_out::{Waiting, WayOut};

/// The way out as a looker named it, on its way to the one who is to act.
#[derive(Clone, Debug)]
pub(super) struct Evidence {
    pub(super) looker: TxId,
    pub(super) way_out: WayOut,
    /// What the one who is to act waited for.
    pub(super) waited_for: WaitsOf,
}

/// What a transaction waits for: its unmet claims, how many nodes they miss, and where they stand in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WaitsOf(Vec<(ClaimId, usize, Vec<Waiting>)>);

impl WaitsOf {
    pub(super) fn of(picture: &Picture, tx: TxId) -> Self {
        let own = picture.unmet.iter().filter(|unmet| unmet.claim.tx == tx);
        Self(
            own.map(|unmet| {
                let waits = unmet.waits.iter().map(|wait| Waiting { id: wait.id, arrival: wait.arrival });
                (unmet.claim, unmet.missing, waits.collect())
            })
            .collect(),
        )
    }
}

impl QuorumWorld {
    /// What of the way out may still be done: nothing, if the one who is to act has changed since.
    pub(super) fn still_to_do(&self, evidence: &Evidence) -> Option<WayOut> {
        let unchanged = WaitsOf::of(&self.picture(), evidence.way_out.goes_to()) == evidence.waited_for;
        let way_out = if unchanged { self.still_standing(&evidence.way_out) } else { None };
        way_out.filter(|_| !self.transaction(evidence.way_out.goes_to()).is_over)
    }

    fn still_standing(&self, way_out: &WayOut) -> Option<WayOut> {
        match way_out {
            WayOut::GiveWay { victim, grants } => {
                if grants.iter().any(|given| self.token(given.grant) != Some(given.token)) {
                    return None;
                }
                let blocks = |of: &[Waiting]| of.iter().any(|waiting| self.still_waits(waiting));
                let mut grants = grants.clone();
                grants.retain(|given| self.rules.check == Check::OwnState || blocks(&given.of));
                (!grants.is_empty()).then_some(WayOut::GiveWay { victim: *victim, grants })
            }
            WayOut::Overtake { first, second, pairs } => {
                let mut pairs = pairs.clone();
                pairs.retain(|(behind, ahead)| self.still_waits_behind(behind, ahead));
                (!pairs.is_empty()).then_some(WayOut::Overtake { first: *first, second: *second, pairs })
            }
        }
    }

    fn still_waits(&self, waiting: &Waiting) -> bool {
        self.arrival(waiting.id) == Some(waiting.arrival)
    }

    fn still_waits_behind(&self, behind: &Waiting, ahead: &Waiting) -> bool {
        let (Some(one), Some(other)) = (self.node_claim(ahead.id), self.node_claim(behind.id)) else {
            return false;
        };
        self.still_waits(ahead) && self.still_waits(behind) && self.blocks_by_order(one, other)
    }
}
