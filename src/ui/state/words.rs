//! Knobs in words, and the colours of optimisers.

use egui::Color32;

use crate::config::{KnobId, KnobScale, OptimizerKind};
use crate::ui::kit::format::setting;
use crate::ui::kit::theme::Tokens;

/// The symbol of a knob, for markers and headers.
#[must_use]
pub const fn symbol(knob: KnobId) -> &'static str {
    knob.spec().symbol
}

/// A knob's value as text; switches read on and off.
#[must_use]
pub fn knob_value(knob: KnobId, value: f64) -> String {
    if knob.spec().off == Some(value) {
        return "off".to_owned();
    }
    match knob.spec().scale {
        KnobScale::Switch => if value == 0.0 { "off" } else { "on" }.to_owned(),
        KnobScale::Choice(names) => names.get(value as usize).map_or_else(|| setting(value), |name| (*name).to_owned()),
        _ => setting(value),
    }
}

impl Tokens {
    /// The colour of runs of an optimiser.
    #[must_use]
    pub const fn run(&self, optimizer: OptimizerKind) -> Color32 {
        match optimizer {
            OptimizerKind::Sgd => self.sgd.0,
            OptimizerKind::Wp => self.wp.0,
            OptimizerKind::Sam => self.sam.0,
            OptimizerKind::Usam => self.usam.0,
            OptimizerKind::Asam => self.asam.0,
            OptimizerKind::Rsam => self.rsam.0,
            OptimizerKind::Bsam => self.bsam.0,
            OptimizerKind::Nso => self.nso.0,
        }
    }
}
