//! `cargo xtask bench`: Gordian and its peers, measured in turns in one run.
//!
//! | File | What it tells |
//! |---|---|
//! | `rows.rs` | what is measured and which figure must be met |
//! | `programs.rs` | the programs that measure, and how they are built |
//! | `samples.rs` | how they are run in turns, and the medians of it |
//! | `verdict.rs` | ratio, target, met or missed |
//! | `table.rs` | the table, on the terminal and in Markdown |
//! | `chart.rs` | one bar chart as SVG |
//! | `pictures.rs` | which charts there are |
//! | `machine.rs` | what it all ran on |
//! | `results.rs` | the page of results |

mod chart;
mod machine;
mod pictures;
mod programs;
mod results;
mod rows;
mod samples;
mod table;
mod verdict;

use std::time::Instant;

use clap::Args;

use crate::workspace::{Outcome, root, target};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Three short repetitions: enough to see that all works, not to believe the figures.
    #[arg(long)]
    quick: bool,
    /// Only cases whose name contains this word.
    #[arg(long, value_name = "WORD")]
    filter: Option<String>,
    /// Only Gordian, without its peers.
    #[arg(long)]
    gordian_only: bool,
}

/// Measures, prints the table, and writes the page of results and its pictures.
///
/// Only a full run writes into `bench/`; any other writes into `target/bench/`, so that a look
/// at one case does not replace the figures that the project stands by.
pub(crate) fn bench(args: &BenchArgs) -> Outcome<()> {
    let start = Instant::now();
    let programs = programs::build(args.gordian_only)?;
    let wanted = |case: &str| args.filter.as_ref().is_none_or(|word| case.contains(word));
    let plan = if args.quick { samples::QUICK } else { samples::FULL };
    let measured = samples::measure(&programs, &plan, wanted);
    let lines = verdict::judge(&measured, wanted);
    println!("{}", table::terminal(&lines));
    for program in &programs {
        if let Err(why) = &program.state {
            println!("{}: {why}", program.peer);
        }
    }
    let full = !args.quick && !args.gordian_only && args.filter.is_none();
    let folder = if full { root().join("bench") } else { target().join("bench") };
    std::fs::create_dir_all(&folder)?;
    let pictures = pictures::write(&lines, &folder)?;
    let page = results::page(&results::Run { plan, programs, lines, pictures });
    std::fs::write(folder.join("RESULTS.md"), page)?;
    let seconds = start.elapsed().as_secs();
    println!("{} written after {seconds} s", folder.join("RESULTS.md").display());
    Ok(())
}
