//! The story's time in a file: a node reads it at every step, also right after it stood still, so all nodes see one time.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use lock_core::{Millis, TxId};
use lock_server::Director;

use super::ground::Time;

/// Three numbers of eight bytes each: the time, what the next transaction is called, and how long a frame is under way.
#[derive(Debug)]
pub(super) struct TimeFile(File);

/// The file, for as long as a story needs it.
#[derive(Debug)]
pub(super) struct OwnTimeFile {
    file: File,
    pub(super) path: PathBuf,
}

impl OwnTimeFile {
    pub(super) fn create() -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("gordian-story-{}-{count}", std::process::id()));
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        let own = Self { file, path };
        own.write(Time::default())?;
        Ok(own)
    }

    pub(super) fn write(&self, Time { now, next_tx, delay_ms }: Time) -> io::Result<()> {
        let bytes = [now.0, next_tx.0, delay_ms].map(u64::to_le_bytes).concat();
        self.file.write_all_at(&bytes, 0)
    }
}

impl Drop for OwnTimeFile {
    fn drop(&mut self) {
        // A file that stays behind harms nobody.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl TimeFile {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = Self(File::open(path)?);
        file.read(16)?;
        Ok(file)
    }

    fn read(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.0.read_exact_at(&mut bytes, at)?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// It was written before it was opened, and is never made shorter.
    fn expect(&self, at: u64) -> u64 {
        self.read(at).expect("a file that was read can be read again")
    }
}

impl Director for TimeFile {
    fn now(&self) -> Millis {
        Millis(self.expect(0))
    }

    fn next_tx(&self) -> TxId {
        TxId(self.expect(8))
    }

    fn delay_ms(&self) -> u64 {
        self.expect(16)
    }
}
