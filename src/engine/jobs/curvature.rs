//! Curvature on request.

use crate::curvature::{
    Bound, DenseHessian, Density, Lanczos, LayerTraces, Sharpness, SharpnessKind, SubsetCheck, TraceEstimate,
};
use crate::engine::units::{Units, units_of};
use crate::model::Objective;
use crate::protocol::{Curve, Fact, Findings, FoundBound, FoundChart, Progress};

use super::request::{Request, at_least, positive};
use super::{Begun, Work};

/// Residual of wanted eigenvalues, as a share of the largest one in size.
const TOLERANCE: f64 = 1e-4;
/// Products of each solve that compares two subsets.
const SUBSET_PRODUCTS: usize = 40;
/// Points of a density's curve.
const CURVE_POINTS: usize = 400;
/// Least density that its chart shows, as a share of the greatest: below is the tail of the smoothing alone.
const DENSITY_FLOOR: f64 = 1e-5;

pub(super) fn trace(request: &Request<'_>, probes: usize) -> Begun {
    let probes = at_least("the number of probes", probes, 2)?;
    Ok(Box::new(TraceEstimate::new(request.weights.clone(), probes, request.seed, 0)))
}

pub(super) fn layer_traces(request: &Request<'_>, probes: usize) -> Begun {
    let probes = at_least("the number of probes", probes, 2)?;
    Ok(Box::new(LayerTraces::new(request.weights.clone(), probes, request.seed)))
}

pub(super) fn eigenvalues(request: &Request<'_>, pairs: usize, products: usize) -> Begun {
    let pairs = at_least("the number of pairs", pairs, 1)?;
    let dimension = request.objective.num_parameters();
    if pairs > dimension {
        return Err(format!("{pairs} eigenvalues were asked for, expected at most {dimension}, one a weight"));
    }
    let products = at_least("the number of products", products, 2)?;
    let lanczos = Lanczos::for_pairs(request.weights.clone(), pairs, TOLERANCE, products, request.seed);
    Ok(Box::new(Eigenvalues { lanczos, pairs }))
}

pub(super) fn density(request: &Request<'_>, probes: usize, steps: usize) -> Begun {
    let probes = at_least("the number of probes", probes, 1)?;
    let steps = at_least("the number of products", steps, 2)?;
    Ok(Box::new(Density::new(request.weights.clone(), probes, steps, request.seed)))
}

pub(super) fn dense(request: &Request<'_>) -> Begun {
    Ok(Box::new(DenseHessian::new(request.weights.clone()).map_err(|err| err.to_string())?))
}

pub(super) fn sharpness(request: &Request<'_>, rho: f64) -> Begun {
    let rho = positive("ρ", rho)?;
    let of = |kind| Sharpness::new(request.weights.clone(), rho, kind);
    Ok(Box::new(BothSharpnesses(vec![of(SharpnessKind::Sam), of(SharpnessKind::asam())])))
}

pub(super) fn bound(request: &Request<'_>, probes: usize, constant: f64) -> Begun {
    let probes = at_least("the number of probes", probes, 2)?;
    let constant = positive("C", constant)?;
    let (weights, initial) = (request.weights.clone(), request.initial.clone());
    let bound = Bound::new(weights, initial, probes, request.batch, request.seed);
    Ok(Box::new(BoundTerms { bound, constant }))
}

pub(super) fn second_subset(request: &Request<'_>, probes: usize) -> Begun {
    let other = request.second_subset.clone();
    let other = other.ok_or("all training examples are measured already, so there is no second subset")?;
    let probes = at_least("the number of probes", probes, 2)?;
    Ok(Box::new(TwoSubsets { check: SubsetCheck::new(&request.weights, probes, SUBSET_PRODUCTS, request.seed), other }))
}

impl Work for TraceEstimate {
    fn findings(&self) -> Findings {
        Findings { facts: vec![Fact::estimated("trace", self.estimate(), "probes")], ..Findings::default() }
    }
}

impl Work for LayerTraces {
    fn findings(&self) -> Findings {
        let mut facts = vec![Fact::estimated("all tensors", self.total(), "probes")];
        facts.extend(self.result().into_iter().map(|(name, estimate)| Fact::estimated(name, estimate, "probes")));
        Findings { facts, ..Findings::default() }
    }
}

struct Eigenvalues {
    lanczos: Lanczos,
    pairs: usize,
}

units_of!(Eigenvalues: lanczos);

impl Work for Eigenvalues {
    fn findings(&self) -> Findings {
        let spectrum = self.lanczos.spectrum(self.pairs, false);
        let about = format!("± residual, after {} products", spectrum.products);
        let fact = |name: String, value, residual| Fact::with_error(name, value, residual, about.clone());
        let largest = spectrum.largest.iter().enumerate();
        let mut facts: Vec<Fact> =
            largest.map(|(i, pair)| fact(format!("largest, {}", i + 1), pair.value, pair.residual)).collect();
        let smallest = spectrum.smallest.iter().enumerate();
        facts.extend(smallest.map(|(i, pair)| fact(format!("smallest, {}", i + 1), pair.value, pair.residual)));
        if let (Some(top), Some(bottom)) = (spectrum.largest.first(), spectrum.smallest.first()) {
            let about = "how far from convex it is here";
            facts.insert(0, Fact::exact("|λmin| / λmax", bottom.value.abs() / top.value, about));
        }
        Findings { facts, ..Findings::default() }
    }
}

impl Work for Density {
    fn findings(&self) -> Findings {
        let density = self.result();
        let mut found = Findings::default();
        if density.probes == 0 {
            return found;
        }
        let scale = density.dimension as f64;
        for (name, moment) in ["Tr H", "Tr H²", "Tr H³", "Tr H⁴"].into_iter().zip(&density.moments) {
            found.facts.push(Fact::estimated(name, moment.scaled(scale), "probes"));
        }
        let curve = density.curve(CURVE_POINTS, None);
        let about = "standard deviation of the Gaussian around each node; the curve has its floor at 1e-5 of its top";
        found.facts.push(Fact::exact("smoothing", curve.width, about));
        let floor = DENSITY_FLOOR * curve.density.iter().copied().fold(0.0, f64::max);
        found.charts.push(FoundChart {
            title: "Density of eigenvalues".to_owned(),
            x_label: "eigenvalue".to_owned(),
            log_x: false,
            log_y: true,
            curves: vec![Curve {
                name: "density".to_owned(),
                points: curve.values.iter().zip(&curve.density).map(|(&x, &y)| [x, y.max(floor)]).collect(),
                errors: Vec::new(),
            }],
        });
        found
    }
}

impl Work for DenseHessian {
    fn findings(&self) -> Findings {
        let mut found = Findings::default();
        let Some(dense) = self.result() else { return found };
        let count = dense.eigenvalues.len();
        found.facts.push(Fact::exact("trace", dense.trace, "exact, sum of the diagonal"));
        if let (Some(&smallest), Some(&largest)) = (dense.eigenvalues.first(), dense.eigenvalues.last()) {
            found.facts.push(Fact::exact("λmax", largest, "exact"));
            found.facts.push(Fact::exact("λmin", smallest, "exact"));
        }
        let negative = dense.eigenvalues.iter().filter(|&&value| value < 0.0).count();
        found.facts.push(Fact::exact("negative eigenvalues", negative as f64, format!("of {count}")));
        found.facts.push(Fact::exact("‖H‖ (Frobenius)", dense.frobenius, "root of the sum of squares"));
        found.facts.push(Fact::exact("asymmetry", dense.asymmetry, "before symmetrising, rounding"));
        found.charts.push(FoundChart {
            title: "Eigenvalues by rank".to_owned(),
            x_label: "rank".to_owned(),
            log_x: false,
            log_y: false,
            curves: vec![Curve {
                name: "eigenvalue".to_owned(),
                points: dense.eigenvalues.iter().rev().enumerate().map(|(i, &value)| [(i + 1) as f64, value]).collect(),
                errors: Vec::new(),
            }],
        });
        found
    }
}

struct BothSharpnesses(Vec<Sharpness>);

impl Units for BothSharpnesses {
    fn advance(&mut self, objective: &Objective) -> bool {
        match self.0.iter_mut().find(|sharpness| sharpness.result().is_none()) {
            Some(sharpness) => {
                sharpness.advance(objective);
                false
            }
            None => true,
        }
    }

    fn progress(&self) -> Progress {
        let done = self.0.iter().filter(|sharpness| sharpness.result().is_some()).count();
        Progress { done: done as u64, total: self.0.len() as u64 }
    }
}

impl Work for BothSharpnesses {
    fn findings(&self) -> Findings {
        let mut facts = Vec::new();
        for report in self.0.iter().filter_map(|sharpness| sharpness.result()) {
            let name = match report.kind {
                SharpnessKind::Sam => "SAM",
                SharpnessKind::Asam { .. } => "ASAM",
            };
            let about = format!("L(w + ε) − L(w), ρ {}, ‖ε‖ {:.3}", report.rho, report.ascent_norm);
            facts.push(Fact::exact(format!("{name} sharpness"), report.sharpness, about));
            facts.push(Fact::exact(format!("{name} loss"), report.sam_loss, "L(w + ε)"));
        }
        Findings { facts, ..Findings::default() }
    }
}

/// The terms of the bound, with the C that the user set.
struct BoundTerms {
    bound: Bound,
    constant: f64,
}

units_of!(BoundTerms: bound);

impl Work for BoundTerms {
    fn findings(&self) -> Findings {
        let Some(report) = self.bound.result() else { return Findings::default() };
        let formula = format!("{}·√(α r²/n)", self.constant);
        let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let [bound, alpha, distance, num_examples] = FoundBound::NAMES;
        let facts = vec![
            Fact::exact(bound, value(report.by_examples(self.constant)), formula.clone()),
            Fact::exact("bound, α over batches", value(report.by_batches(self.constant)), formula),
            Fact::estimated(alpha, report.examples.trace, "probes; the greatest of noisy ones, biased up"),
            Fact::estimated("… without that bias", report.examples.unbiased, "probes"),
            Fact::estimated(format!("α over batches of {}", report.batch), report.batches.trace, "probes; biased up"),
            Fact::estimated("… without that bias", report.batches.unbiased, "probes"),
            Fact::exact(distance, report.distance, "distance from the initial weights"),
            Fact::exact(num_examples, report.num_examples as f64, "examples"),
        ];
        Findings { facts, ..Findings::default() }
    }
}

/// The same figures, with the same probes, on two sets of examples.
struct TwoSubsets {
    check: SubsetCheck,
    other: Objective,
}

impl Units for TwoSubsets {
    fn advance(&mut self, objective: &Objective) -> bool {
        self.check.advance([objective, &self.other])
    }

    fn progress(&self) -> Progress {
        self.check.progress()
    }
}

impl Work for TwoSubsets {
    fn findings(&self) -> Findings {
        let report = self.check.result();
        let others = format!("{} other training examples", self.other.num_examples());
        let facts = vec![
            Fact::estimated("trace, measured subset", report.traces[0], "probes"),
            Fact::estimated(format!("trace, {others}"), report.traces[1], "probes"),
            Fact::estimated("difference of the traces", report.trace_difference, "shared probes"),
            Fact::exact("λmax, measured subset", report.lambda_max[0], "Lanczos"),
            Fact::exact(format!("λmax, {others}"), report.lambda_max[1], "Lanczos"),
        ];
        Findings { facts, ..Findings::default() }
    }
}
