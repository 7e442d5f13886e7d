//! The thread that writes: what was told becomes durable once a second, all of it or nothing, and what cannot be written waits
//! and is tried again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant, UNIX_EPOCH};

use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior, params};

use super::apply::{Apply, Refusal};
use super::content::Provenance;
use super::error::StoreError;
use super::lanes::Lanes;
use super::limits::Limits;
use super::lock::{Lock, beside};
use super::open::{self, COMPANIONS};
use super::queue::{Entry, Queue};
use super::schema::MIGRATIONS;
use super::shared::{Move, Shared, State};
use super::status::Status;

/// Time between two commits, and between two tries where the disk refuses: of the five seconds that may be lost at most, the
/// rest is for a slow disk.
const INTERVAL: Duration = Duration::from_secs(1);
/// Tries to write what is left when the session closes, and the time between them.
const LAST_TRIES: usize = 3;
const LAST_INTERVAL: Duration = Duration::from_millis(300);

/// A session file with the right to write into it.
pub(super) struct Writer {
    // In this order: the file is closed before another one may write into it.
    conn: Connection,
    lock: Lock,
    path: PathBuf,
    limits: Limits,
    lanes: Lanes,
    opening: i64,
    /// What was taken from the queue and is not durable yet.
    backlog: Queue,
    bytes_written: u64,
    left_out: Option<String>,
}

impl Writer {
    /// A new session file.
    pub fn create(path: &Path, provenance: &Provenance, limits: Limits) -> Result<Self, StoreError> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), fs::create_dir_all).map_err(|err| StoreError::io(path, &err))?;
        let lock = Lock::take(path)?;
        let conn = open::create(path, MIGRATIONS)?;
        let created = provenance.created.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let facts = [
            ("version", provenance.version.clone()),
            ("device", provenance.device.clone()),
            ("processor", provenance.processor.clone()),
            ("created", created.to_string()),
            ("writer", provenance.writer.key().to_owned()),
            ("openings", "0".to_owned()),
        ];
        for (key, value) in facts {
            let sql = "INSERT OR REPLACE INTO provenance (key, value) VALUES (?1, ?2)";
            conn.execute(sql, params![key, value]).map_err(|err| StoreError::sqlite(path, &err))?;
        }
        Self::with(conn, lock, path, limits)
    }

    /// A session file that is there.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, StoreError> {
        // A missing file gets no lock beside it.
        fs::metadata(path).map_err(|err| StoreError::io(path, &err))?;
        let lock = Lock::take(path)?;
        let conn = open::to_write(path, MIGRATIONS)?;
        Self::with(conn, lock, path, limits)
    }

    fn with(conn: Connection, lock: Lock, path: &Path, limits: Limits) -> Result<Self, StoreError> {
        let of_sqlite = |err| StoreError::sqlite(path, &err);
        let counted = "INSERT INTO provenance (key, value) VALUES ('openings', '1')
            ON CONFLICT (key) DO UPDATE SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT)";
        conn.execute(counted, []).map_err(of_sqlite)?;
        let opening = "SELECT CAST(value AS INTEGER) FROM provenance WHERE key = 'openings'";
        let opening = conn.query_row(opening, [], |row| row.get(0)).map_err(of_sqlite)?;
        let (lanes, backlog) = (Lanes::default(), Queue::default());
        Ok(Self {
            conn,
            lock,
            path: path.to_owned(),
            limits,
            lanes,
            opening,
            backlog,
            bytes_written: 0,
            left_out: None,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it stands, without what the handles know.
    pub fn status(&self) -> Status {
        Status {
            path: self.path.clone(),
            left_out: self.left_out.clone(),
            bytes_written: self.bytes_written,
            file_bytes: open::size(&self.path),
            num_thinned: self.backlog.num_thinned,
            ..Status::default()
        }
    }

    /// Takes what waits in a queue.
    pub fn take(&mut self, queue: &mut Queue) {
        self.backlog.take(queue);
    }

    /// Has the file hold no more than so many pages, as a disk does that is full.
    #[cfg(test)]
    pub fn limit_pages(&self, pages: u32) {
        let _: i64 = self.conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0)).unwrap();
    }

    /// Writes what waits, all of it or nothing. What has no form in the file is left out.
    pub fn write(&mut self) -> Result<(), StoreError> {
        if self.backlog.is_empty() {
            return Ok(());
        }
        // What is written into a file that was removed is lost without a word of the system.
        if !self.path.exists() {
            return Err(StoreError::Missing(self.path.clone()));
        }
        match self.write_backlog() {
            Ok((bytes, left_out)) => {
                self.backlog.clear();
                self.bytes_written += bytes;
                self.left_out = left_out.or(self.left_out.take());
                Ok(())
            }
            Err(err) => {
                // They have counted rows that are not there.
                self.lanes.forget();
                Err(StoreError::sqlite(&self.path, &err))
            }
        }
    }

    /// The bytes that were added, and what was left out.
    fn write_backlog(&mut self) -> rusqlite::Result<(u64, Option<String>)> {
        let transaction = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate)?;
        let (lanes, limits, opening) = (&mut self.lanes, &self.limits, self.opening);
        let mut apply = Apply { conn: &self.conn, lanes, limits, opening, bytes: 0, has_waste: false };
        let mut left_out = None;
        for entry in self.backlog.entries() {
            if let Some(reason) = write_entry(&mut apply, entry)? {
                let path = self.path.clone();
                left_out = Some(StoreError::NoForm { path, what: entry.noun(), reason }.to_string());
                apply.lanes.forget();
            }
        }
        apply.sweep()?;
        let bytes = apply.bytes;
        transaction.commit()?;
        Ok((bytes, left_out))
    }

    /// Moves the session to another file and goes on there.
    fn move_to(&mut self, path: &Path, keep_old: bool) -> Result<(), StoreError> {
        let of_system = |err: io::Error| StoreError::io(path, &err);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.map_or(Ok(()), fs::create_dir_all).map_err(of_system)?;
        if fs::canonicalize(path).is_ok_and(|there| fs::canonicalize(&self.path).is_ok_and(|here| here == there)) {
            return Ok(());
        }
        let lock = Lock::take(path)?;
        let new = beside(path, "-new");
        let copy = || {
            let _ = fs::remove_file(&new);
            let name = new.to_string_lossy();
            self.conn.execute("VACUUM INTO ?1", [&name]).map_err(|err| StoreError::sqlite(path, &err))?;
            fs::File::open(&new).and_then(|file| file.sync_all()).map_err(of_system)?;
            // What a file of this name left beside it does not belong to this one.
            for ending in COMPANIONS {
                let _ = fs::remove_file(beside(path, ending));
            }
            fs::rename(&new, path).map_err(of_system)
        };
        copy().inspect_err(|_| drop(fs::remove_file(&new)))?;
        let conn = open::to_write(path, MIGRATIONS)?;
        drop(std::mem::replace(&mut self.conn, conn));
        drop(std::mem::replace(&mut self.lock, lock));
        let old = std::mem::replace(&mut self.path, path.to_owned());
        self.lanes.forget();
        if !keep_old {
            let _ = fs::remove_file(&old);
            for ending in COMPANIONS {
                let _ = fs::remove_file(beside(&old, ending));
            }
        }
        Ok(())
    }
}

/// Writes an entry, or nothing of it where the file does not take it: the reason then.
fn write_entry(apply: &mut Apply<'_>, entry: &Entry) -> rusqlite::Result<Option<String>> {
    let conn = apply.conn;
    conn.execute_batch("SAVEPOINT entry")?;
    let refused = match apply.entry(entry) {
        Ok(()) => None,
        Err(Refusal::NoForm(reason)) => Some(reason),
        Err(Refusal::Sqlite(err)) => match err.sqlite_error_code() {
            Some(ErrorCode::ConstraintViolation | ErrorCode::TooBig) => Some(err.to_string()),
            _ => return Err(err),
        },
    };
    let end = if refused.is_some() { "ROLLBACK TO entry; RELEASE entry" } else { "RELEASE entry" };
    conn.execute_batch(end)?;
    Ok(refused)
}

/// Starts the thread.
pub(super) fn spawn(writer: Writer, shared: Arc<Shared>) -> io::Result<JoinHandle<()>> {
    Builder::new().name("session".to_owned()).spawn(move || {
        // Whoever waits hears of the end however the thread comes to it.
        let _gone = Gone(Arc::clone(&shared));
        serve(writer, &shared);
    })
}

/// Tells that the thread has ended.
struct Gone(Arc<Shared>);

impl Drop for Gone {
    fn drop(&mut self) {
        let mut orders = Vec::new();
        self.0.change(|state| {
            state.is_gone = true;
            orders = std::mem::take(&mut state.moves);
        });
        let path = self.0.lock().status.path.clone();
        orders.into_iter().for_each(|order| (order.done)(Err(StoreError::Closed(path.clone()))));
    }
}

fn serve(mut writer: Writer, shared: &Shared) {
    let mut last = None;
    loop {
        let mut taken = wait(&mut writer, shared, last);
        let mut written = writer.write();
        last = Some(Instant::now());
        for order in std::mem::take(&mut taken.moves) {
            let moved = writer.move_to(&order.path, order.keep_old);
            if moved.is_ok() {
                written = writer.write();
            }
            shared.change(|state| state.status.path.clone_from(&writer.path));
            (order.done)(moved);
        }
        for _ in 1..LAST_TRIES {
            if taken.is_closing && written.is_err() {
                std::thread::sleep(LAST_INTERVAL);
                written = writer.write();
            }
        }
        shared.change(|state| tell(state, &writer, &written, &taken));
        if taken.is_closing {
            return;
        }
    }
}

/// What the thread has to do.
struct Taken {
    /// Entries that were told before it was taken, all of them.
    told: u64,
    at: Instant,
    /// When the oldest entry was told that is not durable.
    oldest: Option<Instant>,
    moves: Vec<Move>,
    is_closing: bool,
}

/// Waits until there is something to do, and takes it.
fn wait(writer: &mut Writer, shared: &Shared, last: Option<Instant>) -> Taken {
    let mut state = shared.lock();
    while !is_due(&state, writer, last) {
        let next = last.map(|last| last + INTERVAL).filter(|_| has_work(&state, writer));
        match next {
            Some(next) => drop(shared.work.wait_until(&mut state, next)),
            None => shared.work.wait(&mut state),
        }
    }
    writer.take(&mut state.queue);
    state.num_behind = writer.backlog.len();
    state.is_urgent = false;
    let moves = std::mem::take(&mut state.moves);
    Taken { told: state.told, at: Instant::now(), oldest: state.oldest, moves, is_closing: state.is_closing }
}

fn has_work(state: &State, writer: &Writer) -> bool {
    !state.queue.is_empty() || !writer.backlog.is_empty()
}

fn is_due(state: &State, writer: &Writer, last: Option<Instant>) -> bool {
    let is_time = last.is_none_or(|last| last.elapsed() >= INTERVAL);
    state.is_urgent || state.is_closing || !state.moves.is_empty() || (is_time && has_work(state, writer))
}

/// Tells how a try to write went.
fn tell(state: &mut State, writer: &Writer, written: &Result<(), StoreError>, taken: &Taken) {
    state.status = writer.status();
    match written {
        Ok(()) => {
            state.written = taken.told;
            state.num_behind = 0;
            state.failure = None;
            // What was told meanwhile is no older than that.
            state.oldest = (!state.queue.is_empty()).then_some(taken.at);
        }
        Err(err) => {
            state.failures += 1;
            state.num_behind = writer.backlog.len();
            state.oldest = taken.oldest;
            state.status.problem = Some(err.to_string());
            state.failure = Some(err.clone());
        }
    }
}
