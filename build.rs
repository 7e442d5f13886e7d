//! Makes the man pages of the arguments, which `flatscape man` prints and writes.
//!
//! Runs again only where the arguments change: the pages are made of nothing else.

#![expect(clippy::unwrap_used, reason = "a build that cannot write its files has nothing to go on with")]

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

#[allow(dead_code, reason = "the pages need the definitions, and nobody reads the values")]
#[path = "src/cli/args/mod.rs"]
mod args;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/cli/args");
    let folder = env::var_os("OUT_DIR").unwrap();
    let folder = Path::new(&folder);
    // With the options of every command spelt out, and without a page for the list of commands.
    let mut program = args::Cli::command().disable_help_subcommand(true);
    program.build();
    let mut pages = String::from("[\n");
    write_page(&program, folder, &mut pages);
    for command in program.get_subcommands() {
        write_page(command, folder, &mut pages);
    }
    pages += "]\n";
    fs::write(folder.join("man.rs"), pages).unwrap();
}

/// Writes the page of one command, and its line in the table of all pages.
fn write_page(command: &Command, folder: &Path, pages: &mut String) {
    let page = Man::new(command.clone()).source(concat!("flatscape ", env!("CARGO_PKG_VERSION"))).manual("Flatscape");
    let name = page.get_filename();
    let mut text = Vec::new();
    page.render(&mut text).unwrap();
    fs::write(folder.join(&name), with_lines(&String::from_utf8(text).unwrap())).unwrap();
    writeln!(pages, "    ({name:?}, include_str!(concat!(env!(\"OUT_DIR\"), {:?}))),", format!("/{name}")).unwrap();
}

/// The page with its examples a line each, as they are written: `man` fills paragraphs otherwise.
fn with_lines(page: &str) -> String {
    let Some((before, examples)) = page.split_once(".SH EXTRA\n") else { return page.to_owned() };
    let (examples, after) = examples.split_once(".SH ").map_or((examples, None), |(own, after)| (own, Some(after)));
    let after = after.map_or_else(String::new, |after| format!(".SH {after}"));
    format!("{before}.SH EXAMPLES\n.nf\n{examples}.fi\n{after}")
}
