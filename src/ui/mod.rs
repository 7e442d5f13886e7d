//! The window: everything egui. It sends `Command`s, reads `Event`s and snapshots, and owns no tensor.
//!
//! [`open`] opens it. [`App`] is what tests drive with a fake engine.

mod app;
mod charts;
mod commands;
mod dialogs;
mod dock;
mod figures;
mod files;
mod format;
mod frame_bench;
mod guide;
mod history;
mod icons;
mod knobs;
mod landscape;
mod layer_history;
mod left_panel;
mod measure;
mod model;
mod noise_text;
mod notices;
mod preferences;
mod rows;
mod run_view;
mod runs;
mod status;
mod theme;
mod top_bar;
mod tour;
mod undo;
mod view;
mod wake;
mod widgets;
mod workshop;

use anyhow::{Context as _, anyhow};

pub use app::App;
pub use frame_bench::time_frames;
pub use model::{EngineHealth, Model};
pub use wake::Pace;

use crate::config::{DeviceChoice, Experiment};
use crate::engine;
use crate::session::settings;

/// Starts the engine and opens the window with an experiment that runs at once; returns when both have ended.
///
/// The engine starts before the window opens, so that it warms up meanwhile.
///
/// # Errors
/// When no thread or no window can be had, such as without a display. The engine has ended then too.
pub fn open(experiment: Experiment, device: DeviceChoice) -> anyhow::Result<()> {
    let pace = Pace::default();
    let (link, engine) = engine::spawn(device, pace.wake()).context("cannot start the engine's thread")?;
    let viewport = egui::ViewportBuilder::default()
        .with_title("Flatscape")
        .with_app_id("flatscape")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([640.0, 420.0]);
    let native = eframe::NativeOptions { viewport, dithering: false, ..eframe::NativeOptions::default() };
    let result = eframe::run_native(
        "flatscape",
        native,
        Box::new(move |creation| {
            pace.connect(&creation.egui_ctx);
            let app = App::new(creation, link, experiment, pace);
            Ok(Box::new(app.with_settings(&creation.egui_ctx, settings::default_path())))
        }),
    );
    // Whether it opened or not, the link is gone by now, and with it the engine's reason to live.
    engine.join();
    result.map_err(|err| anyhow!("cannot open a window: {}", reason(&err.to_string())))
}

/// The words of an error without the place in winit's source that stands before them.
fn reason(text: &str) -> &str {
    let after_place = text.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    after_place.map_or(text, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::reason;

    #[test]
    fn places_in_source_files_are_left_out() {
        assert_eq!(reason("os error at /src/linux/mod.rs:765: no DISPLAY is set."), "no DISPLAY is set.");
        assert_eq!(reason("no adapter: none found"), "no adapter: none found");
    }
}
