//! What noise says, on request. Each measurement takes an independent Hutchinson trace first, to stand beside it.

use crate::curvature::TraceEstimate;
use crate::engine::units::Units;
use crate::model::Objective;
use crate::noise::{GradientVariance, NoiseReport, NoiseStatistics, SigmaSweep, Verdict};
use crate::protocol::{Curve, Estimate, Fact, Findings, FoundChart, FoundRange, Progress};

use super::request::{Request, at_least, positive};
use super::{Begun, Work};

/// Probes of the trace that the noise is compared with.
const PROBES: usize = 128;
/// Bins of a histogram.
const BINS: usize = 30;
/// Samples of the estimates whose variance is measured.
const SAMPLES: [usize; 5] = [1, 2, 4, 8, 16];

pub(super) fn pairs(request: &Request<'_>, sigma: f64, pairs: usize) -> Begun {
    let (sigma, pairs) = (positive("σ", sigma)?, at_least("the number of pairs", pairs, 2)?);
    let weights = request.weights.clone();
    Ok(beside_trace(request, NoiseStatistics::new(weights, sigma, pairs, request.distribution, request.seed)))
}

pub(super) fn sweep(request: &Request<'_>, [from, to]: [f64; 2], count: usize, pairs: usize) -> Begun {
    let (from, to) = (positive("the least σ", from)?, positive("the greatest σ", to)?);
    if from >= to {
        return Err(format!("the least σ is {from}, expected below the greatest, {to}"));
    }
    let count = at_least("the number of values of σ", count, 2)?;
    let pairs = at_least("the number of pairs", pairs, 2)?;
    let step = |i: usize| from * (to / from).powf(i as f64 / (count - 1) as f64);
    let sigmas: Vec<f64> = (0..count).map(step).collect();
    let weights = request.weights.clone();
    Ok(beside_trace(request, SigmaSweep::new(weights, &sigmas, pairs, request.distribution, request.seed)))
}

pub(super) fn gradient_variance(request: &Request<'_>, sigma: f64, draws: usize) -> Begun {
    let (sigma, draws) = (positive("σ", sigma)?, at_least("the number of draws", draws, 2)?);
    let (weights, distribution) = (request.weights.clone(), request.distribution);
    Ok(Box::new(GradientVariance::new(weights, sigma, &SAMPLES, draws, distribution, request.seed)))
}

fn beside_trace(request: &Request<'_>, noise: impl Noise + 'static) -> Box<dyn Work> {
    let trace = TraceEstimate::new(request.weights.clone(), PROBES, request.seed, 0);
    Box::new(BesideTrace { trace, is_traced: false, noise })
}

/// A measurement of noise that stands beside a trace.
trait Noise: Units {
    fn findings(&self, trace: Estimate) -> Findings;
}

struct BesideTrace<N> {
    trace: TraceEstimate,
    is_traced: bool,
    noise: N,
}

impl<N: Noise> Units for BesideTrace<N> {
    fn advance(&mut self, objective: &Objective) -> bool {
        if self.is_traced {
            return self.noise.advance(objective);
        }
        self.is_traced = self.trace.advance(objective);
        false
    }

    fn progress(&self) -> Progress {
        let (trace, noise) = (self.trace.progress(), self.noise.progress());
        Progress { done: trace.done + noise.done, total: trace.total + noise.total }
    }
}

impl<N: Noise> Work for BesideTrace<N> {
    fn findings(&self) -> Findings {
        self.noise.findings(self.trace.estimate())
    }
}

impl Noise for NoiseStatistics {
    fn findings(&self, trace: Estimate) -> Findings {
        let Some(report) = self.report(Some(trace)) else { return Findings::default() };
        let mut facts = vec![
            Fact::estimated("trace, Hutchinson", trace, "probes"),
            Fact::estimated("trace, losses of pairs", report.trace, "pairs"),
            Fact::estimated("trace, gradients of pairs", report.gradient_trace, "pairs"),
            Fact::estimated("even part, measured", report.even.mean, "pairs"),
        ];
        if let Some(predicted) = report.predicted {
            facts.push(Fact::with_error("even part, predicted", predicted.mean, predicted.stderr, "σ²/2·Tr ∇²L"));
        }
        if let Some(residual) = report.relative_residual {
            facts.push(Fact::exact("relative residual", residual, "|measured − predicted| / |measured|"));
        }
        facts.push(Fact::exact("variance removed", report.variance_removed, "by the pair, Var a/(Var a + Var e)"));
        facts.push(Fact::exact("σ√d/‖w‖", report.total_noise.ratio, "all tensors"));
        let ratios = report.relative_noise.iter();
        facts.extend(ratios.map(|noise| Fact::exact(format!("σ√d/‖w‖, {}", noise.name), noise.ratio, "")));
        if report.diverged > 0 {
            facts.push(Fact::exact("pairs left out", report.diverged as f64, "a loss was NaN or infinite"));
        }
        Findings { facts, charts: vec![parts_chart(&report)], ..Findings::default() }
    }
}

/// The distributions of the one-point gaps and of the odd and even parts.
fn parts_chart(report: &NoiseReport) -> FoundChart {
    let parts = [("one-point gap", &report.gaps), ("odd part", &report.odd), ("even part", &report.even)];
    let all = || parts.iter().flat_map(|(_, part)| part.values.iter().copied());
    let (low, high) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    // Where all is one value, its bin is a thousandth of it wide.
    let own = (high - low) / BINS as f64;
    let width = if own.is_normal() { own } else { (1e-3 * low.abs()).max(1e-9) };
    let curve = |(name, values): (&str, &[f64])| {
        let mut counts = [0.0; BINS];
        values.iter().for_each(|value| counts[(((value - low) / width) as usize).min(BINS - 1)] += 1.0);
        let points = counts.iter().enumerate().map(|(i, &count)| [low + (i as f64 + 0.5) * width, count]).collect();
        Curve { name: name.to_owned(), points, errors: Vec::new() }
    };
    FoundChart {
        title: "Pairs by the size of their parts".to_owned(),
        x_label: "difference from L(w)".to_owned(),
        log_x: false,
        log_y: false,
        curves: parts.iter().map(|(name, part)| curve((name, &part.values))).collect(),
    }
}

impl Noise for SigmaSweep {
    fn findings(&self, trace: Estimate) -> Findings {
        let Some(report) = self.report(trace) else { return Findings::default() };
        let mut facts = vec![Fact::estimated("trace, Hutchinson", trace, "probes")];
        let apart = "3 standard errors and 10 % apart";
        facts.push(match report.breaks_at {
            Some(sigma) => Fact::exact(FoundRange::BREAKS_AT, sigma, apart),
            None => Fact::exact(FoundRange::BREAKS_AT, f64::NAN, "it does so nowhere in the range"),
        });
        facts.push(match report.holds_to() {
            Some(sigma) => Fact::exact(FoundRange::HOLDS_TO, sigma, format!("not {apart}")),
            None => Fact::exact(FoundRange::HOLDS_TO, f64::NAN, "at no σ of the range can it be told"),
        });
        for row in &report.rows {
            let verdict = match row.verdict {
                Verdict::Holds => "holds",
                Verdict::Breaks => "breaks",
                Verdict::Diverges => "some losses are not finite",
                Verdict::Unclear => "the error is larger than the trace",
            };
            let about = format!("trace from pairs, {verdict}");
            facts.push(Fact::with_error(
                format!("σ {}", three_digits(row.sigma)),
                row.trace.mean,
                row.trace.stderr,
                about,
            ));
        }
        let rows = || report.rows.iter().filter(|row| row.trace.mean.is_finite());
        let pairs = Curve {
            name: FoundRange::PAIRS.to_owned(),
            points: rows().map(|row| [row.sigma, row.trace.mean]).collect(),
            errors: rows().map(|row| row.trace.stderr).collect(),
        };
        let hutchinson = Curve {
            name: FoundRange::HUTCHINSON.to_owned(),
            points: rows().map(|row| [row.sigma, trace.mean]).collect(),
            errors: rows().map(|_| trace.stderr).collect(),
        };
        let chart = FoundChart {
            title: "Trace".to_owned(),
            x_label: "σ".to_owned(),
            log_x: true,
            log_y: false,
            curves: vec![hutchinson, pairs],
        };
        Findings { facts, charts: vec![chart], ..Findings::default() }
    }
}

/// A positive number with three significant digits.
fn three_digits(value: f64) -> String {
    let decimals = (2.0 - value.log10().floor()).clamp(0.0, 9.0);
    format!("{value:.*}", decimals as usize)
}

impl Work for GradientVariance {
    fn findings(&self) -> Findings {
        let rows = self.result();
        let curve = |name: &str, cost: usize, of: fn(&crate::noise::GradientVarianceRow) -> Estimate| Curve {
            name: name.to_owned(),
            points: rows.iter().map(|row| [(cost * row.k) as f64, of(row).mean]).collect(),
            errors: rows.iter().map(|row| of(row).stderr).collect(),
        };
        let mut facts = Vec::new();
        for row in &rows {
            facts.push(Fact::estimated(format!("one-point, k {}", row.k), row.one_point, "couples"));
            facts.push(Fact::estimated(format!("two-point, k {}", row.k), row.two_point, "couples"));
        }
        let chart = FoundChart {
            title: "Variance of the gradient".to_owned(),
            x_label: "gradient evaluations".to_owned(),
            log_x: true,
            log_y: true,
            curves: vec![curve("one-point", 1, |row| row.one_point), curve("two-point", 2, |row| row.two_point)],
        };
        Findings { facts, charts: vec![chart], ..Findings::default() }
    }
}
