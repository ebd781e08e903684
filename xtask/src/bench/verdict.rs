//! How Gordian stands to its peers and its targets.

use super::rows::{Better, FAMILIES, Peer, Row, Target};
use super::samples::{Measured, Samples};

/// A row of the table with all its figures.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) family: &'static str,
    pub(crate) row: &'static Row,
    /// In the order of [`Peer::ALL`].
    pub(crate) figures: Vec<Option<Samples>>,
    /// How many times better Gordian is than what its target names.
    pub(crate) ratio: Option<f64>,
    /// The value that Gordian must reach.
    pub(crate) target: Option<f64>,
    pub(crate) met: Option<bool>,
}

impl Line {
    pub(crate) fn figure(&self, peer: Peer) -> Option<f64> {
        let index = Peer::ALL.iter().position(|known| *known == peer)?;
        self.figures[index].as_ref().map(Samples::median)
    }

    /// The unit, from whoever measured it.
    pub(crate) fn unit(&self) -> &str {
        self.figures.iter().flatten().next().map_or("", |samples| &samples.unit)
    }
}

/// Makes the lines of all wanted cases.
pub(crate) fn judge(measured: &Measured, wanted: impl Fn(&str) -> bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for family in FAMILIES {
        for row in family.rows.iter().filter(|row| wanted(row.case)) {
            lines.push(judge_row(measured, family.title, row));
        }
    }
    lines
}

fn judge_row(measured: &Measured, family: &'static str, row: &'static Row) -> Line {
    let figures = Peer::ALL.map(|peer| measured.get(peer, row.name).cloned()).to_vec();
    let ours = measured.get(Peer::Gordian, row.name).map(Samples::median);
    let median = |peer, name| measured.get(peer, name).map(Samples::median);
    let (rival, target) = match row.target {
        Target::None => (None, None),
        Target::Value(value) => (None, Some(value)),
        Target::RocksDb(name, times) => {
            let rival = median(Peer::RocksDb, name);
            (rival, rival.map(|rival| times_better(row.better, rival, times)))
        }
        Target::Within(name, times) => {
            let rival = median(Peer::Gordian, name);
            (rival, rival.map(|rival| times_better(row.better, rival, 1.0 / times)))
        }
    };
    let ratio = ours.zip(rival).map(|(ours, rival)| match row.better {
        Better::More => ours / rival,
        Better::Less => rival / ours,
    });
    let met = ours.zip(target).map(|(ours, target)| match row.better {
        Better::More => ours >= target,
        Better::Less => ours <= target,
    });
    Line { family, row, figures, ratio, target, met }
}

fn times_better(better: Better, value: f64, times: f64) -> f64 {
    match better {
        Better::More => value * times,
        Better::Less => value / times,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn better_means_more_of_a_rate_and_less_of_a_time() {
        assert!((times_better(Better::More, 10.0, 4.0) - 40.0).abs() < f64::EPSILON);
        assert!((times_better(Better::Less, 10.0, 4.0) - 2.5).abs() < f64::EPSILON);
    }

    #[test]
    fn every_target_names_a_row_that_exists() {
        let rows = || FAMILIES.iter().flat_map(|family| family.rows);
        for row in rows() {
            if let Target::RocksDb(name, _) | Target::Within(name, _) = row.target {
                assert!(rows().any(|other| other.name == name), "{} names {name}", row.name);
            }
        }
    }
}
