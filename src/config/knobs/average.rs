//! Knobs of the average that is kept beside the weights, and of the distance from the initial ones.

use super::{KnobGroup, KnobScale, KnobSpec};
use crate::config::choice::AverageKind;

const BLANK: KnobSpec = KnobSpec { group: KnobGroup::Average, ..KnobSpec::BLANK };

pub(super) const AVERAGE: KnobSpec = KnobSpec {
    key: "average",
    label: "Average of weights",
    symbol: "average",
    group: KnobGroup::Average,
    help: "swa: the mean of the weights at the ends of epochs. ema: an average over steps that forgets. Both leave training \
           as it is and are shown as a second set of figures. SWA's authors also anneal the rate to a constant one, as the rate \
           while averaging does; ema is not in the code of NSO's authors. Takes effect at the next step.",
    ..KnobSpec::choice(AverageKind::KEYS)
};
pub(super) const START: KnobSpec = KnobSpec {
    key: "average_start",
    label: "Average from",
    symbol: "average from",
    max: 0.99,
    help: "Share of the budget after which the average begins. Takes effect at the next step.",
    ..BLANK
};
pub(super) const RATE: KnobSpec = KnobSpec {
    key: "average_rate",
    label: "Rate while averaging",
    symbol: "averaging lr",
    max: 100.0,
    smallest_positive: 1e-6,
    off: Some(0.0),
    scale: KnobScale::Logarithmic,
    help: "Learning rate from where SWA begins on, in place of the schedule's. At 0 the schedule goes on. Takes effect at \
           the next step.",
    ..BLANK
};
pub(super) const BETA: KnobSpec = KnobSpec {
    key: "average_beta",
    label: "Average β",
    symbol: "average β",
    max: 0.999_999,
    help: "Share of the exponential average that is kept from step to step. Takes effect at the next step.",
    ..BLANK
};
pub(super) const DISTANCE: KnobSpec = KnobSpec {
    key: "distance",
    label: "Distance penalty c",
    symbol: "c of ‖w − w₀‖²",
    max: 1e3,
    smallest_positive: 1e-6,
    off: Some(0.0),
    scale: KnobScale::Logarithmic,
    help: "c‖w − w₀‖² is added to what training minimises, w₀ being the weights at step 0. The losses shown are without \
           it. Takes effect at the next step.",
    ..BLANK
};
pub(super) const RADIUS: KnobSpec = KnobSpec {
    key: "radius",
    label: "Radius",
    symbol: "radius",
    min: 1e-6,
    max: 1e9,
    smallest_positive: 1e-6,
    off: Some(1e9),
    scale: KnobScale::Logarithmic,
    help: "Greatest distance ‖w − w₀‖ from the weights at step 0, over all parameters: after a step that goes farther the \
           weights are brought back along the line to w₀. Other code bounds each layer by a radius of its own, in the Frobenius \
           norm or by the greatest sum of a row. Takes effect at the next step.",
    ..BLANK
};
