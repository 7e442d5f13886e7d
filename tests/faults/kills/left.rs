//! What lies on the disk after a kill.

use std::fs;
use std::path::{Path, PathBuf};

use flatscape::session::store::Session;
use rusqlite::Connection;
use serde_json::Value;

/// Files that SQLite keeps beside a database.
const BESIDE: [&str; 2] = ["-wal", "-journal"];

/// A copy of a session as it lies there, so that a look at it changes nothing of what the program finds.
pub struct Copied {
    dir: tempfile::TempDir,
}

impl Copied {
    pub fn of(session: &Path) -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        fs::copy(session, dir.path().join("copy")).unwrap_or_else(|err| panic!("{}: {err}", session.display()));
        for end in BESIDE {
            let mut beside = session.as_os_str().to_owned();
            beside.push(end);
            // Not there where all has been moved into the database.
            let _ = fs::copy(PathBuf::from(beside), dir.path().join(format!("copy{end}")));
        }
        Self { dir }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().join("copy")
    }

    /// Whether SQLite finds it whole.
    pub fn assert_whole(&self) {
        let database = Connection::open(self.path()).expect("it opens");
        let found: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).expect("it is checked");
        assert_eq!(found, "ok");
    }
}

/// How a comparison goes on with what is left: not at all where there is nothing, and anew where it was killed before its session
/// said what it is of.
pub fn going_on(session: &Path) -> Option<&'static str> {
    if !session.exists() {
        return None;
    }
    let copied = Copied::of(session);
    let has_begun =
        Session::open(&copied.path()).is_ok_and(|session| session.experiment().is_ok_and(|found| found.is_some()));
    Some(if has_begun { "--resume" } else { "--force" })
}

/// Fails where a file of results has its name and is not whole.
pub fn assert_results_are_whole(folder: &Path) {
    for path in files(folder) {
        let bytes = fs::read(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let end = if name.starts_with('.') { "" } else { name.rsplit_once('.').map_or("", |(_, end)| end) };
        let is_whole = match end {
            "json" => serde_json::from_slice::<Value>(&bytes).is_ok(),
            "csv" => bytes.ends_with(b"\n"),
            "png" => image::load_from_memory(&bytes).is_ok(),
            "html" => bytes.trim_ascii_end().ends_with(b"</html>"),
            "safetensors" => safetensors::SafeTensors::deserialize(&bytes).is_ok(),
            "toml" => bytes.ends_with(b"\n") && std::str::from_utf8(&bytes).is_ok(),
            _ => true,
        };
        assert!(is_whole, "{} has its name and is not whole ({} bytes)", path.display(), bytes.len());
    }
}

/// All files below a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("it can be listed").path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Fails where two folders of results differ in more than the time that the runs took.
pub fn assert_same_results(whole: &Path, killed: &Path) {
    let names = |folder: &Path| -> Vec<PathBuf> {
        let results = files(folder).into_iter().filter(|path| is_result(path));
        results.map(|path| path.strip_prefix(folder).expect("it lies there").to_owned()).collect()
    };
    assert_eq!(names(whole), names(killed));
    for name in names(whole) {
        let [one, other] = [whole, killed].map(|folder| fs::read(folder.join(&name)).expect("it can be read"));
        match name.extension().and_then(|end| end.to_str()) {
            Some("json") => assert_eq!(timeless(&one), timeless(&other), "{}", name.display()),
            // It tells the seconds of each run in its table.
            Some("html") => {}
            _ => assert!(one == other, "{} differs from one of a comparison that was never stopped", name.display()),
        }
    }
}

fn is_result(path: &Path) -> bool {
    let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
    !is_hidden
        && path
            .extension()
            .is_some_and(|end| ["json", "csv", "png", "html", "safetensors"].iter().any(|known| end == *known))
}

/// JSON without what depends on the clock.
fn timeless(bytes: &[u8]) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                map.retain(|key, _| key != "wall_seconds" && key != "runs_at_once");
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            _ => {}
        }
    }
    let mut value = serde_json::from_slice(bytes).expect("JSON");
    strip(&mut value);
    value
}
