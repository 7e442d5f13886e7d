//! Knobs in groups, as the column and the form of a new run show them: a header each, which opens and closes what stands below.
//!
//! The method and its step are open at first, and so is a group in which something is on. A header that is closed says what is
//! on, so that nothing acts on a run unseen.

use std::collections::BTreeMap;

use egui::text::{LayoutJob, TextWrapping};
use egui::{Rect, Response, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use serde::{Deserialize, Serialize};

use crate::config::{KnobGroup, KnobId, Knobs, LossKind, ModelConfig, OptimizerKind};
use crate::ui::kit::theme::Tokens;
use crate::ui::state::words;

/// Height of a header, in points.
const HEIGHT: f32 = 22.0;
/// Width of the triangle before its name, in points.
const ICON: f32 = 16.0;
/// Between name and summary, in points.
const GAP: f32 = 8.0;

/// The knobs of a group that are shown: those that the method reads, that do something beside the others, and that fit the
/// examples.
pub fn shown(group: KnobGroup, optimizer: OptimizerKind, knobs: &Knobs, model: &ModelConfig) -> Vec<KnobId> {
    let is_shown = |knob: &KnobId| knob.applies_to(optimizer) && knob.is_in_use(optimizer, knobs) && fits(*knob, model);
    KnobId::of(group).filter(is_shown).collect()
}

/// Whether the examples and the loss are such that a knob can act: only pictures are mirrored, only classes and tokens
/// smoothed, and neither texts nor pairs are mixed.
fn fits(knob: KnobId, model: &ModelConfig) -> bool {
    let is_text = model.input.token_input().is_some();
    match knob {
        KnobId::LabelSmoothing => matches!(model.loss, LossKind::CrossEntropy | LossKind::TokenCrossEntropy),
        KnobId::Mixup => matches!(model.loss, LossKind::CrossEntropy | LossKind::Mse) && !is_text,
        _ if knob.is_of_images() => !is_text && model.input.shape().len() == 3,
        _ => true,
    }
}

/// Whether a knob is the same thing for two methods, so that one may take the other's value: ρ is a length for SAM and RSAM, a
/// factor or in other units for the rest; RSAM's σ is in units of filters, and BSAM's rate compares with none.
pub fn is_shared(knob: KnobId, one: OptimizerKind, other: OptimizerKind) -> bool {
    use OptimizerKind::{Bsam, Rsam, Sam};
    let reads = knob.applies_to(one) && knob.applies_to(other);
    let is_same = match knob {
        KnobId::Rho => matches!((one, other), (Sam | Rsam, Sam | Rsam)),
        KnobId::Sigma => (one == Rsam) == (other == Rsam),
        KnobId::LearningRate | KnobId::Beta1 | KnobId::Beta2 => (one == Bsam) == (other == Bsam),
        _ => true,
    };
    reads && (one == other || is_same)
}

/// The groups that were opened or closed by hand, which is kept for the next start too.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenGroups(BTreeMap<KnobGroup, bool>);

impl OpenGroups {
    /// Draws the header of a group over the knobs of it that are shown, with `of` behind its name for a screen reader.
    /// Returns whether it is open.
    pub fn header_ui(&mut self, ui: &mut Ui, group: KnobGroup, of: &str, shown: &[KnobId], knobs: &Knobs) -> bool {
        let what = words::what_is_on(shown, knobs);
        let is_open = self.is_open(group, what.is_some());
        let summary = what.unwrap_or_else(|| "off".to_owned());
        let name = format!("{} knobs{of}", group.label());
        if header_ui(ui, group.label(), &name, &summary, is_open).clicked() {
            self.0.insert(group, !is_open);
        }
        is_open
    }

    /// A group stays open in which something is turned: it would close under the pointer where that is switched off.
    pub fn keep_open(&mut self, group: KnobGroup) {
        self.0.insert(group, true);
    }

    fn is_open(&self, group: KnobGroup, is_on: bool) -> bool {
        let at_first = is_on || matches!(group, KnobGroup::Method | KnobGroup::Step);
        self.0.get(&group).copied().unwrap_or(at_first)
    }
}

/// A line as wide as there is room: triangle, name, and what is on where that is not to be seen below.
fn header_ui(ui: &mut Ui, label: &str, name: &str, summary: &str, is_open: bool) -> Response {
    let tokens = Tokens::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, response.enabled(), name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_expanded(is_open);
        node.set_description(summary);
    });
    if ui.is_rect_visible(rect) {
        if response.hovered() {
            ui.painter().rect_filled(rect, 5.0, tokens.raised.0);
        }
        if response.has_focus() {
            let stroke = ui.visuals().widgets.hovered.bg_stroke;
            ui.painter().rect_stroke(rect, 5.0, stroke, egui::StrokeKind::Inside);
        }
        let icon = Rect::from_center_size(pos2(rect.left() + 0.5 * ICON, rect.center().y), vec2(10.0, 10.0));
        let openness = if is_open { 1.0 } else { 0.0 };
        egui::collapsing_header::paint_default_icon(ui, openness, &response.clone().with_new_rect(icon));
        let font = TextStyle::Body.resolve(ui.style());
        let title = ui.painter().layout_no_wrap(label.to_owned(), font, tokens.text.0);
        let left = rect.left() + ICON;
        let room = rect.right() - left - title.size().x - GAP - 2.0;
        ui.painter().galley(pos2(left, rect.center().y - 0.5 * title.size().y), title, tokens.text.0);
        if !is_open {
            let font = TextStyle::Small.resolve(ui.style());
            let mut job = LayoutJob::simple_singleline(summary.to_owned(), font, tokens.weak.0);
            job.wrap = TextWrapping::truncate_at_width(room.max(0.0));
            let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            let corner = pos2(rect.right() - 2.0 - galley.size().x, rect.center().y - 0.5 * galley.size().y);
            ui.painter().galley(corner, galley, tokens.weak.0);
        }
    }
    let verb = if is_open { "close" } else { "open" };
    response.on_hover_text(format!("{label}: {summary}. Click to {verb}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::builtin_experiment;

    fn model(name: &str) -> ModelConfig {
        builtin_experiment(name).expect("embedded").model
    }

    #[test]
    fn only_knobs_that_can_act_are_shown() {
        let knobs = Knobs::default();
        let of = |name| shown(KnobGroup::Examples, OptimizerKind::Sgd, &knobs, &model(name));
        assert_eq!(of("moons-mlp"), [KnobId::LabelSmoothing, KnobId::Mixup]);
        assert_eq!(of("digits-cnn").len(), 7, "pictures are mirrored as well");
        assert_eq!(of("gpt-mini-sums"), [KnobId::LabelSmoothing], "texts are not mixed");
        let regression = ModelConfig { loss: LossKind::Mse, ..model("moons-mlp") };
        assert_eq!(shown(KnobGroup::Examples, OptimizerKind::Sgd, &knobs, &regression), [KnobId::Mixup]);
        assert!(
            shown(KnobGroup::Method, OptimizerKind::Sgd, &knobs, &regression).is_empty(),
            "SGD has none of its own"
        );
    }

    #[test]
    fn a_value_goes_to_methods_for_which_it_means_the_same() {
        use OptimizerKind::{Asam, Bsam, Nso, Rsam, Sam, Sgd, Wp};
        assert!(is_shared(KnobId::Rho, Sam, Rsam) && !is_shared(KnobId::Rho, Sam, Asam));
        assert!(is_shared(KnobId::Sigma, Wp, Nso) && !is_shared(KnobId::Sigma, Nso, Rsam));
        assert!(is_shared(KnobId::LearningRate, Sgd, Nso) && !is_shared(KnobId::LearningRate, Sgd, Bsam));
        assert!(is_shared(KnobId::LearningRate, Bsam, Bsam) && !is_shared(KnobId::K, Sgd, Nso));
    }

    #[test]
    fn groups_open_with_what_is_on_and_stay_as_they_were_left() {
        let mut groups = OpenGroups::default();
        assert!(groups.is_open(KnobGroup::Step, false) && !groups.is_open(KnobGroup::Schedule, false));
        assert!(groups.is_open(KnobGroup::Schedule, true));
        groups.keep_open(KnobGroup::Schedule);
        assert!(groups.is_open(KnobGroup::Schedule, false));
    }
}
