//! The program from outside: exit codes, one-line errors, what it prints and what it writes.
//!
//! Nothing here calls the library, so this is built in seconds.
#![expect(clippy::unwrap_used, reason = "in a test a panic is the message")]

mod analysis;
mod analyze;
mod analyze_input;
mod analyze_report;
mod analyze_small;
mod arrays;
mod bench;
mod checkpoints;
mod claims;
mod cli;
mod compare;
mod constants;
mod data;
#[allow(dead_code, reason = "the tests of numbers use the rest")]
#[path = "../common/failures.rs"]
mod failures;
mod folders;
mod knobs;
mod lessons;
mod long_work;
mod memory;
mod opening;
mod parquet;
mod paths;
mod paths_input;
mod pieces;
mod published;
mod pytorch;
#[cfg(unix)]
mod remote;
mod saved;
mod sessions;
mod shells;
mod starts;
mod sweeps;
mod tables;
mod text;
mod tuning;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

/// The program in `dir`, without a display.
fn flatscape(dir: &Path) -> Command {
    let mut command = Command::cargo_bin("flatscape").unwrap();
    command.current_dir(dir).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("RUST_BACKTRACE");
    command
}

/// Whether the program refused with one line of its own that has these words.
fn is_one_line(output: &Output, words: &[&str]) -> bool {
    let stderr = String::from_utf8_lossy(&output.stderr);
    output.status.code() == Some(2)
        && stderr.starts_with("flatscape: ")
        && stderr.lines().count() == 1
        && words.iter().all(|word| stderr.contains(word))
        && output.stdout.is_empty()
}
