//! The looks of a picture, in daylight and in the dark.
//!
//! Held is blue, waiting is amber, a deadlock is magenta: colours that most eyes tell apart, and each has a shape of its own
//! as well. The paper is painted, so that a picture can be read on any page; it is dark where the reader asks for that.

/// What does not depend on the light.
const SHAPES: &str = "\
.strong{font-weight:bold}.title{font-weight:bold}.code{font-style:italic}
.arrow,.soft,.hard{fill:none;stroke-width:1.3}.soft{stroke-dasharray:4 3}
.box{stroke-width:1}.member{stroke-width:1.6}.victim{stroke-width:1.6}
.wait{stroke-width:1;stroke-dasharray:3 2}.hatch{fill:url(#gordian-hatch)}.grid{stroke-width:.6}.moment{stroke-width:1.4}
.failed-line{stroke-width:1.6;stroke-dasharray:6 3}.mark-line{stroke-width:1.8;fill:none}
";

/// A class, what of it is painted, and how: in daylight, in the dark.
type Paint = (&'static str, &'static str, &'static str, &'static str);

const PAINTS: [Paint; 33] = [
    ("paper", "fill", "#ffffff", "#14181d"),
    ("ink", "fill", "#1d2329", "#e6eaef"),
    ("faint", "fill", "#5b6570", "#9aa5b1"),
    ("bad", "fill", "#b3261e", "#ff8a80"),
    ("band", "fill", "#f5f7f9", "#1a1f26"),
    ("life", "fill", "#e6eaee", "#262d36"),
    ("grid", "stroke", "#e0e4e8", "#2a313a"),
    ("box", "fill", "#f2f5f8", "#212831"),
    ("box", "stroke", "#8c97a3", "#6f7b88"),
    ("member", "fill", "#fde7f2", "#3f2034"),
    ("member", "stroke", "#b02a74", "#ee7fb6"),
    ("victim", "fill", "#b02a74", "#ee7fb6"),
    ("victim", "stroke", "#7d1450", "#ffc1de"),
    ("on-victim", "fill", "#ffffff", "#2b0a1c"),
    ("hard", "stroke", "#4a5561", "#b4bec9"),
    ("soft", "stroke", "#4a5561", "#b4bec9"),
    ("tip", "fill", "#4a5561", "#b4bec9"),
    ("round", "stroke", "#b02a74", "#ee7fb6"),
    ("round-tip", "fill", "#b02a74", "#ee7fb6"),
    ("write", "fill", "#2458b8", "#5b92f0"),
    ("on-write", "fill", "#ffffff", "#08152e"),
    ("read", "fill", "#a9cdf5", "#27507f"),
    ("on-read", "fill", "#0c2a50", "#dcebff"),
    ("wait", "fill", "#fff1cf", "#3d3113"),
    ("wait", "stroke", "#b87700", "#e0ac45"),
    ("on-wait", "fill", "#5e3d00", "#ffdf9c"),
    ("moment", "stroke", "#b02a74", "#ee7fb6"),
    ("moment-dot", "fill", "#b02a74", "#ee7fb6"),
    ("moment-dot", "stroke", "#ffffff", "#14181d"),
    ("failed-line", "stroke", "#b3261e", "#ff8a80"),
    ("mark-line", "stroke", "#b3261e", "#ff8a80"),
    ("end", "fill", "#5b6570", "#9aa5b1"),
    ("past", "fill", "#1a7f4b", "#56d294"),
];

/// The element that stands at the beginning of a picture.
pub(super) fn style() -> String {
    let rules = |colour: fn(&Paint) -> &str| {
        let rule = |paint: &Paint| format!(".{}{{{}:{}}}", paint.0, paint.1, colour(paint));
        PAINTS.iter().map(rule).collect::<String>()
    };
    let (day, dark) = (rules(|paint| paint.2), rules(|paint| paint.3));
    format!("<style>\n{SHAPES}{day}\n@media (prefers-color-scheme:dark){{{dark}}}\n</style>\n")
}
