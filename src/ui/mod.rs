//! The window: everything egui. It sends `Command`s, reads `Event`s and snapshots, and owns no tensor.
//!
//! [`run`] opens it. [`App`] is what tests drive with a fake engine.

mod app;
mod charts;
mod contour_view;
mod format;
mod history;
mod knobs;
mod landscape;
mod left_panel;
mod model;
mod noise_text;
mod overlay;
mod run_view;
mod scale;
mod status;
mod theme;
mod top_bar;
mod view;
mod wake;
mod widgets;

use std::sync::Arc;

use anyhow::anyhow;
use parking_lot::Mutex;

pub use app::App;
pub use model::{EngineHealth, Model};
pub use wake::Pace;

use crate::config::Experiment;
use crate::engine::{Link, Wake};
use crate::protocol::Command;

/// How the window starts.
#[derive(Debug, Clone)]
pub struct WindowOptions {
    /// The experiment that runs at once.
    pub experiment: Experiment,
}

/// Waits for the engine's thread to end.
pub type Join = Box<dyn FnOnce() + Send>;

/// Opens the window and returns when it was closed and the engine has ended.
///
/// `start` starts the engine with the closure that wakes the window. It runs before the window opens, so that the
/// engine warms up meanwhile.
///
/// # Errors
/// When the window cannot be opened, such as without a display. The engine has ended then too.
pub fn run(start: impl FnOnce(Wake) -> (Link, Join), options: WindowOptions) -> anyhow::Result<()> {
    let pace = Pace::default();
    let (link, join) = start(pace.wake());
    // The window takes the link when it opens. If it does not open, the engine is shut down from here.
    let link = Arc::new(Mutex::new(Some(link)));
    let link_for_window = Arc::clone(&link);
    let viewport = egui::ViewportBuilder::default()
        .with_title("Flatscape")
        .with_app_id("flatscape")
        .with_inner_size([1440.0, 900.0])
        .with_min_inner_size([800.0, 520.0]);
    let native = eframe::NativeOptions { viewport, dithering: false, ..eframe::NativeOptions::default() };
    let result = eframe::run_native(
        "flatscape",
        native,
        Box::new(move |creation| {
            pace.connect(&creation.egui_ctx);
            let link = link_for_window.lock().take().ok_or("the window was opened twice")?;
            Ok(Box::new(App::new(creation, link, options.experiment, pace)))
        }),
    );
    if let Some(link) = link.lock().take() {
        link.send(Command::Shutdown);
    }
    join();
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
