//! Knobs of the methods: noise and ascent.

use super::{KnobGroup, KnobReaders, KnobScale, KnobSpec};
use crate::config::choice::AscentScale;
use crate::config::{NoiseDistribution, OptimizerKind};

const NOISE: &[OptimizerKind] = &[OptimizerKind::Wp, OptimizerKind::Nso];
const NSO: &[OptimizerKind] = &[OptimizerKind::Nso];
const ASAM: &[OptimizerKind] = &[OptimizerKind::Asam];
const BSAM: &[OptimizerKind] = &[OptimizerKind::Bsam];
const ASCENT: &[OptimizerKind] =
    &[OptimizerKind::Sam, OptimizerKind::Usam, OptimizerKind::Asam, OptimizerKind::Rsam, OptimizerKind::Bsam];
const BLANK: KnobSpec = KnobSpec { group: KnobGroup::Method, ..KnobSpec::BLANK };

pub(super) const SIGMA: KnobSpec = KnobSpec {
    key: "sigma",
    label: "Noise σ",
    symbol: "σ",
    max: 1.0,
    smallest_positive: 1e-4,
    scale: KnobScale::Logarithmic,
    help: "Standard deviation of the noise added to every weight, in the weights' own unit; for RSAM in units of each \
           filter's norm. Larger values look at curvature over a wider ball. Takes effect at the next step.",
    readers: KnobReaders::These(&[OptimizerKind::Wp, OptimizerKind::Rsam, OptimizerKind::Nso]),
    ..BLANK
};
pub(super) const K: KnobSpec = KnobSpec {
    key: "k",
    label: "Samples k",
    symbol: "k",
    unit: "per step",
    min: 1.0,
    max: 64.0,
    smallest_positive: 1.0,
    scale: KnobScale::Integer,
    help: "Number of noise samples a step. Two-point noise costs 2k gradient evaluations a step, one-point noise k. \
           More samples make the step less noisy. Takes effect at the next step.",
    readers: KnobReaders::These(NOISE),
    ..BLANK
};
pub(super) const LAMBDA: KnobSpec = KnobSpec {
    key: "lambda",
    label: "Clean share λ",
    symbol: "λ",
    help: "Share of the gradient at the weights themselves, mixed with the noisy gradients. \
           Above 0 it costs one more gradient evaluation a step. Takes effect at the next step.",
    readers: KnobReaders::These(NSO),
    ..BLANK
};
pub(super) const TWO_POINT: KnobSpec = KnobSpec {
    key: "two_point",
    label: "Two-point noise",
    symbol: "two-point",
    group: KnobGroup::Method,
    help: "Evaluate at +U and −U, so that the first-order term cancels, or at +U alone. \
           Takes effect at the next step.",
    readers: KnobReaders::These(NSO),
    ..KnobSpec::SWITCH
};
pub(super) const DISTRIBUTION: KnobSpec = KnobSpec {
    key: "distribution",
    label: "Noise distribution",
    symbol: "noise",
    group: KnobGroup::Method,
    help: "Shape of the noise. All have mean 0 and variance σ², so the mean even part is σ²/2 times the trace \
           whichever is chosen; they differ in their tails. Takes effect at the next step.",
    readers: KnobReaders::These(NOISE),
    ..KnobSpec::choice(NoiseDistribution::KEYS)
};
pub(super) const RHO: KnobSpec = KnobSpec {
    key: "rho",
    label: "Ascent radius ρ",
    symbol: "ρ",
    max: 10.0,
    smallest_positive: 1e-4,
    scale: KnobScale::Logarithmic,
    help: "Length of the step uphill before the gradient is taken, in the weights' own unit; for ASAM in units of the \
           weights. For USAM and BSAM no length: what the gradient is multiplied by. Takes effect at the next step.",
    readers: KnobReaders::These(ASCENT),
    ..BLANK
};
pub(super) const ASCENT_SCALE: KnobSpec = KnobSpec {
    key: "ascent_scale",
    label: "Ascent scaled by",
    symbol: "ascent scale",
    group: KnobGroup::Method,
    help: "weights: |w| + η for tensors named weight and 1 for others, as ASAM's authors have it. all: |w| for every \
           tensor, as reimplementations have it; a weight of 0 never moves in the ascent. Takes effect at the next step.",
    readers: KnobReaders::These(ASAM),
    ..KnobSpec::choice(AscentScale::KEYS)
};
pub(super) const ETA: KnobSpec = KnobSpec {
    key: "eta",
    label: "η beside |w|",
    symbol: "η of ASAM",
    smallest_positive: 1e-4,
    scale: KnobScale::Logarithmic,
    help: "What is added to |w| in the scale of the ascent step, so that weights of 0 move as well. Takes effect at the \
           next step.",
    readers: KnobReaders::These(ASAM),
    ..BLANK
};
pub(super) const GRADIENT_SHARE: KnobSpec = KnobSpec {
    key: "gradient_share",
    label: "Gradient λ in ascent",
    symbol: "λ of RSAM",
    max: 100.0,
    scale: KnobScale::Logarithmic,
    help: "Weight of the gradient beside the noise in the direction uphill. At 0 it is the noise alone. Takes effect at \
           the next step.",
    readers: KnobReaders::These(&[OptimizerKind::Rsam]),
    ..BLANK
};
pub(super) const PRIOR: KnobSpec = KnobSpec {
    key: "prior",
    label: "Prior precision",
    symbol: "prior",
    max: 100.0,
    smallest_positive: 1e-6,
    scale: KnobScale::Logarithmic,
    help: "Precision of the prior for one example, δ: it acts as weight decay. BSAM's authors give it for all examples, 40 for \
           200 000 of them. Takes effect at the next step.",
    readers: KnobReaders::These(BSAM),
    ..BLANK
};
pub(super) const DAMPING: KnobSpec = KnobSpec {
    key: "damping",
    label: "Damping",
    symbol: "damping",
    max: 100.0,
    scale: KnobScale::Logarithmic,
    help: "What the precision of a weight without gradients falls to, so that steps stay finite. Takes effect at the next \
           step.",
    readers: KnobReaders::These(BSAM),
    ..BLANK
};
pub(super) const PARTS: KnobSpec = KnobSpec {
    key: "parts",
    label: "Parts of the batch",
    symbol: "parts",
    min: 1.0,
    max: 64.0,
    smallest_positive: 1.0,
    scale: KnobScale::Integer,
    help: "The batch is cut into so many parts, each with noise and a step uphill of its own. The cost stays that of two \
           gradients. Takes effect at the next step.",
    readers: KnobReaders::These(BSAM),
    ..BLANK
};
