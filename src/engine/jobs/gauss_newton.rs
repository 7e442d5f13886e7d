//! The Hessian beside its Gauss–Newton part, on request.

use crate::curvature::{GaussNewton, TopPair};
use crate::protocol::{Fact, Findings};

use super::request::{Request, at_least};
use super::{Begun, Work};

pub(super) fn gauss_newton(request: &Request<'_>, probes: usize, products: usize) -> Begun {
    let probes = at_least("the number of probes", probes, 2)?;
    let products = at_least("the number of products", products, 2)?;
    if !request.objective.network().has_gauss_newton() {
        return Err("the loss of two towers compares all pairs, and has no Gauss–Newton part here".to_owned());
    }
    Ok(Box::new(GaussNewton::new(request.weights.clone(), probes, products, request.seed)))
}

impl Work for GaussNewton {
    fn findings(&self) -> Findings {
        let report = self.report();
        let mut facts = vec![
            Fact::estimated("trace, Hessian", report.hessian_trace, "probes"),
            Fact::estimated("trace, Gauss–Newton", report.part_trace, "shared probes"),
            Fact::estimated("trace, what separates them", report.difference, "shared probes; curvature of the network"),
        ];
        let about = format!("± residual, after {} products", report.products);
        let mut add = |name: &str, top: &Option<TopPair>| {
            if let Some(top) = top {
                facts.push(Fact::with_error(format!("λmax, {name}"), top.value, top.residual, about.clone()));
            }
        };
        add("Hessian", &report.hessian);
        add("Gauss–Newton", &report.part);
        if let Some((hessian, part)) = report.hessian.as_ref().zip(report.part.as_ref()) {
            let about = "Gauss–Newton's has none below 0 but for rounding";
            facts.push(Fact::exact("λmin, Hessian", hessian.least, "Ritz value"));
            facts.push(Fact::exact("λmin, Gauss–Newton", part.least, about));
        }
        if let Some(alignment) = report.alignment {
            let about = "|cos| between the eigenvectors of both λmax: 1 is the same direction";
            facts.push(Fact::exact("top directions, |cos|", alignment, about));
        }
        Findings { facts, ..Findings::default() }
    }
}
