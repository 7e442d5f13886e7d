//! Top: menu, experiment, play and pause, the share of time for measurements, layouts and theme.

use egui::{Button, RichText, Role, Slider, Ui};

use super::commands::{UiCommand, menu_ui, shortcut_words};
use super::dock::{Layout, Pane};
use super::help::{self, Term};
use super::icons;
use super::model::Model;
use super::preferences::ThemeChoice;
use super::theme::{self, Tokens};
use super::tour::Anchor;
use super::view::{Action, View};
use super::widgets;
use crate::config::builtin_experiments;
use crate::protocol::Command;

/// Below this width, in points, buttons show their icons alone.
const NARROW: f32 = 1000.0;

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, model: &Model, view: &mut View, layout: Layout) {
    let is_narrow = ui.available_width() < NARROW;
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        menu_ui(ui, model, view);
        if !is_narrow {
            ui.label(RichText::new("Flatscape").text_style(theme::title_style()).strong());
            ui.add_space(6.0);
        }
        // From the right first, so that the experiment's name gives way.
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            theme_ui(ui, view);
            layouts_ui(ui, view, layout);
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                experiment_ui(ui, model, view);
                transport_ui(ui, model, view, is_narrow);
                if ui.available_width() > 190.0 {
                    ui.add_space(8.0);
                    look_ui(ui, view);
                }
            });
        });
    });
}

fn layouts_ui(ui: &mut Ui, view: &mut View, shown: Layout) {
    ui.spacing_mut().item_spacing.x = 2.0;
    let mut all = egui::Rect::NOTHING;
    for layout in Layout::ALL.into_iter().rev() {
        let response = widgets::segment_ui(ui, layout == shown, layout.label()).on_hover_text(layout.help());
        all |= response.rect;
        if response.clicked() {
            view.act(Action::Do(UiCommand::Layout(layout)));
        }
    }
    view.tour.anchor(Anchor::Layouts, all.expand(3.0));
}

fn experiment_ui(ui: &mut Ui, model: &Model, view: &mut View) {
    let combo = egui::ComboBox::from_id_salt("experiment").selected_text(&model.experiment.title).width(170.0);
    let response = combo.show_ui(ui, |ui| {
        // Read when the list is open only.
        for experiment in builtin_experiments() {
            let is_current = experiment.name == model.experiment.name;
            let response = ui.selectable_label(is_current, &experiment.title).on_hover_text(&experiment.about);
            if response.clicked() && !is_current {
                view.act(Action::Open(Box::new(experiment)));
            }
        }
    });
    widgets::name(&response.response, Role::ComboBox, "Experiment");
    response.response.on_hover_text(&model.experiment.about);
}

fn transport_ui(ui: &mut Ui, model: &Model, view: &mut View, is_narrow: bool) {
    let tokens = Tokens::of(ui);
    let (icon, label) = if model.is_playing { (icons::PAUSE, "Pause") } else { (icons::PLAY, "Play") };
    let words = if is_narrow { icon.to_owned() } else { format!("{icon} {label}") };
    let text = RichText::new(words).color(tokens.on_accent.0);
    let button = Button::new(text).fill(tokens.accent.0).min_size(egui::vec2(if is_narrow { 0.0 } else { 72.0 }, 0.0));
    command_ui(ui, model, view, UiCommand::PlayPause, label, button);
    let buttons = [
        (UiCommand::Step, icons::SKIP_FORWARD, "Step"),
        (UiCommand::Reset, icons::ARROW_COUNTER_CLOCKWISE, "Reset"),
        (UiCommand::BranchHere, icons::GIT_BRANCH, "Branch here"),
        (UiCommand::Pane(Pane::Measure), icons::RULER, "Measurements"),
    ];
    for (command, icon, label) in buttons {
        let has_words = !is_narrow && matches!(command, UiCommand::Step | UiCommand::Reset);
        let words = if has_words { label } else { icon };
        command_ui(ui, model, view, command, label, Button::new(words));
    }
}

fn command_ui(ui: &mut Ui, model: &Model, view: &mut View, command: UiCommand, label: &str, button: Button<'_>) {
    let spec = command.spec();
    let response = ui.add_enabled(command.is_enabled(model, view), button);
    widgets::name(&response, Role::Button, label);
    let keys = shortcut_words(ui.ctx(), command);
    let is_clicked = response.clicked();
    let response = match command {
        UiCommand::BranchHere => help::term(response, Term::Branch),
        _ => response,
    };
    response.on_hover_text(if keys.is_empty() { spec.help.to_owned() } else { format!("{} Key {keys}.", spec.help) });
    if is_clicked {
        view.act(Action::Do(command));
    }
}

fn look_ui(ui: &mut Ui, view: &mut View) {
    let weak = Tokens::of(ui).weak.0;
    let help = "Share of time for measurements while runs train: slices, traces and eigenvalues. \
                To the left more steps a second, to the right fresher pictures.";
    ui.label(RichText::new("train").color(weak)).on_hover_text(help);
    ui.spacing_mut().slider_width = 100.0;
    let mut share = view.look_share;
    let response = ui.add(Slider::new(&mut share, 0.0..=1.0).show_value(false));
    widgets::name(&response, Role::Slider, "Share of time to look");
    let is_changed = response.changed();
    response.on_hover_text(format!("{help}\nNow {:.0} % of the time.", 100.0 * share));
    ui.label(RichText::new("look").color(weak)).on_hover_text(help);
    if is_changed {
        view.look_share = share;
        view.act(Action::Send(Command::SetLookShare(share)));
    }
}

fn theme_ui(ui: &mut Ui, view: &mut View) {
    let (icon, label, theme) = if ui.visuals().dark_mode {
        (icons::SUN, "Light theme", ThemeChoice::Light)
    } else {
        (icons::MOON, "Dark theme", ThemeChoice::Dark)
    };
    let response = ui.button(icon);
    widgets::name(&response, Role::Button, label);
    if response.clicked() {
        view.act(Action::Do(UiCommand::Theme(theme)));
    }
    response.on_hover_text("Switches between the dark and the light theme.");
}
