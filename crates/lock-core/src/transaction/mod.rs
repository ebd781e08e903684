//! The transaction machine: what one unit of work asked for, what it was told, and how it stands.

mod claim;
mod machine;
mod options;
mod status;

pub use claim::{Claim, join};
pub use machine::{ClaimError, LostClaim, Over, TransactionMachine};
pub use options::TransactionOptions;
pub use status::Status;
