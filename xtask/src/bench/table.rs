//! The table of figures, on the terminal and in Markdown.

use std::fmt::Write;

use super::rows::{Better, Peer, Target};
use super::verdict::Line;

const NONE: &str = "–";

/// A figure with its unit, three digits of it.
pub(crate) fn figure(value: f64, unit: &str) -> String {
    match unit {
        "1/s" if value >= 1e6 => format!("{} M/s", digits(value / 1e6)),
        "1/s" if value >= 1e3 => format!("{} k/s", digits(value / 1e3)),
        "1/s" => format!("{} /s", digits(value)),
        "us" if value >= 1e3 => format!("{} ms", digits(value / 1e3)),
        "us" if value < 1.0 => format!("{} ns", digits(value * 1e3)),
        "us" => format!("{} µs", digits(value)),
        "B" => format!("{} B", digits(value)),
        "x" => format!("{}×", digits(value)),
        _ => digits(value),
    }
}

fn digits(value: f64) -> String {
    match value {
        _ if value == 0.0 => "0".into(),
        _ if value >= 99.95 => format!("{value:.0}"),
        _ if value >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// What the last three columns say: ratio, target, met or missed.
fn verdict(line: &Line) -> [String; 3] {
    let ratio = line.ratio.map_or(NONE.into(), |ratio| format!("{}×", digits(ratio)));
    let target = match line.row.target {
        Target::None => NONE.into(),
        Target::RocksDb(_, times) => format!("≥ {times}× RocksDB"),
        Target::Within(_, times) => format!("within {times}×"),
        Target::Value(value) => {
            let sign = if line.row.better == Better::More { "≥" } else { "≤" };
            format!("{sign} {}", figure(value, line.unit()))
        }
    };
    let met = match (line.row.target, line.met) {
        (Target::None, _) => NONE,
        (_, None) => "not measured",
        (_, Some(true)) => "met",
        (_, Some(false)) => "**missed**",
    };
    [ratio, target, met.to_owned()]
}

/// The figures of all peers, each with its spread if wanted.
fn figures(line: &Line, spread: bool) -> Vec<String> {
    let show = |samples: &super::samples::Samples| {
        let text = figure(samples.median(), &samples.unit);
        let spread_percent = samples.spread() * 100.0;
        if spread && spread_percent >= 0.5 { format!("{text} ±{spread_percent:.0} %") } else { text }
    };
    line.figures.iter().map(|samples| samples.as_ref().map_or(NONE.into(), show)).collect()
}

/// The table in columns of even width.
pub(crate) fn terminal(lines: &[Line]) -> String {
    let title = lines.iter().map(|line| line.row.title.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    let mut family = "";
    for line in lines {
        if family != line.family {
            family = line.family;
            let _ = write!(text, "\n{family:title$}");
            for peer in Peer::ALL {
                let _ = write!(text, " {peer:>13}");
            }
            let _ = writeln!(text, " {:>8}  {:<14}", "ratio", "target");
        }
        let _ = write!(text, "{:title$}", line.row.title);
        for figure in figures(line, false) {
            let _ = write!(text, " {figure:>13}");
        }
        let [ratio, target, met] = verdict(line);
        let _ = writeln!(text, " {ratio:>8}  {target:<14}  {}", met.replace('*', ""));
    }
    text
}

/// The table in Markdown, a heading for each family.
pub(crate) fn markdown(lines: &[Line]) -> String {
    let mut text = String::new();
    let mut family = "";
    for line in lines {
        if family != line.family {
            family = line.family;
            let peers = Peer::ALL.map(|peer| peer.to_string()).join(" | ");
            let _ = write!(text, "\n### {family}\n\n| | {peers} | ratio | target | |\n|---|");
            let _ = writeln!(text, "{}", "---:|".repeat(Peer::ALL.len() + 1) + "---|---|");
        }
        let cells = figures(line, true).join(" | ");
        let _ = writeln!(text, "| {} | {cells} | {} |", line.row.title, verdict(line).join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_three_digits_and_a_unit() {
        assert_eq!(figure(1_948_000.0, "1/s"), "1.95 M/s");
        assert_eq!(figure(25_639.0, "1/s"), "25.6 k/s");
        assert_eq!(figure(1_435.3, "us"), "1.44 ms");
        assert_eq!(figure(0.508, "us"), "508 ns");
        assert_eq!(figure(278.4, "B"), "278 B");
        assert_eq!(figure(0.0, "n"), "0");
    }
}
