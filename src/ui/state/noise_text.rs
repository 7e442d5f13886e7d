//! What the noise samples say of σ, in sentences: whether second order holds, up to which σ, and what the pair is worth.

use crate::protocol::{Estimate, FoundRange, NoiseSnapshot};
use crate::ui::kit::format;
use crate::ui::state::effort::Effort;
use crate::ui::state::run_view::NewestTrace;

/// An estimate whose standard error is above this share of it says little.
const VAGUE_SHARE: f64 = 0.25;

/// What is known, and why; where it is not known, what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What is known.
    pub claim: String,
    /// Why, with steps and errors.
    pub reason: String,
}

impl Said {
    /// A claim with its reason.
    pub fn new(claim: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { claim: claim.into(), reason: reason.into() }
    }
}

/// Whether second order holds at the run's σ: the trace from its own pairs beside Hutchinson's of the same steps.
#[must_use]
pub fn second_order_now(noise: &NoiseSnapshot, hutchinson: Option<NewestTrace>) -> Said {
    let sigma = format::setting(noise.sigma);
    if noise.odd.is_empty() {
        let reason = "the first-order term does not cancel, so the trace cannot be read from the samples. Switch to \
                      two-point noise to see it.";
        return Said::new("One-point noise:", reason);
    }
    let pairs = noise.trace;
    if !pairs.mean.is_finite() || !pairs.stderr.is_finite() {
        let reason = "the noise samples are not finite, so σ is too large for these weights. Lower it.";
        return Said::new(format!("At σ {sigma} second order does not hold:"), reason);
    }
    let from_pairs = format!("pairs {} (to step {})", with_error(pairs), format::grouped(noise.step));
    let Some(row) = hutchinson else {
        let reason =
            format!("{from_pairs}, and the Hutchinson trace to compare with is measured after the first steps.");
        return Said::new(format!("Whether second order holds at σ {sigma} is not known yet:"), reason);
    };
    let (samples, steps) = match row.effort {
        Effort::Probes { count, first_step } if first_step < row.step => {
            (count, format!("steps {} to {}", format::grouped(first_step), format::grouped(row.step)))
        }
        Effort::Probes { count, .. } | Effort::Products { count, .. } => {
            (count, format!("step {}", format::grouped(row.step)))
        }
    };
    let other = Estimate { mean: row.mean, stderr: row.stderr, samples };
    let both = format!("{from_pairs}, Hutchinson {} ({steps})", with_error(other));
    if row.step.saturating_add(noise.num_steps) < noise.step {
        let reason = format!("{both}: the curvature may have changed since. A trace at these steps tells.");
        return Said::new(format!("Whether second order holds at σ {sigma} is not known yet:"), reason);
    }
    let error = pairs.stderr.hypot(other.stderr);
    if pairs.parts_from(other) {
        let apart = pairs.errors_apart(other);
        let reason = format!(
            "{both} are {apart:.0} standard errors apart: σ is too large, or the curvature changed within these steps."
        );
        return Said::new(format!("At σ {sigma} second order breaks:"), reason);
    }
    if error.is_nan() || error > VAGUE_SHARE * pairs.mean.abs().max(other.mean.abs()) {
        let reason = format!("{both}: too few samples to tell. A larger k or more steps give more.");
        return Said::new(format!("Whether second order holds at σ {sigma} is not known yet:"), reason);
    }
    Said::new(format!("At σ {sigma} second order holds:"), format!("{both}."))
}

/// Up to which σ second order holds, by a sweep at the weights of a step.
#[must_use]
pub fn second_order_range(found: &FoundRange, step: u64) -> Said {
    let step = format::grouped(step);
    let there = format!("pairs {} and Hutchinson {} there", with_error(found.pairs), with_error(found.hutchinson));
    let [holds, breaks] = [found.holds_to, found.breaks_at].map(format::number);
    match (found.holds_to.is_finite(), found.breaks_at.is_finite()) {
        (true, true) => {
            Said::new(format!("It holds up to σ {holds}:"), format!("{there}; at {breaks} they part (step {step})."))
        }
        (true, false) => {
            let reason = format!("{there}, and they part at no greater σ of the sweep (step {step}).");
            Said::new(format!("It holds up to σ {holds} at least:"), reason)
        }
        (false, true) => {
            let reason = format!("at no smaller one can the trace be told from its error (step {step}).");
            Said::new(format!("It breaks at σ {breaks}:"), reason)
        }
        (false, false) => {
            let reason = format!("the errors of the sweep are as large as the trace (step {step}). More pairs tell.");
            Said::new("Up to which σ it holds is not known yet:", reason)
        }
    }
}

/// How much of the noise's variance the pair removes, from the run's own samples.
#[must_use]
pub fn pair(noise: &NoiseSnapshot) -> Said {
    if noise.odd.is_empty() {
        let reason = "one-point noise has no pairs. Two-point noise tells after some steps.";
        return Said::new("What a pair would remove is not known yet:", reason);
    }
    let removed = noise.removed();
    if !removed.mean.is_finite() {
        return Said::new("What the pair removes is not known yet:", "the samples do not vary, or are not finite.");
    }
    let claim = format!(
        "The pair removes {} ± {} of the variance:",
        format::percent(removed.mean),
        format::percent(removed.stderr)
    );
    let source = format!("({} pairs to step {})", format::grouped(removed.samples as u64), format::grouped(noise.step));
    // Two one-point samples cost what a pair does, and halve the variance.
    let reason = if removed.mean > 0.5 {
        format!("the part that cancels varies more than what stays {source}.")
    } else {
        format!("what stays varies as much as what cancels, so two single samples would do better {source}.")
    };
    Said::new(claim, reason)
}

/// A figure with its standard error.
#[must_use]
pub fn with_error(estimate: Estimate) -> String {
    format!("{} ± {}", format::number(estimate.mean), format::error(estimate.stderr))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{RunId, StreamedTraceRow, TraceRow};

    fn noise(mean: f64, stderr: f64) -> NoiseSnapshot {
        NoiseSnapshot {
            run: RunId(0),
            step: 900,
            num_steps: 40,
            sigma: 0.1,
            gaps: vec![0.1],
            odd: vec![0.1, -0.1, 0.1, -0.1],
            even: vec![0.01, 0.02, 0.02, 0.01],
            variance_removed: 0.99,
            trace: Estimate { mean, stderr, samples: 160 },
            layer_traces: Vec::new(),
            weight_sizes: Vec::new(),
        }
    }

    fn trace(mean: f64) -> NewestTrace {
        (&TraceRow { step: 880, gradient_evaluations: 0, train_loss: 0.1, mean, stderr: 0.09, probes: 64 }).into()
    }

    #[test]
    fn verdicts_follow_the_standard_errors() {
        let claim = |noise: &NoiseSnapshot, row: Option<NewestTrace>| second_order_now(noise, row).claim;
        assert_eq!(claim(&noise(1.81, 0.12), Some(trace(1.74))), "At σ 0.1 second order holds:");
        assert_eq!(claim(&noise(1.81, 0.12), Some(trace(4.0))), "At σ 0.1 second order breaks:");
        assert!(second_order_now(&noise(1.81, 1.2), Some(trace(1.74))).reason.contains("too few samples"));
        assert!(claim(&noise(1.81, 0.12), None).contains("not known yet"));
        assert!(claim(&noise(f64::NAN, 0.1), None).contains("does not hold"));
        let said = second_order_now(&noise(1.81, 0.12), Some(trace(1.74)));
        assert_eq!(said.reason, "pairs 1.81 ± 0.12 (to step 900), Hutchinson 1.74 ± 0.090 (step 880).");
    }

    #[test]
    fn a_trace_of_other_steps_is_no_verdict() {
        // The samples are those of steps 861 to 900.
        let said = second_order_now(&noise(1.81, 0.12), Some(NewestTrace { step: 859, ..trace(1.74) }));
        assert!(said.claim.contains("not known yet") && said.reason.contains("may have changed"), "{said:?}");
        let row = StreamedTraceRow {
            step: 899,
            gradient_evaluations: 0,
            first_step: 870,
            probes: 20,
            mean: 1.74,
            stderr: 0.09,
        };
        let said = second_order_now(&noise(1.81, 0.12), Some((&row).into()));
        assert_eq!(said.claim, "At σ 0.1 second order holds:");
        assert!(said.reason.ends_with("Hutchinson 1.74 ± 0.090 (steps 870 to 899)."), "{said:?}");
    }

    #[test]
    fn one_point_noise_has_no_trace() {
        let noise = NoiseSnapshot { odd: Vec::new(), ..noise(f64::NAN, f64::NAN) };
        assert!(second_order_now(&noise, None).claim.starts_with("One-point noise"));
        assert!(pair(&noise).reason.starts_with("one-point noise has no pairs"));
    }

    #[test]
    fn a_pair_is_worth_its_second_gradient_where_slopes_scatter_more() {
        // Var a is 0.01, Var e 2.5e-5: a share of 0.9975.
        let said = pair(&noise(1.0, 0.1));
        assert!(
            said.claim.starts_with("The pair removes 99") && said.reason.contains("4 pairs to step 900"),
            "{said:?}"
        );
        let even = NoiseSnapshot { even: vec![0.5, -0.5, 0.5, -0.5], ..noise(1.0, 0.1) };
        assert!(pair(&even).reason.contains("would do better"));
        let still = NoiseSnapshot { odd: vec![0.0; 2], even: vec![0.0; 2], ..noise(0.0, 0.0) };
        assert!(pair(&still).claim.contains("not known yet"));
    }

    #[test]
    fn a_sweep_says_up_to_which_sigma() {
        let estimate = |mean, stderr| Estimate { mean, stderr, samples: 0 };
        let found =
            FoundRange { holds_to: 0.32, breaks_at: 0.53, pairs: estimate(1.8, 0.1), hutchinson: estimate(1.74, 0.09) };
        let said = second_order_range(&found, 400);
        assert_eq!(said.claim, "It holds up to σ 0.320:");
        assert_eq!(said.reason, "pairs 1.80 ± 0.10 and Hutchinson 1.74 ± 0.090 there; at 0.530 they part (step 400).");
        let claim = |holds_to, breaks_at| second_order_range(&FoundRange { holds_to, breaks_at, ..found }, 400).claim;
        assert!(claim(0.32, f64::NAN).contains("at least"));
        assert_eq!(claim(f64::NAN, 0.53), "It breaks at σ 0.530:");
        assert!(claim(f64::NAN, f64::NAN).contains("not known yet"));
    }
}
