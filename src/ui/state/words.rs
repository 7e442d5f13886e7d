//! Knobs in words, and the colours of optimisers.

use egui::Color32;

use crate::config::{KnobId, KnobScale, OptimizerKind};
use crate::ui::kit::format::setting;
use crate::ui::kit::theme::Tokens;

/// The symbol of a knob, for markers and headers.
#[must_use]
pub const fn symbol(knob: KnobId) -> &'static str {
    match knob {
        KnobId::Sigma => "σ",
        KnobId::SigmaSchedule => "σ schedule",
        KnobId::SigmaStart => "σ factor at the start",
        KnobId::SigmaEnd => "σ factor at the end",
        KnobId::K => "k",
        KnobId::Lambda => "λ",
        KnobId::TwoPoint => "two-point",
        KnobId::Distribution => "noise",
        KnobId::Rho => "ρ",
        KnobId::LearningRate => "lr",
        KnobId::Schedule => "lr schedule",
        KnobId::ScheduleEvery => "lr drop every",
        KnobId::ScheduleFactor => "lr drop factor",
        KnobId::Momentum => "momentum",
        KnobId::Nesterov => "Nesterov",
        KnobId::WeightDecay => "decay",
        KnobId::Batch => "batch",
    }
}

/// A knob's value as text; switches read on and off.
#[must_use]
pub fn knob_value(knob: KnobId, value: f64) -> String {
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
            OptimizerKind::Sam => self.sam.0,
            OptimizerKind::Nso => self.nso.0,
        }
    }
}
