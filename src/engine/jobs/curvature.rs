//! Curvature on request.

use crate::curvature::{
    Bound, DenseHessian, Density, Lanczos, LayerTraces, Sharpness, SharpnessKind, SubsetCheck, TraceEstimate,
};
use crate::engine::units::Units;
use crate::model::Objective;
use crate::protocol::{Curve, Fact, Findings, FoundBound, FoundChart, Measurement, Progress};

use super::Work;
use super::work::{Request, at_least, estimate_fact, positive};

/// Residual of wanted eigenvalues, as a share of the largest one in size.
const TOLERANCE: f64 = 1e-4;
/// Products of each solve that compares two subsets.
const SUBSET_PRODUCTS: usize = 40;
/// Points of a density's curve.
const CURVE_POINTS: usize = 400;
/// Least density that its chart shows, as a share of the greatest: below is the tail of the smoothing alone.
const DENSITY_FLOOR: f64 = 1e-5;

pub(super) fn start(request: &Request<'_>) -> Result<Box<dyn Work>, String> {
    let weights = request.weights.clone();
    let seed = request.seed;
    Ok(match request.what {
        Measurement::Trace { probes } => {
            let probes = at_least("the number of probes", probes, 2)?;
            Box::new(TraceEstimate::new(weights, probes, seed, 0))
        }
        Measurement::LayerTraces { probes } => {
            Box::new(LayerTraces::new(weights, at_least("the number of probes", probes, 2)?, seed))
        }
        Measurement::Eigenvalues { pairs, products } => {
            let pairs = at_least("the number of pairs", pairs, 1)?;
            let dimension = request.objective.num_parameters();
            if pairs > dimension {
                return Err(format!("{pairs} eigenvalues were asked for, expected at most {dimension}, one a weight"));
            }
            let products = at_least("the number of products", products, 2)?;
            Box::new(Eigenvalues { lanczos: Lanczos::for_pairs(weights, pairs, TOLERANCE, products, seed), pairs })
        }
        Measurement::Density { probes, steps } => {
            let probes = at_least("the number of probes", probes, 1)?;
            Box::new(Density::new(weights, probes, at_least("the number of products", steps, 2)?, seed))
        }
        Measurement::Dense => Box::new(DenseHessian::new(weights).map_err(|err| err.to_string())?),
        Measurement::Sharpness { rho } => {
            let rho = positive("ρ", rho)?;
            let of = |kind| Sharpness::new(weights.clone(), rho, kind);
            Box::new(BothSharpnesses(vec![of(SharpnessKind::Sam), of(SharpnessKind::asam())]))
        }
        Measurement::Bound { probes, constant } => {
            let probes = at_least("the number of probes", probes, 2)?;
            let constant = positive("C", constant)?;
            let bound = Bound::new(weights, request.initial.clone(), probes, request.batch, seed);
            Box::new(BoundTerms { bound, constant })
        }
        Measurement::SecondSubset { probes } => {
            let other = request.second_subset.clone();
            let other = other.ok_or("all training examples are measured already, so there is no second subset")?;
            let probes = at_least("the number of probes", probes, 2)?;
            Box::new(TwoSubsets { check: SubsetCheck::new(&weights, probes, SUBSET_PRODUCTS, seed), other })
        }
        _ => unreachable!("`work::start` sends curvature here"),
    })
}

impl Work for TraceEstimate {
    fn findings(&self) -> Findings {
        Findings { facts: vec![estimate_fact("trace", self.estimate(), "probes")], ..Findings::default() }
    }
}

impl Work for LayerTraces {
    fn findings(&self) -> Findings {
        let mut facts = vec![estimate_fact("all tensors", self.total(), "probes")];
        facts.extend(self.result().into_iter().map(|(name, estimate)| estimate_fact(name, estimate, "probes")));
        Findings { facts, ..Findings::default() }
    }
}

struct Eigenvalues {
    lanczos: Lanczos,
    pairs: usize,
}

impl Units for Eigenvalues {
    fn advance(&mut self, objective: &Objective) -> bool {
        self.lanczos.advance(objective)
    }

    fn progress(&self) -> Progress {
        self.lanczos.progress()
    }
}

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
            found.facts.push(estimate_fact(name, moment.scaled(scale), "probes"));
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

impl Units for BoundTerms {
    fn advance(&mut self, objective: &Objective) -> bool {
        self.bound.advance(objective)
    }

    fn progress(&self) -> Progress {
        self.bound.progress()
    }
}

impl Work for BoundTerms {
    fn findings(&self) -> Findings {
        let Some(report) = self.bound.result() else { return Findings::default() };
        let formula = format!("{}·√(α r²/n)", self.constant);
        let value = |value: Option<f64>| value.unwrap_or(f64::NAN);
        let [bound, alpha, distance, num_examples] = FoundBound::NAMES;
        let facts = vec![
            Fact::exact(bound, value(report.by_examples(self.constant)), formula.clone()),
            Fact::exact("bound, α over batches", value(report.by_batches(self.constant)), formula),
            estimate_fact(alpha, report.examples.trace, "probes; the greatest of noisy ones, biased up"),
            estimate_fact("… without that bias", report.examples.unbiased, "probes"),
            estimate_fact(format!("α over batches of {}", report.batch), report.batches.trace, "probes; biased up"),
            estimate_fact("… without that bias", report.batches.unbiased, "probes"),
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
            estimate_fact("trace, measured subset", report.traces[0], "probes"),
            estimate_fact(format!("trace, {others}"), report.traces[1], "probes"),
            estimate_fact("difference of the traces", report.trace_difference, "shared probes"),
            Fact::exact("λmax, measured subset", report.lambda_max[0], "Lanczos"),
            Fact::exact(format!("λmax, {others}"), report.lambda_max[1], "Lanczos"),
        ];
        Findings { facts, ..Findings::default() }
    }
}
