//! Random life of a cluster: transactions claim, convert and give back on one node or many, while nodes and links fail.
#![allow(dead_code, reason = "each test uses what it needs")]

use lock_core::{Call, Claim, ClaimChange, Mode, NodeId, Object, Require, TxId};
use lock_sim::promises::{self, Broken};
use lock_sim::{Fault, TxOptions, TxStatus, Weather, World, WorldOptions};

/// A splitmix64 generator.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    pub(crate) fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[usize::try_from(self.below(items.len() as u64)).expect("a small number")]
    }

    pub(crate) fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }
}

/// What kind of life a cluster has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) nodes: u64,
    pub(crate) transactions: usize,
    pub(crate) objects: usize,
    pub(crate) steps: u32,
    /// One step of so many is a fault; never, if 0.
    pub(crate) fault_every: u64,
    /// So many seconds pass at most between two steps, now and then.
    pub(crate) pause_s: u64,
    pub(crate) weather: Weather,
    pub(crate) drift_ppm: u32,
    /// Only these.
    pub(crate) requires: &'static [Require],
    /// One claim of so many is a read.
    pub(crate) read_every: u64,
    /// Calls are dropped while they wait.
    pub(crate) impatient: bool,
}

pub(crate) const ALL_REQUIRES: &[Require] =
    &[Require::All, Require::Any, Require::Majority, Require::AllAlive, Require::MajorityAlive];

impl Life {
    /// A cluster on which nothing fails.
    pub(crate) const FAIR: Self = Self {
        nodes: 3,
        transactions: 6,
        objects: 3,
        steps: 60,
        fault_every: 0,
        pause_s: 1,
        weather: Weather { delay_from_ms: 0, delay_to_ms: 20, drop_permille: 0, duplicate_permille: 0 },
        drift_ppm: 0,
        requires: ALL_REQUIRES,
        read_every: 3,
        impatient: false,
    };

    /// One of all kinds, by the seed.
    pub(crate) fn of(random: &mut Random) -> Self {
        let delay_to_ms = *random.of(&[0, 3, 40, 300]);
        let is_rough = random.one_in(2);
        Self {
            nodes: 1 + random.below(5),
            transactions: 2 + usize::try_from(random.below(8)).expect("a small number"),
            objects: 1 + usize::try_from(random.below(5)).expect("a small number"),
            steps: 40 + u32::try_from(random.below(160)).expect("a small number"),
            fault_every: *random.of(&[0, 6, 12, 40]),
            pause_s: *random.of(&[1, 5, 30]),
            weather: Weather {
                delay_from_ms: random.below(delay_to_ms + 1),
                delay_to_ms,
                drop_permille: if is_rough { *random.of(&[5, 50, 150]) } else { 0 },
                duplicate_permille: if is_rough { *random.of(&[5, 100]) } else { 0 },
            },
            drift_ppm: *random.of(&[0, 0, 1_000, 100_000]),
            requires: ALL_REQUIRES,
            read_every: *random.of(&[2, 3, 10]),
            impatient: false,
        }
    }

    /// One on few objects, of which all claims need many nodes in the same way, as nodes crash and links are cut.
    pub(crate) fn of_quorums(random: &mut Random) -> Self {
        const LATE: Weather = Weather { delay_from_ms: 1, delay_to_ms: 200, drop_permille: 0, duplicate_permille: 0 };
        const ROUGH: Weather = Weather { drop_permille: 100, duplicate_permille: 20, ..LATE };
        const REQUIRES: [&[Require]; 7] = [
            &[Require::Majority],
            &[Require::Majority],
            &[Require::All],
            &[Require::Any],
            &[Require::AllAlive],
            &[Require::MajorityAlive],
            &[Require::All, Require::Majority],
        ];
        Self {
            nodes: 3 + random.below(3),
            transactions: *random.of(&[3, 8, 14]),
            objects: *random.of(&[1, 1, 2]),
            steps: 150,
            fault_every: *random.of(&[2, 4, 8, 8]),
            pause_s: *random.of(&[1, 6, 20]),
            weather: *random.of(&[Self::FAIR.weather, LATE, ROUGH]),
            drift_ppm: *random.of(&[0, 0, 0, 100_000]),
            requires: *random.of::<&[Require]>(&REQUIRES),
            read_every: *random.of(&[2, 100, 100]),
            impatient: false,
        }
    }

    /// One of any kind, in which calls are dropped while they wait.
    pub(crate) fn of_the_impatient(random: &mut Random) -> Self {
        let life = if random.one_in(2) { Self::of(random) } else { Self::of_quorums(random) };
        Self { impatient: true, ..life }
    }
}

/// What came of a life.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) broken: Option<Broken>,
    pub(crate) events: u64,
    pub(crate) deadlocks: usize,
}

const CHANGES: [ClaimChange; 4] =
    [ClaimChange::New, ClaimChange::Conversion, ClaimChange::Strengthened, ClaimChange::Nothing];

const OBJECTS: [&str; 6] = ["a", "b", "a/x", "c", "a/y", "b/z"];

/// One life, from one seed, with all promises watched over.
pub(crate) fn live(life: Life, seed: u64) -> Outcome {
    let world = lived(life, seed, false);
    Outcome { broken: world.broken().cloned(), events: world.events(), deadlocks: world.deadlocks_seen() }
}

/// The world after one life.
pub(crate) fn lived(life: Life, seed: u64, trace: bool) -> World {
    let mut random = Random::new(seed);
    let nodes: Vec<NodeId> = (1..=life.nodes).map(|node| NodeId::new(format!("n{node}"))).collect();
    let options =
        WorldOptions { weather: life.weather, drift_ppm: life.drift_ppm, ..WorldOptions::new(nodes.iter().cloned()) };
    let mut driver = Driver { world: World::new(options, seed), life, nodes, begun: 0 };
    if trace {
        driver.world.keep_trace();
    }
    driver.world.watch_over(promises::all());
    driver.world.advance(1_000);
    for _ in 0..life.steps {
        driver.step(&mut random);
        if driver.world.broken().is_some() {
            return driver.world;
        }
    }
    driver.world.close(60_000);
    driver.world
}

struct Driver {
    world: World,
    life: Life,
    nodes: Vec<NodeId>,
    begun: u64,
}

impl Driver {
    fn step(&mut self, random: &mut Random) {
        if self.life.fault_every > 0 && random.one_in(self.life.fault_every) {
            let fault = self.fault(random);
            self.world.fault(&fault);
        } else {
            self.act(random);
        }
        match random.below(20) {
            0 => self.world.advance(random.below(self.life.pause_s * 1_000 + 1)),
            1..=4 => self.world.advance(random.below(400)),
            5..=12 => self.world.advance(random.below(20)),
            _ => drop(self.world.step()),
        }
    }

    fn act(&mut self, random: &mut Random) {
        let ended = |status: TxStatus| matches!(status, TxStatus::Ended | TxStatus::Aborted);
        let living: Vec<TxId> = self.world.living();
        let running: Vec<TxId> = living.into_iter().filter(|tx| !ended(self.world.status_of(*tx))).collect();
        if running.is_empty() || (running.len() < self.life.transactions && random.one_in(3)) {
            return self.begin(random);
        }
        let tx = *random.of(&running);
        let object = self.object(random);
        let call = match random.below(24) {
            0..=12 => Call::Lock((0..=random.below(4) / 3).map(|_| self.claim(random)).collect()),
            13..=14 => Call::Try(vec![self.claim(random)]),
            15..=16 => Call::Unlock(object),
            17 => Call::Downgrade(object),
            18 => Call::Surrender(object),
            19..=20 if self.life.impatient => Call::TakeBack(object, *random.of(&CHANGES)),
            19..=20 => Call::Saw,
            _ if self.world.status_of(tx) == TxStatus::Waiting && !random.one_in(4) => Call::Saw,
            _ => Call::End,
        };
        // A refusal is an answer as good as any.
        let _ = self.world.act(tx, call);
    }

    fn begin(&mut self, random: &mut Random) {
        self.begun += 1;
        let home = random.of(&self.nodes).clone();
        let options = TxOptions {
            abort_on_deadlock: random.one_in(4),
            await_nodes: random.one_in(2),
            priority: *random.of(&[0, 0, 0, 1, -1]),
            deadline_ms: random.one_in(10).then(|| random.below(20_000)),
        };
        self.world.begin(TxId(self.begun), &home, &options);
    }

    fn object(&self, random: &mut Random) -> Object {
        OBJECTS[..self.life.objects.min(OBJECTS.len())]
            .get(usize::try_from(random.below(self.life.objects as u64)).expect("a small number"))
            .expect("one of the objects")
            .parse()
            .expect("a path")
    }

    fn claim(&self, random: &mut Random) -> Claim {
        let mode = if random.one_in(self.life.read_every) { Mode::Read } else { Mode::Write };
        let all = random.one_in(3);
        let nodes = self.nodes.iter().filter(|_| all || random.one_in(2)).cloned().collect();
        Claim { object: self.object(random), mode, nodes, require: *random.of(self.life.requires) }
    }

    fn fault(&self, random: &mut Random) -> Fault {
        let node = random.of(&self.nodes).clone();
        match random.below(10) {
            0..=1 => Fault::Crash(node),
            2..=3 => Fault::Start(node),
            4 => Fault::Freeze(node),
            5 => Fault::Thaw(node),
            6..=7 => {
                let (one, other) = self.nodes.iter().cloned().partition(|_| random.one_in(2));
                Fault::Split(vec![one, other])
            }
            _ => Fault::Heal,
        }
    }
}
