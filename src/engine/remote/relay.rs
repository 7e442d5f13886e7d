//! `flatscape engine`: finds or starts an engine that outlives the connection, and passes bytes between it and standard input and
//! output. When `ssh` or its network dies, this process dies with it, and the engine goes on.

use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::thread::Builder;

use super::hello::{self, HelloError, Versions, WindowHello};
use super::place::Place;
use crate::config::DeviceChoice;

/// What `flatscape engine` is asked for.
#[derive(Debug, Clone)]
pub struct RelayOptions {
    /// Where an engine computes that is started.
    pub device: DeviceChoice,
    /// The session to go on with.
    pub session: Option<PathBuf>,
    /// After how many minutes without a window an engine ends that is started, as text.
    pub linger: String,
}

/// Why nothing was relayed.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// What came on standard input is no window of this version.
    #[error("standard input: {0}")]
    Hello(#[from] HelloError),
    /// No engine could be had.
    #[error("{0}")]
    Engine(String),
    /// The session that was named is not there.
    #[error("there is no such session file: {}", .0.display())]
    NoSession(PathBuf),
    /// A stream failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
}

/// Passes bytes until the window or the engine ends.
///
/// # Errors
/// [`RelayError`].
pub fn relay(options: &RelayOptions) -> Result<(), RelayError> {
    // Without the buffers of the standard library, which hold back what has no end of line.
    let (input, mut output) = (raw(&io::stdin())?, raw(&io::stdout())?);
    let mut input = BufReader::new(input);
    let hello = hello::read::<WindowHello>(&mut input, "window").inspect_err(|err| {
        if matches!(err, HelloError::Version { .. }) {
            // The other end says it in its window.
            let _ = output.write_all(&hello::line(&Versions::own()));
        }
    })?;
    let engine = engine(&hello, options)?;
    let mut to = engine.try_clone()?;
    to.write_all(&hello::line(&hello))?;
    Builder::new().name("flatscape-relay".to_owned()).spawn(move || {
        // The other direction tells how it ended.
        let _ = pass(&mut input, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    })?;
    let mut from = engine;
    // A window that is gone reads nothing any more.
    let _ = pass(&mut from, &mut output);
    let _ = from.shutdown(Shutdown::Both);
    Ok(())
}

/// The engine that a window wants: the one that it had, the one of a session, or a new one.
fn engine(hello: &WindowHello, options: &RelayOptions) -> Result<UnixStream, RelayError> {
    if let Some(name) = &hello.engine
        && let Ok(stream) = Place::named(name).map_err(RelayError::Engine)?.connect()
    {
        return Ok(stream);
    }
    // The session that a window had may have been removed meanwhile, which the new engine says by having no runs.
    let wanted = match &hello.engine {
        Some(_) => hello.session.as_ref().filter(|session| session.is_file()),
        None => options.session.as_ref(),
    };
    let session = wanted.map(|session| whole(session)).transpose()?;
    if let Some(stream) = session.as_deref().and_then(Place::of_session).and_then(|place| place.connect().ok()) {
        return Ok(stream);
    }
    let place = Place::free().map_err(RelayError::Engine)?;
    place.start(options.device, session.as_deref(), &options.linger).map_err(RelayError::Engine)
}

fn whole(session: &Path) -> Result<PathBuf, RelayError> {
    session.canonicalize().map_err(|_| RelayError::NoSession(session.to_owned()))
}

fn raw(stream: &impl AsFd) -> io::Result<File> {
    stream.as_fd().try_clone_to_owned().map(File::from)
}

/// Passes what comes as it comes.
fn pass(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut bytes = vec![0; 64 << 10];
    loop {
        let length = from.read(&mut bytes)?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(&bytes[..length])?;
        to.flush()?;
    }
}
