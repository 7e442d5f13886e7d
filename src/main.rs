//! Parses, dispatches, and says in one line what went wrong.

use std::process::ExitCode;

use flatscape::{cli, ui};

fn main() -> ExitCode {
    give_drivers_a_folder();
    let command = match cli::parse(std::env::args_os()) {
        Ok(command) => command,
        Err(outcome) => return outcome.report(),
    };
    match cli::run(&command, cli::Window { open: ui::open, time_frames: ui::time_frames }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => cli::report(&err),
    }
}

/// Vulkan drivers complain on stderr where `XDG_RUNTIME_DIR` is not set, as on a machine without a desktop. They only
/// look for sockets there, so any folder without one is an answer.
fn give_drivers_a_folder() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first thing that the program does, so there is no other thread that could read the environment.
        unsafe { std::env::set_var("XDG_RUNTIME_DIR", std::env::temp_dir()) };
    }
}
