//! `gordian explain`: who waits on whom at the end of a script, and each deadlock on the way.

use std::io::{self, Write};
use std::slice;

use lock_sim::{Report, Scenario, Timeline};
use serde_json::json;

use crate::arguments::{ExplainArguments, Format};
use crate::find::{find_files, load_all};
use crate::paint::{Paint, complaint};
use crate::run::run_once;
use crate::verdict::{Trouble, Verdict};

pub(crate) fn explain(arguments: &ExplainArguments) -> Result<Verdict, Trouble> {
    let scenarios = load_all(&find_files(slice::from_ref(&arguments.file))?, arguments.world.engine)?;
    let is_drawn = arguments.format == Some(Format::Svg);
    if is_drawn && scenarios.len() > 1 {
        return Err(Trouble::ManyPictures(arguments.file.clone()));
    }
    let mut verdict = Verdict::Passed;
    for scenario in &scenarios {
        let (report, timeline) = run_once(scenario, &arguments.world, arguments.world.seed, is_drawn)?;
        let mut out = io::stdout().lock();
        match &timeline {
            Some(timeline) => show_picture(&mut out, scenario, &report, timeline)?,
            None => show(&mut out, scenario, &report, arguments.format)?,
        }
        if let Some(failure) = &report.failure {
            eprintln!("{}", complaint(&failure.to_string()));
            verdict = Verdict::Failed;
        }
    }
    Ok(verdict)
}

fn show(out: &mut impl Write, scenario: &Scenario, report: &Report, format: Option<Format>) -> io::Result<()> {
    match format {
        Some(Format::Text) => show_text(out, scenario, report),
        Some(Format::Dot) => write!(out, "{}", dot(scenario, report)),
        Some(Format::Mermaid) => write!(out, "{}", mermaid(scenario, report)),
        Some(Format::Json) => writeln!(out, "{}", json(scenario, report)),
        Some(Format::Svg) | None => {
            let paint = Paint::for_stdout();
            show_text(out, scenario, report)?;
            writeln!(out, "\n{}\n{}", paint.strong("DOT"), dot(scenario, report))?;
            write!(out, "{}\n{}", paint.strong("Mermaid"), mermaid(scenario, report))
        }
    }
}

fn show_picture(out: &mut impl Write, scenario: &Scenario, report: &Report, timeline: &Timeline) -> io::Result<()> {
    write!(out, "{}", lock_sim::draw(scenario, report, timeline))
}

fn show_text(out: &mut impl Write, scenario: &Scenario, report: &Report) -> io::Result<()> {
    let paint = Paint::for_stdout();
    writeln!(out, "{}  {}", paint.strong(&scenario.file), paint.faint(&scenario.rule))?;
    for deadlock in &report.deadlocks {
        writeln!(out, "\n{}", scenario.names.deadlock(deadlock).join("\n"))?;
    }
    writeln!(out, "\n{}", paint.strong("at the end:"))?;
    for line in &report.waits {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

fn dot(scenario: &Scenario, report: &Report) -> String {
    report.graph.to_dot_named(|tx| scenario.names.of(tx))
}

fn mermaid(scenario: &Scenario, report: &Report) -> String {
    report.graph.to_mermaid_named(|tx| scenario.names.of(tx))
}

fn json(scenario: &Scenario, report: &Report) -> serde_json::Value {
    json!({
        "file": scenario.file,
        "rule": scenario.rule,
        "names": scenario.names,
        "deadlocks": report.deadlocks,
        "waits": report.waits,
        "graph": report.graph,
    })
}
