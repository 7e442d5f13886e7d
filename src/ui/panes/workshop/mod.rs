//! Own models and own data, without leaving the window: two panes, and files of all kinds.

mod asked;
mod augmented;
mod data_form;
mod data_pane;
mod data_scale;
mod data_settings;
mod data_sizes;
mod drafts;
mod editor;
mod fit;
mod images;
mod keys;
mod labels;
mod look;
mod model_file;
mod model_form;
mod model_pane;
mod model_settings;
mod opened;
mod own;
mod pictures;
mod presets;
mod scatter;
mod small;
mod start_form;
mod start_ticks;
mod start_ui;
mod takers;
mod text_settings;
mod texts;

pub use drafts::Drafts;

use std::path::Path;
use std::sync::Arc;

use egui::{Align, Context, Label, Layout, Response, Role, Ui, vec2};

use crate::config::{DataConfig, Experiment, KeepRule, absolute};
use crate::engine::FileKind;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::pane::Pane;
use crate::ui::contract::pane_ui::{Done, PaneUi};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::widgets;
use data_form::DataForm;
use data_pane::KnownProposal;
use keys::EnterKey;
use look::Looks;
use model_form::ModelForm;
use opened::OpenedWeights;
use pictures::Pictures;
use presets::Presets;
use start_form::StartForm;
use takers::KnownTakers;

/// Widest that a setting with its name grows.
const WIDEST_SETTING: f32 = 300.0;

/// What is being edited and chosen.
#[derive(Debug, Default)]
pub struct Workshop {
    model: ModelForm,
    presets: Presets,
    start: StartForm,
    data: DataForm,
    looks: Looks,
    enter: EnterKey,
    proposed: Option<KnownProposal>,
    takers: Option<KnownTakers>,
    /// The data that the settings keep.
    kept_data: Option<DataConfig>,
    weights: Option<OpenedWeights>,
    /// Looks into data that have been heard of.
    heard: u64,
}

impl Workshop {
    /// Drops what a window holds on its device, when that is gone.
    pub fn forget_textures(&mut self) {
        self.looks.pictures = Pictures::default();
        self.looks.augmented.forget_textures();
    }

    /// Goes on with what was left unfinished at the last start.
    pub fn restore(&mut self, drafts: &Drafts, experiment: &Arc<Experiment>) {
        if let Some(draft) = &drafts.model {
            self.model.restore(draft.clone(), experiment);
        }
        if let Some(config) = drafts.data() {
            self.data.restore(&config, drafts.keep, experiment);
            self.kept_data = Some(config);
        }
        if let Some(start) = &drafts.start {
            self.start.restore(start.clone(), experiment);
        }
    }

    /// Takes weights as what all runs start from, and shows where that is said.
    pub fn start_from(&mut self, weights: &Path, experiment: &Arc<Experiment>, asks: &mut Asks) {
        self.start_from_key(weights, None, experiment, asks);
    }

    /// The same of what lies under a key of the file.
    fn start_from_key(&mut self, weights: &Path, key: Option<&str>, experiment: &Arc<Experiment>, asks: &mut Asks) {
        self.start.take(weights, key, experiment);
        asks.push(Ask::Show(Pane::Model));
    }

    /// Takes a file or folder as what turns the text of the chosen data into tokens, and shows where that is said.
    pub fn tokenizer_from(&mut self, path: &Path, asks: &mut Asks) {
        self.data.config.tokenizer = Some(absolute(path));
        asks.push(Ask::Show(Pane::Data));
    }

    /// Brings `kept` up to date with what differs from the experiment, and with an experiment that no file has. Whether
    /// anything has changed.
    pub fn drafts_changed(&mut self, kept: &mut Drafts, experiment: &Arc<Experiment>) -> bool {
        self.model.follow(experiment);
        self.data.follow(experiment);
        self.start.follow(experiment);
        let is_own = experiment.name == own::OWN;
        let model = if is_own { Some(&self.model.draft) } else { self.model.edited() };
        let data = if is_own { Some(&self.data.config) } else { self.data.edited() };
        let start =
            if is_own { Some(&self.start.draft).filter(|start| !start.is_empty()) } else { self.start.edited() };
        let keep = if data.is_some() { self.data.keep } else { KeepRule::Last };
        let is_start_same = kept.start.as_ref() == start && kept.keep == keep;
        if !is_start_same {
            (kept.start, kept.keep) = (start.cloned(), keep);
        }
        let is_model_same = kept.model.as_ref() == model;
        let is_data_same = self.kept_data.as_ref() == data;
        if !is_model_same {
            kept.model = model.cloned();
        }
        if !is_data_same {
            kept.data = data.and_then(|config| toml::to_string(config).ok());
            self.kept_data = data.cloned();
        }
        !(is_model_same && is_data_same && is_start_same)
    }
}

impl PaneUi for Workshop {
    fn ui(&mut self, pane: Pane, ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
        if pane == Pane::Model {
            model_pane::model_ui(ui, self, seen, asks);
        } else {
            data_pane::data_ui(ui, self, seen, asks);
        }
    }

    fn overlay_ui(&mut self, ctx: &Context, seen: Seen<'_>, asks: &mut Asks) {
        opened::weights_ui(ctx, self, seen, asks);
    }

    fn is_asking(&self) -> bool {
        self.weights.is_some()
    }

    fn take_file(&mut self, path: &Path, kind: &FileKind, seen: Seen<'_>, asks: &mut Asks) -> Done {
        self.open(path, kind, seen, asks)
    }

    fn after_events(&mut self, _ctx: &Context, seen: Seen<'_>, _asks: &mut Asks) {
        let previews = &seen.model.previews;
        if let Some(look) = previews.newest().filter(|_| self.heard != previews.count()) {
            self.heard = previews.count();
            self.data.take(look.clone());
        }
    }
}

/// A setting: its name at the left, which gives way where the pane is narrow, its control at the right.
fn setting_ui(
    ui: &mut Ui,
    label: &str,
    about: &str,
    term: Option<Term>,
    add: impl FnOnce(&mut Ui) -> (Response, Role),
) {
    let explain = |response: Response| match term {
        Some(term) => help::term(response.on_hover_text(about), term),
        None => response.on_hover_text(about),
    };
    let size = vec2(ui.available_width().min(WIDEST_SETTING), ui.spacing().interact_size.y);
    ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
        ui.set_min_size(size);
        let (response, role) = add(ui);
        widgets::name(&response, role, label);
        explain(response);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            explain(ui.add(Label::new(label).truncate().selectable(false)));
        });
    });
}
