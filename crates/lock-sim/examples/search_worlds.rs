//! Searches random worlds for one that breaks a promise.
//!
//! ```text
//! cargo run --release -p lock-sim --example search_worlds -- 100000 1
//! ```
//! The first number says how many worlds, the second is the seed of the first of them.

use std::num::ParseIntError;
use std::process::ExitCode;

fn main() -> ExitCode {
    match search() {
        Ok(exit) => exit,
        Err(wrong) => {
            eprintln!("usage: search_worlds [WORLDS] [SEED] ({wrong})");
            ExitCode::from(2)
        }
    }
}

fn search() -> Result<ExitCode, ParseIntError> {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| arguments.next().map_or(Ok(default), |text| text.parse());
    let (worlds, seed) = (number(10_000)?, number(1)?);
    let report = lock_sim::search_worlds(worlds, seed);
    print!("{report}");
    Ok(ExitCode::from(u8::from(!report.findings.is_empty())))
}
