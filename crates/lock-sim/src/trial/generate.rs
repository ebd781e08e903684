//! From a seed to a scenario: a story of a cluster in which much goes wrong, then heals, and everybody goes home.

use std::fmt::Write as _;

use super::profile::{Mix, Profile};
use crate::seeded::Seeded;

/// The commands of a random life, as a scenario file. The same profile, seed and number of steps give the same text.
pub fn generate(profile: Profile, seed: u64, steps: usize) -> String {
    let mut life = Life::new(profile.mix(), seed);
    life.begin(profile, seed);
    for _ in 0..steps {
        life.step();
    }
    life.heal();
    life.text
}

/// The line from which on everything comes right.
pub(super) const HEALING: &str = "# From here on all is well.";

const OBJECTS: [&str; 8] = ["a", "b", "c", "d", "a/x", "a/y", "b/x", "a/x/1"];
const REQUIRES: [&str; 5] = ["all", "any", "majority", "all-alive", "majority-alive"];

struct Life {
    mix: Mix,
    random: Seeded,
    objects: usize,
    writes_percent: usize,
    /// The youngest transaction, and from which on they are still of interest.
    last_tx: usize,
    first_tx: usize,
    down: Vec<bool>,
    frozen: Vec<bool>,
    is_split: bool,
    open: usize,
    text: String,
}

impl Life {
    fn new(mut mix: Mix, seed: u64) -> Self {
        let mut random = Seeded::new(seed ^ 0x0067_6f72_6469_616e);
        if mix.nodes > 1 {
            mix.nodes = 2 + random.below(mix.nodes - 1);
        }
        Self {
            objects: 1 + random.below(OBJECTS.len()),
            writes_percent: 30 + random.below(71),
            last_tx: 0,
            first_tx: 1,
            down: vec![false; mix.nodes],
            frozen: vec![false; mix.nodes],
            is_split: false,
            open: 0,
            text: String::new(),
            mix,
            random,
        }
    }

    fn chance(&mut self, permille: usize) -> bool {
        self.random.below(1_000) < permille
    }

    fn say(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn begin(&mut self, profile: Profile, seed: u64) {
        let _ =
            writeln!(self.text, "# A random life: profile {profile}, seed {seed}.\n# It ends well, whatever happens.");
        let names: Vec<String> = (1..=self.mix.nodes).map(|node| format!("n{node}")).collect();
        let _ = writeln!(self.text, "nodes {}\nlenient", names.join(" "));
        if self.mix.drift {
            let drift = self.random.below(100_001);
            let _ = writeln!(self.text, "clocks drift={drift}");
        }
        if self.mix.delays {
            let (from, more) = (self.random.below(20), self.random.below(200));
            let _ = write!(self.text, "weather delay={from}ms..{}ms", from + more);
            if self.mix.losses {
                let (drop, duplicate) = (self.random.below(150), self.random.below(100));
                let _ = write!(self.text, " drop={drop} duplicate={duplicate}");
            }
            self.say("");
        }
    }

    fn step(&mut self) {
        if self.open > 0 {
            self.open -= 1;
            if self.open == 0 {
                self.say("done");
            }
        } else if self.chance(60) {
            self.open = 2 + self.random.below(8);
            self.say("together");
        }
        let (crash, freeze, split) = (self.mix.crash, self.mix.freeze, self.mix.split);
        if self.chance(crash) {
            self.crash_or_start();
        } else if self.chance(freeze) {
            self.freeze_or_thaw();
        } else if self.chance(split) {
            self.split_or_heal();
        } else if self.open == 0 && self.chance(300) {
            self.pass_time();
        } else {
            self.act();
        }
    }

    fn pass_time(&mut self) {
        let ms = match self.random.below(20) {
            0 => 5_000 + self.random.below(20_000),
            1..=4 => 500 + self.random.below(3_000),
            _ => self.random.below(300),
        };
        self.say(&format!("advance {ms}ms"));
    }

    fn node(&mut self) -> usize {
        self.random.below(self.mix.nodes)
    }

    fn crash_or_start(&mut self) {
        let node = self.node();
        let word = if self.down[node] { "start" } else { "crash" };
        self.down[node] = !self.down[node];
        self.frozen[node] = false;
        self.say(&format!("{word} n{}", node + 1));
    }

    fn freeze_or_thaw(&mut self) {
        let node = self.node();
        if !self.down[node] {
            let word = if self.frozen[node] { "thaw" } else { "freeze" };
            self.frozen[node] = !self.frozen[node];
            self.say(&format!("{word} n{}", node + 1));
        }
    }

    fn split_or_heal(&mut self) {
        if self.is_split || self.mix.nodes < 2 {
            self.is_split = false;
            return self.say("heal");
        }
        let sides: Vec<bool> = (0..self.mix.nodes).map(|_| self.random.below(2) == 0).collect();
        let side = |wanted: bool| {
            let here = sides.iter().enumerate().filter(|(_, side)| **side == wanted);
            here.map(|(node, _)| format!("n{}", node + 1)).collect::<Vec<_>>().join(",")
        };
        let (one, other) = (side(true), side(false));
        if !one.is_empty() && !other.is_empty() {
            self.is_split = true;
            self.say(&format!("split {one} | {other}"));
        }
    }

    fn act(&mut self) {
        const LIVING: usize = 8;
        let living = self.last_tx + 1 - self.first_tx;
        if living < 2 || (living < LIVING && self.chance(250)) {
            return self.begin_transaction();
        }
        let tx = self.first_tx + self.random.below(living);
        match self.random.below(100) {
            0..=61 => self.lock(tx),
            62..=66 => self.lock_many(tx),
            67..=71 => {
                let claim = self.claim();
                self.say(&format!("try t{tx} {claim}"));
            }
            72..=77 => self.one_object("unlock", tx),
            78..=80 => self.one_object("downgrade", tx),
            81..=83 => self.one_object("surrender", tx),
            84..=88 => self.say(&format!("saw t{tx}")),
            89..=97 => self.end("end", tx),
            _ => self.end("drop", tx),
        }
    }

    fn begin_transaction(&mut self) {
        self.last_tx += 1;
        let (tx, node) = (self.last_tx, self.node() + 1);
        let mut line = format!("tx t{tx} at n{node}");
        if self.chance(200) {
            line.push_str(" abort-on-deadlock");
        }
        if self.chance(300) {
            line.push_str(" await-nodes");
        }
        if self.chance(200) {
            let _ = write!(line, " priority={}", self.random.below(3));
        }
        if self.chance(80) {
            let _ = write!(line, " deadline={}ms", 100 + self.random.below(5_000));
        }
        self.say(&line);
    }

    fn end(&mut self, word: &str, tx: usize) {
        self.say(&format!("{word} t{tx}"));
        if tx == self.first_tx {
            self.first_tx += 1;
        }
    }

    fn object(&mut self) -> &'static str {
        OBJECTS[self.random.below(self.objects)]
    }

    fn claim(&mut self) -> String {
        let object = self.object();
        let mode = if self.random.below(100) < self.writes_percent { "write" } else { "read" };
        format!("{object} {mode}")
    }

    fn lock(&mut self, tx: usize) {
        let claim = self.claim();
        let mut line = format!("lock t{tx} {claim}");
        if self.mix.nodes > 1 && self.chance(800) {
            let first = self.node();
            let count = 1 + self.random.below(self.mix.nodes);
            let on: Vec<String> = (0..count).map(|next| format!("n{}", (first + next) % self.mix.nodes + 1)).collect();
            let _ = write!(line, " on {}", on.join(","));
            if self.chance(700) {
                let _ = write!(line, " require {}", REQUIRES[self.random.below(REQUIRES.len())]);
            }
        }
        self.say(&line);
    }

    fn lock_many(&mut self, tx: usize) {
        let claims: Vec<String> = (0..2 + self.random.below(3)).map(|_| self.claim()).collect();
        self.say(&format!("lock-many t{tx} {}", claims.join(", ")));
    }

    fn one_object(&mut self, word: &str, tx: usize) {
        let object = self.object();
        self.say(&format!("{word} t{tx} {object}"));
    }

    /// Everything comes right, and then everybody has time to be served.
    fn heal(&mut self) {
        if self.open > 0 {
            self.say("done");
        }
        self.say(HEALING);
        self.say("weather\nheal");
        for node in 0..self.mix.nodes {
            if self.down[node] {
                self.say(&format!("start n{}", node + 1));
            } else if self.frozen[node] {
                self.say(&format!("thaw n{}", node + 1));
            }
        }
        self.say("advance 60s\ndrain\nadvance 1s");
        for tx in 1..=self.last_tx {
            self.say(&format!("end t{tx}"));
        }
        self.say("advance 10s");
    }
}
