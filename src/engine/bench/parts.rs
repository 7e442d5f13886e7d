//! Where the time of a figure is: what its parts take alone, and what is left of the whole.

use crate::model::{Purpose, gaussian, rademacher, to_host};

use super::timing::time;
use super::{Bench, Figure};

/// A part of a figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// What is done, such as "forward passes".
    pub what: &'static str,
    /// All of it in one run of the figure, in milliseconds. What is left after the others may be a little below 0, since they
    /// are timed by themselves.
    pub ms: f64,
}

/// Runs of a part at most.
const RUNS: usize = 5;

impl Bench {
    /// The parts of a figure whose whole took `ms`; the last one is what the others leave.
    #[must_use]
    pub fn parts(&self, figure: Figure, ms: f64) -> Vec<Part> {
        let (mut parts, rest) = match figure {
            Figure::SgdStep => (vec![self.forward(1, 1)], "backward pass and step"),
            Figure::SamStep => (vec![self.forward(1, 2)], "backward passes and step"),
            Figure::NsoStepK1 => (self.noisy(1), "backward passes and step"),
            Figure::NsoStepK4 => (self.noisy(4), "backward passes and step"),
            Figure::NsoStepK16 => (self.noisy(16), "backward passes and step"),
            Figure::Slice51 => (Vec::new(), "points and their losses"),
            Figure::Trace64 => (vec![self.signs(64)], "jets"),
            Figure::TopEig20 => (vec![self.products(20)], "Krylov basis"),
        };
        let known: f64 = parts.iter().map(|part| part.ms).sum();
        parts.push(Part { what: rest, ms: ms - known });
        parts
    }

    /// The losses at so many rows of weights at once, so many times.
    fn forward(&self, population: usize, times: usize) -> Part {
        let weights = self.population(population);
        let once = time(RUNS, || {
            std::hint::black_box(to_host(self.objective.losses(weights.clone())));
        });
        Part { what: "forward passes", ms: once.ms * times as f64 }
    }

    /// What a step with `k` pairs of noise does before its backward passes.
    fn noisy(&self, k: usize) -> Vec<Part> {
        let dimension = self.objective.num_parameters();
        let numbers = time(RUNS, || {
            std::hint::black_box(gaussian(0, Purpose::Noise, 0, k * dimension));
        });
        let clean = self.forward(1, 1);
        let points = self.forward(2 * k, 1);
        vec![Part { what: "random numbers", ms: numbers.ms }, Part { ms: clean.ms + points.ms, ..points }]
    }

    fn signs(&self, probes: usize) -> Part {
        let dimension = self.objective.num_parameters();
        let signs = time(RUNS, || {
            std::hint::black_box(rademacher(0, Purpose::Probes, 0, probes * dimension));
        });
        Part { what: "random signs", ms: signs.ms }
    }

    fn products(&self, count: usize) -> Part {
        let weights = self.population(1);
        let once = time(RUNS, || {
            let product = self.objective.hessian_product(weights.clone(), weights.clone()).product;
            std::hint::black_box(to_host(product.slice([0..1, 0..1])));
        });
        Part { what: "Hessian-vector products", ms: once.ms * count as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::bench::Work;
    use crate::model::Compute;

    #[test]
    fn parts_add_up_to_the_whole() {
        let bench = Bench::new(Work::Mlp, &Compute::cpu());
        for figure in Figure::ALL {
            let parts = bench.parts(figure, 1e6);
            let (last, known) = parts.split_last().unwrap();
            assert!(known.iter().all(|part| part.ms > 0.0), "{figure:?}: {parts:?}");
            assert!((parts.iter().map(|part| part.ms).sum::<f64>() - 1e6).abs() < 1e-6, "{figure:?}: {parts:?}");
            assert!(last.ms > 0.0, "{figure:?}: {parts:?}");
        }
    }
}
