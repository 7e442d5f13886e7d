//! The real window under Xvfb, with xdotool for its keyboard, which writes a session by itself, is killed and opened again with it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use flatscape::session::store::Session;

use super::left::{Copied, files};
use super::{MOST_LOST, share};
use crate::damage::dice::Dice;
use crate::program::{Running, flatscape, number};

/// Kills, one of each kind: all together they take half a minute.
const KILLS: usize = 3;
/// Time between two looks at the session of a window.
const LOOK_INTERVAL: Duration = Duration::from_millis(250);
/// Until the window has a session.
const PATIENCE: Duration = Duration::from_secs(60);
/// A window that goes on has written a step by then.
const WRITTEN: Duration = Duration::from_secs(6);
/// So many times it is asked to play: while it still trains up to where it was killed it takes none.
const STRIKES: u32 = 10;

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
fn a_window_that_is_killed_loses_no_more_than_five_seconds_and_goes_on() {
    let Some(display) = Display::open() else {
        println!("skipped: Xvfb is not installed");
        assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "Xvfb is not installed");
        return;
    };
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (mut dice, mut trained) = (Dice(31), Duration::ZERO);
    let (mut session, mut steps) = (None::<PathBuf>, 0);
    for kill in 0..number("FLATSCAPE_KILLS", KILLS) {
        // After more than may be lost, while it begins, and while it works.
        let wait = match kill % 3 {
            0 => 7.5 + 1.5 * share(&mut dice),
            1 => 1.5 * share(&mut dice),
            _ => 1.5 + 3.0 * share(&mut dice),
        };
        let mut command = flatscape(dir.path());
        command.args(["--device", "cpu"]).args(session.iter());
        command.env("DISPLAY", &display.name).env("XDG_RUNTIME_DIR", dir.path());
        let mut running = Running::start(command);
        let begins = kill % 3 == 1;
        let open = match &session {
            Some(open) if begins => open.clone(),
            _ => wait_for_session(&mut running, dir.path()),
        };
        let mut course = Course::default();
        if session.is_some() && !begins {
            // Opened again, it waits.
            display.press(&mut running, "Escape");
            play(&display, &mut running, &open, steps);
        }
        course.follow(&mut running, &open, Duration::from_secs_f64(wait));
        trained += running.age();
        let (at, _) = running.kill();
        let copied = Copied::of(&open);
        copied.assert_whole();
        let done = steps_in(&Session::open(&copied.path()).expect("it opens"));
        println!("kill {kill} after {wait:.1} s: {done} steps in the session, of {steps} that the one before had left");
        course.assert_little_is_lost(at, done);
        assert!(done >= steps && (begins || done > steps), "{done} steps after {steps} of the window before");
        (session, steps) = (Some(open), done);
    }
    // Each time it went on from where it was killed with the same steps as if it had not been.
    let session = session.expect("at least one kill");
    let mut replay = flatscape(dir.path());
    replay.args(["replay", "--device", "cpu"]).arg(&session);
    let mut replay = Running::start(replay);
    let status = replay.ends_within(PATIENCE + 2 * trained);
    assert_eq!(status.and_then(|status| status.code()), Some(0), "{:?}", replay.said());
}

/// How the steps in a session grew while it was written, as somebody beside the program reads it.
#[derive(Default)]
struct Course {
    /// When a number of steps was seen for the first time.
    grown: Vec<(Instant, u64)>,
    begun: Option<Instant>,
}

impl Course {
    /// Looks at the session again and again for a while, in which the program goes on.
    fn follow(&mut self, running: &mut Running, session: &Path, wait: Duration) {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        while begun.elapsed() < wait {
            let steps = steps_at(session);
            if self.grown.last().is_none_or(|(_, before)| *before < steps) {
                self.grown.push((Instant::now(), steps));
            }
            let left = wait.saturating_sub(begun.elapsed()).min(LOOK_INTERVAL);
            assert_eq!(running.ends_within(left), None, "the window ended: {:?}", running.said());
        }
    }

    /// Fails where a session that was followed for long enough has no steps of the last five seconds before the kill: each second
    /// brings new ones.
    fn assert_little_is_lost(&self, at: Instant, kept: u64) {
        let Some(begun) = self.begun else { return };
        let is_early = |when: &Instant| (at - *when).as_secs_f64() >= MOST_LOST;
        let early = self.grown.iter().rev().find(|(when, _)| is_early(when));
        if let Some((when, steps)) = early.filter(|_| is_early(&begun)) {
            let age = (at - *when).as_secs_f64();
            println!("{steps} steps were there {age:.1} s before the kill, {kept} after it");
            assert!(kept > *steps, "{kept} steps, which were there {age:.1} s before the kill: {:?}", self.grown);
        }
        let newest = self.grown.last().map_or(0, |(_, steps)| *steps);
        assert!(kept >= newest, "{kept} steps, and {newest} had been there");
    }
}

/// The session that the window writes to.
fn wait_for_session(running: &mut Running, dir: &Path) -> PathBuf {
    let until = Instant::now() + PATIENCE;
    loop {
        let mut found = files(&dir.join("home/data")).into_iter();
        if let Some(path) = found.find(|path| path.extension().is_some_and(|end| end == "flatscape")) {
            return path;
        }
        assert_eq!(running.ends_within(Duration::from_millis(100)), None, "the window ended: {:?}", running.said());
        assert!(Instant::now() < until, "no session after {PATIENCE:?}");
    }
}

/// Strikes the space bar until there are more than so many steps in the session.
fn play(display: &Display, running: &mut Running, session: &Path, steps: u64) {
    for _ in 0..STRIKES {
        display.press(running, "space");
        let until = Instant::now() + WRITTEN;
        while Instant::now() < until {
            if steps_at(session) > steps {
                return;
            }
            assert_eq!(running.ends_within(LOOK_INTERVAL), None, "the window ended: {:?}", running.said());
        }
    }
    panic!("{steps} steps after {STRIKES} strikes of the space bar, as before");
}

/// The steps in a session that a program may be writing: while it makes it or moves a log into it there may be nothing to be read.
fn steps_at(session: &Path) -> u64 {
    Session::open(session).map_or(0, |session| steps_in(&session))
}

/// The steps of all runs.
fn steps_in(session: &Session) -> u64 {
    let runs = session.runs().unwrap_or_default();
    runs.iter().map(|run| session.last_step(run.info.run).unwrap_or(0)).sum()
}
