//! The list of all keys: those of commands, a menu after the other, then those of single places in the window.

use egui::{Align, Label, Layout, RichText, Ui, vec2};

use crate::ui::contract::command::{Group, UiCommand, shortcut_words};
use crate::ui::kit::{theme, widgets};

/// Width of a column, in points.
const COLUMN: f32 = 262.0;
/// Width of the keys in it, in points.
const KEYS: f32 = 104.0;

/// Keys that belong to a place in the window, not to a command.
struct Place {
    title: &'static str,
    keys: &'static [(&'static str, &'static str)],
}

const PLACES: [Place; 7] = [
    Place {
        title: "On a landscape",
        keys: &[
            ("← → ↑ ↓", "Move the part that is seen, or turn a surface"),
            ("+ −", "A smaller or larger part"),
            ("Enter", "What can be done at the centre"),
        ],
    },
    Place {
        title: "On a chart", keys: &[("← →", "Move along the steps"), ("+ −", "Zoom"), ("Home", "Fit all steps")]
    },
    Place {
        title: "In lists of runs and on knobs",
        keys: &[
            ("↑ ↓ Home End", "To another run of the list"),
            ("Menu, Shift+F10", "What can be done with the run or knob"),
        ],
    },
    Place { title: "In Model and Data", keys: &[("Ctrl+Enter", "Train with what is set there")] },
    Place {
        title: "Between panes",
        keys: &[
            ("Tab, Shift+Tab", "To the next control, or back"),
            ("← → ↑ ↓", "Move a boundary that has the keyboard"),
        ],
    },
    Place {
        title: "In dialogs",
        keys: &[
            ("Enter", "Does what the dialog is for"),
            ("Escape", "Closes it"),
            ("PageUp, PageDown", "Through a long text"),
        ],
    },
    Place {
        title: "In the tour",
        keys: &[("Enter, →", "The next card"), ("←", "The card before"), ("Escape", "Skips the rest")],
    },
];

const MOUSE: &str = "On a landscape: drag to move it or to orbit a surface, scroll to see a smaller or larger part, click for \
                     what can be done at that place. On a chart: drag to pan, Ctrl and scroll to zoom, drag with Shift for \
                     a box, double click to fit. On a tab: drag to dock the pane elsewhere, middle click to close it.";

/// The list of all keys, in as many columns as there is room for.
pub fn sheet_ui(ui: &mut Ui) {
    let num_columns = ((ui.available_width() / COLUMN) as usize).clamp(1, 3);
    let mut sections = sections(ui);
    ui.columns(num_columns, |columns| {
        for section in sections.drain(..) {
            // Into the column that is the shortest so far.
            let shortest = columns.iter_mut().min_by(|a, b| a.min_rect().height().total_cmp(&b.min_rect().height()));
            if let Some(column) = shortest {
                section.ui(column);
            }
        }
    });
    widgets::small_weak_ui(ui, MOUSE);
}

/// A title with keys and what they do.
struct Section {
    title: &'static str,
    rows: Vec<(String, String)>,
}

impl Section {
    fn ui(&self, ui: &mut Ui) {
        ui.label(RichText::new(self.title).text_style(theme::title_style()));
        for (keys, words) in &self.rows {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing = vec2(10.0, 3.0);
                ui.spacing_mut().interact_size.y = 0.0;
                let column = vec2(KEYS.min(0.45 * ui.available_width()), 0.0);
                ui.allocate_ui_with_layout(column, Layout::top_down(Align::Min), |ui| {
                    ui.set_width(column.x);
                    ui.add(Label::new(RichText::new(keys).monospace()).wrap());
                });
                ui.add(Label::new(words).wrap());
            });
        }
        ui.add_space(8.0);
    }
}

fn sections(ui: &Ui) -> Vec<Section> {
    let of_group = |group: Group| {
        let commands = UiCommand::all().into_iter().filter(|command| command.spec().group == group);
        let rows = commands.filter_map(|command| {
            let keys = shortcut_words(ui.ctx(), command);
            (!keys.is_empty()).then(|| (keys, command.spec().label))
        });
        Section { title: group.label(), rows: rows.collect() }
    };
    let of_place = |place: &Place| Section {
        title: place.title,
        rows: place.keys.iter().map(|(keys, words)| ((*keys).to_owned(), (*words).to_owned())).collect(),
    };
    Group::ALL.into_iter().map(of_group).chain(PLACES.iter().map(of_place)).collect()
}
