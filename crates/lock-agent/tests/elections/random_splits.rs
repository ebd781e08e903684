//! Links that are cut and healed at random, by a seed: who leads is looked at all the time.
//!
//! `ELECTION_SEEDS=0..100` tries others, and more.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use lock_agent::{Candidacy, Participant, Require, Token, Turn};

use crate::cluster::{Cluster, eventually};

/// How often something is cut or healed in one life, and how often is looked in between, at most.
const CHANGES: u64 = 20;
const LOOKS: u64 = 60;

fn seeds(default: Range<u64>) -> Range<u64> {
    let given = std::env::var("ELECTION_SEEDS").ok();
    let given = given.as_deref().and_then(|text| text.split_once(".."));
    given.map_or(default, |(from, to)| from.parse().expect("a number")..to.parse().expect("a number"))
}

/// `splitmix64`: the same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn index(&mut self, length: usize) -> usize {
        usize::try_from(self.below(length as u64)).expect("smaller than a length")
    }
}

/// One life: a cluster, a candidate on each node, and all that was seen of them.
struct Life {
    seed: u64,
    cluster: Cluster,
    candidates: Vec<Candidacy>,
    terms: BTreeMap<Token, Participant>,
    over: BTreeSet<Token>,
    merged: BTreeSet<(Token, Participant, Token)>,
    require: Require,
}

impl Life {
    async fn begin(seed: u64, require: Require) -> Self {
        let cluster = Cluster::start(3).await;
        let candidates = (0..3).map(|at| cluster.stand(at, require)).collect();
        let (terms, over, merged) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        Self { seed, cluster, candidates, terms, over, merged, require }
    }

    /// Two may lead, while the network is split.
    fn may_be_split(&self) -> bool {
        self.require != Require::Majority
    }

    async fn live(&mut self) {
        let mut chance = Chance(self.seed);
        let mut looks = tokio::time::interval(Duration::from_millis(5));
        for _ in 0..CHANGES {
            self.change(&mut chance);
            for _ in 0..chance.below(LOOKS) {
                looks.tick().await;
                self.look().await;
            }
        }
    }

    fn change(&mut self, chance: &mut Chance) {
        let names = &self.cluster.names;
        match chance.below(5) {
            0 => self.cluster.network.heal(),
            1 => self.cluster.cut_off(chance.index(names.len())),
            2 => {
                // Another candidate, the old one goes.
                let at = chance.index(names.len());
                self.candidates[at] = self.cluster.stand(at, self.require);
            }
            _ => self.cluster.network.cut(&names[chance.index(names.len())], &names[chance.index(names.len())]),
        }
    }

    /// Looks at everybody, twice: who leads in the same term both times led all the time in between.
    async fn look(&mut self) {
        let terms = |candidates: &[Candidacy]| candidates.iter().map(Candidacy::term).collect::<Vec<_>>();
        let (first, second) = (terms(&self.candidates), terms(&self.candidates));
        let both = first.iter().zip(&second).filter(|(one, other)| one.is_some() && one == other).count();
        assert!(both <= 1 || self.may_be_split(), "seed {}: two lead at once: {second:?}", self.seed);
        for at in 0..self.candidates.len() {
            self.read_turns(at).await;
        }
    }

    async fn read_turns(&mut self, at: usize) {
        while let Ok(turn) = tokio::time::timeout(Duration::ZERO, self.candidates[at].next()).await {
            self.turn(at, turn.expect("its node is there"));
        }
    }

    fn turn(&mut self, at: usize, turn: Turn) {
        let (seed, me) = (self.seed, self.candidates[at].me().clone());
        match turn {
            Turn::Elected { term } => {
                if let Some((last, whose)) = self.terms.last_key_value().filter(|_| !self.may_be_split()) {
                    assert!(term > *last, "seed {seed}: {me} leads in {term} after {whose} led in {last}");
                }
                let own = self.terms.iter().filter(|(_, whose)| **whose == me).map(|(term, _)| *term).max();
                assert!(own < Some(term), "seed {seed}: {me} leads in {term} after {own:?}");
                self.terms.insert(term, me);
            }
            Turn::Lost { term } | Turn::Surrendered { term } => {
                assert_ne!(self.candidates[at].term(), Some(term), "seed {seed}: {me} lost, and leads");
                self.over.insert(term);
            }
            Turn::Merge(merge) => {
                let is_new = self.merged.insert((merge.term(), merge.of().clone(), merge.its_term()));
                assert!(is_new, "seed {seed}: {merge:?} twice");
                assert!(self.may_be_split(), "seed {seed}: {merge:?}, where one leads at a time");
            }
            Turn::Missed(_) => panic!("seed {seed}: all is read"),
            _ => {}
        }
    }

    /// All heals, and then one leads and everybody knows it.
    async fn settle(mut self) {
        self.cluster.network.heal();
        self.cluster.all_in_touch().await;
        let worker = self.cluster.work(1);
        let seed = self.seed;
        let candidates = &self.candidates;
        eventually(&format!("seed {seed}: one leads and all know it"), || {
            let leader = candidates[0].leader();
            leader.is_some()
                && candidates.iter().filter(|candidate| candidate.leads()).count() == 1
                && candidates.iter().all(|candidate| candidate.leader() == leader)
                && worker.leader() == leader
        })
        .await;
        self.look().await;
        let leader = self.candidates.iter().find(|candidate| candidate.leads());
        let term = leader.and_then(Candidacy::term).expect("one leads");
        assert_eq!(self.terms.last_key_value().map(|(last, _)| *last), Some(term), "seed {seed}: it is the last");
        assert!(!self.over.contains(&term), "seed {seed}");
    }
}

async fn lives(seeds: Range<u64>, require: Require) {
    for seed in seeds {
        let mut life = Life::begin(seed, require).await;
        life.live().await;
        life.settle().await;
    }
}

#[tokio::test]
async fn never_two_lead_by_majority_and_terms_grow() {
    lives(seeds(0..2), Require::Majority).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn never_two_lead_by_majority_on_several_threads() {
    lives(seeds(10..12), Require::Majority).await;
}

#[tokio::test]
async fn whatever_was_split_has_one_leader_when_it_has_healed() {
    lives(seeds(20..22), Require::AllAlive).await;
}

#[tokio::test]
async fn so_it_has_when_a_majority_of_the_living_elects() {
    lives(seeds(30..32), Require::MajorityAlive).await;
}
