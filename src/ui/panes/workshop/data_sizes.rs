//! How many examples are for training, validation and test, and what the validation examples decide.

use egui::{Role, Ui};

use super::setting_ui;
use crate::config::{DataConfig, KeepRule};
use crate::ui::kit::help::Term;
use crate::ui::kit::number_box::NumberBox;
use crate::ui::kit::widgets;

/// More than anybody has, where examples are drawn as they are needed.
const MOST: usize = 10_000_000;

/// Draws the numbers of examples. `available` is how many there are in all, where they are counted.
pub fn sizes_ui(ui: &mut Ui, config: &mut DataConfig, keep: &mut KeepRule, available: Option<usize>) {
    // Until a file is read, nobody knows how many examples it has.
    if config.train_size == 0 {
        return;
    }
    let most = |others: [usize; 2]| available.map_or(MOST, |all| others.into_iter().fold(all, usize::saturating_sub));
    let (train, validation, test) = (config.train_size, config.validation_size, config.test_size);
    let rows = [
        (
            "Training examples",
            "Examples that are trained on. Together with the others at most as many as there are.",
            &mut config.train_size,
            1..=most([validation, test]).max(1),
        ),
        (
            "Validation examples",
            "Examples beside those of training and test, by which the best weights are told; where all are in use, \
             they are taken from the test examples.",
            &mut config.validation_size,
            0..=most([train, 1]),
        ),
        (
            "Test examples",
            "Examples that only test loss and accuracy see.",
            &mut config.test_size,
            1..=most([train, validation]).max(1),
        ),
    ];
    for (label, help, size, range) in rows {
        let number = NumberBox::new(size).range(range);
        setting_ui(ui, label, help, Some(Term::Subset), |ui| (ui.add(number), Role::SpinButton));
    }
    if let Some(all) = available.filter(|_| config.validation_size > 0) {
        let left = all.saturating_sub(config.train_size + config.validation_size);
        config.test_size = config.test_size.min(left).max(1);
    }
    keep_ui(ui, config.validation_size > 0, keep);
}

fn keep_ui(ui: &mut Ui, has_validation: bool, keep: &mut KeepRule) {
    let help =
        "Which weights of a run count at its end: the last, or those with the least loss on the validation examples.";
    setting_ui(ui, "Weights kept", help, None, |ui| {
        let both = ui.scope(|ui| {
            // From the right.
            for (rule, label) in [(KeepRule::BestValidation, "best"), (KeepRule::Last, "last")] {
                let why_not =
                    "There are no validation examples to tell the best weights by: set a number of them above.";
                let can_be = has_validation || rule == KeepRule::Last;
                let is_chosen = if has_validation { *keep == rule } else { rule == KeepRule::Last };
                let segment = ui.add_enabled_ui(can_be, |ui| widgets::segment_ui(ui, is_chosen, label)).inner;
                if rule == KeepRule::BestValidation {
                    widgets::name(&segment, Role::Button, "best on validation");
                }
                if segment.on_disabled_hover_text(why_not).clicked() {
                    *keep = rule;
                }
            }
        });
        (both.response, Role::RadioGroup)
    });
}
