//! Questions to a running node, from whoever operates it, over the same listener that its peers use.
//!
//! | to learn | read |
//! |---|---|
//! | what may be asked | [`Question`](crate::Question), [`Answer`](crate::Answer) |
//! | what is said, and what keeps strangers out | `conversation` |
//! | how a node answers | `desk` |
//! | how a question is put, and to whom | [`ask`], [`Whom`] |

mod ask;
mod conversation;
mod desk;
mod whom;

pub use ask::{AskError, ask};
pub(super) use desk::Desk;
pub use whom::Whom;
