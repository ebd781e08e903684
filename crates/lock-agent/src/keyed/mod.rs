//! A mutex for each key: any value, or a path. The rules are those of the lock table; what is here gives keys names, counts
//! guards, and releases with them.
//!
//! | to learn | read |
//! |---|---|
//! | what it is, and who has what | [`KeyedMutex`] |
//! | who locks | [`Owner`] |
//! | what one holds in hand | [`KeyGuard`] |
//! | how a key becomes an object | `key` |
//! | one key, waiting or not | `locking`; many: `many`; around a closure: `around`; in threads: `blocking` |
//! | how keys are given back | `releasing`, and given away: [`Heir`], [`Gift`] |
//! | how tasks have names | [`Names`] |
//! | which guards an owner has out | `holdings`, beside this |

mod around;
mod blocking;
mod errors;
#[expect(clippy::result_large_err, reason = "a key that is not given away comes back by value, as it went in")]
mod giving;
mod inbox;
mod key;
mod key_guard;
mod keyed_mutex;
mod locking;
mod many;
mod names;
mod owner;
mod releasing;

pub use errors::{
    AlreadyOwned, KeyLockError, KeyReleaseError, KeyTimeoutError, KeyTryError, LockAllError, TryAllError,
};
pub use giving::{Gift, Gifts, Heir, NotGiven, WhyNot};
pub use key::KeyError;
pub use key_guard::KeyGuard;
pub use keyed_mutex::KeyedMutex;
pub use names::{NameError, Names};
pub use owner::Owner;
