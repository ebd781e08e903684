//! Runs the programs in turns and keeps what they measured.

use std::collections::BTreeMap;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::programs::Program;
use super::rows::{FAMILIES, Peer};

/// How often and how long each case is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) repetitions: u32,
    pub(crate) seconds: f64,
}

pub(crate) const FULL: Plan = Plan { repetitions: 7, seconds: 0.3 };
pub(crate) const QUICK: Plan = Plan { repetitions: 3, seconds: 0.1 };

/// A program that takes longer than that has hung.
const PATIENCE: Duration = Duration::from_mins(1);

/// The medians of a measurement, one for each repetition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    pub(crate) unit: String,
    values: Vec<f64>,
}

impl Samples {
    pub(crate) fn median(&self) -> f64 {
        let mut sorted = self.values.clone();
        sorted.sort_by(f64::total_cmp);
        let half = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[half] } else { f64::midpoint(sorted[half - 1], sorted[half]) }
    }

    /// Half the way from the least to the most, as a part of the median.
    pub(crate) fn spread(&self) -> f64 {
        let least = self.values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.values.iter().copied().fold(0.0, f64::max);
        let median = self.median();
        if median == 0.0 { 0.0 } else { (most - least) / 2.0 / median }
    }
}

/// All measurements, by peer and name.
#[derive(Debug, Default)]
pub(crate) struct Measured(BTreeMap<(Peer, String), Samples>);

impl Measured {
    pub(crate) fn get(&self, peer: Peer, name: &str) -> Option<&Samples> {
        self.0.get(&(peer, name.to_owned()))
    }

    fn add(&mut self, peer: Peer, line: Line) {
        let samples = self.0.entry((peer, line.name)).or_default();
        samples.unit = line.unit;
        samples.values.push(line.median);
    }
}

/// A line that a program prints.
#[derive(Deserialize)]
struct Line {
    name: String,
    unit: String,
    median: f64,
}

/// Measures every wanted case. In each repetition of a case every program has its turn, and
/// another one has the first, so that what disturbs the machine disturbs all alike.
pub(crate) fn measure(programs: &[Program], plan: &Plan, wanted: impl Fn(&str) -> bool) -> Measured {
    let mut measured = Measured::default();
    let mut cases: Vec<&str> = Vec::new();
    for row in FAMILIES.iter().flat_map(|family| family.rows) {
        if wanted(row.case) && !cases.contains(&row.case) {
            cases.push(row.case);
        }
    }
    for case in cases {
        let mut able: Vec<_> = programs.iter().filter(|program| program.has(case)).collect();
        if able.is_empty() {
            continue;
        }
        let names: Vec<_> = able.iter().map(|program| program.peer.to_string()).collect();
        eprintln!("{case}: {}", names.join(", "));
        for _ in 0..plan.repetitions {
            for program in &able {
                match run(program, case, plan.seconds) {
                    Ok(lines) => lines.into_iter().for_each(|line| measured.add(program.peer, line)),
                    Err(why) => eprintln!("{case}, {}: {why}", program.peer),
                }
            }
            able.rotate_left(1);
        }
    }
    measured
}

fn run(program: &Program, case: &str, seconds: f64) -> Result<Vec<Line>, String> {
    let mut command = program.command();
    command.arg(case).arg(seconds.to_string()).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|error| error.to_string())? {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().and_then(|()| child.wait()).map_err(|error| error.to_string())?;
            return Err(format!("hung, ended after {} s", PATIENCE.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    if !status.success() {
        return Err(format!("failed, {status}"));
    }
    // A few lines fit into the pipe, so the program never had to wait for a reader.
    let mut text = String::new();
    let mut pipe = child.stdout.take().ok_or("no output")?;
    pipe.read_to_string(&mut text).map_err(|error| error.to_string())?;
    text.lines().map(|line| serde_json::from_str(line).map_err(|error| error.to_string())).collect()
}
