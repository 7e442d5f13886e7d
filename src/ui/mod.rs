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

use anyhow::anyhow;

pub use app::App;
pub use model::{EngineHealth, Model};
pub use wake::Pace;

use crate::config::Experiment;
use crate::engine::{Link, Wake};

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
            Ok(Box::new(App::new(creation, link, options.experiment, pace)))
        }),
    );
    // Whether it opened or not, the link is gone by now, and with it the engine's reason to live.
    join();
    result.map_err(|err| anyhow!("cannot open a window: {err}"))
}
