//! The application: reads events, draws panels, sends commands. A frame never waits for the engine.

use std::time::{Duration, Instant};

use eframe::egui_wgpu::wgpu;
use egui::{CentralPanel, Frame, Margin, Panel};

use super::charts::Charts;
use super::measure::JobView;
use super::model::{Drained, Model};
use super::theme::{self, Tokens};
use super::view::{Action, View};
use super::wake::Pace;
use super::{contour_view, landscape, left_panel, measure, scale, status, top_bar};
use crate::config::{Experiment, KnobId};
use crate::engine::Link;
use crate::protocol::{Command, JobId, MeasureRequest, RunId};

/// While a knob is dragged, its values are sent at most this often.
const TURN_INTERVAL: Duration = Duration::from_millis(120);
const DEFAULT_LOOK_SHARE: f64 = 0.5;

/// The window.
pub struct App {
    link: Link,
    model: Model,
    view: View,
    charts: Charts,
    pace: Pace,
    last_turn: Option<Instant>,
    last_frame: Option<Instant>,
    next_job: u32,
}

impl App {
    /// Makes the window of an engine and has it train `experiment`.
    #[must_use]
    pub fn new(creation: &eframe::CreationContext<'_>, link: Link, experiment: Experiment, pace: Pace) -> Self {
        if let Some(state) = &creation.wgpu_render_state {
            contour_view::install(state);
            if state.adapter.get_info().device_type == wgpu::DeviceType::Cpu {
                pace.leave_the_processor_free();
            }
        }
        Self::with_context(&creation.egui_ctx, link, experiment, pace)
    }

    /// As [`Self::new`] without a graphics adapter: landscapes stay empty.
    #[must_use]
    pub fn with_context(ctx: &egui::Context, link: Link, experiment: Experiment, pace: Pace) -> Self {
        theme::install(ctx);
        let mut app = Self {
            link,
            model: Model::new(experiment.clone()),
            view: View { look_share: DEFAULT_LOOK_SHARE, ..View::default() },
            charts: Charts::default(),
            pace,
            last_turn: None,
            last_frame: None,
            next_job: 0,
        };
        app.open(Box::new(experiment));
        app.send(Command::SetLookShare(DEFAULT_LOOK_SHARE));
        app
    }

    /// What the window knows of the engine.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    fn open(&mut self, experiment: Box<Experiment>) {
        self.model.await_experiment(&experiment);
        self.view.slice_range = None;
        self.send(Command::Load(experiment));
        self.send(Command::Play);
    }

    fn send(&mut self, command: Command) -> bool {
        let is_sent = self.link.send(command);
        if !is_sent {
            self.model.message = Some("The engine did not take the last command: it is busy or gone.".to_owned());
        }
        is_sent
    }

    fn perform(&mut self, ctx: &egui::Context) {
        let actions = std::mem::take(&mut self.view.actions);
        if !actions.iter().any(|action| matches!(action, Action::Turn { .. })) {
            self.view.held_turn = None;
        }
        for action in actions {
            match action {
                Action::Send(command) => {
                    self.send(command);
                }
                Action::Open(experiment) => self.open(experiment),
                Action::Measure { run, request } => self.measure(run, *request),
                Action::Forget(job) => self.model.jobs.retain(|view| view.id != job),
                Action::SaveFile { suggested, bytes } => self.save_file(&suggested, &bytes),
                Action::Turn { run, knob, value } => self.turn(ctx, run, knob, value),
            }
        }
    }

    fn save_file(&mut self, suggested: &str, bytes: &[u8]) {
        let Some(path) = rfd::FileDialog::new().set_file_name(suggested).save_file() else { return };
        self.model.message = Some(match std::fs::write(&path, bytes) {
            Ok(()) => format!("Saved {}.", path.display()),
            Err(err) => format!("Cannot save {}: {err}.", path.display()),
        });
    }

    /// Asks the engine for a measurement and keeps a place for what it finds.
    fn measure(&mut self, run: RunId, request: MeasureRequest) {
        let Some(view) = self.model.run(run) else { return };
        let job = JobId(self.next_job);
        let card = JobView::new(job, view, &request);
        if self.send(Command::Measure { job, run, request: Box::new(request) }) {
            self.next_job += 1;
            self.model.jobs.insert(0, card);
        }
    }

    /// Turns a knob; while it is dragged, not at every frame.
    fn turn(&mut self, ctx: &egui::Context, run: RunId, knob: KnobId, value: f64) {
        let is_dragged = ctx.input(|input| input.pointer.any_down());
        if is_dragged && self.last_turn.is_some_and(|last| last.elapsed() < TURN_INTERVAL) {
            self.view.held_turn = Some((run, knob, value));
            ctx.request_repaint_after(TURN_INTERVAL);
            return;
        }
        self.view.held_turn = None;
        self.last_turn = Some(Instant::now());
        let Some(view) = self.model.run(run) else { return };
        if let Err(err) = view.knobs.clone().set(knob, value) {
            self.model.message = Some(err.to_string());
            return;
        }
        if self.send(Command::SetKnob { run, knob, value })
            && let Some(view) = self.model.run_mut(run)
        {
            view.expect_knob(knob, value);
        }
    }

    fn measure_frame(&mut self, frame: &eframe::Frame) {
        let now = Instant::now();
        if let Some(last) = self.last_frame {
            let seconds = now.duration_since(last).as_secs_f64();
            // Frames come when there is something to show: a long gap is rest, not slowness.
            if seconds < 0.4 {
                let rate = 1.0 / seconds.max(1e-3);
                let old = self.view.frames_per_second;
                self.view.frames_per_second = if old > 0.0 { old + 0.1 * (rate - old) } else { rate };
            }
        }
        self.last_frame = Some(now);
        if let Some(seconds) = frame.info().cpu_usage {
            self.pace.set_frame_time(Duration::from_secs_f32(seconds.clamp(0.0, 1.0)));
        }
    }

    fn panels(&mut self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        let style = scale::shared_style(&self.model);
        let bar = |margin| Frame::new().fill(tokens.panel.0).inner_margin(margin);
        let (model, view) = (&self.model, &mut self.view);
        Panel::top("top").exact_size(44.0).frame(bar(Margin::symmetric(12, 0))).show(ui, |ui| {
            top_bar::top_bar_ui(ui, model, view);
        });
        Panel::bottom("status").exact_size(26.0).frame(bar(Margin::symmetric(12, 0))).show(ui, |ui| {
            status::status_ui(ui, model, view);
        });
        let size = ui.available_size();
        Panel::left("left")
            .resizable(true)
            .default_size((0.17 * size.x).clamp(204.0, 250.0))
            .size_range(180.0..=340.0)
            .frame(bar(Margin { left: 12, right: 8, top: 10, bottom: 8 }))
            .show(ui, |ui| left_panel::left_panel_ui(ui, model, view, style.as_ref()));
        if view.measure.is_open {
            Panel::right("measure")
                .resizable(true)
                .default_size((0.25 * size.x).clamp(270.0, 380.0))
                .size_range(240.0..=(0.5 * size.x).max(260.0))
                .frame(bar(Margin { left: 12, right: 8, top: 10, bottom: 8 }))
                .show(ui, |ui| measure::panel_ui(ui, model, view));
        }
        // No fill: what the window is cleared with shows, which saves a layer on software adapters.
        let plain = Frame::new();
        let charts = &mut self.charts;
        let selected = view.selected_run(model);
        Panel::bottom("charts")
            .resizable(true)
            .default_size((0.36 * size.y).clamp(200.0, 420.0))
            .size_range(120.0..=(0.7 * size.y).max(160.0))
            .frame(plain.inner_margin(Margin { left: 12, right: 12, top: 6, bottom: 6 }))
            .show(ui, |ui| charts.ui(ui, model, view, selected));
        CentralPanel::default()
            .frame(plain.inner_margin(Margin { left: 12, right: 12, top: 4, bottom: 2 }))
            .show(ui, |ui| landscape::landscapes_ui(ui, model, view, style.as_ref()));
    }
}

impl App {
    /// Reads what the engine told since the last frame.
    pub fn read_events(&mut self, ctx: &egui::Context) {
        if self.model.drain(&self.link) == Drained::MoreWait {
            ctx.request_repaint();
        }
    }

    /// Draws the window and does what the user asked for.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        top_bar::shortcuts(ui.ctx(), &self.model, &mut self.view);
        self.panels(ui);
        self.perform(&ui.ctx().clone());
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.read_events(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.measure_frame(frame);
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.link.send(Command::Shutdown);
    }
}
