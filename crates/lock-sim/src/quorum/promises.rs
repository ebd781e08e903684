//! What must be true after each step.

use super::QuorumWorld;
use super::claim::NodeClaim;

impl QuorumWorld {
    /// Checks what no resolution is needed for.
    ///
    /// # Errors
    /// The sentence of a promise that is broken.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.holders_are_compatible()?;
        self.nobody_waits_in_vain()?;
        self.every_need_is_asked_for()
    }

    fn holders_are_compatible(&self) -> Result<(), String> {
        let granted = || self.node_claims.iter().filter_map(|claim| Some((claim, claim.granted?.mode)));
        for one in granted() {
            if let Some(other) = granted().find(|other| self.conflict(one, *other)) {
                return Err(format!("no two incompatible holders, but there are {:?} and {:?}", one.0, other.0));
            }
        }
        Ok(())
    }

    fn nobody_waits_in_vain(&self) -> Result<(), String> {
        let covered = |claim: &&NodeClaim| {
            claim.waiting.is_some_and(|wait| self.has(claim.tx(), claim.id.node, claim.object(), wait.mode))
        };
        let vain = self.grantable().or_else(|| self.node_claims.iter().find(covered).map(|claim| claim.id));
        vain.map_or(Ok(()), |id| Err(format!("nobody waits who could be granted, or for what it covers, but {id:?}")))
    }

    /// A claim that is not met has enough nodes that granted it, have it in line, or have not answered.
    fn every_need_is_asked_for(&self) -> Result<(), String> {
        for unmet in self.picture().unmet {
            if unmet.waits.len() < unmet.missing {
                return Err(format!("whoever waits has asked for what it needs, but {unmet:?}"));
            }
        }
        Ok(())
    }
}
