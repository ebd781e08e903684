//! Questions to a running node: `gordian nodes`, `locks`, `tx` and `why`.

mod asker;
mod chain;
mod json;
mod locks;
mod nodes;
mod table;
mod tx;
mod why;

pub(crate) use asker::NODE;
pub(crate) use locks::locks;
pub(crate) use nodes::nodes;
pub(crate) use tx::tx;
pub(crate) use why::why;
