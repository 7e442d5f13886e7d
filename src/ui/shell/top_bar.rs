//! Top: menu, experiment, play and pause, the share of time for measurements and whether training waits for them, layouts and
//! theme.

use egui::{Button, RichText, Role, Ui};

use super::menu::menu_ui;
use super::panes::Panes;
use super::tour::{Anchor, Tour};
use crate::config::{Pace, WindowPart, builtin_experiments};
use crate::protocol::Command;
use crate::ui::contract::appearance::ThemeChoice;
use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::contract::command::{UiCommand, shortcut_words};
use crate::ui::contract::pane::{Layout, Pane};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::theme::{self, Tokens};
use crate::ui::kit::{icons, number_box, widgets};

/// Widths in points: the play button with its word, the slider of the share of time, and the gap before it.
const PLAY_WIDTH: f32 = 76.0;
const SLIDER_WIDTH: f32 = 100.0;
const LOOK_GAP: f32 = 6.0;

/// How much of the bar there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Room {
    /// Menu and play.
    Least,
    /// The training too.
    Little,
    /// All, with layouts and the share of time behind buttons.
    Some,
    /// All, with icons on most buttons.
    Much,
    /// All, with words.
    All,
}

impl Room {
    /// What a width in points has room for.
    const fn of(width: f32) -> Self {
        match width {
            ..400.0 => Self::Least,
            400.0..560.0 => Self::Little,
            560.0..900.0 => Self::Some,
            900.0..1130.0 => Self::Much,
            _ => Self::All,
        }
    }
}

/// What the bar shows beside the runs.
pub struct TopBar<'a> {
    /// The share of time for measurements, as the slider shows it.
    pub look_share: &'a mut f64,
    /// The tour, which points at parts of the bar.
    pub tour: &'a mut Tour,
    /// The layout that is shown.
    pub layout: Layout,
    /// The panes, which know why their commands cannot be done.
    pub panes: &'a Panes,
}

/// Draws the bar.
pub fn top_bar_ui(ui: &mut Ui, bar: TopBar<'_>, seen: Seen<'_>, asks: &mut Asks) {
    let TopBar { look_share, tour, layout, panes } = bar;
    let room = Room::of(ui.ctx().content_rect().width());
    ui.horizontal_centered(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        menu_ui(ui, panes, seen, asks);
        if room == Room::All {
            ui.label(RichText::new("Flatscape").text_style(theme::title_style()).strong());
            ui.add_space(4.0);
        }
        // From the right first, so that the experiment's name gives way.
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            if room >= Room::Some {
                theme_ui(ui, asks);
                if seen.shared.has(WindowPart::Panes) {
                    let all = layouts_ui(ui, asks, layout, room);
                    tour.anchor(Anchor::Layouts, all.expand(3.0));
                }
            }
            ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                training_ui(ui, seen, asks, look_share, room);
            });
        });
    });
}

/// The experiment, what trains it, and the share of time.
fn training_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, look_share: &mut f64, room: Room) {
    let gives_way = ui.available_width() - training_width(ui, room);
    if gives_way > 70.0 {
        experiment_ui(ui, seen, asks, gives_way.min(200.0));
    }
    if UiCommand::PlayPause.is_there(seen) {
        play_ui(ui, seen, asks, room);
    }
    for (command, words, label) in buttons(room).iter().filter(|(command, ..)| command.is_there(seen)) {
        command_ui(ui, seen, asks, *command, label, Button::new(*words));
    }
    if room >= Room::Some && seen.shared.has(WindowPart::Pace) {
        look_ui(ui, seen, asks, look_share, room);
    }
}

/// Room that all but the experiment needs, in points.
fn training_width(ui: &Ui, room: Room) -> f32 {
    let spacing = ui.spacing();
    let gap = spacing.item_spacing.x;
    let font = egui::TextStyle::Button.resolve(ui.style());
    let color = ui.visuals().text_color();
    let text = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), color).size().x;
    let button = |words: &str| text(words) + 2.0 * spacing.button_padding.x + gap;
    let play = if room == Room::All { PLAY_WIDTH + gap } else { button(icons::PLAY) };
    let others: f32 = buttons(room).iter().map(|(_, words, _)| button(words)).sum();
    let look = match room {
        Room::Least | Room::Little => 0.0,
        Room::Some => button(icons::SLIDERS_HORIZONTAL),
        Room::Much | Room::All => {
            let paces: f32 = PACES.iter().map(|(_, words)| button(words)).sum();
            2.0 * LOOK_GAP + SLIDER_WIDTH + text("train") + text("look") + 4.0 * gap + paces
        }
    };
    play + others + look + 2.0 * gap
}

/// The buttons after play: what they do, what stands on them, and their names.
const fn buttons(room: Room) -> &'static [(UiCommand, &'static str, &'static str)] {
    match room {
        Room::Least => &[],
        Room::Little | Room::Some | Room::Much => &[
            (UiCommand::Step, icons::SKIP_FORWARD, "Step"),
            (UiCommand::Reset, icons::ARROW_COUNTER_CLOCKWISE, "Reset"),
            (UiCommand::Rewind, icons::REWIND, "Rewind"),
            (UiCommand::BranchHere, icons::GIT_BRANCH, "Branch here"),
            (UiCommand::Pane(Pane::Measure), icons::RULER, "Measurements"),
        ],
        Room::All => &[
            (UiCommand::Step, "Step", "Step"),
            (UiCommand::Reset, "Reset", "Reset"),
            (UiCommand::Rewind, "Rewind", "Rewind"),
            (UiCommand::BranchHere, "Branch", "Branch here"),
            (UiCommand::Pane(Pane::Measure), "Measure", "Measurements"),
        ],
    }
}

fn layouts_ui(ui: &mut Ui, asks: &mut Asks, shown: Layout, room: Room) -> egui::Rect {
    if room >= Room::Much { segments_ui(ui, asks, shown) } else { layout_menu_ui(ui, asks, shown) }
}

fn segments_ui(ui: &mut Ui, asks: &mut Asks, shown: Layout) -> egui::Rect {
    let mut all = egui::Rect::NOTHING;
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for layout in Layout::ALL.into_iter().rev() {
            let response = widgets::segment_ui(ui, layout == shown, layout.label()).on_hover_text(layout.help());
            all |= response.rect;
            if response.clicked() {
                asks.run(UiCommand::Layout(layout));
            }
        }
    });
    all
}

fn layout_menu_ui(ui: &mut Ui, asks: &mut Asks, shown: Layout) -> egui::Rect {
    let words = format!("{} {}", shown.label(), icons::CARET_DOWN);
    let menu = ui.menu_button(words, |ui| {
        for layout in Layout::ALL {
            let response = ui.selectable_label(layout == shown, layout.label()).on_hover_text(layout.help());
            if response.clicked() {
                asks.run(UiCommand::Layout(layout));
                ui.close();
            }
        }
    });
    widgets::name(&menu.response, Role::Button, "Layout");
    menu.response.on_hover_text(shown.help()).rect
}

fn experiment_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, width: f32) {
    // The width of a list is its least one: what it stands in says the most.
    ui.scope(|ui| {
        ui.set_max_width(width);
        if seen.shared.has(WindowPart::Experiments) {
            experiments_ui(ui, seen, asks, width);
        } else {
            ui.add(egui::Label::new(&seen.model.experiment.title).truncate());
        }
    });
}

fn experiments_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, width: f32) {
    let title = seen.model.experiment.title.as_str();
    let combo = egui::ComboBox::from_id_salt("experiment").selected_text(title).width(width).truncate();
    let response = combo.show_ui(ui, |ui| {
        // Names are read whole in the list.
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Extend);
        // Read when the list is open only.
        for experiment in builtin_experiments() {
            let is_current = experiment.name == seen.model.experiment.name;
            let response = ui.selectable_label(is_current, &experiment.title).on_hover_text(&experiment.about);
            if response.clicked() && !is_current {
                asks.push(Ask::Open(Box::new(experiment)));
            }
        }
    });
    widgets::name(&response.response, Role::ComboBox, "Experiment");
    response.response.on_hover_text(format!("{title}\n{}", seen.model.experiment.about));
}

fn play_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, room: Room) {
    let tokens = Tokens::of(ui);
    let (icon, label) = if seen.model.is_playing { (icons::PAUSE, "Pause") } else { (icons::PLAY, "Play") };
    let (words, width) =
        if room == Room::All { (format!("{icon} {label}"), PLAY_WIDTH) } else { (icon.to_owned(), 0.0) };
    let button = if UiCommand::PlayPause.is_enabled(seen) {
        Button::new(RichText::new(words).color(tokens.on_accent.0)).fill(tokens.accent.0)
    } else {
        // A faded accent would leave its words hard to read.
        Button::new(words)
    };
    command_ui(ui, seen, asks, UiCommand::PlayPause, label, button.min_size(egui::vec2(width, 0.0)));
}

fn command_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, command: UiCommand, label: &str, button: Button<'_>) {
    let spec = command.spec();
    let why_not = command.why_not(seen);
    let response = ui.add_enabled(why_not.is_none(), button);
    widgets::name(&response, Role::Button, label);
    let keys = shortcut_words(ui.ctx(), command);
    let is_clicked = response.clicked();
    let response = match command {
        UiCommand::BranchHere => help::term(response, Term::Branch),
        UiCommand::Rewind => help::term(response, Term::Rewind),
        _ => response,
    };
    let words = if keys.is_empty() { spec.help.to_owned() } else { format!("{} Key {keys}.", spec.help) };
    response.on_hover_text(words).on_disabled_hover_text(why_not.unwrap_or_default());
    if is_clicked {
        asks.run(command);
    }
}

const LOOK_HELP: &str = "Share of time for measurements while runs train: slices, traces and eigenvalues. To the left more \
                         steps a second, to the right fresher pictures.";

/// Whether training waits for measurements, and what stands on each half of the switch.
const PACES: [(Pace, &str); 2] = [(Pace::Free, "Free"), (Pace::KeepUp, "Keep up")];

fn look_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks, look_share: &mut f64, room: Room) {
    if room >= Room::Much {
        ui.add_space(LOOK_GAP);
        share_ui(ui, asks, look_share);
        ui.add_space(LOOK_GAP);
        return pace_ui(ui, seen, asks);
    }
    let menu = ui.menu_button(icons::SLIDERS_HORIZONTAL, |ui| {
        ui.horizontal(|ui| share_ui(ui, asks, look_share));
        ui.horizontal(|ui| pace_ui(ui, seen, asks));
    });
    widgets::name(&menu.response, Role::Button, "Train or look");
    menu.response.on_hover_text(LOOK_HELP);
}

/// Whether training waits for measurements.
fn pace_ui(ui: &mut Ui, seen: Seen<'_>, asks: &mut Asks) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (pace, words) in PACES {
            let command = UiCommand::Pace(pace);
            let response = widgets::segment_ui(ui, seen.model.pace == pace, words);
            if response.clicked() && seen.model.pace != pace {
                asks.run(command);
            }
            response.on_hover_text(command.spec().help);
        }
    });
}

fn share_ui(ui: &mut Ui, asks: &mut Asks, look_share: &mut f64) {
    let weak = Tokens::of(ui).weak.0;
    ui.label(RichText::new("train").color(weak)).on_hover_text(LOOK_HELP);
    ui.spacing_mut().slider_width = SLIDER_WIDTH;
    let mut share = *look_share;
    let response = ui.add(number_box::slider(&mut share, 0.0..=1.0));
    widgets::name(&response, Role::Slider, "Share of time to look");
    let is_changed = response.changed();
    response.on_hover_text(format!("{LOOK_HELP}\nNow {:.0} % of the time.", 100.0 * share));
    ui.label(RichText::new("look").color(weak)).on_hover_text(LOOK_HELP);
    if is_changed {
        *look_share = share;
        asks.send(Command::SetLookShare(share));
    }
}

fn theme_ui(ui: &mut Ui, asks: &mut Asks) {
    let (icon, label, theme) = if ui.visuals().dark_mode {
        (icons::SUN, "Light theme", ThemeChoice::Light)
    } else {
        (icons::MOON, "Dark theme", ThemeChoice::Dark)
    };
    let response = ui.button(icon);
    widgets::name(&response, Role::Button, label);
    if response.clicked() {
        asks.run(UiCommand::Theme(theme));
    }
    response.on_hover_text("Switches between the dark and the light theme.");
}
