//! Another program that does the named work: a script of `benches/peers` that answers line by line.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::cli::error::BadInput;

/// The scripts, so that an installed program has them too.
const SCRIPTS: [(&str, &str); 3] = [
    ("works.py", include_str!("../../../../benches/peers/works.py")),
    ("peer_torch.py", include_str!("../../../../benches/peers/peer_torch.py")),
    ("peer_jax.py", include_str!("../../../../benches/peers/peer_jax.py")),
];

/// The peers: what each is called, and its script.
pub const PEERS: [(&str, &str); 2] = [("PyTorch", "peer_torch.py"), ("JAX", "peer_jax.py")];

/// A peer that runs.
pub struct Peer {
    /// What it is called.
    pub name: &'static str,
    /// The same with its version.
    pub version: String,
    /// Whether it has ended, so that it answers nothing more.
    pub has_ended: bool,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
    complaints: PathBuf,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reply<T> {
    Cannot { cannot: String },
    Done(T),
}

#[derive(Deserialize)]
struct Ready {
    ready: String,
}

/// What a work is to a peer.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct PeerCheck {
    /// L(w).
    pub loss: f64,
    /// ‖∇L(w)‖.
    pub gradient: f64,
    /// vᵀ∇²L(w)v.
    pub curvature: f64,
}

/// A figure as a peer timed it.
#[derive(Debug, Clone, Deserialize)]
pub struct PeerTiming {
    /// Median, in milliseconds.
    pub ms: f64,
    /// The form in which it was fastest, such as "vmap".
    pub form: String,
    /// Each form that was tried, with its time in milliseconds or why it does not run.
    pub forms: BTreeMap<String, serde_json::Value>,
}

/// Writes the scripts into a folder.
pub fn write_scripts(folder: &Path) -> Result<()> {
    for (name, text) in SCRIPTS {
        fs::write(folder.join(name), text).with_context(|| format!("the peers' scripts in {}", folder.display()))?;
    }
    Ok(())
}

impl Peer {
    /// Starts a script of [`PEERS`] in `folder` and waits until it is ready; an inner error is why it cannot take part, in one sentence.
    ///
    /// # Errors
    /// A Python that does not start.
    pub fn start(
        (name, script): (&'static str, &str),
        python: &str,
        folder: &Path,
        on_gpu: bool,
    ) -> Result<Result<Self, String>> {
        let complaints = folder.join(script).with_extension("log");
        let mut command = Command::new(python);
        command.arg(folder.join(script)).arg("--serve").args(on_gpu.then_some("--gpu"));
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(File::create(&complaints).context("the peers' scripts")?);
        let mut child =
            command.spawn().map_err(|err| BadInput(format!("`--python`: `{python}` does not start: {err}")))?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            unreachable!("both were asked to be pipes");
        };
        let (version, answers) = (String::new(), BufReader::new(answers));
        let mut peer = Self { name, version, has_ended: false, child, asks, answers, complaints };
        let ready = peer.answer::<Ready>();
        Ok(ready.map(|Ready { ready }| {
            peer.version = ready;
            peer
        }))
    }

    /// What the work is to it; or why it does not say, in one sentence.
    pub fn check(&mut self, work: &str) -> Result<PeerCheck, String> {
        self.ask(&format!("check {work}"))
    }

    /// Times a figure; the first time it tries all forms and keeps to the fastest from then on.
    pub fn time(&mut self, work: &str, figure: &str) -> Result<PeerTiming, String> {
        self.ask(&format!("time {work} {figure}"))
    }

    fn ask<T: DeserializeOwned>(&mut self, line: &str) -> Result<T, String> {
        // Where it has ended, the answer says so.
        let _ = writeln!(self.asks, "{line}").and_then(|()| self.asks.flush());
        self.answer()
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        let mut line = String::new();
        let read = self.answers.read_line(&mut line);
        if !matches!(read, Ok(1..)) {
            self.has_ended = true;
            return Err(format!("{} ended: {}", self.name, self.last_complaint()));
        }
        match serde_json::from_str(&line) {
            Ok(Reply::Done(answer)) => Ok(answer),
            Ok(Reply::Cannot { cannot }) => Err(format!("{}: {cannot}", self.name)),
            Err(err) => {
                // What it says next may answer what was asked before.
                self.has_ended = true;
                Err(format!("{} gave an answer that cannot be read: {err}", self.name))
            }
        }
    }

    /// The last line of what it wrote to stderr.
    fn last_complaint(&self) -> String {
        let text = fs::read(&self.complaints).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing").trim().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // One that has ended by itself is no failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
