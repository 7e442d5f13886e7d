//! The program from outside: started, killed, and what it left behind.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// The program in `dir`, without a display, with folders of its own for what it keeps by itself.
pub fn flatscape(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flatscape"));
    at_home(&mut command, dir);
    command
}

/// Has a command run in `dir`, without a display, with folders of its own for what it keeps by itself.
pub fn at_home(command: &mut Command, dir: &Path) {
    command.current_dir(dir).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("RUST_BACKTRACE");
    for (name, folder) in [("XDG_CONFIG_HOME", "config"), ("XDG_DATA_HOME", "data"), ("XDG_CACHE_HOME", "cache")] {
        command.env(name, dir.join("home").join(folder));
    }
}

/// A number from the environment, for longer rounds than usual.
pub fn number(name: &str, usual: usize) -> usize {
    let asked = std::env::var(name).ok();
    asked.map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is {text}, expected a whole number")))
}

/// The last line of what it said of itself, where that is its only one.
pub fn sentence(output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let own: Vec<&str> = stderr.lines().filter(|line| line.starts_with("flatscape: ")).collect();
    assert!(own.len() == 1 && !stderr.contains("panicked"), "expected one sentence: {stderr}");
    assert_eq!(stderr.lines().last(), own.last().copied(), "expected it last: {stderr}");
    own[0].to_owned()
}

/// A program that runs, and what it says on stderr with the time of each line. It is killed where it is dropped.
pub struct Running {
    child: Child,
    begun: Instant,
    lines: Arc<Mutex<Vec<(Instant, String)>>>,
    reader: Option<JoinHandle<()>>,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (begun, lines) = (Instant::now(), Arc::<Mutex<Vec<_>>>::default());
        let (stderr, into) = (BufReader::new(child.stderr.take().expect("it is piped")), Arc::clone(&lines));
        let read = move || {
            for line in stderr.lines().map_while(Result::ok) {
                into.lock().expect("no panic while it was held").push((Instant::now(), line));
            }
        };
        let reader = Builder::new().name("lines".to_owned()).spawn(read).expect("a thread");
        Self { child, begun, lines, reader: Some(reader) }
    }

    /// Waits for its end, for so long at most.
    pub fn ends_within(&mut self, time: Duration) -> Option<ExitStatus> {
        let until = Instant::now() + time;
        loop {
            if let Some(status) = self.child.try_wait().expect("a child of ours") {
                return Some(status);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return None;
            }
            std::thread::sleep(left.min(Duration::from_millis(5)));
        }
    }

    /// Kills it, as nothing can be caught; gives when that was, and what it had said by then.
    pub fn kill(mut self) -> (Instant, Vec<(Instant, String)>) {
        self.child.kill().expect("a child of ours");
        let at = Instant::now();
        self.child.wait().expect("a child of ours");
        (at, self.said())
    }

    /// What it said, once it has ended.
    pub fn said(&mut self) -> Vec<(Instant, String)> {
        if let Some(reader) = self.reader.take() {
            reader.join().expect("it only reads");
        }
        self.lines.lock().expect("no panic while it was held").clone()
    }

    /// Sends it a signal, such as `STOP`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "{name} is sent");
    }

    /// The number of its process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// How long it has run.
    pub fn age(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
