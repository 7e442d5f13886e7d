//! The system's window around the application: opened, and opened anew where its graphics device is lost.
//!
//! A device goes when its driver is restarted, when the card is pulled out, at times when a laptop wakes up. Nothing that it
//! held can be used any more, so the window is closed and another one opened on whatever adapter there is then, with the
//! same [`App`]: the runs go on training meanwhile.

mod limits;
mod loss;

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use anyhow::anyhow;

use super::app::App;
use super::preferences::SettingsFile;
use super::system_fonts;
use super::wake::Pace;
use super::window_settings::WindowSettings;
use crate::config::Experiment;
use crate::engine::{self, EngineAt};
use crate::protocol::Command;
use crate::render;
use crate::session::{settings, unnamed};
use limits::SurfaceLimit;
use loss::DeviceLoss;

/// Devices that last no longer than this, several in turn, are given up.
const SHORT_LIFE: Duration = Duration::from_secs(5);
const MAX_SHORT_LIVES: u32 = 3;
/// After a loss a driver may need a while until a window can be opened again.
const REOPEN_PATIENCE: Duration = Duration::from_secs(20);
const REOPEN_PAUSE: Duration = Duration::from_millis(500);
/// A window that closes waits so long for what the engine still writes.
const END_PATIENCE: Duration = Duration::from_secs(12);
const SIZE: egui::Vec2 = egui::vec2(1440.0, 900.0);

/// Starts the engine and opens the window with an experiment that runs at once and with files beside it; returns when
/// both have ended, and why there was no window if there was none.
///
/// The engine starts before the window opens, so that it warms up meanwhile.
///
/// # Errors
/// When there is no engine, and when a window that was open has failed. The engine has ended then too.
pub fn open(experiment: Experiment, files: Vec<PathBuf>, engine: EngineAt) -> anyhow::Result<Option<String>> {
    let pace = Pace::default();
    let is_here = matches!(engine, EngineAt::Here(_));
    let (link, engine) = engine.start(pace.wake()).map_err(anyhow::Error::msg)?;
    // Before the first experiment, so that it is recorded from its start. An engine elsewhere keeps its sessions there.
    let sessions = unnamed::default_folder().filter(|_| is_here);
    if let Some(folder) = &sessions {
        link.send(Command::KeepSessions(folder.clone()));
    }
    let kept = Rc::<RefCell<Kept>>::default();
    let path = settings::default_path();
    // Read once more when the window is there: only then is there somebody to tell what is wrong with them.
    let window = path.as_deref().and_then(SettingsFile::peek).unwrap_or_default().window;
    let make = move |creation: &eframe::CreationContext<'_>| {
        let app = App::new(creation, link, experiment, pace);
        let app = app.with_settings(&creation.egui_ctx, path);
        // Who names files wants these.
        let offered = sessions.filter(|_| files.is_empty());
        app.with_sessions(&creation.egui_ctx, offered).with_files(&files)
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
    /// Why the last window lost its device, where it did.
    lost: Arc<OnceLock<String>>,
    /// The last window got as far as its application.
    was_made: bool,
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
    let mut tries = Tries::default();
    loop {
        let opened = Instant::now();
        let place = kept.borrow().place;
        let shared = Rc::clone(kept);
        let make = make.take();
        {
            let mut kept = kept.borrow_mut();
            (kept.lost, kept.was_made) = (Arc::default(), false);
        }
        let create = move |creation: &eframe::CreationContext<'_>| {
            let mut kept = shared.borrow_mut();
            let loss = DeviceLoss::of(creation, Arc::clone(&kept.lost));
            let limit = SurfaceLimit::of(creation);
            system_fonts::install(&creation.egui_ctx);
            let show = || match (&mut kept.app, make) {
                (Some(app), _) => app.move_to(creation),
                (app, make) => *app = make.map(|make| make(creation)),
            };
            match &creation.wgpu_render_state {
                Some(state) => render::where_able(&state.adapter, &state.device, show)?,
                None => show(),
            }
            if kept.app.is_none() {
                return Err("there is nothing to show".into());
            }
            kept.was_made = true;
            drop(kept);
            Ok(Box::new(Window { kept: shared, loss, limit }) as Box<dyn eframe::App>)
        };
        let run = AssertUnwindSafe(|| eframe::run_native("flatscape", options(place, window), Box::new(create)));
        let ended = match catch_unwind(run) {
            Ok(Ok(())) => Ended::Closed,
            Ok(Err(err)) => Ended::Failed(reason(&err.to_string()).to_owned()),
            Err(panic) => Ended::Panicked(engine::panic_message(panic.as_ref())),
        };
        let (lost, was_made) = (kept.borrow().lost.get().cloned(), kept.borrow().was_made);
        match tries.next(ended, lost, was_made, opened.elapsed()) {
            Next::End(end) => return end,
            Next::Open { after } => std::thread::sleep(after),
        }
    }
}

/// How a window ended.
#[derive(Debug)]
enum Ended {
    Closed,
    Failed(String),
    Panicked(String),
}

/// What comes after a window.
#[derive(Debug)]
enum Next {
    End(anyhow::Result<Option<String>>),
    /// Another window.
    Open {
        after: Duration,
    },
}

/// How often windows were opened in vain.
#[derive(Debug, Default)]
struct Tries {
    short_lives: u32,
    /// Time spent on opening a window again.
    waited: Duration,
    has_opened: bool,
}

impl Tries {
    /// What comes after a window that was there for so long. `lost` says why its device went, `was_made` whether it got as far
    /// as drawing.
    fn next(&mut self, ended: Ended, lost: Option<String>, was_made: bool, lasted: Duration) -> Next {
        let is_again = self.has_opened;
        self.has_opened |= was_made;
        if was_made {
            self.waited = Duration::ZERO;
        }
        match (ended, lost) {
            (Ended::Closed, None) => Next::End(Ok(None)),
            // Whatever a window dies of after its device, the loss is why.
            (_, Some(reason)) if was_made => {
                self.short_lives = if lasted < SHORT_LIFE { self.short_lives + 1 } else { 0 };
                if self.short_lives < MAX_SHORT_LIVES {
                    return Next::Open { after: Duration::ZERO };
                }
                Next::End(Err(anyhow!("the window's graphics device is lost again and again: {reason}")))
            }
            (Ended::Failed(reason) | Ended::Panicked(reason), _) if !is_again && !was_made => {
                Next::End(Ok(Some(format!("cannot open a window: {reason}"))))
            }
            (Ended::Failed(_) | Ended::Panicked(_), _) if is_again && !was_made && self.waited < REOPEN_PATIENCE => {
                self.waited += lasted + REOPEN_PAUSE;
                Next::Open { after: REOPEN_PAUSE }
            }
            (Ended::Failed(reason), _) => Next::End(Err(anyhow!("the window failed: {reason}"))),
            (Ended::Panicked(reason), _) => Next::End(Err(anyhow!("the window failed, settings are kept: {reason}"))),
            (Ended::Closed, Some(reason)) => Next::End(Err(anyhow!("the window's graphics device is lost: {reason}"))),
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
    eframe::NativeOptions {
        viewport,
        dithering: false,
        wgpu_options: limits::configuration(),
        // The window has them by `system_fonts`, which outlives a machine without any.
        system_font_fallback: false,
        ..eframe::NativeOptions::default()
    }
}

/// What eframe draws and ends: the application, as long as there is a device to draw with.
struct Window {
    kept: Rc<RefCell<Kept>>,
    loss: DeviceLoss,
    limit: SurfaceLimit,
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        let mut kept = self.kept.borrow_mut();
        if self.loss.reason().is_some() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        }
        self.limit.keep(ctx);
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
        if kept.lost.get().is_some() {
            return;
        }
        if let Some(app) = &mut kept.app {
            app.ui(ui, frame);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        let mut kept = self.kept.borrow_mut();
        // On some systems the program ends here. A window that lost its device is followed by another one.
        if kept.lost.get().is_none()
            && let Some(app) = &mut kept.app
        {
            app.end();
            app.await_engine(END_PATIENCE);
        }
    }
}

/// The words of an error without the place in winit's source that stands before them.
fn reason(text: &str) -> &str {
    let after_place = text.rsplit_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    after_place.map_or(text, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_source_files_are_left_out() {
        assert_eq!(reason("os error at /src/linux/mod.rs:765: no DISPLAY is set."), "no DISPLAY is set.");
        assert_eq!(reason("no adapter: none found"), "no adapter: none found");
    }

    #[test]
    fn after_a_loss_another_window_is_opened_with_patience() {
        let long = Duration::from_mins(1);
        let lost = || Some("a driver reset".to_owned());
        let mut tries = Tries::default();
        // The frame after the loss may panic in the middle of drawing: the loss is why.
        let panicked = || Ended::Panicked("wgpu error".to_owned());
        assert!(matches!(tries.next(panicked(), lost(), true, long), Next::Open { after: Duration::ZERO }));
        // The driver is not ready yet.
        let failed = || Ended::Failed("no adapter".to_owned());
        for _ in 0..5 {
            let next = tries.next(failed(), None, false, Duration::from_millis(100));
            assert!(matches!(next, Next::Open { after: REOPEN_PAUSE }), "{next:?}");
        }
        assert!(matches!(tries.next(Ended::Closed, lost(), true, long), Next::Open { .. }));
        // Not for ever.
        let slow = Duration::from_secs(9);
        let ends = (0..9).find_map(|_| match tries.next(failed(), None, false, slow) {
            Next::End(end) => Some(end.unwrap_err().to_string()),
            Next::Open { .. } => None,
        });
        assert_eq!(ends.as_deref(), Some("the window failed: no adapter"));
    }

    #[test]
    fn windows_that_end_otherwise_end_the_program() {
        let short = Duration::from_secs(1);
        let failed = || Ended::Failed("no display".to_owned());
        // A driver may also give up in the middle of it.
        for ended in [failed(), Ended::Panicked("no display".to_owned())] {
            let Next::End(Ok(Some(reason))) = Tries::default().next(ended, None, false, short) else {
                panic!("the first window has a reason why there is none")
            };
            assert_eq!(reason, "cannot open a window: no display");
        }
        assert!(matches!(Tries::default().next(Ended::Closed, None, true, short), Next::End(Ok(None))));
        let Next::End(Err(err)) = Tries::default().next(Ended::Panicked("oops".to_owned()), None, true, short) else {
            panic!("a panic is an error")
        };
        assert_eq!(err.to_string(), "the window failed, settings are kept: oops");
        let mut tries = Tries::default();
        let lost = |tries: &mut Tries| tries.next(Ended::Closed, Some("a reset".to_owned()), true, short);
        assert!(matches!(lost(&mut tries), Next::Open { .. }) && matches!(lost(&mut tries), Next::Open { .. }));
        assert!(matches!(lost(&mut tries), Next::End(Err(_))), "three short lives in turn are enough");
    }
}
