//! Knobs of schedules: how the learning rate and σ change over the budget.

use super::{KnobGroup, KnobReaders, KnobScale, KnobSpec};
use crate::config::{OptimizerKind, ScheduleKind, SigmaScheduleKind};

const BLANK: KnobSpec = KnobSpec { group: KnobGroup::Schedule, ..KnobSpec::BLANK };
const NOISE: &[OptimizerKind] = &[OptimizerKind::Wp, OptimizerKind::Rsam, OptimizerKind::Nso];

pub(super) const SCHEDULE: KnobSpec = KnobSpec {
    key: "schedule",
    label: "Rate schedule",
    symbol: "lr schedule",
    group: KnobGroup::Schedule,
    help: "How the learning rate changes over the budget. With a schedule a run ends with its budget. \
           Takes effect at the next step.",
    ..KnobSpec::choice(ScheduleKind::KEYS)
};
pub(super) const EVERY: KnobSpec = KnobSpec {
    key: "schedule_every",
    label: "Drop every",
    symbol: "lr drop every",
    min: 1e-6,
    smallest_positive: 1e-2,
    help: "Share of the budget between two drops of the learning rate. Takes effect at the next step.",
    ..BLANK
};
pub(super) const FACTOR: KnobSpec = KnobSpec {
    key: "schedule_factor",
    label: "Drop factor",
    symbol: "lr drop factor",
    min: 1e-9,
    help: "What a drop multiplies the learning rate by. Takes effect at the next step.",
    ..BLANK
};
pub(super) const WARMUP: KnobSpec = KnobSpec {
    key: "warmup",
    label: "Warm-up",
    symbol: "warm-up",
    max: 0.99,
    off: Some(0.0),
    help: "Share of the budget in which the learning rate rises from 0 by equal steps; the schedule has the rest. Takes \
           effect at the next step.",
    ..BLANK
};
pub(super) const SIGMA: KnobSpec = KnobSpec {
    key: "sigma_schedule",
    label: "σ schedule",
    symbol: "σ schedule",
    group: KnobGroup::Schedule,
    help: "How σ changes over the budget: it is the knob σ times a factor. With a schedule a run ends with its \
           budget. Takes effect at the next step.",
    readers: KnobReaders::These(NOISE),
    ..KnobSpec::choice(SigmaScheduleKind::KEYS)
};
pub(super) const SIGMA_START: KnobSpec = KnobSpec {
    key: "sigma_start",
    label: "σ factor, start",
    symbol: "σ factor at the start",
    max: 100.0,
    smallest_positive: 1e-6,
    scale: KnobScale::Logarithmic,
    help: "Factor of σ at step 0, where a schedule moves it. Takes effect at the next step.",
    readers: KnobReaders::These(NOISE),
    ..BLANK
};
pub(super) const SIGMA_END: KnobSpec = KnobSpec {
    key: "sigma_end",
    label: "σ factor, end",
    symbol: "σ factor at the end",
    help: "Factor of σ at the end of the budget, where a schedule moves it. Takes effect at the next step.",
    ..SIGMA_START
};
