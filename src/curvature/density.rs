//! The density of eigenvalues by stochastic Lanczos quadrature (Golub & Welsch 1969; Ghorbani, Krishnan, Xiao 2019).
//!
//! The spectral measure is μ(λ) = (1/D) Σᵢ δ(λ − λᵢ). For a random unit vector v, m Lanczos products give a tridiagonal T
//! with eigenpairs (θᵢ, sᵢ), and Σᵢ τᵢ f(θᵢ) with τᵢ = (first component of sᵢ)² approximates vᵀf(H)v: exactly so for
//! polynomials up to degree 2m − 1. The mean over probes v tends to ∫f dμ = Tr f(H)/D. Probes are random signs over √D.

use std::ops::Range;

use burn::tensor::Tensor;
use serde::Serialize;

use crate::model::{Objective, Purpose, rademacher, to_host};
use crate::protocol::{Estimate, Progress};

use super::krylov::Krylov;

/// Probes that go on side by side, where the memory allows it.
const PROBES_AT_ONCE: usize = 8;
/// Numbers that the bases of the probes at work may hold together: 1 GiB.
const BASIS_BUDGET: usize = 1 << 27;
/// Width of the smoothing Gaussian as a share of the spectrum's width, where none is asked for.
const DEFAULT_WIDTH: f64 = 0.01;
/// Width where the whole spectrum is one value, as a share of its size.
const POINT_WIDTH: f64 = 1e-6;
/// The widest a smoothing Gaussian reaches, in standard deviations: beyond, it is below 1e-14 of its top.
const REACH: f64 = 8.0;

/// A density on its way.
#[derive(Debug, Clone)]
pub struct Density {
    weights: Tensor<2>,
    /// Its first probe: 0, but for a piece of a density.
    first: usize,
    /// Where its probes end.
    probes: usize,
    steps: usize,
    seed: u64,
    /// Probes at work, of which each has as many products as the others.
    at_work: Vec<Krylov>,
    /// Products of those at work.
    products: usize,
    finished: Vec<Vec<Node>>,
}

/// A node of the quadrature.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Node {
    /// θ, where the eigenvalues are.
    pub value: f64,
    /// Share of the eigenvalues that it stands for.
    pub weight: f64,
}

/// The spectral measure as far as it is known.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SpectralDensity {
    /// D, the number of eigenvalues.
    pub dimension: usize,
    /// Probes that are complete.
    pub probes: usize,
    /// Products of each probe at most.
    pub steps: usize,
    /// Nodes of all probes, by ascending value; the weights add up to 1.
    pub nodes: Vec<Node>,
    /// ∫λᵏdμ for k = 1 to 4, with standard errors over the probes. Times D they are Tr Hᵏ.
    pub moments: [Estimate; 4],
}

/// A smoothed density, for a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DensityCurve {
    /// Eigenvalues, ascending, equally spaced.
    pub values: Vec<f64>,
    /// Density at each, per unit of the eigenvalue; its integral is 1.
    pub density: Vec<f64>,
    /// Standard deviation of the Gaussian that every node was smoothed with, in the eigenvalue's unit.
    pub width: f64,
}

impl Density {
    /// Starts a density at `weights` `[1, D]` with `probes` probes of `steps` products each.
    #[must_use]
    pub const fn new(weights: Tensor<2>, probes: usize, steps: usize, seed: u64) -> Self {
        Self { weights, first: 0, probes, steps, seed, at_work: Vec::new(), products: 0, finished: Vec::new() }
    }

    /// A piece of it: some of its probes, each with the nodes that it has in the whole.
    #[must_use]
    pub fn only(self, probes: Range<usize>) -> Self {
        Self { first: probes.start, probes: probes.end.min(self.probes), ..self }
    }

    /// Probes that a piece has a multiple of, with so many products each: those that go on side by side.
    #[must_use]
    pub fn border(objective: &Objective, steps: usize) -> usize {
        let dimension = objective.num_parameters();
        let fitting = BASIS_BUDGET / (steps.min(dimension) * dimension).max(1);
        PROBES_AT_ONCE.min(objective.chunk_size()).min(fitting).max(1)
    }

    /// The density with what its pieces found: the nodes of each probe, in order.
    #[must_use]
    pub fn known(self, finished: Vec<Vec<Node>>) -> Self {
        Self { finished, ..self }
    }

    /// The nodes of each complete probe, with weights that add up to 1.
    #[must_use]
    pub fn finished(&self) -> &[Vec<Node>] {
        &self.finished
    }

    fn is_complete(&self) -> bool {
        self.first + self.finished.len() >= self.probes
    }

    /// One product of each probe at work; true when the density is complete.
    pub fn advance(&mut self, objective: &Objective) -> bool {
        if self.is_complete() || self.steps == 0 {
            return true;
        }
        let dimension = objective.num_parameters();
        if self.at_work.is_empty() {
            self.begin(objective);
        }
        let active: Vec<&mut Krylov> = self.at_work.iter_mut().filter(|krylov| krylov.is_waiting()).collect();
        if !active.is_empty() {
            let directions: Vec<f64> = active.iter().filter_map(|krylov| krylov.next()).flatten().collect();
            let rows = active.len();
            let directions = objective.compute().tensor_f64(directions, [rows, dimension]);
            let products = objective.hessian_product(self.weights.clone().repeat_dim(0, rows), directions).product;
            let products = to_host(products);
            active
                .into_iter()
                .zip(products.chunks(dimension))
                .for_each(|(krylov, product)| krylov.extend(product.to_vec()));
        }
        self.products += 1;
        if self.products >= self.steps || self.at_work.iter().all(|krylov| !krylov.is_waiting()) {
            self.finished.extend(self.at_work.drain(..).map(|krylov| nodes(&krylov)));
        }
        self.is_complete()
    }

    fn begin(&mut self, objective: &Objective) {
        let dimension = objective.num_parameters();
        let most = Self::border(objective, self.steps);
        let first = self.first + self.finished.len();
        let precision = objective.compute().epsilon().max(1e-12);
        self.products = 0;
        self.at_work = (first..self.probes.min(first + most))
            .map(|probe| {
                let signs = rademacher(self.seed, Purpose::Density, probe as u64, dimension);
                Krylov::new(signs.into_iter().map(f64::from).collect(), precision)
            })
            .collect();
    }

    /// Products done and in all, each probe's counted; probes whose Krylov space is complete sooner count as whole.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let done = self.finished.len() * self.steps + self.at_work.len() * self.products;
        Progress { done: done as u64, total: (self.probes.saturating_sub(self.first) * self.steps) as u64 }
    }

    /// The density from the probes that are complete. A probe with a product that was NaN or infinite makes the moments
    /// NaN and leaves no nodes.
    #[must_use]
    pub fn result(&self) -> SpectralDensity {
        let probes = self.finished.len();
        let share = 1.0 / probes as f64;
        let mut nodes: Vec<Node> = self.finished.iter().flatten().copied().collect();
        nodes.iter_mut().for_each(|node| node.weight *= share);
        nodes.sort_by(|a, b| a.value.total_cmp(&b.value));
        let moment = |power: i32| {
            Estimate::of(self.finished.iter().map(|nodes| {
                let sum: f64 = nodes.iter().map(|node| node.weight * node.value.powi(power)).sum();
                if nodes.is_empty() { f64::NAN } else { sum }
            }))
        };
        SpectralDensity {
            dimension: self.weights.dims()[1],
            probes,
            steps: self.steps,
            nodes,
            moments: [moment(1), moment(2), moment(3), moment(4)],
        }
    }
}

/// The quadrature of one probe.
fn nodes(krylov: &Krylov) -> Vec<Node> {
    let Some(ritz) = krylov.ritz() else { return Vec::new() };
    ritz.values.iter().zip(&ritz.weights).map(|(&value, &weight)| Node { value, weight }).collect()
}

impl SpectralDensity {
    /// The density on `points` equally spaced eigenvalues, each node smoothed by a Gaussian of standard deviation `width`
    /// (by default 1 % of the spectrum's width; where that is 0, a millionth of its size, or a millionth). The grid reaches four widths beyond the outermost nodes. Empty without
    /// nodes or with fewer than two points.
    #[must_use]
    pub fn curve(&self, points: usize, width: Option<f64>) -> DensityCurve {
        let (Some(first), Some(last)) = (self.nodes.first(), self.nodes.last()) else {
            return DensityCurve { values: Vec::new(), density: Vec::new(), width: f64::NAN };
        };
        // A spectrum of one value has no width of its own, and one that is all at 0 no size either.
        let size = last.value.abs().max(first.value.abs());
        let own = (DEFAULT_WIDTH * (last.value - first.value)).max(POINT_WIDTH * size);
        let width = width.unwrap_or(if own.is_normal() { own } else { POINT_WIDTH });
        if points < 2 {
            return DensityCurve { values: Vec::new(), density: Vec::new(), width };
        }
        let (low, high) = (first.value - 4.0 * width, last.value + 4.0 * width);
        let at = |i: usize| low + (high - low) * i as f64 / (points - 1) as f64;
        let values: Vec<f64> = (0..points).map(at).collect();
        let top = 1.0 / (width * std::f64::consts::TAU.sqrt());
        let density = values.iter().map(|&x| {
            let near = self.nodes.iter().filter(|node| (x - node.value).abs() <= REACH * width);
            top * near.map(|node| node.weight * (-0.5 * ((x - node.value) / width).powi(2)).exp()).sum::<f64>()
        });
        DensityCurve { density: density.collect(), values, width }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::vectors::dot;

    /// The quadrature of `start` on a diagonal matrix after `steps` products.
    fn quadrature(diagonal: &[f64], start: &[f64], steps: usize) -> Vec<Node> {
        let mut krylov = Krylov::new(start.to_vec(), 1e-14);
        for _ in 0..steps {
            krylov.step(|x| x.iter().zip(diagonal).map(|(x, d)| x * d).collect());
        }
        nodes(&krylov)
    }

    #[test]
    fn one_start_vector_gives_moments_up_to_twice_the_steps_exactly() {
        let diagonal: Vec<f64> = (0..40).map(|i| f64::from(i * i % 17) * 0.2 - 1.3 + f64::from(i) * 0.01).collect();
        let start: Vec<f64> = (0..40).map(|i| 1.0 + f64::from(i % 7)).collect();
        let size = dot(&start, &start);
        for steps in 1..=8 {
            let nodes = quadrature(&diagonal, &start, steps);
            for power in 0..2 * steps as i32 {
                let found: f64 = nodes.iter().map(|node| node.weight * node.value.powi(power)).sum();
                let terms = start.iter().zip(&diagonal).map(|(v, d)| v * v * d.powi(power) / size);
                let expected: f64 = terms.clone().sum();
                let scale: f64 = terms.map(f64::abs).sum();
                assert!((found - expected).abs() <= 1e-10 * scale, "{steps} steps, power {power}: {found}, {expected}");
            }
        }
        // One power further it is no longer exact, or the test above would show nothing.
        let nodes = quadrature(&diagonal, &start, 2);
        let found: f64 = nodes.iter().map(|node| node.weight * node.value.powi(4)).sum();
        let expected: f64 = start.iter().zip(&diagonal).map(|(v, d)| v * v * d.powi(4) / size).sum();
        assert!((found - expected).abs() > 1e-6 * expected, "{found}, {expected}");
    }

    #[test]
    fn weights_are_squared_first_components() {
        // Two eigenvalues, the start nearly along the first: T's eigenvectors have first components √0.9 and √0.1. Other
        // components, or a mean of all, would give other weights.
        let nodes = quadrature(&[2.0, -1.0], &[0.9_f64.sqrt(), 0.1_f64.sqrt()], 2);
        assert!((nodes[0].value + 1.0).abs() < 1e-12 && (nodes[1].value - 2.0).abs() < 1e-12);
        assert!((nodes[0].weight - 0.1).abs() < 1e-12 && (nodes[1].weight - 0.9).abs() < 1e-12, "{nodes:?}");
    }

    #[test]
    fn a_curve_integrates_to_one_and_says_its_width() {
        let nodes = vec![Node { value: -1.0, weight: 0.25 }, Node { value: 3.0, weight: 0.75 }];
        let moments = [Estimate::of([]); 4];
        let density = SpectralDensity { dimension: 4, probes: 1, steps: 2, nodes, moments };
        let curve = density.curve(2001, Some(0.1));
        let step = curve.values[1] - curve.values[0];
        let integral: f64 = curve.density.iter().sum::<f64>() * step;
        assert!((integral - 1.0).abs() < 1e-3, "{integral}");
        assert!((density.curve(101, None).width - 0.04).abs() < 1e-12);
    }
}
