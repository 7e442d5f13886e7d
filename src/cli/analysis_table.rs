//! The short table of an analysis on stdout.

use crate::number::{count, significant, with_error};
use crate::report::analysis::{AnalysisReport, LayerTraceReport};
use crate::report::routes::LineReport;

const DIGITS: usize = 5;
/// Eigenvalues of either end that the table shows.
const SHOWN: usize = 3;
/// Tensors whose trace the table shows.
const SHOWN_LAYERS: usize = 6;

/// A name and its text; empty where nothing was measured.
type Row = (&'static str, Option<String>);

/// The figures with their names, one a line.
pub fn render(report: &AnalysisReport) -> String {
    let rows = [basics(report), curvature(report), routes(report), surroundings(report)].concat();
    let rows: Vec<(&str, String)> = rows.into_iter().filter_map(|(name, text)| Some((name, text?))).collect();
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, text): &(&str, String)| format!("{name}{}  {text}", " ".repeat(width - name.chars().count()));
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn basics(report: &AnalysisReport) -> Vec<Row> {
    vec![
        ("objective", Some(report.objective.clone())),
        ("computed", Some(format!("in {} on {}", report.precision, report.device))),
        ("parameters", Some(count(report.parameters as u64))),
        ("loss", Some(number(report.loss))),
        ("accuracy", report.accuracy.map(|share| format!("{:.2} %", 100.0 * share))),
        ("‖∇L‖, ‖w‖", Some(format!("{}, {}", number(report.gradient_norm), number(report.weight_norm)))),
    ]
}

fn curvature(report: &AnalysisReport) -> Vec<Row> {
    let eigen = report.eigenvalues.as_ref();
    let unconverged = eigen.filter(|found| !found.converged).map(|found| {
        let worst = found.residuals.iter().copied().fold(f64::NAN, f64::max);
        format!("not converged after {} products, residuals up to {}", found.products, number(worst))
    });
    let dense = report.dense.as_ref().map(|dense| {
        let ends = [dense.eigenvalues.first(), dense.eigenvalues.last()];
        let [first, last] = ends.map(|end| number(end.copied().unwrap_or(f64::NAN)));
        format!("trace {}, eigenvalues {first} to {last}", number(dense.trace))
    });
    let layers = report.layer_traces.as_ref().map(|LayerTraceReport(layers)| {
        let shown = layers.iter().take(SHOWN_LAYERS).map(|(name, of)| format!("{name} {}", number(of.mean)));
        listed(&shown.collect::<Vec<_>>(), layers.len())
    });
    let hvp = report
        .hvp
        .map(|hvp| format!("vᵀHv {}, ‖Hv‖ {}, ∇L·v {}", number(hvp.vhv), number(hvp.hv_norm), number(hvp.gv)));
    vec![
        ("trace", report.trace.map(|t| format!("{} ({} probes)", with_error(t.mean, t.stderr), t.probes))),
        ("by tensor", layers),
        ("λ largest", eigen.map(|found| ends(&found.largest))),
        ("λ smallest", eigen.map(|found| ends(&found.smallest))),
        ("", unconverged),
        ("dense", dense),
        ("Hv", hvp),
    ]
}

/// Along a path, on the line to other weights, and at three of them.
fn routes(report: &AnalysisReport) -> Vec<Row> {
    let path = report.path.as_ref();
    let way = |values: &[f64]| match values {
        [first, .., last] => format!("{} to {}", number(*first), number(*last)),
        _ => values.first().map_or_else(|| number(f64::NAN), |only| number(*only)),
    };
    let plane = path.map(|path| {
        let [x, y] = path.explained.map(|share| format!("{:.1} %", 100.0 * share));
        let files = path.files.len();
        format!("{files} checkpoints, plane explains {x} and {y}, distance from it {} rms", number(path.residual))
    });
    let losses = path.map(|path| format!("loss {}", way(&path.loss)));
    let traces = path.and_then(|path| Some(format!("trace {}", way(&path.trace.as_ref()?.mean))));
    let largest = path.and_then(|path| Some(format!("λ largest {}", way(path.lambda_max.as_ref()?))));
    let along = [losses, traces, largest].into_iter().flatten().collect::<Vec<String>>().join(", ");
    let line = report.line.as_ref().map(|line| {
        let ends = way(&line.loss);
        format!("loss {ends} over a distance of {}, {}", number(line.distance), barrier(line))
    });
    let three = report.plane.as_ref().map(|plane| {
        let losses: Vec<String> = plane.loss.iter().map(|loss| number(*loss)).collect();
        format!("losses {}", losses.join(", "))
    });
    vec![("path", plane), ("", Some(along).filter(|along| !along.is_empty())), ("line", line), ("plane", three)]
}

fn barrier(line: &LineReport) -> String {
    let (height, at) = (line.barrier.height, number(line.barrier.at));
    match height {
        height if height > 0.0 => format!("barrier {} at t {at}", number(height)),
        0.0 => "no barrier".to_owned(),
        _ => format!("not finite from t {at} on"),
    }
}

fn surroundings(report: &AnalysisReport) -> Vec<Row> {
    let sharpness = report.sharpness.map(|sharp| {
        let (loss, increase) = (number(sharp.sam_loss), number(sharp.increase));
        format!("loss {loss} at distance {} along the gradient, {increase} above that of the weights", sharp.rho)
    });
    let noise = report.noise.as_ref().map(|noise| {
        let trace = with_error(noise.trace, noise.trace_stderr);
        format!("trace {trace} from {} pairs of σ {}", noise.pairs, noise.sigma)
    });
    let slice = report.slice.as_ref().map(|slice| {
        let cells = slice.loss.iter().flatten().copied().filter(|loss| loss.is_finite());
        let (low, high) = cells.fold((f64::NAN, f64::NAN), |(low, high), loss| (loss.min(low), loss.max(high)));
        let masked = if slice.masked > 0 { format!(", {} points masked", slice.masked) } else { String::new() };
        format!("{}×{} points, loss {} to {}{masked}", slice.x.len(), slice.y.len(), number(low), number(high))
    });
    let more: Vec<&str> = report.more.keys().map(String::as_str).collect();
    let also = (!more.is_empty()).then(|| format!("{} (in report.json)", more.join(", ")));
    vec![("sharpness", sharpness), ("noise", noise), ("slice", slice), ("also", also)]
}

fn number(value: f64) -> String {
    significant(value, DIGITS)
}

fn ends(values: &[f64]) -> String {
    if values.is_empty() {
        return number(f64::NAN);
    }
    let shown = values.iter().take(SHOWN).map(|value| number(*value));
    listed(&shown.collect::<Vec<_>>(), values.len())
}

/// The first of `all` texts.
fn listed(shown: &[String], all: usize) -> String {
    let rest = if all > shown.len() { format!(", … ({all} in report.json)") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}
