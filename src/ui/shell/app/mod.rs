//! The application: reads events, draws panels, sends commands. A frame never waits for the engine.

mod asks;
mod ending;
mod figures;
mod follow;
mod frames;
mod import;
mod lesson;
mod perform;
mod recording;
mod remember;
mod report;
mod runs;
mod save;
mod session;

use std::time::Instant;

use eframe::egui_wgpu::wgpu::rwh::{HasDisplayHandle as _, RawDisplayHandle};
use eframe::egui_wgpu::{RenderState, wgpu};
use egui::{CentralPanel, Frame, Margin, Panel};

use self::ending::EndQuestion;
use self::follow::Follower;
use self::import::drop_ui;
use self::session::Sessions;
use crate::config::{DEFAULT_LOOK_SHARE, Experiment, WindowPart};
use crate::engine::Link;
use crate::protocol::{Command, RunId};
use crate::ui::contract::ask::Asks;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::contract::command::learn_layout;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::seen::Seen;
use crate::ui::kit::drops;
use crate::ui::kit::figure::is_figure;
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::plots::contour_view;
use crate::ui::shell::dialogs::{Dialogs, dialogs_ui};
use crate::ui::shell::dock::{Dock, Docked};
use crate::ui::shell::earlier::earlier_ui;
use crate::ui::shell::figures::job::FigureJob;
use crate::ui::shell::figures::recording::{Recording, Stage};
use crate::ui::shell::files::Files;
use crate::ui::shell::line::{is_broken, line_ui};
use crate::ui::shell::palette::Palette;
use crate::ui::shell::panes::Panes;
use crate::ui::shell::preferences::{Settings, SettingsFile};
use crate::ui::shell::status::status_ui;
use crate::ui::shell::toasts::Toaster;
use crate::ui::shell::top_bar::{TopBar, top_bar_ui};
use crate::ui::shell::tour::{Anchor, Tour, tour_ui};
use crate::ui::shell::wake::Pace;
use crate::ui::state::model::{Drained, EngineHealth, Model};
use crate::ui::state::notices::Level;
use crate::ui::state::restart::Restart;
use crate::ui::state::shared::Shared;

/// The window. What it does stands in the files of this folder: `asks` for panes, `perform` for commands.
pub struct App {
    link: Link,
    /// What the engine has told.
    model: Model,
    /// What all panes see, changed here alone.
    shared: Shared,
    /// What panes have asked for in this frame.
    pub(in crate::ui::shell) asks: Asks,
    pub(in crate::ui::shell) panes: Panes,
    dock: Dock,
    palette: Palette,
    dialogs: Dialogs,
    end_question: EndQuestion,
    tour: Tour,
    follower: Follower,
    settings: Settings,
    settings_file: SettingsFile,
    files: Files,
    sessions: Sessions,
    /// The run whose weights were asked for to start from.
    start_run: Option<RunId>,
    render_state: Option<RenderState>,
    is_refusal_told: bool,
    /// A figure or a report on its way.
    figure: Option<FigureJob>,
    recording: Option<Recording>,
    toaster: Toaster,
    pace: Pace,
    /// The share of time for measurements, as the slider shows it.
    look_share: f64,
    /// Smoothed frames a second while frames follow each other.
    frames_per_second: f64,
    /// Runs trained when another experiment was asked for.
    was_playing: bool,
    last_turn: Option<Instant>,
    last_frame: Option<Instant>,
    next_job: u32,
}

impl App {
    /// Makes the window of an engine and has it train `experiment`. Settings are those of a first start, and not kept.
    #[must_use]
    pub fn new(creation: &eframe::CreationContext<'_>, link: Link, experiment: Experiment, pace: Pace) -> Self {
        let mut app = Self::with_context(&creation.egui_ctx, link, experiment, pace);
        app.take_device(creation);
        app
    }

    /// Goes on in another window, after the device of the one before was lost.
    pub fn move_to(&mut self, creation: &eframe::CreationContext<'_>) {
        theme::install(&creation.egui_ctx);
        self.apply_appearance(&creation.egui_ctx);
        self.pace.connect(&creation.egui_ctx);
        self.panes.forget_textures();
        self.take_device(creation);
        // What a recording has by now can still be saved.
        if self.recording.as_mut().is_some_and(|recording| matches!(recording.stage(), Stage::Gathering(_))) {
            self.toggle_recording(&creation.egui_ctx);
        }
        // What the engine told meanwhile: it may have lost the same device.
        self.read_events(&creation.egui_ctx);
        let adapter = self.dialogs.adapter.as_deref().unwrap_or("no adapter");
        let runs = match &self.model.health {
            EngineHealth::Fine => "the runs went on",
            EngineHealth::Failed(_) => "the engine has failed too, and says so",
            EngineHealth::Gone => "the engine has stopped",
        };
        let text = format!("The graphics device was lost. The window was opened anew with {adapter}; {runs}.");
        self.model.notices.push(Level::Warning, text);
    }

    /// Makes the pipelines of a window's device.
    fn take_device(&mut self, creation: &eframe::CreationContext<'_>) {
        self.render_state.clone_from(&creation.wgpu_render_state);
        self.is_refusal_told = false;
        let display = creation.display_handle();
        let is_wayland = display.is_ok_and(|display| matches!(display.as_raw(), RawDisplayHandle::Wayland(_)));
        drops::set(&creation.egui_ctx, !is_wayland);
        self.dialogs.adapter = self.render_state.as_ref().map(|state| {
            contour_view::install(state);
            let info = state.adapter.get_info();
            self.pace.share_the_processor(info.device_type == wgpu::DeviceType::Cpu);
            format!("{} ({}, {:?})", info.name, info.backend, info.device_type)
        });
    }

    /// As [`Self::new`] without a graphics adapter: landscapes stay empty, and there are no figures.
    #[must_use]
    pub fn with_context(ctx: &egui::Context, link: Link, experiment: Experiment, pace: Pace) -> Self {
        theme::install(ctx);
        pace.connect(ctx);
        let (settings_file, settings, _) = SettingsFile::open(None);
        let mut app = Self {
            link,
            model: Model::new(experiment.clone()),
            shared: Shared::default(),
            asks: Asks::default(),
            panes: Panes::default(),
            dock: Dock::new(settings.layout, settings.trees.clone()),
            palette: Palette::default(),
            dialogs: Dialogs::default(),
            end_question: EndQuestion::default(),
            tour: Tour::default(),
            follower: Follower::default(),
            settings,
            settings_file,
            files: Files::default(),
            sessions: Sessions::default(),
            start_run: None,
            render_state: None,
            is_refusal_told: false,
            figure: None,
            recording: None,
            toaster: Toaster::default(),
            pace,
            look_share: DEFAULT_LOOK_SHARE,
            frames_per_second: 0.0,
            was_playing: true,
            last_turn: None,
            last_frame: None,
            next_job: 0,
        };
        if app.link.brings_runs {
            app.model.await_session("the session");
        } else {
            app.restart(Restart::plain(experiment));
        }
        app.send(Command::SetLookShare(DEFAULT_LOOK_SHARE));
        app
    }

    /// What the window knows of the engine.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Whether a pane is in front.
    #[must_use]
    pub fn shows_pane(&self, title: &str) -> bool {
        let charts = ChartTab::ALL.map(Pane::Chart);
        Pane::ALL.into_iter().chain(charts).any(|pane| pane.title() == title && self.dock.shows(pane))
    }

    /// Loads an experiment with the runs that go over to it, and plays it unless it waits.
    fn restart(&mut self, restart: Restart) {
        self.was_playing = self.model.is_playing || self.model.runs.is_empty();
        self.model.await_experiment(&restart.experiment);
        let (command, plays) = (restart.command(), restart.plays());
        self.model.kept = restart.kept;
        self.send(command);
        if plays {
            self.send(Command::Play);
        }
    }

    fn send(&mut self, command: Command) -> bool {
        self.pace.await_answer();
        let is_sent = self.link.send(command);
        if !is_sent {
            let is_cut = self.link.line.as_ref().is_some_and(|line| !line.is_connected());
            let text = if is_cut {
                "The engine did not hear the last command: there is no connection to it."
            } else {
                "The engine did not take the last command: it is busy or gone. Try again in a moment."
            };
            self.model.notices.push(Level::Error, text);
        }
        is_sent
    }

    /// Draws everything but what lies over the panels.
    fn panels(&mut self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        let seen = Seen { model: &self.model, shared: &self.shared };
        // A figure shows things as they are: what was asked for there would be dropped.
        if !is_figure(ui) {
            self.panes.after_events(ui.ctx(), seen, &mut self.asks);
        }
        let bar = |margin| Frame::new().fill(tokens.panel.0).inner_margin(margin);
        let layout = self.dock.layout;
        let bar_height = ui.spacing().interact_size.y + 18.0;
        Panel::top("top").exact_size(bar_height).frame(bar(Margin::symmetric(10, 0))).show(ui, |ui| {
            self.tour.anchor(Anchor::TopBar, ui.max_rect());
            let (look_share, tour) = (&mut self.look_share, &mut self.tour);
            top_bar_ui(ui, TopBar { look_share, tour, layout, panes: &self.panes }, seen, &mut self.asks);
        });
        if self.sessions.offers(seen) && seen.shared.has(WindowPart::Files) {
            let panel = Panel::top("earlier sessions").frame(bar(Margin::symmetric(12, 4)));
            panel.show(ui, |ui| self.sessions.is_dismissed |= earlier_ui(ui, seen, &mut self.asks));
        }
        if is_broken(seen) {
            let panel = Panel::top("connection").frame(bar(Margin::symmetric(12, 4)));
            panel.show(ui, |ui| line_ui(ui, seen, &mut self.asks));
        }
        Panel::bottom("status").exact_size(26.0).frame(bar(Margin::symmetric(12, 0))).show(ui, |ui| {
            self.tour.anchor(Anchor::Status, ui.max_rect());
            status_ui(ui, self.frames_per_second, seen, &mut self.asks);
        });
        let (panes, asks, tour) = (&mut self.panes, &mut self.asks, &mut self.tour);
        let mut docked = Docked { seen, panes, asks, tour, is_edited: false };
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| self.dock.ui(ui, &mut docked));
    }

    /// What lies over the panels.
    fn overlays(&mut self, ctx: &egui::Context) {
        self.end_question_ui(ctx);
        let seen = Seen { model: &self.model, shared: &self.shared };
        dialogs_ui(ctx, &mut self.dialogs, &self.model, &mut self.asks);
        self.panes.overlay_ui(ctx, seen, &mut self.asks);
        drop_ui(ctx);
        self.palette.ui(ctx, &self.panes, seen, &mut self.asks);
        let elsewhere = self.model.line.as_ref().map(|line| line.host.as_str());
        self.files.ui(ctx, elsewhere, &mut self.asks);
        self.toaster.ui(ctx, &self.model.notices);
        if tour_ui(ctx, &mut self.tour, self.dialogs.open.is_some(), &mut self.asks) {
            self.settings.tour_seen = true;
            self.settings_file.touch();
        }
    }

    /// Reads what the engine told since the last frame.
    pub fn read_events(&mut self, ctx: &egui::Context) {
        if self.model.drain(&self.link) == Drained::MoreWait {
            ctx.request_repaint();
        }
        let spoken = self.shared.alerts.look(&mut self.model);
        for (run, alert) in spoken.rows {
            self.send(Command::NoteAlert { run, alert });
        }
        if spoken.pauses {
            self.send(Command::Pause);
        }
        self.follow_runs();
        self.follow_session();
        // The order to play was meant for the experiment that cannot be had.
        if std::mem::take(&mut self.model.is_refused) && !self.was_playing {
            self.send(Command::Pause);
        }
        if let Some(weights) = self.model.weights.take() {
            self.take_weights(weights);
        }
    }

    /// Writes the settings and ends the engine.
    pub fn end(&mut self) {
        self.write_settings(true);
        self.keep_view(true);
        self.link.send(Command::Shutdown);
    }

    /// Draws the window and does what the user asked for.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.import_dropped(&ctx);
        learn_layout(&ctx);
        let is_asking = self.panes.is_asking() || self.end_question.is_open();
        if !self.files.is_open() && self.dialogs.open.is_none() && !is_asking {
            // Before anything is drawn, so that this frame shows it already.
            self.press_keys(&ctx);
        }
        self.panels(ui);
        self.overlays(&ctx);
        self.answer_asks(&ctx);
        self.make_figures(&ctx);
        self.keep_settings(&ctx);
        self.keep_view(false);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.ask_before_closing(ctx);
        self.make_room_for_input(ctx);
        self.pace.set_hidden(ctx.input(|input| input.viewport().visible()) == Some(false));
        self.read_events(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        self.measure_frame(frame);
        self.tell_refusal();
        self.draw(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.extreme_bg_color.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self) {
        self.end();
    }
}
