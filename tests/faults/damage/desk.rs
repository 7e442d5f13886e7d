//! Where one thread has damaged files read: a folder of its own, and a watch on how long that takes.

use std::fs;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use flatscape::engine::panic_message;
use tempfile::TempDir;

use super::counting::{forget_highest, held, highest, most_bytes};
use super::kinds::Subject;
use super::readers::Read;

/// A reader answers within this time.
const MOST_TIME: Duration = Duration::from_secs(10);
/// A reader that has not answered by then never will: the program ends, since a thread cannot be ended.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that a reader takes at most.
const MOST_MEMORY: usize = 300 << 20;

/// Readers share it; one that is measured has it alone.
static QUIET: RwLock<()> = RwLock::new(());
/// What the process held when the mark of its most memory was last set back.
static HELD: AtomicUsize = AtomicUsize::new(usize::MAX);

/// A folder for damaged files, and the one that is being read.
pub struct Desk {
    dir: TempDir,
    reading: Mutex<Option<(Instant, PathBuf)>>,
}

impl Desk {
    pub fn new() -> Self {
        // In memory where there is such a place: sessions are written to the disk before they are said to be saved.
        let memory = Path::new("/dev/shm");
        let dir = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self { dir: dir.expect("a temporary folder"), reading: Mutex::default() }
    }

    /// The folder with all whole files of a subject.
    pub fn lay(&self, subject: &Subject) -> PathBuf {
        let folder = self.dir.path().join("all");
        let _ = fs::remove_dir_all(&folder);
        for (place, bytes) in &subject.files {
            let path = folder.join(place);
            fs::create_dir_all(path.parent().expect("a folder")).expect("it can be made");
            fs::write(path, bytes).expect("it can be written");
        }
        folder
    }

    /// What a reader said of a file, or what was wrong with its reading: it reads `opened`, where `path` is the damaged file.
    pub fn read(&self, read: Read, opened: &Path, path: &Path) -> Result<Vec<String>, String> {
        let shared = QUIET.read().unwrap_or_else(PoisonError::into_inner);
        let (mut outcome, mut took) = self.timed(read, opened, path);
        // Before another one sets the mark back.
        let is_large = highest() > HELD.load(Ordering::Relaxed).saturating_add(MOST_MEMORY);
        drop(shared);
        if outcome.is_ok() && (is_large || took > MOST_TIME) {
            // It may be others that took the memory or the time: once more, and alone.
            let _alone = QUIET.write().unwrap_or_else(PoisonError::into_inner);
            let (again, bytes) = most_bytes(|| self.timed(read, opened, path));
            (outcome, took) = again;
            remember();
            if bytes > MOST_MEMORY {
                return Err(format!("it takes {} MiB", bytes >> 20));
            }
        }
        if took > MOST_TIME {
            return Err(format!("it takes {took:?}"));
        }
        outcome.map_err(|panic| format!("it panics: {panic}"))
    }

    fn timed(&self, read: Read, opened: &Path, path: &Path) -> (Result<Vec<String>, String>, Duration) {
        let start = Instant::now();
        *self.reading.lock().expect("no panic while it was held") = Some((start, path.to_owned()));
        let outcome = catch_unwind(AssertUnwindSafe(|| read(opened)));
        *self.reading.lock().expect("no panic while it was held") = None;
        (outcome.map_err(|panic| panic_message(panic.as_ref())), start.elapsed())
    }
}

/// Sets the mark of the most memory back; where the system has none, no reader seems large.
pub fn remember() {
    HELD.store(if forget_highest() { held() } else { usize::MAX }, Ordering::Relaxed);
}

/// Ends the program where a reader hangs, with its file kept.
pub fn watch(desks: &[Desk], is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(200));
        for desk in desks {
            let reading = desk.reading.lock().expect("no panic while it was held").clone();
            if let Some((start, path)) = reading.filter(|(start, _)| start.elapsed() > PATIENCE) {
                let kept = fs::read(&path).map(|bytes| keep(&path, "hangs", &bytes));
                // Not `println!`, whose words would end with the test.
                let words = format!("a reader hangs for {:?} at {} ({kept:?})", start.elapsed(), path.display());
                let _ = writeln!(std::io::stderr(), "{words}");
                std::process::exit(1);
            }
        }
    }
}

/// Keeps a damaged file to be looked at.
pub fn keep(path: &Path, word: &str, bytes: &[u8]) -> PathBuf {
    let name = path.file_name().expect("a file").to_string_lossy();
    let kept = std::env::temp_dir().join(format!("damaged-{word}-{name}"));
    fs::write(&kept, bytes).expect("it can be kept");
    kept
}
