//! What is measured, and which figure must be met.

use std::fmt;

/// Whose figure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    Gordian,
    RocksDb,
    RocksDbTuned,
    Tokio,
    ParkingLot,
}

impl Peer {
    pub(crate) const ALL: [Self; 5] = [Self::Gordian, Self::RocksDb, Self::RocksDbTuned, Self::Tokio, Self::ParkingLot];
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Gordian => "Gordian",
            Self::RocksDb => "RocksDB",
            Self::RocksDbTuned => "RocksDB tuned",
            Self::Tokio => "tokio",
            Self::ParkingLot => "parking_lot",
        })
    }
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Better {
    More,
    Less,
}

/// What Gordian's figure must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Nothing; the figure is there to look at.
    None,
    /// So many times better than `RocksDB` in that row.
    RocksDb(&'static str, f64),
    /// At most so many times worse than Gordian itself in that row.
    Within(&'static str, f64),
    /// That much or better.
    Value(f64),
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    /// The case that measures it; may measure several.
    pub(crate) case: &'static str,
    /// What the programs call the measurement.
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    pub(crate) better: Better,
    pub(crate) target: Target,
}

/// Rows that belong together.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) title: &'static str,
    pub(crate) rows: &'static [Row],
}

const fn more(case: &'static str, name: &'static str, title: &'static str, target: Target) -> Row {
    Row { case, name, title, better: Better::More, target }
}

const fn less(case: &'static str, name: &'static str, title: &'static str, target: Target) -> Row {
    Row { case, name, title, better: Better::Less, target }
}

/// All that is measured, in the order of the table.
pub(crate) const FAMILIES: &[Family] = &[
    Family { title: "Locks that are free", rows: FREE },
    Family { title: "Deadlocks", rows: DEADLOCKS },
    Family { title: "One object that all want", rows: HOT },
    Family { title: "A mutex for each key", rows: KEYED },
    Family { title: "Chunks of arrays", rows: CHUNKS },
    Family { title: "Long queues", rows: QUEUES },
    Family { title: "Trees of objects", rows: TREES },
    Family { title: "Memory", rows: MEMORY },
    Family { title: "Searches for deadlocks", rows: SEARCHES },
];

const FREE: &[Row] = &[
    more("flat-1", "flat-1", "begin + 1 flat object + end, 1 thread", Target::RocksDb("flat-1", 4.0)),
    more("flat-2", "flat-2", "begin + 1 flat object + end, 2 threads", Target::RocksDb("flat-2", 4.0)),
    more("ten-1", "ten-1", "locks, 10 a transaction, 1 thread", Target::RocksDb("ten-1", 4.0)),
    more("ten-2", "ten-2", "locks, 10 a transaction, 2 threads", Target::RocksDb("ten-2", 4.0)),
    more("deep-1", "deep-1", "begin + 1 three-level object + end, 1 thread", Target::RocksDb("flat-1", 2.0)),
    more("deep-2", "deep-2", "begin + 1 three-level object + end, 2 threads", Target::RocksDb("flat-2", 2.0)),
    more("apart-2", "apart-2", "the same, first segments apart, 2 threads", Target::RocksDb("flat-2", 2.0)),
    more("table-flat", "table-flat", "1 flat object in the pure table", Target::None),
    more("table-deep", "table-deep", "1 three-level object in the pure table", Target::None),
    more("empty-2", "empty-2", "begin + end without a lock, 2 threads", Target::Value(10e6)),
];

const DEADLOCKS: &[Row] = &[
    less("ring-2", "ring-2-verdict", "ring of 2: closing call to verdict", RING_2),
    less("ring-10", "ring-10-verdict", "ring of 10: closing call to verdict", RING_10),
    less("ring-50", "ring-50-verdict", "ring of 50: closing call to verdict", RING_50),
    less("table-ring-2", "table-ring-2-verdict", "the same of 2 in the pure table", RING_2),
    less("table-ring-10", "table-ring-10-verdict", "the same of 10 in the pure table", RING_10),
    less("table-ring-50", "table-ring-50-verdict", "the same of 50 in the pure table", RING_50),
    less("ring-2", "ring-2-drained", "ring of 2: all drained", Target::RocksDb("ring-2-drained", 5.0)),
    less("ring-10", "ring-10-drained", "ring of 10: all drained", Target::RocksDb("ring-10-drained", 5.0)),
    less("ring-50", "ring-50-drained", "ring of 50: all drained", Target::RocksDb("ring-50-drained", 5.0)),
    less("table-ring-2", "table-ring-2-drained", "the same of 2 in the pure table", Target::None),
    less("table-ring-10", "table-ring-10-drained", "the same of 10 in the pure table", Target::None),
    less("table-ring-50", "table-ring-50-drained", "the same of 50 in the pure table", Target::None),
];

const RING_2: Target = Target::RocksDb("ring-2-verdict", 1.0);
const RING_10: Target = Target::RocksDb("ring-10-verdict", 1.0);
const RING_50: Target = Target::RocksDb("ring-50-verdict", 1.0);

const HOT: &[Row] = &[
    more("hot-128", "hot-128-handoffs", "128 on one object: hand-offs to another", Target::Value(500e3)),
    more("hot-128", "hot-128-grants", "128 on one object: grants", Target::None),
    less("hot-128", "hot-128-shares", "128 on one object: largest share by smallest", Target::Value(2.0)),
];

const KEYED: &[Row] = &[
    more("keyed-1", "keyed-1", "lock + release by one owner, 1 thread", Target::Value(3e6)),
    more("keyed-2", "keyed-2", "lock + release by an owner each, 2 threads", Target::None),
    more("keyed-128", "keyed-128-handoffs", "128 on one key: hand-offs to another", Target::Value(500e3)),
    more("keyed-128", "keyed-128-grants", "128 on one key: grants", Target::None),
    less("keyed-128", "keyed-128-shares", "128 on one key: largest share by smallest", Target::Value(2.0)),
    less("keyed-owned", "keyed-owned", "release of the oldest of 20,000 to 10,000 keys", Target::None),
];

const CHUNKS: &[Row] = &[
    more("chunk-1", "chunk-1", "lock + release of a chunk by one owner, 1 thread", Target::Within("keyed-1", 1.2)),
    less("slice-10k", "slice-10k-lock", "a slice of 10,000 chunks: lock", Target::Value(2_000.0)),
    less("slice-10k", "slice-10k-release", "a slice of 10,000 chunks: release", Target::None),
];

const QUEUES: &[Row] = &[
    less("queue-100", "queue-100-enqueue", "100 waiters: enqueue one", Target::None),
    less("queue-10k", "queue-10k-enqueue", "10,000 waiters: enqueue one", ENQUEUE),
    less("queue-100k", "queue-100k-enqueue", "100,000 waiters: enqueue one", ENQUEUE),
    less("queue-100", "queue-100-cancel", "100 waiters: cancel one", Target::None),
    less("queue-10k", "queue-10k-cancel", "10,000 waiters: cancel one", CANCEL),
    less("queue-100k", "queue-100k-cancel", "100,000 waiters: cancel one", CANCEL),
    less("queue-100", "queue-100-handoff", "100 waiters: hand over", Target::None),
    less("queue-10k", "queue-10k-handoff", "10,000 waiters: hand over", HAND_OVER),
    less("queue-100k", "queue-100k-handoff", "100,000 waiters: hand over", HAND_OVER),
];

const ENQUEUE: Target = Target::Within("queue-100-enqueue", 2.0);
const CANCEL: Target = Target::Within("queue-100-cancel", 2.0);
const HAND_OVER: Target = Target::Within("queue-100-handoff", 2.0);

const TREES: &[Row] = &[
    more("unrelated", "unrelated-one", "20,000 unrelated objects, one transaction", Target::None),
    more("siblings", "siblings-one", "20,000 siblings, one transaction", SIBLINGS_ONE),
    more("unrelated", "unrelated-each", "20,000 unrelated objects, a transaction each", Target::None),
    more("siblings", "siblings-each", "20,000 siblings, a transaction each", SIBLINGS_EACH),
];

const SIBLINGS_ONE: Target = Target::Within("unrelated-one", 2.0);
const SIBLINGS_EACH: Target = Target::Within("unrelated-each", 2.0);

const MEMORY: &[Row] = &[
    less("held", "held-bytes", "a held lock of 1,000,000, allocated", Target::Value(200.0)),
    less("held", "held-resident", "a held lock of 1,000,000, resident", Target::None),
    less("table-held", "table-held-bytes", "the same in the pure table, allocated", Target::None),
    less("table-held", "table-held-resident", "the same in the pure table, resident", Target::None),
    less("idle", "idle-bytes", "an idle transaction", Target::Value(512.0)),
];

const SEARCHES: &[Row] = &[
    less("searches-free", "searches-free", "1,000 free locks", Target::Value(0.0)),
    less("searches-wait", "searches-wait", "1,000 waits of those who hold nothing", Target::Value(0.0)),
    less("searches-ring", "searches-ring", "one ring of 10, closed and drained", Target::None),
];
