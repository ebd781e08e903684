//! Where actors run: on the caller's Tokio runtime, or on a thread of their own.

use std::sync::OnceLock;

use tokio::runtime::{Builder, Handle};

/// Runs something on the caller's Tokio runtime; for a thread without one, on the runtime of a thread
/// that all such threads share.
///
/// # Panics
/// If the operating system gives no thread for that runtime.
pub fn spawn<T>(start: impl FnOnce() -> T) -> T {
    if Handle::try_current().is_ok() {
        return start();
    }
    let _entered = background().enter();
    start()
}

fn background() -> &'static Handle {
    static BACKGROUND: OnceLock<Handle> = OnceLock::new();
    BACKGROUND.get_or_init(|| {
        let runtime = Builder::new_current_thread().enable_time().build().expect("a timer needs no device");
        let handle = runtime.handle().clone();
        let run = move || runtime.block_on(std::future::pending::<()>());
        std::thread::Builder::new().name("gordian".to_owned()).spawn(run).expect("the system gives a thread");
        handle
    })
}
