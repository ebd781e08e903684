//! What locks on three nodes cost: three processes on loopback, each a node with clients, beside a raw ping-pong
//! over the same kind of stream.
//!
//! `cargo run --release -p gordian-bench --bin cluster`

mod commander;
mod node;
mod ping;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("the system gives threads");
    match arguments.first().map(String::as_str) {
        None => runtime.block_on(commander::command()),
        Some("node") => runtime.block_on(node::serve(&arguments[1..])),
        Some(other) => {
            eprintln!("`{other}` is unknown; without arguments everything is measured");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}
