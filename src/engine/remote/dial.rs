//! The command that brings an engine elsewhere, and the first words with it.

use std::ffi::{OsStr, OsString};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::Builder;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};

use super::hello::{self, EngineHello, HelloError, WindowHello};
use crate::config::DeviceChoice;

/// Seconds between two questions of `ssh` whether the other machine is there; after three without an answer it gives up.
const SSH_OPTIONS: [&str; 7] =
    ["-T", "-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "-o", "ConnectTimeout=15"];
/// What a command says last on stderr is waited for so long.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Bytes of a line on stderr that are kept.
const MOST_LINE: u64 = 4 << 10;

/// A command whose standard input and output speak with an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineCommand {
    /// What the user calls the other machine; `None` where the engine says it.
    pub host: Option<String>,
    program: OsString,
    args: Vec<OsString>,
}

impl EngineCommand {
    /// `flatscape engine` on another machine, by `ssh`.
    ///
    /// # Errors
    /// One sentence: why that is no name of a machine.
    pub fn host(host: &str, device: DeviceChoice, session: Option<&str>) -> Result<Self, String> {
        if host.is_empty() || host.starts_with('-') || host.contains(|letter: char| letter.is_control()) {
            return Err(format!(
                "`--host` is `{host}`, expected a machine as `ssh` takes it, such as user@gpu.example.org"
            ));
        }
        let mut there = "flatscape engine".to_owned();
        if device != DeviceChoice::Auto {
            there.push_str(&format!(" --device {device}"));
        }
        if let Some(session) = session {
            there.push_str(&format!(" --attach {}", quoted(session)));
        }
        let args = SSH_OPTIONS.into_iter().chain(["--", host, &there]).map(OsString::from).collect();
        Ok(Self { host: Some(host.to_owned()), program: "ssh".into(), args })
    }

    /// A command of the user's, as a shell reads it.
    #[must_use]
    pub fn shell(command: &OsStr) -> Self {
        let (program, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
        Self { host: None, program: program.into(), args: vec![option.into(), command.to_owned()] }
    }

    /// Starts it and says hello, without waiting for the answer.
    pub(super) fn dial(&self, hello: &WindowHello) -> Result<Dialing, String> {
        let shown = Path::new(&self.program).display().to_string();
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|err| format!("{shown} cannot be started: {err}"))?;
        let streams = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(to), Some(from), Some(said)) = streams else {
            return Err(format!("{shown} has no standard input and output"));
        };
        let (answer, answered) = bounded(1);
        let line = hello::line(hello);
        let speak = move || drop(answer.send(greet(to, from, said, &line)));
        let thread = Builder::new().name("flatscape-dial".to_owned()).spawn(speak);
        let dialing = Dialing { child: Owned(child), answered, since: Instant::now() };
        thread.map(|_| dialing).map_err(|err| format!("no thread can be had: {err}"))
    }
}

/// A process that ends with its owner.
pub(super) struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A command that was started and has not answered yet.
pub(super) struct Dialing {
    child: Owned,
    answered: Receiver<Result<Greeted, String>>,
    /// When it was started.
    pub since: Instant,
}

/// What an engine has answered, and the streams behind that.
pub(super) struct Greeted {
    pub hello: EngineHello,
    pub from: BufReader<ChildStdout>,
    pub to: ChildStdin,
}

impl Dialing {
    /// The answer, where it has come: the engine with its process, or why there is none.
    pub fn poll(self) -> Result<Result<(Owned, Greeted), String>, Self> {
        match self.answered.try_recv() {
            Ok(answer) => Ok(answer.map(|greeted| (self.child, greeted))),
            Err(TryRecvError::Empty) => Err(self),
            Err(TryRecvError::Disconnected) => Ok(Err("the connection was given up".to_owned())),
        }
    }

    /// Waits for the answer.
    pub fn wait(self) -> Result<(Owned, Greeted), String> {
        let answer = self.answered.recv().map_err(|_| "the connection was given up".to_owned())??;
        Ok((self.child, answer))
    }
}

fn greet(mut to: ChildStdin, from: ChildStdout, said: ChildStderr, line: &[u8]) -> Result<Greeted, String> {
    let last_words = listen(said);
    // Why it does not take it is told by what it says.
    let _ = to.write_all(line).and_then(|()| to.flush());
    let mut from = BufReader::new(from);
    match hello::read(&mut from, "engine") {
        Ok(hello) => Ok(Greeted { hello, from, to }),
        Err(err @ HelloError::Version { .. }) => Err(err.to_string()),
        Err(err) => {
            let said = last_words.recv_timeout(LAST_WORDS).unwrap_or_default();
            let said = said.strip_prefix("flatscape: ").unwrap_or(&said).trim_end_matches('.');
            Err(if said.is_empty() { err.to_string() } else { said.to_owned() })
        }
    }
}

/// Reads stderr to its end; the last line that says something comes then.
fn listen(said: ChildStderr) -> Receiver<String> {
    let (send, last_words) = bounded(1);
    let read = move || {
        let mut said = BufReader::new(said);
        let mut last = String::new();
        loop {
            let mut line = Vec::new();
            match said.by_ref().take(MOST_LINE).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            let text = String::from_utf8_lossy(&line);
            let text: String = text.trim().chars().filter(|letter| !letter.is_control()).collect();
            if !text.is_empty() {
                last = text;
            }
        }
        let _ = send.send(last);
    };
    // Without the thread there are no last words.
    let _ = Builder::new().name("flatscape-stderr".to_owned()).spawn(read);
    last_words
}

/// A word for a shell that is like that of Unix.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_other_machine_is_told_what_to_start() {
        let command = EngineCommand::host("me@gpu", DeviceChoice::GpuAt(1), Some("it's.flatscape")).unwrap();
        let words: Vec<_> = command.args.iter().map(|word| word.to_str().unwrap()).collect();
        assert_eq!(
            words[words.len() - 3..],
            ["--", "me@gpu", r"flatscape engine --device gpu:1 --attach 'it'\''s.flatscape'"]
        );
        for host in ["", "-oProxyCommand=x", "a\nb"] {
            assert!(EngineCommand::host(host, DeviceChoice::Auto, None).is_err(), "{host:?}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn why_a_command_brings_no_engine_is_its_last_word() {
        let why = |command: &str| {
            let dialing = EngineCommand::shell(OsStr::new(command)).dial(&WindowHello::new(None, None)).unwrap();
            dialing.wait().err().expect("no engine")
        };
        assert_eq!(why("echo first >&2; echo 'ssh: no such host.' >&2; exit 255"), "ssh: no such host");
        assert_eq!(why("exit 0"), HelloError::Silent.to_string());
        assert!(why("echo hello").contains("not of Flatscape: hello"));
        let other = r#"echo '{"flatscape":"0.0.1","protocol":0}'"#;
        assert!(why(other).starts_with("the engine is Flatscape 0.0.1 (protocol 0), this is "), "{}", why(other));
    }
}
