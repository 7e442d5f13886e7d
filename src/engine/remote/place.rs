//! Where engines without a window of their own are found: each has a socket in a folder of the user's data that only the user may
//! enter, and beside it the path of its session and what it says on stderr.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::Receiver;

use super::hello::{self, Versions, WindowHello};
use super::host::Arrival;
use crate::config::DeviceChoice;
use crate::session::settings;

/// An engine that starts is waited for so long.
const START_PATIENCE: Duration = Duration::from_secs(30);
const START_PAUSE: Duration = Duration::from_millis(10);
/// A window says hello within this time.
const HELLO_PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a socket's path at most: the least that a system has room for.
const MOST_PATH: usize = 100;
/// Windows that have come and wait at most.
const MOST_ARRIVALS: usize = 4;

/// Where an engine is found.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
    /// What it is called.
    pub name: String,
}

impl Place {
    /// A place that no engine has, of this process.
    ///
    /// # Errors
    /// One sentence: why there is none.
    pub fn free() -> Result<Self, String> {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self::named(&format!("{:x}-{:x}", since.as_millis(), std::process::id()))
    }

    /// The place of that name.
    ///
    /// # Errors
    /// One sentence: why there is none.
    pub fn named(name: &str) -> Result<Self, String> {
        let is_name = !name.is_empty() && name.chars().all(|letter| letter.is_ascii_hexdigit() || letter == '-');
        if !is_name {
            return Err(format!("no engine is called {name:?}"));
        }
        let folder = settings::data_folder().ok_or("the system names no folder for data of the user")?.join("engines");
        let place = Self { folder, name: name.to_owned() };
        let socket = place.file("sock");
        if socket.as_os_str().len() > MOST_PATH {
            return Err(format!(
                "the path of the engine's socket is longer than {MOST_PATH} bytes, set XDG_DATA_HOME to a folder with a \
                 shorter one: {}",
                socket.display()
            ));
        }
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&place.folder);
        made.map_err(|err| format!("{} cannot be made: {err}", place.folder.display()))?;
        Ok(place)
    }

    /// The engine that writes a session, where one does.
    pub fn of_session(session: &Path) -> Option<Self> {
        let folder = settings::data_folder()?.join("engines");
        let files = fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
        let notes = files.filter(|path| path.extension().is_some_and(|extension| extension == "session"));
        let is_its = |note: &PathBuf| fs::read_to_string(note).is_ok_and(|path| Path::new(&path) == session);
        let mut names = notes.filter(is_its).filter_map(|note| Some(note.file_stem()?.to_str()?.to_owned()));
        names.find_map(|name| Self::named(&name).ok().filter(|place| place.connect().is_ok()))
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", self.name))
    }

    /// Speaks with the engine.
    ///
    /// # Errors
    /// When none listens. What an engine left there that was killed is removed.
    pub fn connect(&self) -> io::Result<UnixStream> {
        let connected = UnixStream::connect(self.file("sock"));
        if connected.as_ref().is_err_and(|err| err.kind() == io::ErrorKind::ConnectionRefused) {
            self.clear();
        }
        connected
    }

    /// Starts an engine here that outlives this process, and speaks with it.
    ///
    /// # Errors
    /// One sentence: why there is none.
    pub fn start(&self, device: DeviceChoice, session: Option<&Path>, linger: &str) -> Result<UnixStream, String> {
        let log = File::create(self.file("log")).map_err(|err| format!("the engine cannot be started: {err}"))?;
        let start = || {
            let mut command = Command::new(std::env::current_exe()?);
            command.args(["engine", "--listen", &self.name, "--device", &device.to_string(), "--linger", linger]);
            if let Some(session) = session {
                command.arg("--attach").arg(session);
            }
            // A group of its own: what ends this process does not end it.
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0).spawn()
        };
        let mut child = start().map_err(|err| format!("the engine cannot be started: {err}"))?;
        let until = Instant::now() + START_PATIENCE;
        loop {
            if let Ok(stream) = UnixStream::connect(self.file("sock")) {
                return Ok(stream);
            }
            let has_ended = child.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || Instant::now() > until {
                let mut said = String::new();
                let _ = File::open(self.file("log")).and_then(|log| log.take(1 << 16).read_to_string(&mut said));
                let last = said.lines().last().unwrap_or("it did not come up in time").to_owned();
                self.clear();
                return Err(last.strip_prefix("flatscape: ").unwrap_or(&last).to_owned());
            }
            std::thread::sleep(START_PAUSE);
        }
    }

    /// Listens here for windows, on a thread of its own.
    ///
    /// # Errors
    /// One sentence: why that cannot be.
    pub fn listen(&self) -> Result<Receiver<Arrival>, String> {
        let listener = UnixListener::bind(self.file("sock"))
            .map_err(|err| format!("the engine cannot listen at {}: {err}", self.file("sock").display()))?;
        let (come, arrivals) = crossbeam_channel::bounded(MOST_ARRIVALS);
        let listen = move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                if let Some(arrival) = arrival(stream)
                    && come.send(arrival).is_err()
                {
                    break;
                }
            }
        };
        let thread = std::thread::Builder::new().name("flatscape-door".to_owned()).spawn(listen);
        thread.map(|_| arrivals).map_err(|err| format!("the engine cannot listen: {err}"))
    }

    /// Keeps the path of the engine's session, by which it is found.
    pub fn note_session(&self, session: &Path) {
        let session = session.canonicalize().unwrap_or_else(|_| session.to_owned());
        // Without it the engine is found by its name alone.
        let _ = fs::write(self.file("session"), session.as_os_str().as_encoded_bytes());
    }

    /// Removes what was left here.
    pub fn clear(&self) {
        for extension in ["sock", "session", "log"] {
            let _ = fs::remove_file(self.file(extension));
        }
    }
}

/// A window that has said hello; one that says another thing is sent away.
fn arrival(mut stream: UnixStream) -> Option<Arrival> {
    stream.set_read_timeout(Some(HELLO_PATIENCE)).ok()?;
    let mut from = BufReader::new(stream.try_clone().ok()?);
    if hello::read::<WindowHello>(&mut from, "window").is_err() {
        // It may be another version, which reads of this one here.
        let _ = io::Write::write_all(&mut stream, &hello::line(&Versions::own()));
        return None;
    }
    stream.set_read_timeout(None).ok()?;
    let closer = stream.try_clone().ok()?;
    let cut = Box::new(move || drop(closer.shutdown(std::net::Shutdown::Both)));
    Some(Arrival { from: Box::new(from), to: Box::new(stream), cut })
}
