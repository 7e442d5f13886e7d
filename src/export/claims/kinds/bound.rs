//! The bound beside the gap, run by run.

use crate::config::{BoundTerms, OptimizerKind};
use crate::export::figure::ink_of;
use crate::export::{ChartFigure, ChartSeries, ChartStroke, TextTable};
use crate::number::{count, significant, with_error};
use crate::protocol::Estimate;
use crate::report::claims::{BoundPoint, bound_points};
use crate::report::kinds::BoundFound;
use crate::report::results::CompareResult;

const HEADER: [&str; 8] = ["method", "bound", "gap", "α", "greatest of all probes", "greatest of a batch", "r", "runs"];
const LINE: [u8; 3] = [110, 110, 110];

pub(super) fn table(settings: &BoundTerms, result: &CompareResult) -> TextTable {
    let points = bound_points(result);
    let row = |kind: OptimizerKind| {
        let own = || points.iter().filter(move |point| point.optimizer == kind);
        let of = |value: fn(&BoundPoint) -> f64| {
            let mean = Estimate::of(own().map(value));
            with_error(mean.mean, mean.stderr)
        };
        let term = |value: fn(&BoundFound) -> f64| {
            let mean = Estimate::of(own().filter_map(|point| point.terms.as_ref()).map(value));
            with_error(mean.mean, mean.stderr)
        };
        vec![
            kind.label().to_owned(),
            of(|point| point.bound.mean),
            of(|point| point.gap),
            term(|terms| terms.alpha.mean),
            term(|terms| terms.greatest.mean),
            term(|terms| terms.of_batches.mean),
            term(|terms| terms.distance),
            own().count().to_string(),
        ]
    };
    let header = HEADER.map(str::to_owned).to_vec();
    let mut rows: Vec<Vec<String>> = vec![header];
    rows.extend(methods(&points).into_iter().map(row));
    let means = "Means over training seeds with their standard errors; a method of which a run diverged has none.";
    TextTable { title: words(settings, &points), rows, notes: vec![means.to_owned()] }
}

/// What was measured.
fn words(settings: &BoundTerms, points: &[BoundPoint]) -> String {
    let terms = points.iter().find_map(|point| point.terms);
    let examples =
        terms.map_or_else(String::new, |terms| format!(", n = {} training examples", count(terms.examples as u64)));
    let BoundTerms { probes, batch, constant } = settings;
    format!(
        "Bound: C·√(α r²/n), C = {constant}{examples}, r = ‖w − w₀‖. α is the trace of ∇²ℓ of the example that half of {probes} \
         probes find greatest, measured by the other half; a batch has {batch} examples. Gap: test loss − training loss."
    )
}

fn methods(points: &[BoundPoint]) -> Vec<OptimizerKind> {
    OptimizerKind::ALL.into_iter().filter(|kind| points.iter().any(|point| point.optimizer == *kind)).collect()
}

/// Each run as a point, with the line below which the bound would be none.
pub(super) fn chart(settings: &BoundTerms, result: &CompareResult) -> ChartFigure {
    let points = bound_points(result);
    let shown: Vec<&BoundPoint> = points.iter().filter(|point| point.gap > 0.0 && point.bound.mean > 0.0).collect();
    let of = |kind: OptimizerKind| {
        let own = || shown.iter().filter(move |point| point.optimizer == kind);
        ChartSeries {
            name: kind.label().to_owned(),
            color: ink_of(kind),
            width: 2.0,
            stroke: ChartStroke::None,
            has_dots: true,
            opacity: 1.0,
            points: own().map(|point| [point.gap, point.bound.mean]).collect(),
            ..ChartSeries::default()
        }
    };
    let gaps = || shown.iter().map(|point| point.gap);
    let ends = [gaps().fold(f64::INFINITY, f64::min), gaps().fold(0.0, f64::max)];
    // Wider than the points, so that those at the ends are whole.
    let [first, last] = [0.9 * ends[0], 1.1 * ends[1]];
    let ends: Vec<f64> = if shown.is_empty() { Vec::new() } else { vec![first, last] };
    let line = |name: &str, stroke, at: &dyn Fn(f64) -> f64| ChartSeries {
        name: name.to_owned(),
        color: LINE,
        width: 1.5,
        stroke,
        opacity: 1.0,
        points: ends.iter().map(|&gap| [gap, at(gap)]).collect(),
        ..ChartSeries::default()
    };
    let mut series = vec![line("bound = gap", ChartStroke::Solid, &|gap| gap)];
    if let Some(of_guess) = points.iter().find_map(|point| point.terms?.of_guess) {
        let name = format!("loss of a guess, {}", significant(of_guess, 3));
        series.push(line(&name, ChartStroke::Dashed, &|_| of_guess));
    }
    series.extend(methods(&points).into_iter().map(of));
    let left_out = points.len() - shown.len();
    let left_out = (left_out > 0).then(|| format!("Left out: {left_out} runs without a bound or a gap above 0."));
    ChartFigure {
        title: "Bound C·√(α r²/n)".to_owned(),
        note: "a point a run".to_owned(),
        x_label: "Test loss − training loss".to_owned(),
        x_range: (!shown.is_empty()).then_some([first, last]),
        log_x: true,
        log_y: true,
        series,
        remarks: [words(settings, &points)].into_iter().chain(left_out).collect(),
        ..ChartFigure::default()
    }
}
