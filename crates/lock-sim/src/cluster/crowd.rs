//! A random workload, spread over the nodes of a cluster.

use std::collections::BTreeMap;

use lock_core::{Mode, Object, Require, TxId};

use super::{Cluster, Want};
use crate::seeded::Seeded;
use crate::{Action, Mix, RandomStep};

impl Cluster {
    /// Lets a random workload happen. Its transactions, `t1` and so on, have homes on all nodes; each object has
    /// nodes of its own and a way to require them, as the seed wills, and is claimed there by everybody.
    /// What a single node does in one step, batches and tries, is claimed one by one.
    ///
    /// Gives how many calls were refused, for whatever reason: a home that is gone, say.
    ///
    /// # Panics
    /// If a promise is broken; or if the cluster has transactions already.
    #[track_caller]
    pub fn live(&mut self, mix: &Mix, seed: u64) -> usize {
        assert!(self.told.names.is_empty(), "a random workload begins its own transactions");
        let mut crowd = Crowd { random: Seeded::new(seed), places: BTreeMap::new(), refused: 0 };
        for step in mix.life(seed).steps {
            match step {
                RandomStep::Begin(tx, options) => {
                    let home = crowd.random.below(self.told.nodes.len());
                    let home = self.told.nodes[home].to_string();
                    self.begin_with(&tx.to_string(), &home, options);
                }
                RandomStep::Advance(ms) => drop(self.advance_ms(ms)),
                RandomStep::Act(tx, action) => crowd.act(self, tx, action),
            }
        }
        crowd.refused
    }
}

struct Crowd {
    random: Seeded,
    /// Where each object is claimed, and how many of these nodes must grant it.
    places: BTreeMap<Object, (Vec<String>, Require)>,
    refused: usize,
}

impl Crowd {
    #[track_caller]
    fn act(&mut self, cluster: &mut Cluster, tx: TxId, action: Action) {
        match action {
            Action::Lock(claims) => claims.into_iter().for_each(|claim| self.lock(cluster, tx, claim)),
            Action::Try(object, mode) => self.lock(cluster, tx, (object, mode)),
            other => {
                let text = crate::ScriptStep::Act(tx, other.clone()).to_string();
                let done = cluster.takes(text, crate::Command::Act { tx, action: other });
                self.refused += usize::from(done.is_err());
            }
        }
    }

    #[track_caller]
    fn lock(&mut self, cluster: &mut Cluster, tx: TxId, (object, mode): (Object, Mode)) {
        let (nodes, require) = self.place(cluster, &object);
        let want = Want { object, mode, nodes, require };
        let (name, text) = (tx.to_string(), format!("lock {tx} {want}"));
        let claim = cluster.claim(&name, want);
        self.refused += usize::from(cluster.takes(text, crate::Command::Lock(claim)).is_err());
    }

    fn place(&mut self, cluster: &Cluster, object: &Object) -> (Vec<String>, Require) {
        const REQUIRES: [Require; 5] =
            [Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];
        let (random, nodes) = (&mut self.random, &cluster.told.nodes);
        let place = self.places.entry(object.clone()).or_insert_with(|| {
            let (first, count) = (random.below(nodes.len()), 1 + random.below(nodes.len()));
            let on = (0..count).map(|next| nodes[(first + next) % nodes.len()].to_string()).collect();
            (on, REQUIRES[random.below(REQUIRES.len())])
        });
        place.clone()
    }
}
