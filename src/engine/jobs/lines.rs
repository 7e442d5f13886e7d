//! The loss along lines, on request: random ones through the weights, and the one to another run.

use crate::config::Normalization;
use crate::engine::units::units_of;
use crate::landscape::{Barrier, LineJob, Spread, barrier, linear_axis, random_direction, symmetric_axis};
use crate::protocol::{Curve, Fact, Findings, FoundChart, RunId};

use super::request::{Request, at_least, positive};
use super::{Begun, Work};

/// How far a line between two runs goes on beyond each.
const BEYOND: f64 = 0.3;
/// Shares of the way that are no further apart are one.
const SAME_SHARE: f64 = 1e-9;

pub(super) fn random(
    request: &Request<'_>,
    count: usize,
    normalization: Normalization,
    range: f64,
    points: usize,
) -> Begun {
    let count = at_least("the number of directions", count, 1)?;
    let points = at_least("the number of points", points, 2)?;
    let range = positive("the range", range)?;
    let reference = request.center();
    let directions: Vec<Vec<f64>> = (0..count as u64)
        .map(|index| random_direction(request.architecture(), &reference, normalization, request.seed, index))
        .collect();
    let job = LineJob::along(
        request.weights.clone(),
        &directions,
        symmetric_axis(range, points),
        request.objective.compute(),
    );
    let job = job.map_err(|err| err.to_string())?.with_accuracy();
    let about = format!("{}, seed {}", normalization.label(), request.seed);
    Ok(Box::new(LineWork { job, x_label: "distance in units of the directions".to_owned(), about, is_between: false }))
}

pub(super) fn between(request: &Request<'_>, other: RunId, points: usize) -> Begun {
    let points = at_least("the number of points", points, 2)?;
    let from = &request.runs[0];
    let to = request.runs.iter().find(|run| run.run == other && run.run != from.run);
    let to = to.ok_or_else(|| "the line needs another run to go to".to_owned())?;
    // Both runs are met exactly: the barrier is held against their losses.
    let mut shares = linear_axis(-BEYOND, 1.0 + BEYOND, points);
    shares.extend([0.0, 1.0]);
    shares.sort_by(f64::total_cmp);
    shares.dedup_by(|next, last| (*next - *last).abs() < SAME_SHARE);
    let job = LineJob::between(&from.weights, &to.weights, shares, request.objective.compute());
    let job = job.map_err(|err| err.to_string())?.with_accuracy();
    let ends = format!("0 is {}, 1 is {}", from.optimizer.label(), to.optimizer.label());
    Ok(Box::new(LineWork { job, x_label: ends.clone(), about: ends, is_between: true }))
}

struct LineWork {
    job: LineJob,
    x_label: String,
    about: String,
    /// Whether it goes from one run to another, at 0 and at 1.
    is_between: bool,
}

units_of!(LineWork: job);

impl Work for LineWork {
    fn findings(&self) -> Findings {
        let curves = self.job.curves();
        let xs = &curves.coordinates;
        let chart = |title: &str, rows: &[Vec<f64>], spread: Vec<Spread>, log_y| {
            let row = |(index, row): (usize, &Vec<f64>)| Curve {
                name: format!("direction {}", index + 1),
                points: finite(xs, row),
                errors: Vec::new(),
            };
            let mut curves: Vec<Curve> = rows.iter().enumerate().map(row).collect();
            if rows.len() > 1 {
                let mean: Vec<(&f64, &Spread)> =
                    xs.iter().zip(&spread).filter(|(_, spread)| spread.mean.is_finite()).collect();
                curves.push(Curve {
                    name: "mean ± sd".to_owned(),
                    points: mean.iter().map(|(x, spread)| [**x, spread.mean]).collect(),
                    errors: mean.iter().map(|(_, spread)| spread.sd).collect(),
                });
            }
            FoundChart { title: title.to_owned(), x_label: self.x_label.clone(), log_x: false, log_y, curves }
        };
        let mut found = Findings::default();
        found.facts.push(Fact::exact("lines", curves.loss.len() as f64, self.about.clone()));
        if curves.masked() > 0 {
            found.facts.push(Fact::exact("masked points", curves.masked() as f64, "NaN or infinite, left out"));
        }
        if let Some(Barrier { height, at }) = self.barrier(xs, &curves.loss) {
            let about = format!("above the straight line between both losses, highest at {at:.2} of the way");
            found.facts.push(Fact::exact("barrier", height, about));
        }
        found.charts.push(chart("Loss", &curves.loss, curves.loss_spread(), true));
        if let (Some(rows), Some(spread)) = (&curves.accuracy, curves.accuracy_spread()) {
            found.charts.push(chart("Accuracy", rows, spread, false));
        }
        found
    }
}

impl LineWork {
    /// The barrier between two runs, once the loss on the way is known.
    fn barrier(&self, xs: &[f64], losses: &[Vec<f64>]) -> Option<Barrier> {
        let losses = losses.first().filter(|losses| self.is_between && losses.len() == xs.len())?;
        let place = |share: f64| xs.iter().position(|x| (x - share).abs() < SAME_SHARE);
        let (from, to) = (place(0.0)?, place(1.0)?);
        Some(barrier(&xs[from..=to], &losses[from..=to]))
    }
}

fn finite(xs: &[f64], ys: &[f64]) -> Vec<[f64; 2]> {
    xs.iter().zip(ys).filter(|(_, y)| y.is_finite()).map(|(x, y)| [*x, *y]).collect()
}
