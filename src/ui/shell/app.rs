//! The application: reads events, draws panels, sends commands. A frame never waits for the engine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use eframe::egui_wgpu::{RenderState, wgpu};
use egui::{CentralPanel, Frame, Margin, Panel};

use super::dialogs;
use super::dock::{Dock, Docked};
use super::figures::{FigureJob, Recording, Stage};
use super::files::Files;
use super::palette::Palette;
use super::preferences::{Settings, SettingsFile};
use super::toasts::Toaster;
use super::tour;
use super::tour::Anchor;
use super::wake::Pace;
use super::{status, top_bar};
use crate::config::{DEFAULT_LOOK_SHARE, Experiment, KnobId};
use crate::engine::Link;
use crate::protocol::{Command, JobId, MeasureRequest, RunId};
use crate::ui::contract::ask::Ask;
use crate::ui::contract::ask::Ending;
use crate::ui::contract::chart_tab::ChartTab;
use crate::ui::contract::pane::Pane;
use crate::ui::contract::view::View;
use crate::ui::kit::theme;
use crate::ui::kit::theme::Tokens;
use crate::ui::panes::charts::Charts;
use crate::ui::panes::{landscape, runs, workshop};
use crate::ui::plots::contour_view;
use crate::ui::state::job::JobView;
use crate::ui::state::model::{Drained, EngineHealth, Model};
use crate::ui::state::notices::Level;
use crate::ui::state::restart::Restart;
use crate::ui::state::undo::Turn;

/// While a knob is dragged, its values are sent at most this often.
const TURN_INTERVAL: Duration = Duration::from_millis(120);

/// About what a frame takes on a software adapter that has the processor for itself.
const INPUT_REST: Duration = Duration::from_millis(60);

/// The window.
pub struct App {
    pub(super) link: Link,
    pub(super) model: Model,
    pub(super) view: View,
    pub(super) charts: Charts,
    pub(super) dock: Dock,
    pub(super) palette: Palette,
    pub(super) settings: Settings,
    pub(super) settings_file: SettingsFile,
    pub(super) files: Files,
    pub(super) render_state: Option<RenderState>,
    /// A figure on its way.
    pub(super) figure: Option<FigureJob>,
    pub(super) recording: Option<Recording>,
    toaster: Toaster,
    pace: Pace,
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
        self.view.workshop.forget_textures();
        self.take_device(creation);
        // What a recording has by now can still be saved.
        if self.recording.as_mut().is_some_and(|recording| matches!(recording.stage(), Stage::Gathering(_))) {
            self.toggle_recording(&creation.egui_ctx);
        }
        // What the engine told meanwhile: it may have lost the same device.
        self.read_events(&creation.egui_ctx);
        let adapter = self.view.help.adapter.as_deref().unwrap_or("no adapter");
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
        self.view.help.adapter = self.render_state.as_ref().map(|state| {
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
            view: View { look_share: DEFAULT_LOOK_SHARE, ..View::default() },
            charts: Charts::default(),
            dock: Dock::new(settings.layout, settings.trees.clone()),
            palette: Palette::default(),
            settings,
            settings_file,
            files: Files::default(),
            render_state: None,
            figure: None,
            recording: None,
            toaster: Toaster::default(),
            pace,
            was_playing: true,
            last_turn: None,
            last_frame: None,
            next_job: 0,
        };
        app.open(Box::new(experiment));
        app.send(Command::SetLookShare(DEFAULT_LOOK_SHARE));
        app
    }

    /// Takes the settings of a file and keeps changes there. What cannot be used is set aside, with a notice.
    #[must_use]
    pub fn with_settings(mut self, ctx: &egui::Context, path: Option<PathBuf>) -> Self {
        let (file, settings, notice) = SettingsFile::open(path);
        self.dock = Dock::new(settings.layout, settings.trees.clone());
        (self.settings_file, self.settings) = (file, settings);
        self.view.look_share = self.settings.window.look_share();
        self.send(Command::SetLookShare(self.view.look_share));
        self.view.shared.presets.clone_from(&self.settings.presets);
        self.charts.remember(&self.settings.charts);
        self.view.landscape.apply(self.settings.landscape);
        self.view.workshop.restore(&self.settings.drafts, &self.model.experiment);
        if let Some(notice) = notice {
            self.model.notices.push(Level::Warning, notice);
        }
        if !self.settings.tour_seen {
            self.view.tour.start();
        }
        self.apply_appearance(ctx);
        self
    }

    /// What the window knows of the engine.
    #[must_use]
    pub const fn model(&self) -> &Model {
        &self.model
    }

    /// Shows theme and text size as the settings have them.
    pub(in crate::ui) fn apply_appearance(&self, ctx: &egui::Context) {
        ctx.set_theme(self.settings.theme.preference());
        ctx.set_zoom_factor(self.settings.text_size.factor());
    }

    pub(in crate::ui) fn open(&mut self, experiment: Box<Experiment>) {
        self.restart(Restart::plain(*experiment));
    }

    /// Loads an experiment and plays it, with the runs that go over to it.
    pub(in crate::ui) fn restart(&mut self, restart: Restart) {
        self.was_playing = self.model.is_playing || self.model.runs.is_empty();
        self.model.await_experiment(&restart.experiment);
        let command = restart.command();
        self.model.kept = restart.kept;
        self.send(command);
        self.send(Command::Play);
    }

    pub(in crate::ui) fn send(&mut self, command: Command) -> bool {
        self.pace.await_answer();
        let is_sent = self.link.send(command);
        if !is_sent {
            let text = "The engine did not take the last command: it is busy or gone. Try again in a moment.";
            self.model.notices.push(Level::Error, text);
        }
        is_sent
    }

    fn perform(&mut self, ctx: &egui::Context) {
        let asks = self.view.asks.take();
        if !asks.iter().any(|ask| matches!(ask, Ask::Turn { .. })) {
            self.view.shared.held_turn = None;
        }
        if asks.iter().any(Ask::changes_the_window) {
            // Drawn again before it is shown: a frame sooner than in the next one.
            ctx.request_discard("what was asked for changes the window");
        }
        for ask in asks {
            match ask {
                Ask::Send(command) => {
                    let is_look = matches!(command, Command::Preview(_));
                    if !self.send(command) && is_look {
                        self.view
                            .workshop
                            .take_look(Err("the engine was busy; change a setting to try again".to_owned()));
                    }
                }
                Ask::Do(command) => self.perform_command(ctx, command),
                Ask::Show(pane) => self.dock.open(pane),
                Ask::Notice(level, text) => self.model.notices.push(level, text),
                Ask::Import(path) => self.import(&path),
                Ask::SaveFigure => self.save_figure(ctx),
                Ask::SaveFile { suggested, bytes } => {
                    self.files.ask_where_to_save(&suggested, bytes);
                    ctx.request_repaint();
                }
                Ask::Open(experiment) => self.end_runs(ctx, Ending::Open(Box::new(Restart::plain(*experiment)))),
                Ask::Restart(restart) => self.end_runs(ctx, Ending::Open(restart)),
                Ask::Measure { run, request } => self.measure(run, *request),
                Ask::Select(place) => self.view.shared.selected = place,
                Ask::Hide { run, is_hidden: true } => {
                    self.view.shared.hidden.insert(run);
                }
                Ask::Hide { run, is_hidden: false } => {
                    self.view.shared.hidden.remove(&run);
                }
                Ask::ShowAll => self.view.shared.hidden.clear(),
                Ask::Forget(job) => self.model.jobs.retain(|view| view.id != job),
                Ask::Runs(action) => self.runs_action(ctx, action),
                Ask::Turn { run, knob, value } => self.turn(ctx, run, knob, value),
            }
        }
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
            self.view.shared.held_turn = Some((run, knob, value));
            ctx.request_repaint_after(TURN_INTERVAL);
            return;
        }
        self.view.shared.held_turn = None;
        let now = Instant::now();
        self.last_turn = Some(now);
        let Some(old) = self.model.run(run).map(|view| view.knobs.value(knob)) else { return };
        if self.set_knob(run, knob, value) {
            self.view.shared.undo.push(Turn { run, knob, old, new: value }, now);
        }
    }

    /// Sends a knob and shows it at once. False when the value is not allowed or the run is gone; a notice says why.
    pub(in crate::ui) fn set_knob(&mut self, run: RunId, knob: KnobId, value: f64) -> bool {
        let Some(view) = self.model.run(run) else { return false };
        if let Err(err) = view.knobs.clone().set(knob, value) {
            self.model.notices.push(Level::Warning, err.to_string());
            return false;
        }
        let is_sent = self.send(Command::SetKnob { run, knob, value });
        if let Some(view) = self.model.run_mut(run).filter(|_| is_sent) {
            view.expect_knob(knob, value);
        }
        is_sent
    }

    /// Where the adapter draws on the engine's processor, the frame that answers a press, a key or a drag has it for itself.
    /// A pointer that only moves is not worth it.
    fn make_room_for_input(&self, ctx: &egui::Context) {
        let is_input = ctx.input(|input| {
            let is_act = |event: &egui::Event| {
                matches!(
                    event,
                    egui::Event::Key { .. }
                        | egui::Event::Text(_)
                        | egui::Event::PointerButton { .. }
                        | egui::Event::MouseWheel { .. }
                )
            };
            input.events.iter().any(is_act) || (input.pointer.any_down() && input.pointer.delta() != egui::Vec2::ZERO)
        });
        if is_input && self.pace.is_processor_shared() {
            self.link.slots.ask_rest(INPUT_REST);
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

    /// Draws everything but what lies over the panels.
    pub(in crate::ui) fn panels(&mut self, ui: &mut egui::Ui) {
        let tokens = Tokens::of(ui);
        landscape::collect(&self.model, &mut self.view);
        let bar = |margin| Frame::new().fill(tokens.panel.0).inner_margin(margin);
        let (model, view) = (&self.model, &mut self.view);
        let layout = self.dock.layout;
        let bar_height = ui.spacing().interact_size.y + 18.0;
        Panel::top("top").exact_size(bar_height).frame(bar(Margin::symmetric(10, 0))).show(ui, |ui| {
            view.tour.anchor(Anchor::TopBar, ui.max_rect());
            top_bar::top_bar_ui(ui, model, view, layout);
        });
        Panel::bottom("status").exact_size(26.0).frame(bar(Margin::symmetric(12, 0))).show(ui, |ui| {
            view.tour.anchor(Anchor::Status, ui.max_rect());
            status::status_ui(ui, model, view);
        });
        let mut docked = Docked { model, view, charts: &mut self.charts, is_edited: false };
        CentralPanel::default().frame(Frame::new()).show(ui, |ui| self.dock.ui(ui, &mut docked));
    }

    /// What lies over the panels.
    fn overlays(&mut self, ctx: &egui::Context) {
        dialogs::dialogs_ui(ctx, &self.model, &mut self.view);
        runs::dialog_ui(ctx, &self.model, &mut self.view);
        workshop::overlays_ui(ctx, &self.model, &mut self.view);
        self.palette.ui(ctx, &self.model, &mut self.view);
        self.files.ui(ctx, &mut self.view);
        self.toaster.ui(ctx, &self.model.notices);
        if tour::tour_ui(ctx, &mut self.view) {
            self.settings.tour_seen = true;
            self.settings_file.touch();
        }
    }

    /// Notes what of the window has changed, and writes changed settings after a while.
    fn keep_settings(&mut self, ctx: &egui::Context) {
        let is_changed = self.settings.window.take(ctx, self.view.look_share)
            | self.view.workshop.drafts_changed(&mut self.settings.drafts, &self.model.experiment);
        if self.dock.take_edited() || is_changed {
            self.settings_file.touch();
        }
        let (charts, landscape) = (self.charts.settings(), self.view.landscape.settings());
        if (&self.settings.charts, &self.settings.landscape) != (&charts, &landscape) {
            (self.settings.charts, self.settings.landscape) = (charts, landscape);
            self.settings_file.touch();
        }
        self.write_settings(false);
    }

    /// Writes changed settings, after a while or at once.
    fn write_settings(&mut self, at_once: bool) {
        let (settings, dock) = (&self.settings, &self.dock);
        let now = || Settings { layout: dock.layout, trees: dock.trees().clone(), ..settings.clone() };
        if let Err(notice) = self.settings_file.save(at_once, now) {
            self.model.notices.push(Level::Warning, notice);
        }
    }
}

impl App {
    /// Reads what the engine told since the last frame.
    pub fn read_events(&mut self, ctx: &egui::Context) {
        if self.model.drain(&self.link) == Drained::MoreWait {
            ctx.request_repaint();
        }
        self.follow_runs();
        // The order to play was meant for the experiment that cannot be had.
        if std::mem::take(&mut self.model.is_refused) && !self.was_playing {
            self.send(Command::Pause);
        }
        if let Some(look) = self.model.previewed.take() {
            self.view.workshop.take_look(look);
        }
        if let Some(weights) = self.model.weights.take() {
            self.ask_where_to_save_weights(weights);
        }
    }

    /// Writes the settings and ends the engine.
    pub fn end(&mut self) {
        self.write_settings(true);
        self.link.send(Command::Shutdown);
    }

    /// Draws the window and does what the user asked for.
    pub fn draw(&mut self, ui: &mut egui::Ui) {
        let ctx = ui.ctx().clone();
        self.import_dropped(&ctx);
        let is_asking = self.view.runs.is_asking() || self.view.workshop.is_asking();
        if !self.files.is_open() && self.view.dialog.is_none() && !is_asking {
            // Before anything is drawn, so that this frame shows it already.
            self.press_keys(&ctx);
        }
        self.panels(ui);
        self.overlays(&ctx);
        self.perform(&ctx);
        self.make_figures(&ctx);
        self.keep_settings(&ctx);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.ask_before_closing(ctx);
        self.make_room_for_input(ctx);
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
        self.end();
    }
}

/// Panes that commands of other parts open by name.
impl App {
    /// Whether a pane is in front.
    #[must_use]
    pub fn shows_pane(&self, title: &str) -> bool {
        let charts = ChartTab::ALL.map(Pane::Chart);
        Pane::ALL.into_iter().chain(charts).any(|pane| pane.title() == title && self.dock.shows(pane))
    }
}
