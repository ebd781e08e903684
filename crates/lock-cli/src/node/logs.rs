//! What a node tells of its work, on standard error.

use std::io::{self, IsTerminal};

use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use super::settings::{LogFormat, Settings};

/// From now on, what happens is logged.
pub(super) fn start(settings: &Settings) {
    let lines = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let layer = match settings.log_format {
        LogFormat::Text => {
            let is_watched = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
            lines.with_ansi(is_watched).boxed()
        }
        LogFormat::Json => lines.json().boxed(),
    };
    // Fails if somebody logs already: a process has one node only.
    let _ = tracing_subscriber::registry().with(layer.with_filter(settings.log.clone())).try_init();
}
