//! Own models and own data in the window.

mod data;
mod files;
mod models;
mod split;
mod start;
mod texts;

use std::path::PathBuf;

use egui::accesskit::Role;
use flatscape::config::{DataConfig, Experiment};
use flatscape::protocol::Command;

use crate::fixture::Window;

impl Window {
    pub fn layers(&mut self, text: &str) {
        self.type_into(Role::MultilineTextInput, "Layers", text);
    }

    /// The experiment that the window wants to train, if it asked for one.
    pub fn loaded(&mut self) -> Option<Experiment> {
        self.commands().into_iter().find_map(|command| match command {
            Command::Load { experiment, more } if more.is_empty() => Some(*experiment),
            _ => None,
        })
    }
}

/// The look into data that was asked for last.
fn newest(window: &mut Window) -> DataConfig {
    let asked = window.commands().into_iter().rev().find_map(|command| match command {
        Command::Preview(config) => Some(*config),
        _ => None,
    });
    asked.expect("a look")
}

/// Writes a file into a folder.
pub fn write(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).expect("the folder is there");
    path
}
