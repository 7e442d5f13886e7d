//! `flatscape completions` and `flatscape man`: what a shell and `man` want to know of the arguments.

use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use clap::{CommandFactory as _, ValueEnum as _};
use clap_complete::Shell;

use super::args::{Cli, CompletionsArgs, ManArgs};
use super::error::BadInput;
use super::print::print;
use crate::config::nearest;
use crate::export::OutputDir;

/// Names and texts of the man pages, the program's first. They are made by the build.
const PAGES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/man.rs"));

/// Prints the completions of a shell.
pub fn completions(args: &CompletionsArgs) -> Result<()> {
    let shell = Shell::from_str(&args.shell, false).map_err(BadInput)?;
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flatscape", &mut script);
    print(String::from_utf8(script)?.trim_end())
}

/// Prints a man page, or writes all of them.
pub fn man(args: &ManArgs) -> Result<()> {
    if let Some(folder) = &args.out {
        return write_pages(folder, args.force);
    }
    let wanted = args.command.as_ref().map_or("flatscape.1".to_owned(), |command| format!("flatscape-{command}.1"));
    let Some((_, text)) = PAGES.iter().find(|(name, _)| *name == wanted) else {
        let commands = PAGES.iter().filter_map(|(name, _)| name.strip_prefix("flatscape-")?.strip_suffix(".1"));
        let command = args.command.as_deref().unwrap_or_default();
        return Err(BadInput(format!("unknown command `{command}`, {}", nearest(command, commands))).into());
    };
    print(text.trim_end())
}

fn write_pages(folder: &Path, force: bool) -> Result<()> {
    let names: Vec<&str> = PAGES.iter().map(|(name, _)| *name).collect();
    let dir = OutputDir::prepare(folder, &names, force).context("`--out`")?;
    let files: Vec<(&str, Vec<u8>)> = PAGES.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    dir.write_all(&files).map_err(|err| anyhow!("{err}"))?;
    print(&format!("Wrote {} to {}", names.join(", "), folder.display()))
}
