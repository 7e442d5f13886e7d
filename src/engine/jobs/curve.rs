//! A curved way to another run's weights beside the straight one, on request.

use crate::engine::units::units_of;
use crate::landscape::{CurveJob, Way};
use crate::protocol::{Curve, Fact, Findings, FoundChart, RunId};

use super::request::{Request, at_least};
use super::{Begun, Work};

pub(super) fn curve(request: &Request<'_>, other: RunId, steps: usize, points: usize) -> Begun {
    let steps = at_least("the number of steps", steps, 1)?;
    let points = at_least("the number of points", points, 2)?;
    let from = &request.runs[0];
    let to = request.runs.iter().find(|run| run.run == other && run.run != from.run);
    let to = to.ok_or_else(|| "the curve needs another run to go to".to_owned())?;
    if from.weights == to.weights {
        return Err("both runs stand at the same weights, so there is no way between them".to_owned());
    }
    let weights = request.objective.compute().tensor_f64(to.weights.clone(), [1, to.weights.len()]);
    Ok(Box::new(CurveWork {
        job: CurveJob::new([request.weights.clone(), weights], steps, points),
        has_classes: request.objective.network().loss().has_classes(),
        ends: format!("0 is {}, 1 is {}", from.optimizer.label(), to.optimizer.label()),
    }))
}

struct CurveWork {
    job: CurveJob,
    /// Whether an output can be right.
    has_classes: bool,
    ends: String,
}

units_of!(CurveWork: job);

impl Work for CurveWork {
    fn findings(&self) -> Findings {
        let Some([curve, line]) = self.job.ways() else { return Findings::default() };
        let fact = |name: &str, way: &Way| {
            let about =
                format!("above the straight line between both losses, highest at {:.2} of the way", way.barrier.at);
            Fact::exact(name, way.barrier.height, about)
        };
        let facts = vec![
            fact("barrier, curve", &curve),
            fact("barrier, line", &line),
            Fact::exact("bend", self.job.bend(), "how far its middle is off the line, as a share of the distance"),
        ];
        let chart = |title: &str, log_y, of: fn(&Way) -> &Vec<f64>| {
            let named = [("curve", &curve), ("straight line", &line)].map(|(name, way)| {
                let points = self.job.shares().iter().zip(of(way)).filter(|(_, value)| value.is_finite());
                Curve {
                    name: name.to_owned(),
                    points: points.map(|(t, value)| [*t, *value]).collect(),
                    errors: Vec::new(),
                }
            });
            let curves = named.to_vec();
            FoundChart { title: title.to_owned(), x_label: self.ends.clone(), log_x: false, log_y, curves }
        };
        let mut charts = vec![chart("Loss", true, |way| &way.loss)];
        if self.has_classes {
            charts.push(chart("Accuracy", false, |way| &way.accuracy));
        }
        Findings { facts, charts, ..Findings::default() }
    }
}
