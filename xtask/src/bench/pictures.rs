//! Which charts there are.

use std::path::Path;

use super::chart::{Chart, Group, Scale};
use super::rows::Peer;
use super::verdict::Line;
use crate::workspace::Outcome;

struct Picture {
    file: &'static str,
    title: &'static str,
    axis: &'static str,
    /// Divides the figures.
    per: f64,
    scale: Scale,
    rows: &'static [&'static str],
}

const PICTURES: &[Picture] = &[
    Picture {
        file: "free-locks.svg",
        title: "Locks that are free",
        axis: "million a second, log scale (more is better)",
        per: 1e6,
        scale: Scale::Log,
        rows: &["flat-1", "flat-2", "ten-1", "ten-2", "deep-1", "deep-2", "apart-2", "empty-2"],
    },
    Picture {
        file: "deadlocks.svg",
        title: "Deadlocks: from the closing call to the verdict, and until all are through",
        axis: "microseconds, log scale (less is better)",
        per: 1.0,
        scale: Scale::Log,
        rows: &[
            "ring-2-verdict",
            "ring-10-verdict",
            "ring-50-verdict",
            "ring-2-drained",
            "ring-10-drained",
            "ring-50-drained",
        ],
    },
    Picture {
        file: "hand-offs.svg",
        title: "128 that all want one object",
        axis: "million a second, log scale (more is better)",
        per: 1e6,
        scale: Scale::Log,
        rows: &["hot-128-handoffs", "hot-128-grants"],
    },
    Picture {
        file: "queues.svg",
        title: "Cost of one step in a long queue",
        axis: "nanoseconds (less is better)",
        per: 1e-3,
        scale: Scale::Linear,
        rows: &[
            "queue-100-enqueue",
            "queue-10k-enqueue",
            "queue-100k-enqueue",
            "queue-100-cancel",
            "queue-10k-cancel",
            "queue-100k-cancel",
            "queue-100-handoff",
            "queue-10k-handoff",
            "queue-100k-handoff",
        ],
    },
    Picture {
        file: "memory.svg",
        title: "Memory",
        axis: "bytes (less is better)",
        per: 1.0,
        scale: Scale::Linear,
        rows: &["held-bytes", "held-resident", "idle-bytes"],
    },
];

/// Writes every chart that has a figure; gives file name and title of each.
pub(crate) fn write(lines: &[Line], folder: &Path) -> Outcome<Vec<(String, String)>> {
    let mut written = Vec::new();
    for picture in PICTURES {
        let groups: Vec<_> = lines
            .iter()
            .filter(|line| picture.rows.contains(&line.row.name))
            .map(|line| group(line, picture.per))
            .filter(|group| !group.bars.is_empty())
            .collect();
        if groups.is_empty() {
            continue;
        }
        let chart = Chart { title: picture.title.into(), axis: picture.axis.into(), scale: picture.scale, groups };
        std::fs::write(folder.join(picture.file), chart.svg())?;
        written.push((picture.file.to_owned(), picture.title.to_owned()));
    }
    Ok(written)
}

fn group(line: &Line, per: f64) -> Group {
    let bar = |peer| line.figure(peer).map(|value| (peer, value / per));
    Group {
        label: line.row.title.into(),
        bars: Peer::ALL.into_iter().filter_map(bar).collect(),
        target: line.target.map(|target| target / per),
    }
}
