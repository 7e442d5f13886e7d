//! Parses, dispatches, and says in one line what went wrong.

use std::process::ExitCode;

use flatscape::cli;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(outcome) => return outcome.report(),
    };
    match cli::run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => cli::report(&err),
    }
}
