//! No two transactions may believe, at one moment, that they hold what excludes each other on one node.

use super::Promise;
use crate::World;

/// Checks that promise. A transaction that stands still believes what its clock lets it believe when it goes on.
#[derive(Debug)]
pub struct MutualExclusion;

impl Promise for MutualExclusion {
    fn name(&self) -> &'static str {
        "mutual exclusion"
    }

    fn after_event(&mut self, world: &World) -> Result<(), String> {
        let believed = world.believed();
        for (index, one) in believed.iter().enumerate() {
            let others = believed[index + 1..].iter().take_while(|other| other.node == one.node);
            for other in others.filter(|other| other.tx != one.tx) {
                if one.mode.conflicts(other.mode) && one.object.is_related_to(&other.object) {
                    let (node, mine, theirs) = (&one.node, &one.object, &other.object);
                    return Err(format!("{} has {mine} and {} has {theirs}, both on {node}", one.tx, other.tx));
                }
            }
        }
        Ok(())
    }
}
