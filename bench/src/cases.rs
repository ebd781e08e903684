//! The command line that all benchmark programs share.

use std::time::Duration;

/// One thing that a program can measure.
#[derive(Debug)]
pub struct Case {
    /// What the case is called on the command line.
    pub name: &'static str,
    /// Measures for about that long and reports.
    pub run: fn(Duration),
}

/// Does what the command line asks of a program with these cases. The version is that of the peer, empty if the lock file tells it.
///
/// # Panics
/// If the seconds are no number: whoever runs the benchmarks should see it.
pub fn main(version: &str, cases: &[Case]) {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_else(|| "--list".into());
    let seconds = args.next().map_or(0.3, |text| text.parse().expect("seconds are a number"));
    match first.as_str() {
        "--version" => println!("{version}"),
        "--list" => cases.iter().for_each(|case| println!("{}", case.name)),
        name => {
            for case in cases.iter().filter(|case| case.name == name) {
                (case.run)(Duration::from_secs_f64(seconds));
            }
        }
    }
}
