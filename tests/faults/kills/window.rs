//! The real window under Xvfb, with xdotool for its keyboard, which writes a session by itself, is killed and opened again with it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use flatscape::session::store::Session;

use super::left::{Copied, files};
use super::{MOST_LOST, share};
use crate::damage::dice::Dice;
use crate::program::{Running, flatscape, number};

/// Kills: each takes some ten seconds.
const KILLS: usize = 2;
/// Until the window has a session.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server without a screen.
struct Display {
    server: Child,
    name: String,
}

impl Display {
    fn open() -> Option<Self> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-noreset", "-screen", "0", "1000x700x24"]);
        let mut server = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut line = String::new();
        BufReader::new(server.stdout.take()?).read_line(&mut line).ok()?;
        let display = Self { server, name: format!(":{}", line.trim()) };
        (!line.trim().is_empty()).then_some(display)
    }
}

impl Display {
    /// Strikes a key in the window, once it is there.
    fn press(&self, running: &mut Running, key: &str) {
        let until = Instant::now() + PATIENCE;
        let strike = || {
            let args = ["search", "--name", "^Flatscape$", "windowfocus", "key", key];
            Command::new("xdotool").args(args).env("DISPLAY", &self.name).stderr(Stdio::null()).status()
        };
        while !strike().is_ok_and(|status| status.success()) {
            assert_eq!(running.ends_within(Duration::from_millis(500)), None, "the window ended: {:?}", running.said());
            assert!(Instant::now() < until, "no window that takes a key after {PATIENCE:?}, by xdotool");
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_window_that_is_killed_has_a_whole_session_and_opens_it_again() {
    let Some(display) = Display::open() else {
        println!("skipped: Xvfb is not installed");
        assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "Xvfb is not installed");
        return;
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut dice = Dice(31);
    let (mut session, mut steps) = (None::<PathBuf>, 0);
    for kill in 0..number("FLATSCAPE_KILLS", KILLS) {
        let mut command = flatscape(dir.path());
        command.env("DISPLAY", &display.name).env("XDG_RUNTIME_DIR", dir.path()).args(session.iter());
        let mut running = Running::start(command);
        let open = wait_for_session(&mut running, dir.path());
        if session.is_some() {
            // Opened again, it waits.
            display.press(&mut running, "Escape");
            display.press(&mut running, "space");
        }
        let wait = MOST_LOST + 1.0 + 4.0 * share(&mut dice);
        assert_eq!(running.ends_within(Duration::from_secs_f64(wait)), None, "the window ended: {:?}", running.said());
        running.kill();
        let now = SystemTime::now();
        let copied = Copied::of(&open);
        copied.assert_whole();
        let written = last_written(&open);
        let age = now.duration_since(written).map_or(0.0, |age| age.as_secs_f64());
        assert!(age < MOST_LOST, "it was written to {age:.1} s before the kill");
        let done = steps_of(&copied.path());
        println!("kill {kill}: {done} steps in the session, written to {age:.2} s before");
        assert!(done > steps, "{done} steps after {steps} of the window before");
        (session, steps) = (Some(open), done);
    }
}

/// The session that the window writes to.
fn wait_for_session(running: &mut Running, dir: &Path) -> PathBuf {
    let until = Instant::now() + PATIENCE;
    let is_session = |path: &PathBuf| path.extension().is_some_and(|end| end == "flatscape");
    loop {
        if let Some(path) =
            files(&dir.join("home/data")).into_iter().filter(is_session).max_by_key(|path| last_written(path))
        {
            return path;
        }
        assert_eq!(running.ends_within(Duration::from_millis(100)), None, "the window ended: {:?}", running.said());
        assert!(Instant::now() < until, "no session after {PATIENCE:?}");
    }
}

/// When a session, or what waits beside it to be moved into it, was written to.
fn last_written(session: &Path) -> SystemTime {
    let beside = session.with_extension("flatscape-wal");
    let times = [session, &beside].into_iter().filter_map(|path| path.metadata().ok()?.modified().ok());
    times.max().expect("a session is there")
}

/// The steps of all runs.
fn steps_of(session: &Path) -> u64 {
    let session = Session::open(session).expect("it opens");
    let runs = session.runs().expect("runs");
    let last = runs.iter().map(|run| session.rows(run.info.run).expect("rows").steps.last().map_or(0, |row| row.step));
    last.sum()
}
