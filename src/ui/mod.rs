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

use anyhow::{Context as _, anyhow};

pub use app::App;
pub use model::{EngineHealth, Model};
pub use wake::Pace;

use crate::config::{DeviceChoice, Experiment};
use crate::engine::{self, Link};

/// How the window starts.
#[derive(Debug, Clone)]
struct WindowOptions {
    /// The experiment that runs at once.
    experiment: Experiment,
}

/// Waits for the engine's thread to end.
type Join = Box<dyn FnOnce() + Send>;

/// Starts the engine and the window with an experiment that runs at once; returns when both have ended.
///
/// # Errors
/// When no thread or no window can be had.
pub fn open(experiment: Experiment) -> anyhow::Result<()> {
    let pace = Pace::default();
    let (link, handle) = engine::spawn(DeviceChoice::Auto, pace.wake()).context("cannot start the engine's thread")?;
    run(link, Box::new(move || handle.join()), pace, WindowOptions { experiment })
}

/// Opens the window and returns when it was closed and the engine has ended.
///
/// The engine starts before the window opens, so that it warms up meanwhile.
fn run(link: Link, join: Join, pace: Pace, options: WindowOptions) -> anyhow::Result<()> {
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
