//! An engine in another process, most often on another machine: the window here, the engine there.
//!
//! ```text
//! window ─ Link ─ client ══ ssh ══ relay ── socket ── host ─ Link ─ engine's thread
//!          here                    there, with the connection       there, as long as it takes
//! ```
//!
//! Both links are like any other. Between them go [`message`]s as [`frame`]s behind a [`hello`], which only the same version
//! understands. Events queue in order and bounded, as in any link; of what is big the newest alone goes ([`changes`]), and beyond
//! a number of bytes on the way nothing goes that can wait. The relay dies with its connection and the host goes on; whoever comes
//! next is told all that the session's file has, by what opening a session does.

mod changes;
mod client;
mod dial;
mod files;
mod frame;
mod hello;
mod host;
mod message;
#[cfg(unix)]
mod place;
#[cfg(unix)]
mod relay;
mod serve;
#[cfg(test)]
mod tests;
mod wire;

use crate::config::DeviceChoice;
use crate::engine::link::{Link, Wake};
use crate::engine::thread::{EngineHandle, spawn};

pub use dial::EngineCommand;
#[cfg(unix)]
pub use relay::{RelayError, RelayOptions, relay};
#[cfg(unix)]
pub use serve::serve_socket;
pub use serve::{ServeError, ServeOptions, serve_stdio};

/// Where the engine of a window is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EngineAt {
    /// In this process, computing there.
    Here(DeviceChoice),
    /// Behind a command.
    There(EngineCommand),
}

impl EngineAt {
    /// Starts it, or connects to it: then this returns when it has answered, and questions may be asked on the terminal.
    ///
    /// # Errors
    /// One sentence: why there is no engine.
    pub fn start(self, wake: Wake) -> Result<(Link, EngineHandle), String> {
        match self {
            Self::Here(device) => spawn(device, wake).map_err(|err| format!("cannot start the engine's thread: {err}")),
            Self::There(command) => client::connect(command, wake),
        }
    }
}
