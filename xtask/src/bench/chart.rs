//! A bar chart as SVG: a group of horizontal bars for each row, a mark where the target is.

use std::fmt::Write;

use super::rows::Peer;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scale {
    Linear,
    Log,
}

/// The bars of one row.
#[derive(Debug)]
pub(crate) struct Group {
    pub(crate) label: String,
    pub(crate) bars: Vec<(Peer, f64)>,
    pub(crate) target: Option<f64>,
}

#[derive(Debug)]
pub(crate) struct Chart {
    pub(crate) title: String,
    pub(crate) axis: String,
    pub(crate) scale: Scale,
    pub(crate) groups: Vec<Group>,
}

const WIDTH: f64 = 900.0;
/// Where the bars begin; the labels stand left of it.
const LEFT: f64 = 330.0;
/// Where they end at most; a figure may stand right of it.
const RIGHT: f64 = 820.0;
const TOP: f64 = 84.0;
const BAR: f64 = 16.0;
const GAP: f64 = 14.0;

impl Chart {
    pub(crate) fn svg(&self) -> String {
        let bottom = TOP + self.groups.iter().map(|group| height(group) + GAP).sum::<f64>();
        let total = bottom + 52.0;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{total}\" viewBox=\"0 0 {WIDTH} {total}\" \
             font-family=\"DejaVu Sans, Verdana, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n\
             <text x=\"20\" y=\"30\" font-size=\"17\" font-weight=\"bold\">{}</text>\n",
            escape(&self.title)
        );
        self.legend(&mut svg);
        self.axis(&mut svg, bottom);
        let mut y = TOP;
        for group in &self.groups {
            self.group(&mut svg, group, y);
            y += height(group) + GAP;
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn legend(&self, svg: &mut String) {
        let used = |peer| self.groups.iter().flat_map(|group| &group.bars).any(|bar| bar.0 == peer);
        let mut x = 20.0;
        for peer in Peer::ALL.into_iter().filter(|peer| used(*peer)) {
            let _ = writeln!(
                svg,
                "<rect x=\"{x}\" y=\"46\" width=\"12\" height=\"12\" fill=\"{}\"/><text x=\"{}\" y=\"56\">{peer}</text>",
                colour(peer),
                x + 18.0,
            );
            x += 130.0;
        }
        if self.groups.iter().any(|group| group.target.is_some()) {
            let _ = writeln!(
                svg,
                "<line x1=\"{0}\" y1=\"44\" x2=\"{0}\" y2=\"60\" stroke=\"#c22\" stroke-width=\"2.5\"/><text x=\"{1}\" y=\"56\">Gordian's target</text>",
                x + 6.0,
                x + 16.0,
            );
        }
    }

    fn axis(&self, svg: &mut String, bottom: f64) {
        for tick in self.ticks() {
            let x = self.x(tick);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{}\" x2=\"{x:.1}\" y2=\"{bottom:.1}\" stroke=\"#ddd\"/>\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
                TOP - 6.0,
                bottom + 16.0,
                number(tick),
            );
        }
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" y1=\"{}\" x2=\"{LEFT}\" y2=\"{bottom:.1}\" stroke=\"#888\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            TOP - 6.0,
            f64::midpoint(LEFT, RIGHT),
            bottom + 38.0,
            escape(&self.axis),
        );
    }

    fn group(&self, svg: &mut String, group: &Group, top: f64) {
        let middle = top + height(group) / 2.0 + 4.0;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            escape(&group.label)
        );
        let tops = (0..group.bars.len()).scan(top, |y, _| Some(std::mem::replace(y, *y + BAR)));
        for ((peer, value), y) in group.bars.iter().zip(tops.clone()) {
            let _ = writeln!(
                svg,
                "<rect x=\"{LEFT}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{}\" fill=\"{}\"/>",
                self.x(*value).max(LEFT + 1.0) - LEFT,
                BAR - 2.0,
                colour(*peer),
            );
        }
        if let Some(target) = group.target.filter(|target| *target > 0.0) {
            let x = self.x(target);
            let _ = writeln!(
                svg,
                "<line x1=\"{x:.1}\" y1=\"{:.1}\" x2=\"{x:.1}\" y2=\"{:.1}\" stroke=\"#c22\" stroke-width=\"2.5\"/>",
                top - 3.0,
                top + height(group) + 1.0,
            );
        }
        // Last and with a rim, so that nothing crosses a figure.
        for ((_, value), y) in group.bars.iter().zip(tops) {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" font-size=\"11\" stroke=\"#ffffff\" stroke-width=\"4\" paint-order=\"stroke\">{}</text>",
                self.x(*value).max(LEFT + 1.0) + 6.0,
                y + BAR - 5.0,
                number(*value),
            );
        }
    }

    /// The least and the most that the scale shows.
    fn range(&self) -> (f64, f64) {
        let figures = self
            .groups
            .iter()
            .flat_map(|group| group.bars.iter().map(|bar| bar.1).chain(group.target).filter(|value| *value > 0.0));
        let (least, most) = figures
            .fold((f64::INFINITY, f64::MIN_POSITIVE), |(least, most), value| (least.min(value), most.max(value)));
        match self.scale {
            Scale::Linear => (0.0, most),
            // A bar of the least figure must still be seen.
            Scale::Log => (10_f64.powf((least / 1.5).log10().floor()), most),
        }
    }

    fn x(&self, value: f64) -> f64 {
        let (least, most) = self.range();
        let part = match self.scale {
            Scale::Linear => value / most,
            Scale::Log => (value / least).log10() / (most / least).log10(),
        };
        LEFT + part.clamp(0.0, 1.0) * (RIGHT - LEFT)
    }

    fn ticks(&self) -> Vec<f64> {
        let (least, most) = self.range();
        let mut ticks = Vec::new();
        match self.scale {
            Scale::Log => {
                let mut tick = least;
                while tick <= most * 1.001 {
                    ticks.push(tick);
                    tick *= 10.0;
                }
            }
            Scale::Linear => {
                let rough = most / 5.0;
                let power = 10_f64.powf(rough.log10().floor());
                let nice = [1.0, 2.0, 5.0, 10.0].map(|step| step * power);
                let step = nice.into_iter().find(|step| *step >= rough).unwrap_or(rough);
                let mut tick = 0.0;
                while tick <= most * 1.001 {
                    ticks.push(tick);
                    tick += step;
                }
            }
        }
        ticks
    }
}

fn height(group: &Group) -> f64 {
    group.bars.iter().map(|_| BAR).sum()
}

/// Told apart by those who see colours differently as well.
fn colour(peer: Peer) -> &'static str {
    match peer {
        Peer::Gordian => "#0b6e99",
        Peer::RocksDb => "#e39b2d",
        Peer::RocksDbTuned => "#f2cf8d",
        Peer::Tokio => "#7a7a7a",
        Peer::ParkingLot => "#bdbdbd",
    }
}

fn number(value: f64) -> String {
    match value {
        _ if value == 0.0 => "0".into(),
        _ if value >= 1_000.0 => {
            format!("{:.0},{:03.0}", (value / 1000.0).floor(), value % 1000.0)
        }
        _ if value >= 100.0 => format!("{value:.0}"),
        _ if value >= 10.0 => trim(&format!("{value:.1}")),
        _ if value >= 0.1 => trim(&format!("{value:.2}")),
        _ => trim(&format!("{value:.4}")),
    }
}

fn trim(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
