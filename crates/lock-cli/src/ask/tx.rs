//! `gordian tx`: the transactions that live on a node, or what it knows of one.

use std::io::{self, Write};

use lock_core::{ClaimView, Mode};
use lock_server::{TransactionView, TransactionsView};

use super::asker::Asker;
use super::{json, table};
use crate::arguments::TxArguments;
use crate::verdict::{Trouble, Verdict};

pub(crate) fn tx(arguments: &TxArguments) -> Result<Verdict, Trouble> {
    let asker = Asker::new(&arguments.ask)?;
    let Some(tx) = arguments.tx else {
        let view = asker.transactions(&asker.whom)?;
        if arguments.ask.json {
            json::print(&view)?;
        } else {
            show_all(&view)?;
        }
        return Ok(Verdict::Passed);
    };
    let view = asker.transaction(&asker.whom, tx)?;
    if arguments.ask.json {
        json::print(&view)?;
    } else {
        show_one(&view)?;
    }
    let is_known = view.home.is_some() || !view.here.is_empty();
    Ok(if is_known { Verdict::Passed } else { Verdict::Failed })
}

fn show_all(view: &TransactionsView) -> io::Result<()> {
    if view.transactions.is_empty() {
        println!("no transaction lives at {}", view.node);
        return Ok(());
    }
    let row =
        |row: &lock_server::TransactionRow| vec![row.tx.to_string(), row.claims.to_string(), row.status.to_string()];
    table::print(&["TX", "CLAIMS", "STATUS"], &view.transactions.iter().map(row).collect::<Vec<_>>())?;
    if view.more > 0 {
        println!("and {} more", view.more);
    }
    Ok(())
}

fn show_one(view: &TransactionView) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let TransactionView { node, tx, home, status, parts, here } = view;
    match (home, status) {
        (Some(_), Some(status)) => writeln!(out, "{tx} lives at {node}: {status}")?,
        (Some(home), None) => writeln!(out, "{tx} lives at {home}; ask there for its status")?,
        (None, _) if here.is_empty() => return writeln!(out, "{node} knows no {tx}: it is over, or lives elsewhere"),
        (None, _) => writeln!(out, "{tx} has claims at {node}; where it lives is not known there")?,
    }
    for part in parts {
        let stands = stands(part.granted, part.wanted);
        writeln!(out, "  {} at {}: {stands}", part.object, part.node)?;
    }
    for ClaimView { object, granted, wanted, .. } in here.iter().filter(|_| status.is_none()) {
        writeln!(out, "  {object} at {node}: {}", stands(*granted, *wanted))?;
    }
    Ok(())
}

fn stands(granted: Option<Mode>, wanted: Option<Mode>) -> String {
    match (granted, wanted) {
        (Some(has), Some(wants)) => format!("has {has}, waits for {wants}"),
        (Some(has), None) => format!("has {has}"),
        (None, Some(wants)) => format!("waits for {wants}"),
        (None, None) => String::from("not granted, and not asked for"),
    }
}
