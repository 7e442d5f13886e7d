//! The variances of one-point and of two-point estimates, by their number of gradients.

use crate::config::PairVariances;
use crate::export::{ChartFigure, ChartSeries, ChartStroke, TextTable};
use crate::number::with_error;
use crate::protocol::Estimate;
use crate::report::kinds::{KindFound, PairVariance, PairsFound, mean_of};
use crate::report::results::CompareResult;

const HEADER: [&str; 8] = [
    "gradients",
    "gradient, one-point",
    "gradient, two-point",
    "ratio",
    "σ²‖H‖²_F/gradients",
    "loss, one-point",
    "loss, two-point",
    "ratio",
];
const ONE: [u8; 3] = [45, 111, 156];
const TWO: [u8; 3] = [12, 122, 81];
const LINE: [u8; 3] = [110, 110, 110];

/// What was measured of the runs that did not diverge.
fn all(result: &CompareResult) -> Vec<&PairsFound> {
    let found = result.runs.iter().filter(|run| run.diverged_at.is_none()).filter_map(|run| match &run.found {
        Some(KindFound::Pairs(found)) => Some(found),
        _ => None,
    });
    found.collect()
}

/// σ²‖H‖²_F over the number of gradients: the variance of a one-point gradient to first order.
fn first_order(found: &PairsFound, k: usize) -> f64 {
    found.sigma * found.sigma * found.frobenius_square.mean / (2.0 * k as f64)
}

pub(super) fn table(settings: &PairVariances, result: &CompareResult) -> TextTable {
    let found = all(result);
    let mut rows = vec![HEADER.map(str::to_owned).to_vec()];
    for (index, &k) in settings.k.iter().enumerate() {
        let over = |value: &dyn Fn(&PairsFound) -> f64| {
            let mean = Estimate::of(found.iter().map(|found| value(found)));
            with_error(mean.mean, mean.stderr)
        };
        let of = |value: fn(&PairsFound, usize) -> f64| over(&move |found| value(found, index));
        rows.push(vec![
            (2 * k).to_string(),
            of(|found, index| found.rows[index].gradient.one_point.mean),
            of(|found, index| found.rows[index].gradient.two_point.mean),
            ratio_words(&found, |found| found.rows[index].gradient),
            over(&|found| first_order(found, k)),
            of(|found, index| found.rows[index].loss.one_point.mean),
            of(|found, index| found.rows[index].loss.two_point.mean),
            ratio_words(&found, |found| found.rows[index].loss),
        ]);
    }
    let errors = "Variances are means over training seeds with their standard errors; ratios have the error by batches of draws. \
                  The loss's variances at other numbers of gradients follow from those at one, samples being independent.";
    let kinks = "A relu's kinks are curvature to the noise and none to H, and at low loss the curvature grows with the distance: \
                 one-point variances may be above σ²‖H‖²_F.";
    TextTable { title: words(settings), rows, notes: vec![errors.to_owned(), kinks.to_owned()] }
}

/// The mean over seeds of ratios with errors of their own.
fn ratio_words(found: &[&PairsFound], of: impl Fn(&PairsFound) -> PairVariance) -> String {
    let ratio = mean_of(&found.iter().map(|found| of(found).ratio).collect::<Vec<_>>());
    with_error(ratio.mean, ratio.stderr)
}

/// What was measured.
fn words(settings: &PairVariances) -> String {
    format!(
        "2k single points against k pairs at the same weights, σ {} on all parameters, of the {}; {} couples of independent draws \
         a seed in {} batches.",
        settings.sigma,
        settings.examples.label(),
        settings.draws,
        settings.batches
    )
}

/// The gradient's variances over the number of gradients.
pub(super) fn chart(settings: &PairVariances, result: &CompareResult) -> ChartFigure {
    let found = all(result);
    let points = |value: &dyn Fn(&PairsFound, usize, usize) -> Estimate| {
        let at = |(index, &k): (usize, &usize)| {
            let mean = Estimate::of(found.iter().map(|found| value(found, index, k).mean));
            (2.0 * k as f64, mean)
        };
        settings.k.iter().enumerate().map(at).filter(|(_, mean)| mean.mean.is_finite()).collect::<Vec<_>>()
    };
    let series = |name: &str, color, stroke, values: Vec<(f64, Estimate)>| ChartSeries {
        name: name.to_owned(),
        color,
        width: 2.0,
        stroke,
        has_dots: stroke == ChartStroke::None,
        opacity: 1.0,
        points: values.iter().map(|(at, mean)| [*at, mean.mean]).collect(),
        band: values
            .iter()
            .filter(|(_, mean)| stroke == ChartStroke::None && mean.stderr.is_finite())
            .map(|(at, mean)| [*at, mean.mean - mean.stderr, mean.mean + mean.stderr])
            .collect(),
    };
    let exactly = |mean: f64| Estimate { mean, stderr: 0.0, samples: 1 };
    ChartFigure {
        title: "Trace of the gradient estimate's covariance".to_owned(),
        note: "mean over training seeds ± standard error".to_owned(),
        x_label: "Gradients of an estimate".to_owned(),
        // Wider than the counts, so that dots at their ends are whole.
        x_range: settings.k.first().zip(settings.k.last()).map(|(&first, &last)| {
            let [first, last] = [first, last].map(|k| 2.0 * k as f64);
            [first - 0.5, last + 0.5]
        }),
        log_y: true,
        series: vec![
            series(
                "one-point",
                ONE,
                ChartStroke::None,
                points(&|found, index, _| found.rows[index].gradient.one_point),
            ),
            series(
                "two-point",
                TWO,
                ChartStroke::None,
                points(&|found, index, _| found.rows[index].gradient.two_point),
            ),
            series(
                "σ²‖H‖²_F/gradients",
                LINE,
                ChartStroke::Dashed,
                points(&|found, _, k| exactly(first_order(found, k))),
            ),
        ],
        remarks: vec![words(settings)],
        ..ChartFigure::default()
    }
}
