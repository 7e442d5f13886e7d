//! The alerts of the user: a list to choose from, limits of one's own, and whether training pauses.

use egui::{CollapsingHeader, Role, Ui};

use crate::ui::contract::ask::{Ask, Asks};
use crate::ui::kit::help::{self, Term};
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::{icons, widgets};
use crate::ui::state::alerts::{Figure, Rule, Watched};

/// Width of the list of figures, in points.
const COMBO_WIDTH: f32 = 110.0;
/// Limits that a user may have.
const MOST_OWN: usize = 16;

/// The limit that is being put together.
#[derive(Debug)]
pub struct Draft {
    figure: Figure,
    is_above: bool,
    limit: f64,
}

impl Default for Draft {
    fn default() -> Self {
        Self { figure: Figure::LambdaMax, is_above: true, limit: 50.0 }
    }
}

/// Draws the rules, folded away at first.
pub fn alerts_ui(ui: &mut Ui, rules: &[Rule], draft: &mut Draft, asks: &mut Asks) {
    let on = rules.iter().filter(|rule| rule.is_on).count();
    let header = CollapsingHeader::new(format!("Alerts, {on} on")).id_salt("alerts").show(ui, |ui| {
        let mut changed = rules.to_vec();
        let mut removed = None;
        for (place, rule) in changed.iter_mut().enumerate() {
            ui.push_id(place, |ui| {
                if rule_ui(ui, rule) {
                    removed = Some(place);
                }
            });
        }
        if let Some(place) = removed {
            changed.remove(place);
        }
        if rules.iter().filter(|rule| rule.watched.is_own()).count() < MOST_OWN {
            changed.extend(draft_ui(ui, draft));
        }
        if changed != rules {
            asks.push(Ask::SetAlerts(changed));
        }
    });
    help::term(header.header_response, Term::Alert);
}

/// One rule: what it watches, and below that its limit and whether training pauses. True where it is to go.
fn rule_ui(ui: &mut Ui, rule: &mut Rule) -> bool {
    let (about, name) = words(rule.watched);
    let response = ui.checkbox(&mut rule.is_on, about);
    widgets::name(&response, Role::CheckBox, name);
    explained(response, rule.watched);
    ui.horizontal_wrapped(|ui| {
        // Below the words of the box above.
        ui.add_space(ui.spacing().icon_width);
        match &mut rule.watched {
            Watched::Apart { errors } => {
                ui.label("by");
                let response = ui.add(NumberBox::new(errors).range(1.0..=100.0).speed(0.05));
                widgets::name(&response, Role::SpinButton, "Standard errors apart");
                ui.label("standard errors");
            }
            Watched::Gap { share } => {
                ui.label("by");
                let response = ui.add(NumberBox::new(share).range(0.0..=10.0).speed(0.005).percent());
                widgets::name(&response, Role::SpinButton, "Rise of the held-out loss");
            }
            Watched::Limit { figure, is_above, limit } => {
                ui.label(if *is_above { "above" } else { "below" });
                limit_ui(ui, limit, &format!("Limit of {}", figure.label()));
            }
            Watched::NotFinite | Watched::Edge => {}
        }
        let response = ui.checkbox(&mut rule.pauses, "pause");
        widgets::name(&response, Role::CheckBox, &format!("Pause: {name}"));
        response.on_hover_text("Training pauses when this is so. Play goes on.");
        rule.watched.is_own() && {
            let response = ui.small_button(icons::X);
            widgets::name(&response, Role::Button, &format!("Remove the limit of {name}"));
            response.clicked()
        }
    })
    .inner
}

fn limit_ui(ui: &mut Ui, limit: &mut f64, name: &str) {
    let speed = (0.01 * limit.abs()).max(1e-6);
    let response = ui.add(NumberBox::new(limit).range(-1e9..=1e9).speed(speed));
    widgets::name(&response, Role::SpinButton, name);
}

/// What a rule says, and its name.
const fn words(watched: Watched) -> (&'static str, &'static str) {
    match watched {
        Watched::NotFinite => ("The loss or a weight is not finite", "The loss or a weight is not finite"),
        Watched::Edge => ("λmax passes the edge of stability", "λmax passes the edge of stability"),
        Watched::Apart { .. } => ("Noise and Hutchinson apart", "Noise and Hutchinson apart"),
        Watched::Gap { .. } => ("Gap opens: held-out loss above its least", "Gap opens"),
        Watched::Limit { figure, .. } => (figure.label(), figure.label()),
    }
}

fn explained(response: egui::Response, watched: Watched) {
    match watched {
        Watched::NotFinite => {
            let text = "Such a run stops at its last good step in any case, and says so.";
            response.on_hover_text(text);
        }
        Watched::Edge => drop(help::term(response, Term::Edge)),
        Watched::Apart { .. } => drop(help::term(response, Term::TraceFromNoise)),
        Watched::Gap { .. } => {
            let text =
                "On validation examples where there are any, else on the test set; the training loss has fallen since.";
            response.on_hover_text(text);
        }
        Watched::Limit { figure: Figure::Trace | Figure::LambdaMax, .. } => {
            response.on_hover_text("Of whole measurements. Streamed curvature is not looked at.");
        }
        Watched::Limit { .. } => {}
    }
}

/// The lines that add a limit; the new rule once it is added.
fn draft_ui(ui: &mut Ui, draft: &mut Draft) -> Option<Rule> {
    widgets::small_weak_ui(ui, "A limit of your own");
    ui.horizontal_wrapped(|ui| {
        let combo = egui::ComboBox::from_id_salt("figure").selected_text(draft.figure.label()).width(COMBO_WIDTH);
        let response = combo.show_ui(ui, |ui| {
            for figure in Figure::ALL {
                ui.selectable_value(&mut draft.figure, figure, figure.label());
            }
        });
        widgets::name(&response.response, Role::ComboBox, "Figure to watch");
        for (is_above, label) in [(true, "above"), (false, "below")] {
            if widgets::segment_ui(ui, draft.is_above == is_above, label).clicked() {
                draft.is_above = is_above;
            }
        }
        limit_ui(ui, &mut draft.limit, "Limit to watch");
        let help =
            "Accuracies are shares of 0 to 1. Trace and λmax are those of whole measurements, not streamed ones.";
        let button = ui.button("Add alert").on_hover_text(help);
        let Draft { figure, is_above, limit } = *draft;
        let watched = Watched::Limit { figure, is_above, limit };
        button.clicked().then_some(Rule { watched, is_on: true, pauses: false })
    })
    .inner
}
