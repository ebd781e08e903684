//! Directory locks, beside plantdb: `cargo run --release -p gordian-bench --bin files`.
//!
//! plantdb is measured if `PLANTDB_PYTHON` names a Python that has it; the tests of `lock-files` make one below `target/tmp/`. Prints a
//! JSON line for each measurement.
//!
//! | File | What it measures |
//! |---|---|
//! | `cycles.rs` | lock and unlock of a free id by one thread, the text about the holder written, ours and plantdb in turns |
//! | `crowd.rs` | processes that all want one id: violations, waits, hand-overs |
//! | `killed.rs` | the holder is killed: when the next one has it |

#[cfg(unix)]
mod crowd;
#[cfg(unix)]
mod cycles;
#[cfg(unix)]
mod killed;

#[cfg(unix)]
fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => {
            let folder = Folder::new();
            cycles::measure(&folder.0);
            crowd::measure(&folder.0);
            killed::measure(&folder.0);
        }
        ["member", folder, seconds, hold_us] => crowd::be_member(folder, seconds, hold_us),
        ["holder", folder] => killed::be_holder(folder),
        _ => panic!("files takes no arguments"),
    }
}

#[cfg(not(unix))]
fn main() {
    eprintln!("directory locks are for Unix systems");
}

/// A folder on the disk that the build is on, taken away at the end.
#[cfg(unix)]
struct Folder(std::path::PathBuf);

#[cfg(unix)]
impl Folder {
    fn new() -> Self {
        let beside = std::env::current_exe().expect("it runs").with_file_name("files-bench");
        let _ = std::fs::remove_dir_all(&beside);
        std::fs::create_dir_all(&beside).expect("a folder beside the program can be made");
        Self(beside)
    }
}

#[cfg(unix)]
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
