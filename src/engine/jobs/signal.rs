//! Signal and noise of a step's gradient, with the sizes of its entries and of the next step's, on request.

use crate::engine::units::units_of;
use crate::model::to_host;
use crate::noise::{GradientSignal, NoiseDraws, Spread};
use crate::protocol::{Curve, Estimate, Fact, Findings, FoundChart};
use crate::train::Run;

use super::request::{Request, at_least};
use super::{Begun, Work};

/// Bins of a histogram.
const BINS: usize = 48;

pub(super) fn signal(request: &Request<'_>, draws: usize) -> Begun {
    let draws = at_least("the number of draws", draws, 2)?;
    if !GradientSignal::is_possible(request.objective) {
        return Err("the loss compares the examples with each other, so that none has a gradient of its own".to_owned());
    }
    at_least("the number of examples", request.objective.num_examples(), 2)?;
    let noise =
        request.steps.filter(|run| run.optimizer().spec().has_noise && run.sigma() > 0.0).map(|run| NoiseDraws {
            sigma: run.sigma(),
            distribution: request.distribution,
            two_point: run.has_pairs(),
            count: draws,
            seed: request.seed,
        });
    let k = request.steps.map_or(1, |run| run.knobs().k);
    Ok(Box::new(Signal {
        signal: GradientSignal::new(request.weights.clone(), request.objective, request.train_size, noise),
        batch: request.batch,
        noise: noise.map(|noise| (noise, k)),
        update: request.steps.and_then(next_step),
        size: norm(&request.center()),
    }))
}

/// The entries of the next step of a run, which a copy of it takes.
fn next_step(run: &Run) -> Option<Vec<f64>> {
    let mut copy = run.snapshot();
    let start = copy.weights().clone();
    copy.step().ok()?;
    Some(to_host(copy.weights().clone() - start))
}

struct Signal {
    signal: GradientSignal,
    batch: usize,
    /// The noise that is drawn, and the k of the run's steps.
    noise: Option<(NoiseDraws, usize)>,
    /// The entries of the next step; `None` where there is none.
    update: Option<Vec<f64>>,
    /// ‖w‖.
    size: f64,
}

units_of!(Signal: signal);

impl Work for Signal {
    fn findings(&self) -> Findings {
        let mut found = Findings::default();
        let Some((examples, gradient)) = self.signal.examples().zip(self.signal.gradient()) else { return found };
        let n = examples.count();
        found.facts.push(Fact::exact("gradient norm", norm(&gradient), format!("of {n} measured examples")));
        let all = self.signal.train_size();
        let about = format!("a batch of {} of {all} examples", self.batch.min(all));
        found.facts.extend(facts(examples, self.batch, ["batch", &about, "examples"]));
        if let Some((noise, k, draws)) =
            self.noise.zip(self.signal.draws()).map(|((noise, k), draws)| (noise, k, draws))
        {
            let (what, one) = if noise.two_point { ("pairs", "pair") } else { ("samples", "sample") };
            let about = format!("k {k}, σ {}, {} {what} drawn", noise.sigma, draws.count());
            found.facts.extend(facts(draws, k, ["noise", &about, what]));
            let [of_noise, of_batch] = [draws.variance_of_mean(k), examples.variance_of_mean(self.batch)];
            let about = format!("of the variance of a step's gradient; the rest is the batch's; V of a {one} over k");
            found.facts.push(Fact::exact("share of the noise", of_noise / (of_noise + of_batch), about));
        }
        found.facts.push(Fact::exact("entries that are 0", zeros(&gradient), "share of the gradient's entries"));
        found.charts.extend(histogram("Entries of the gradient", "entry", &gradient));
        if let Some(update) = &self.update {
            let about = "of the next step, as a share of ‖w‖";
            found.facts.push(Fact::exact("‖Δw‖ / ‖w‖", norm(update) / self.size, about));
            found.charts.extend(histogram("Entries of the next step", "entry", update));
        }
        found
    }
}

/// Signal to noise, norm test and noise scale of a mean of so many draws; `words` are the name, how it was drawn and of what.
fn facts(spread: &Spread, draws: usize, [name, about, of]: [&str; 3]) -> [Fact; 3] {
    let ratio = spread.ratio(draws);
    let verdict = if ratio.mean <= 1.0 { "passed, since it is at most 1" } else { "not passed: it is above 1" };
    let scale = spread.scale();
    let what = format!("{of} at which noise is as large as signal; ± standard error");
    // ‖g‖/√Var of a ratio r = Var/‖g‖² is r^−½, with half its relative error.
    let signal = ratio.mean.sqrt().recip();
    let signal = Estimate { mean: signal, stderr: 0.5 * signal * ratio.stderr / ratio.mean, samples: ratio.samples };
    [
        Fact::with_error(
            format!("signal to noise, {name}"),
            signal.mean,
            signal.stderr,
            format!("‖g‖/√Var of {about}"),
        ),
        Fact::with_error(
            format!("norm test, {name}"),
            ratio.mean,
            ratio.stderr,
            format!("Var/‖g‖² of {about}; {verdict}"),
        ),
        Fact::with_error(format!("noise scale, {name}"), scale.mean, scale.stderr, what),
    ]
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn zeros(values: &[f64]) -> f64 {
    values.iter().filter(|value| **value == 0.0).count() as f64 / values.len().max(1) as f64
}

/// How many entries lie in each of equal bins, as the outline of the bars; `None` without a finite entry.
fn histogram(title: &str, x_label: &str, values: &[f64]) -> Option<FoundChart> {
    let finite = || values.iter().copied().filter(|value| value.is_finite());
    let most = finite().fold(0.0, |most: f64, value| most.max(value.abs()));
    finite().next()?;
    // Even about 0, so that both signs are seen alike.
    let width = (2.0 * most / BINS as f64).max(f64::MIN_POSITIVE);
    let mut counts = [0_usize; BINS];
    finite().for_each(|value| counts[(((value + most) / width) as usize).min(BINS - 1)] += 1);
    let outline = counts.iter().enumerate().flat_map(|(bin, &count)| {
        let left = bin as f64 * width - most;
        [[left, count as f64], [left + width, count as f64]]
    });
    let left_out = values.len() - finite().count();
    let name = match left_out {
        0 => format!("{} entries", values.len()),
        count => format!("{} entries, {count} not finite left out", values.len()),
    };
    Some(FoundChart {
        title: title.to_owned(),
        x_label: x_label.to_owned(),
        log_x: false,
        log_y: true,
        curves: vec![Curve { name, points: outline.collect(), errors: Vec::new() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_in_one_bin() {
        let values = [-3.0, -2.9, 0.0, 0.1, 3.0, f64::NAN];
        let chart = histogram("t", "x", &values).expect("finite entries");
        let points = &chart.curves[0].points;
        assert_eq!(points.iter().step_by(2).map(|point| point[1]).sum::<f64>(), 5.0);
        assert_eq!((points[0], points[2 * BINS - 1][0]), ([-3.0, 2.0], 3.0));
        assert!(chart.curves[0].name.contains("1 not finite"), "{}", chart.curves[0].name);
        assert!(histogram("t", "x", &[f64::NAN]).is_none());
        let zeros = histogram("t", "x", &[0.0; 4]).expect("finite entries");
        assert_eq!(zeros.curves[0].points.iter().step_by(2).map(|point| point[1]).sum::<f64>(), 4.0);
    }
}
