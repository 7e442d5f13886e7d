//! `flatscape engine`: the engine of a window on another machine.

use std::time::Duration;

use anyhow::Result;

use super::args::EngineArgs;
use super::error::BadInput;
use crate::engine::{self, ServeError, ServeOptions};

/// Minutes that an engine may wait for a window: a year.
const MOST_MINUTES: u64 = 366 * 24 * 60;

/// Serves the window at the other end of standard input and output.
pub fn run(args: &EngineArgs) -> Result<()> {
    let device = super::compare::device(&args.device)?;
    let minutes = args.linger.parse().ok().filter(|minutes| (1..=MOST_MINUTES).contains(minutes));
    let minutes = minutes.ok_or_else(|| {
        let given = &args.linger;
        BadInput(format!("`--linger` is `{given}`, expected minutes: a whole number from 1 to {MOST_MINUTES}"))
    })?;
    if let Some(session) = args.attach.as_ref().filter(|session| !session.is_file()) {
        return Err(BadInput(format!("there is no such session file: {}", session.display())).into());
    }
    let linger = Duration::from_mins(minutes);
    let options = ServeOptions { device, session: args.attach.clone(), linger };
    match &args.listen {
        #[cfg(unix)]
        Some(name) => engine::serve_socket(name, options).map_err(told),
        #[cfg(unix)]
        None if !args.here => {
            let relayed = engine::RelayOptions { device, session: options.session, linger: args.linger.clone() };
            engine::relay(&relayed).map_err(|err| match err {
                engine::RelayError::Hello(_) | engine::RelayError::NoSession(_) => BadInput(err.to_string()).into(),
                err => err.into(),
            })
        }
        _ => engine::serve_stdio(options).map_err(told),
    }
}

fn told(err: ServeError) -> anyhow::Error {
    match err {
        ServeError::Hello(_) => BadInput(err.to_string()).into(),
        err => err.into(),
    }
}
