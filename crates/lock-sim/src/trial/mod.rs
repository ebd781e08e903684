//! Random lives of whole clusters: a seed and a profile give a scenario, which is lived through with every promise checked.
//!
//! | to learn | read |
//! |---|---|
//! | what may happen, and how often | `profile` |
//! | how a scenario comes from a seed | `generate` |
//! | how it is lived through | `live` |
//! | how a failing one is made small | `shrink` |

mod generate;
mod live;
mod profile;
mod shrink;

pub use generate::generate;
pub use live::{TrialFailure, TrialReport, live, trace};
pub use profile::{Profile, UnknownProfile};
pub use shrink::shrink;
