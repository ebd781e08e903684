//! `gordian locks`: who has and who waits for what in the table of a node.

use std::io::{self, Write};

use lock_core::Millis;
use lock_server::{LocksView, ObjectView};

use super::asker::Asker;
use super::json;
use super::table::duration;
use crate::arguments::LocksArguments;
use crate::paint::Paint;
use crate::verdict::{Trouble, Verdict};

pub(crate) fn locks(arguments: &LocksArguments) -> Result<Verdict, Trouble> {
    let asker = Asker::new(&arguments.ask)?;
    let view = asker.locks(&asker.whom, arguments.object.clone())?;
    if arguments.ask.json {
        json::print(&view)?;
    } else {
        show(&view, arguments.object.is_some())?;
    }
    let nobody = arguments.object.is_some() && view.objects.is_empty();
    Ok(if nobody { Verdict::Failed } else { Verdict::Passed })
}

fn show(view: &LocksView, one: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if view.objects.is_empty() {
        let what = if one { "it, nor anything above or below it" } else { "anything" };
        return writeln!(out, "at {} nobody has or wants {what}", view.node);
    }
    for object in &view.objects {
        show_object(&mut out, object, view.now)?;
    }
    if view.more > 0 {
        writeln!(out, "and {} objects more: name one to see it", view.more)?;
    }
    Ok(())
}

fn show_object(out: &mut impl Write, view: &ObjectView, now: Millis) -> io::Result<()> {
    writeln!(out, "{}", Paint::for_stdout().strong(&view.object))?;
    for holder in &view.holders {
        writeln!(out, "  {} has {} ({})", holder.tx, holder.mode, holder.token)?;
    }
    for waiter in &view.waiters {
        let waited = duration(now.0.saturating_sub(waiter.since.0));
        writeln!(out, "  {} waits for {}, for {waited}", waiter.tx, waiter.mode)?;
    }
    Ok(())
}
