//! What noise adds to the loss, σ by σ.

use crate::config::NoiseStability;
use crate::export::{ChartFigure, ChartSeries, ChartStroke, TextTable};
use crate::number::{count, significant, with_error};
use crate::report::claims::{PooledRow, pooled};
use crate::report::kinds::KindFound;
use crate::report::results::CompareResult;

const HEADER: [&str; 7] = ["σ", "gap", "σ²/2·Tr ∇²L", "ratio", "sd of one-point", "sd of two-point", "second order"];
const INK: [u8; 3] = [12, 122, 81];
const LINE: [u8; 3] = [110, 110, 110];

pub(super) fn table(settings: &NoiseStability, result: &CompareResult) -> TextTable {
    let row = |row: &PooledRow| {
        vec![
            significant(row.sigma, 2),
            with_error(row.gap.mean, row.gap.stderr),
            with_error(row.second_order.mean, row.second_order.stderr),
            with_error(row.ratio.mean, row.ratio.stderr),
            significant(row.one_point, 2),
            significant(row.two_point, 2),
            row.agreement.word().to_owned(),
        ]
    };
    let header = HEADER.map(str::to_owned).to_vec();
    let rows = [header].into_iter().chain(pooled(result).iter().map(row)).collect();
    let errors = "Figures are means over training seeds. The gap's error is that of its pairs, that of σ²/2·Tr ∇²L of its probes; \
                  the ratio is formed within each seed, and its error is that over seeds.";
    TextTable { title: words(settings, result), rows, notes: vec![errors.to_owned()] }
}

/// What was measured.
fn words(settings: &NoiseStability, result: &CompareResult) -> String {
    let parameters = result.runs.iter().find_map(|run| match &run.found {
        Some(KindFound::NoiseStability(found)) => Some(found.parameters as u64),
        _ => None,
    });
    let parameters = parameters.map_or_else(String::new, |parameters| format!(", {} of them", count(parameters)));
    format!(
        "Gap: mean of (L(w+U) + L(w−U))/2 − L(w) over {} pairs a seed, U of standard deviation σ on {}{parameters}; L is the {}. \
         Trace of the same parameters with {} probes a seed.",
        settings.pairs,
        settings.parameters.label(),
        settings.examples.label(),
        settings.probes
    )
}

/// The ratio over σ, with 2 standard errors, and the 5 % within which a difference is none.
pub(super) fn chart(settings: &NoiseStability, result: &CompareResult) -> ChartFigure {
    let rows: Vec<PooledRow> = pooled(result).into_iter().filter(|row| row.ratio.mean.is_finite()).collect();
    let ends = || settings.sigmas.first().into_iter().chain(settings.sigmas.last()).copied();
    let error = |row: &PooledRow| if row.ratio.stderr.is_finite() { 2.0 * row.ratio.stderr } else { 0.0 };
    ChartFigure {
        title: "What noise adds to the loss, over σ²/2·Tr ∇²L".to_owned(),
        note: "mean over training seeds ± 2 standard errors".to_owned(),
        x_label: "σ".to_owned(),
        // Wider than the grid, so that dots at its ends are whole.
        x_range: settings.sigmas.first().zip(settings.sigmas.last()).map(|(first, last)| [0.9 * first, 1.1 * last]),
        log_x: true,
        log_y: true,
        series: vec![
            ChartSeries {
                name: "second order, ± 5 %".to_owned(),
                color: LINE,
                width: 1.5,
                opacity: 1.0,
                points: ends().map(|sigma| [sigma, 1.0]).collect(),
                band: ends().map(|sigma| [sigma, 0.95, 1.05]).collect(),
                ..ChartSeries::default()
            },
            ChartSeries {
                name: "measured".to_owned(),
                color: INK,
                width: 2.0,
                stroke: ChartStroke::None,
                has_dots: true,
                opacity: 1.0,
                points: rows.iter().map(|row| [row.sigma, row.ratio.mean]).collect(),
                band: rows
                    .iter()
                    .map(|row| [row.sigma, row.ratio.mean - error(row), row.ratio.mean + error(row)])
                    .collect(),
            },
        ],
        remarks: vec![words(settings, result)],
        ..ChartFigure::default()
    }
}
