//! What the noise samples say about the curvature, in sentences.

use crate::protocol::{NoiseSnapshot, TraceRow};
use crate::ui::kit::format;

/// Estimates further apart than this many standard errors contradict each other.
const PART_ERRORS: f64 = 3.0;
/// An estimate whose standard error is above this share of it says little.
const VAGUE_SHARE: f64 = 0.25;

/// Compares the trace from noise pairs with Hutchinson's and says how much variance the pairs remove.
#[must_use]
pub fn what_the_noise_says(noise: &NoiseSnapshot, hutchinson: Option<&TraceRow>) -> String {
    if noise.odd.is_empty() {
        return "One-point noise: the first-order term does not cancel, so the trace cannot be read from the samples. \
                Switch to two-point noise to see it."
            .to_owned();
    }
    let pairs = &noise.trace;
    if !pairs.mean.is_finite() || !pairs.stderr.is_finite() {
        return "The noise samples are not finite: σ is too large for these weights. Lower it.".to_owned();
    }
    let from_pairs = format!(
        "Trace from the pairs {} ± {} (last {} steps to step {})",
        format::number(pairs.mean),
        format::error(pairs.stderr),
        format::grouped(noise.num_steps),
        format::grouped(noise.step)
    );
    let variance = variance_sentence(noise);
    let Some(row) = hutchinson else {
        return format!("{from_pairs}. The Hutchinson trace to compare with is not there yet. {variance}");
    };
    let error = pairs.stderr.hypot(row.stderr);
    let apart = (pairs.mean - row.mean).abs() / error.max(f64::MIN_POSITIVE);
    let verdict = if apart > PART_ERRORS {
        format!(
            "they part by {apart:.0} standard errors: σ is too large for second order, or the curvature changed within \
             these steps"
        )
    } else if error > VAGUE_SHARE * pairs.mean.abs().max(row.mean.abs()) {
        "too few samples to tell whether they agree. A larger k or more steps give more".to_owned()
    } else {
        "they agree, so σ is still in the quadratic range".to_owned()
    };
    format!(
        "{from_pairs}, Hutchinson {} ± {} (step {}): {verdict}. {variance}",
        format::number(row.mean),
        format::error(row.stderr),
        format::grouped(row.step)
    )
}

fn variance_sentence(noise: &NoiseSnapshot) -> String {
    if noise.variance_removed.is_finite() {
        format!("The pair removes {} of the variance.", format::percent(noise.variance_removed))
    } else {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Estimate, RunId};

    fn noise(mean: f64, stderr: f64) -> NoiseSnapshot {
        NoiseSnapshot {
            run: RunId(0),
            step: 900,
            num_steps: 40,
            sigma: 0.1,
            gaps: vec![0.1],
            odd: vec![0.1],
            even: vec![0.1],
            variance_removed: 0.93,
            trace: Estimate { mean, stderr, samples: 160 },
            layer_traces: Vec::new(),
            weight_sizes: Vec::new(),
        }
    }

    fn trace(mean: f64) -> TraceRow {
        TraceRow { step: 880, gradient_evaluations: 0, train_loss: 0.1, mean, stderr: 0.09, probes: 64 }
    }

    #[test]
    fn verdicts_follow_the_standard_errors() {
        assert!(what_the_noise_says(&noise(1.81, 0.12), Some(&trace(1.74))).contains("they agree"));
        assert!(what_the_noise_says(&noise(1.81, 0.12), Some(&trace(4.0))).contains("too large for second order"));
        assert!(what_the_noise_says(&noise(1.81, 1.2), Some(&trace(4.0))).contains("too few samples"));
        assert!(what_the_noise_says(&noise(1.81, 0.12), None).contains("not there yet"));
        assert!(what_the_noise_says(&noise(f64::NAN, 0.1), None).contains("not finite"));
    }

    #[test]
    fn one_point_noise_has_no_trace() {
        let noise = NoiseSnapshot { odd: Vec::new(), ..noise(f64::NAN, f64::NAN) };
        assert!(what_the_noise_says(&noise, None).starts_with("One-point noise"));
    }
}
