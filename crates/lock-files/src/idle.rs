//! Open files of ids that were locked lately, to be locked again without being opened again.

use parking_lot::Mutex;

use crate::lock_file::LockFile;

/// Three descriptors each.
const MOST: usize = 32;

/// The unlocked files of an id.
#[derive(Debug)]
pub(crate) struct Files {
    pub(crate) turnstile: LockFile,
    pub(crate) ours: LockFile,
    pub(crate) everyones: LockFile,
}

#[derive(Debug, Default)]
pub(crate) struct Idle {
    /// The one that was put in last is the last.
    files: Mutex<Vec<(String, Files)>>,
}

impl Idle {
    pub(crate) fn take(&self, stem: &str) -> Option<Files> {
        let mut files = self.files.lock();
        let at = files.iter().rposition(|(of, _)| of == stem)?;
        Some(files.remove(at).1)
    }

    pub(crate) fn put(&self, stem: &str, of_id: Files) {
        let mut files = self.files.lock();
        let oldest = (files.len() >= MOST).then(|| files.remove(0));
        files.push((stem.to_owned(), of_id));
        drop(files);
        drop(oldest);
    }
}
