//! What `flatscape engine` starts: an engine behind a socket, which outlives its windows, or one on standard input and output, which
//! ends with the one that it has.

use std::io::{self, BufReader};
use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::bounded;

use super::hello::{self, HelloError, Versions, WindowHello};
use super::host::{Arrival, Folders, Host, HostOptions};
use crate::config::DeviceChoice;

/// What an engine in a process of its own is asked for.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where it computes.
    pub device: DeviceChoice,
    /// A session that it goes on with.
    pub session: Option<PathBuf>,
    /// After so long without a window it ends.
    pub linger: Duration,
}

/// Why no engine serves.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// What came on standard input is no window of this version.
    #[error("standard input: {0}")]
    Hello(#[from] HelloError),
    /// There is no place for it.
    #[error("{0}")]
    Place(String),
    /// The system has no thread for it.
    #[error("cannot start the engine's thread: {0}")]
    Io(#[from] io::Error),
}

/// Serves windows that come to the socket of that name; returns when the engine has ended.
///
/// # Errors
/// [`ServeError`].
#[cfg(unix)]
pub fn serve_socket(name: &str, options: ServeOptions) -> Result<(), ServeError> {
    let place = super::place::Place::named(name).map_err(ServeError::Place)?;
    let arrivals = place.listen().map_err(ServeError::Place)?;
    let ServeOptions { device, session, linger } = options;
    let noted = place.clone();
    let mut last = None;
    let on_session = Box::new(move |path: &std::path::Path| {
        if last.as_deref() != Some(path) {
            noted.note_session(path);
            last = Some(path.to_owned());
        }
    });
    let (name, folders) = (name.to_owned(), Folders::of_user());
    let options = HostOptions { name, device, session, linger, folders, on_session };
    Host::start(options, arrivals)?.run();
    place.clear();
    Ok(())
}

/// Serves the window on standard input and output; returns when the engine has ended.
///
/// # Errors
/// [`ServeError`].
pub fn serve_stdio(options: ServeOptions) -> Result<(), ServeError> {
    let mut from = BufReader::new(io::stdin());
    let said = hello::read::<WindowHello>(&mut from, "window").inspect_err(|err| {
        if matches!(err, HelloError::Version { .. }) {
            // The other end says it in its window.
            let _ = io::Write::write_all(&mut io::stdout(), &hello::line(&Versions::own()));
        }
    })?;
    let (come, arrivals) = bounded(1);
    let arrival = Arrival { from: Box::new(from), to: Box::new(io::stdout()), cut: Box::new(|| {}) };
    // There is room for it, and nobody else comes.
    let _ = come.send(arrival);
    drop(come);
    let session = options.session.or_else(|| said.session.filter(|session| session.is_file()));
    let ServeOptions { device, .. } = options;
    let (name, folders, on_session) = (String::new(), Folders::of_user(), Box::new(|_: &std::path::Path| {}));
    let options = HostOptions { name, device, session, linger: Duration::ZERO, folders, on_session };
    Host::start(options, arrivals)?.run();
    Ok(())
}
