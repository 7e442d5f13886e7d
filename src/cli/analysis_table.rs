//! The short table of an analysis on stdout.

use crate::session::analysis::AnalysisReport;
use crate::session::export::number::{count, significant, with_error};

const DIGITS: usize = 5;
/// Eigenvalues of either end that the table shows.
const SHOWN: usize = 3;

/// The figures with their names, one a line.
pub fn render(report: &AnalysisReport) -> String {
    let mut rows = vec![
        ("objective", report.objective.clone()),
        ("computed", format!("in {} on {}", report.precision, report.device)),
        ("parameters", count(report.parameters as u64)),
        ("loss", number(report.loss)),
    ];
    let mut push = |name: &'static str, text: Option<String>| rows.extend(text.map(|text| (name, text)));
    push("accuracy", report.accuracy.map(|share| format!("{:.2} %", 100.0 * share)));
    push("‖∇L‖, ‖w‖", Some(format!("{}, {}", number(report.gradient_norm), number(report.weight_norm))));
    push("trace", report.trace.map(|t| format!("{} ({} probes)", with_error(t.mean, t.stderr), t.probes)));
    push("λ largest", report.eigenvalues.as_ref().map(|found| ends(&found.largest)));
    push("λ smallest", report.eigenvalues.as_ref().map(|found| ends(&found.smallest)));
    let unconverged = report.eigenvalues.as_ref().filter(|found| !found.converged);
    push(
        "",
        unconverged.map(|found| {
            let worst = found.residuals.iter().copied().fold(f64::NAN, f64::max);
            format!("not converged after {} products, residuals up to {}", found.products, number(worst))
        }),
    );
    push(
        "dense",
        report.dense.as_ref().map(|dense| {
            let (first, last) = (dense.eigenvalues.first().copied(), dense.eigenvalues.last().copied());
            let [first, last] = [first, last].map(|end| number(end.unwrap_or(f64::NAN)));
            format!("trace {}, eigenvalues {first} to {last}", number(dense.trace))
        }),
    );
    push(
        "Hv",
        report
            .hvp
            .map(|hvp| format!("vᵀHv {}, ‖Hv‖ {}, ∇L·v {}", number(hvp.vhv), number(hvp.hv_norm), number(hvp.gv))),
    );
    push(
        "sharpness",
        report
            .sharpness
            .map(|sharp| format!("L at ρ {}: {} (+{})", sharp.rho, number(sharp.sam_loss), number(sharp.increase))),
    );
    push(
        "noise",
        report.noise.as_ref().map(|noise| {
            let trace = with_error(noise.trace, noise.trace_stderr);
            format!("trace {trace} from {} pairs of σ {}", noise.pairs, noise.sigma)
        }),
    );
    push(
        "slice",
        report.slice.as_ref().map(|slice| {
            let cells = slice.loss.iter().flatten().copied().filter(|loss| loss.is_finite());
            let (low, high) = cells.fold((f64::NAN, f64::NAN), |(low, high), loss| (loss.min(low), loss.max(high)));
            let masked = if slice.masked > 0 { format!(", {} points masked", slice.masked) } else { String::new() };
            format!("{}×{} points, loss {} to {}{masked}", slice.x.len(), slice.y.len(), number(low), number(high))
        }),
    );
    let more: Vec<&str> = report.more.keys().map(String::as_str).collect();
    push("also", (!more.is_empty()).then(|| format!("{} (in report.json)", more.join(", "))));
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, text): &(&str, String)| format!("{name}{}  {text}", " ".repeat(width - name.chars().count()));
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn number(value: f64) -> String {
    significant(value, DIGITS)
}

fn ends(values: &[f64]) -> String {
    if values.is_empty() {
        return number(f64::NAN);
    }
    let shown: Vec<String> = values.iter().take(SHOWN).map(|value| number(*value)).collect();
    let rest = values.len().saturating_sub(SHOWN);
    if rest > 0 { format!("{}, … ({} in report.json)", shown.join(", "), values.len()) } else { shown.join(", ") }
}
