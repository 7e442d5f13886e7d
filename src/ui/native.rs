//! The system's window around the application: opened, and opened anew where its graphics device is lost.
//!
//! A device goes when its driver is restarted, when the card is pulled out, at times when a laptop wakes up. Nothing that it
//! held can be used any more, so the window is closed and another one opened on whatever adapter there is then, with the
//! same [`App`]: the runs go on training meanwhile.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use eframe::egui_wgpu::wgpu;

use super::preferences::SettingsFile;
use super::window_settings::WindowSettings;
use super::{App, Pace};
use crate::config::{DeviceChoice, Experiment};
use crate::engine;
use crate::session::settings;

/// Devices that last no longer than this, several in turn, are given up.
const SHORT_LIFE: Duration = Duration::from_secs(5);
const MAX_SHORT_LIVES: u32 = 3;
const SIZE: egui::Vec2 = egui::vec2(1440.0, 900.0);

/// Starts the engine and opens the window with an experiment that runs at once; returns when both have ended, and why
/// there was no window if there was none.
///
/// The engine starts before the window opens, so that it warms up meanwhile.
///
/// # Errors
/// When no thread can be had, and when a window that was open has failed. The engine has ended then too.
pub fn open(experiment: Experiment, device: DeviceChoice) -> anyhow::Result<Option<String>> {
    let pace = Pace::default();
    let (link, engine) = engine::spawn(device, pace.wake()).context("cannot start the engine's thread")?;
    let kept = Rc::<RefCell<Kept>>::default();
    let path = settings::default_path();
    // Read once more when the window is there: only then is there somebody to tell what is wrong with them.
    let window = path.as_deref().and_then(SettingsFile::peek).unwrap_or_default().window;
    let make = move |creation: &eframe::CreationContext<'_>| {
        let app = App::new(creation, link, experiment, pace);
        app.with_settings(&creation.egui_ctx, path)
    };
    let end = open_until_closed(&kept, window, make);
    // Whether it opened or not, the link goes with it, and so does the engine's reason to live.
    if let Some(app) = &mut kept.borrow_mut().app {
        app.end();
    }
    drop(kept);
    engine.join();
    end
}

/// What outlives a window.
#[derive(Default)]
struct Kept {
    app: Option<App>,
    place: Option<Place>,
    /// Why the last window lost its device.
    lost: Option<String>,
}

/// Where a window stands on the screen, in the system's points.
#[derive(Debug, Clone, Copy)]
struct Place {
    corner: Option<egui::Pos2>,
    size: egui::Vec2,
}

fn open_until_closed(
    kept: &Rc<RefCell<Kept>>,
    window: WindowSettings,
    make: impl FnOnce(&eframe::CreationContext<'_>) -> App,
) -> anyhow::Result<Option<String>> {
    let mut make = Some(make);
    let mut short_lives = 0;
    loop {
        let opened = Instant::now();
        let place = kept.borrow().place;
        let shared = Rc::clone(kept);
        let make = make.take();
        let create = move |creation: &eframe::CreationContext<'_>| {
            let loss = DeviceLoss::of(creation);
            let mut kept = shared.borrow_mut();
            match (&mut kept.app, make) {
                (Some(app), _) => app.move_to(creation),
                (None, Some(make)) => kept.app = Some(make(creation)),
                (None, None) => return Err("there is nothing to show".into()),
            }
            drop(kept);
            Ok(Box::new(Window { kept: shared, loss }) as Box<dyn eframe::App>)
        };
        let run = AssertUnwindSafe(|| eframe::run_native("flatscape", options(place, window), Box::new(create)));
        let result = catch_unwind(run).map_err(|panic| engine::panic_message(panic.as_ref()));
        let lost = kept.borrow_mut().lost.take();
        let was_open = kept.borrow().app.is_some();
        short_lives = if opened.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
        match (result, lost) {
            (Ok(Ok(())), None) => return Ok(None),
            (Ok(Ok(())), Some(_)) if short_lives < MAX_SHORT_LIVES => {}
            (Ok(Ok(())), Some(reason)) => {
                return Err(anyhow!("the window's graphics device is lost again and again: {reason}"));
            }
            (Ok(Err(err)), _) if !was_open => {
                return Ok(Some(format!("cannot open a window: {}", reason(&err.to_string()))));
            }
            (Ok(Err(err)), _) => return Err(anyhow!("the window failed: {}", reason(&err.to_string()))),
            (Err(message), _) => return Err(anyhow!("the window failed, settings are kept: {message}")),
        }
    }
}

fn options(place: Option<Place>, window: WindowSettings) -> eframe::NativeOptions {
    let mut viewport = window
        .viewport(place.map(|place| place.size), SIZE)
        .with_title("Flatscape")
        .with_app_id("flatscape")
        .with_min_inner_size([640.0, 420.0]);
    if let Some(corner) = place.and_then(|place| place.corner) {
        viewport = viewport.with_position(corner);
    }
    eframe::NativeOptions { viewport, dithering: false, ..eframe::NativeOptions::default() }
}

/// Hears when the device of a window is lost.
#[derive(Default)]
struct DeviceLoss {
    device: Option<wgpu::Device>,
    reason: Arc<OnceLock<String>>,
}

impl DeviceLoss {
    fn of(creation: &eframe::CreationContext<'_>) -> Self {
        let Some(state) = &creation.wgpu_render_state else { return Self::default() };
        let reason = Arc::new(OnceLock::new());
        let (told, ctx) = (Arc::clone(&reason), creation.egui_ctx.clone());
        state.device.set_device_lost_callback(move |_, message| {
            // Only the first reason is of interest.
            let words = if message.is_empty() { "the driver gives no reason".to_owned() } else { message };
            let _ = told.set(words);
            ctx.request_repaint();
        });
        Self { device: Some(state.device.clone()), reason }
    }

    /// Why the device is lost, if it is.
    fn reason(&self) -> Option<&str> {
        if let Some(device) = &self.device {
            // What was lost since the last frame is told now, before anything is drawn with it.
            let _ = device.poll(wgpu::PollType::Poll);
        }
        self.reason.get().map(String::as_str)
    }
}

/// What eframe draws and ends: the application, as long as there is a device to draw with.
struct Window {
    kept: Rc<RefCell<Kept>>,
    loss: DeviceLoss,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        let mut kept = self.kept.borrow_mut();
        if let Some(reason) = self.loss.reason() {
            kept.lost = Some(reason.to_owned());
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        }
        let zoom = ctx.zoom_factor();
        let place = ctx.input(|input| {
            let viewport = input.viewport();
            let corner = viewport.outer_rect.map(|rect| rect.min * zoom);
            viewport.inner_rect.map(|rect| Place { corner, size: rect.size() * zoom })
        });
        kept.place = place.or(kept.place);
        if let Some(app) = &mut kept.app {
            app.logic(ctx, frame);
        }
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        let mut kept = self.kept.borrow_mut();
        // With a lost device nothing may be drawn: egui's renderer would have nowhere to put it.
        if kept.lost.is_some() {
            return;
        }
        if let Some(app) = &mut kept.app {
            app.ui(ui, frame);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }
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
