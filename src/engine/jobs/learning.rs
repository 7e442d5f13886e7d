//! The local learning coefficient, on request.

use crate::curvature::{LearningCoefficient, Sampling};
use crate::protocol::{Curve, Fact, Findings, FoundChart};

use super::request::{Request, at_least, positive};
use super::{Begun, Work};

/// Points of a chain's course.
const COURSE_POINTS: usize = 400;

pub(super) fn learning_coefficient(request: &Request<'_>, sampling: Sampling) -> Begun {
    at_least("the number of chains", sampling.chains, 2)?;
    at_least("the number of draws", sampling.draws, 2)?;
    at_least("the number of examples", request.objective.num_examples(), 3)?;
    positive("the rate", sampling.rate)?;
    if sampling.gamma.is_nan() || sampling.gamma < 0.0 {
        return Err(format!("γ is {}, expected 0 or above", sampling.gamma));
    }
    Ok(Box::new(LearningCoefficient::new(request.weights.clone(), sampling)))
}

impl Work for LearningCoefficient {
    fn findings(&self) -> Findings {
        let Some(report) = self.report() else { return Findings::default() };
        let coefficient = report.coefficient;
        let mut facts = vec![
            Fact::estimated("learning coefficient", coefficient, "chains; below 0: the weights are at no minimum"),
            Fact::exact(
                "agreement of the chains",
                report.agreement,
                "Gelman–Rubin: near 1; above 1.1 they need more steps",
            ),
            Fact::exact("nβ", report.n_beta, "n/ln n of the measured examples"),
            Fact::exact("ε", report.epsilon, "length of the steps, from the rate and λmax"),
        ];
        if report.diverged > 0 {
            facts.push(Fact::exact("chains that diverged", report.diverged as f64, "not counted; a lower rate helps"));
        }
        let curve = |(index, course): (usize, &Vec<f64>)| {
            let stride = course.len().div_ceil(COURSE_POINTS).max(1);
            let points = course.iter().enumerate().step_by(stride).filter(|(_, value)| value.is_finite());
            Curve {
                name: format!("chain {}", index + 1),
                points: points.map(|(step, value)| [(step + 1) as f64, *value]).collect(),
                errors: Vec::new(),
            }
        };
        let charts = vec![FoundChart {
            title: "nβ·(L(w) − L(w*))".to_owned(),
            x_label: "step of the chain".to_owned(),
            log_x: false,
            log_y: false,
            curves: report.courses.iter().enumerate().map(curve).collect(),
        }];
        Findings { facts, charts, ..Findings::default() }
    }
}
