//! A solve without its matrix: which vector to multiply next, and when it is enough.

use crate::curvature::krylov::{Krylov, RitzValues};
use crate::curvature::vectors::norm;
use crate::model::{Purpose, gaussian};

/// Remainders below this share of the greatest product are rounding even in 64 bits.
pub(super) const LEAST_PRECISION: f64 = 1e-12;
/// Products of a chain that looks for eigenvalues which the chains before it missed, at most.
const CONFIRMATION: usize = 24;

/// When a solve for several pairs may end.
#[derive(Debug, Clone, Copy)]
pub(in crate::curvature) struct Target {
    pub k: usize,
    pub tolerance: f64,
}

/// The search for eigenvalues.
#[derive(Debug, Clone)]
pub(in crate::curvature) struct Search {
    pub krylov: Krylov,
    pub max_products: usize,
    /// Vectors that the basis may hold; beyond it goes on with the Ritz vectors nearest to both ends.
    most_held: usize,
    seed: u64,
    restarts: u64,
    target: Option<Target>,
    /// The values at both ends when the last confirming chain began, and the number of products at which it may end.
    confirming: Option<(Vec<f64>, usize)>,
    /// Number of products at which the residuals are looked at next.
    next_check: usize,
    pub is_complete: bool,
    pub has_converged: bool,
}

impl Search {
    pub fn new(start: Vec<f64>, max_products: usize, seed: u64, target: Option<Target>) -> Self {
        Self::within(usize::MAX, start, max_products, seed, target)
    }

    /// A search for both ends from a random vector, with at most so many products.
    pub fn from_random(dimension: usize, max_products: usize, seed: u64) -> Self {
        Self::new(random_unit(seed, 0, dimension), max_products, seed, None)
    }

    /// The same with a basis of at most `most_held` vectors, which are enough for 2k pairs and as many again.
    pub fn within(most_held: usize, start: Vec<f64>, max_products: usize, seed: u64, target: Option<Target>) -> Self {
        Self {
            max_products: max_products.min(start.len()),
            most_held: most_held.max(target.map_or(0, |target| 4 * target.k + 6)),
            krylov: Krylov::new(start, LEAST_PRECISION),
            seed,
            restarts: 0,
            target,
            confirming: None,
            next_check: target.map_or(0, |target| 2 * target.k),
            is_complete: max_products == 0,
            has_converged: false,
        }
    }

    /// One product, made by `multiply`; true when the search is complete.
    pub fn step(&mut self, multiply: impl FnOnce(Vec<f64>) -> Vec<f64>) -> bool {
        if !self.is_complete && self.krylov.step(multiply) {
            self.settle();
        }
        self.is_complete
    }

    fn settle(&mut self) {
        let products = self.krylov.len();
        if !self.krylov.is_finite() {
            self.is_complete = true;
        } else if let Some(target) = self.target {
            if products >= self.max_products {
                self.is_complete = true;
                // Products in all dimensions leave nothing to be missed; without, a chain that confirms is still owed.
                let spans_all = products == self.krylov.dimension() && !self.is_bounded();
                self.has_converged = spans_all && self.converged_ends(target).is_some();
                return;
            }
            if products >= self.next_check {
                self.check(target);
            }
            if !self.is_complete && !self.krylov.is_waiting() {
                self.restart();
            }
            if !self.is_complete && self.krylov.num_held() >= self.most_held {
                self.compress(target);
            }
        } else {
            self.is_complete = products >= self.max_products || !self.krylov.is_waiting();
        }
    }

    /// Ends the search, or sends out a chain that confirms, or says when to look again.
    fn check(&mut self, target: Target) {
        let products = self.krylov.len();
        let Some(ends) = self.converged_ends(target) else {
            self.next_check = products + (products / 8).max(1);
            return;
        };
        // A chain that confirms brings eigenvalues that come several times, of which one at each end needs none. Of a large
        // matrix its products are saved.
        if target.k == 1 && self.is_bounded() {
            self.is_complete = true;
            self.has_converged = true;
            return;
        }
        match &self.confirming {
            Some((_, until)) if products < *until => self.next_check = *until,
            Some((before, _)) if is_same(before, &ends, target.tolerance) => {
                self.is_complete = true;
                self.has_converged = true;
            }
            _ => {
                let until = products + products.min(CONFIRMATION);
                self.confirming = Some((ends, until));
                self.next_check = until;
                self.restart();
            }
        }
    }

    /// Pairs at each end that are wanted; `None` where the ends are.
    pub fn num_pairs(&self) -> Option<usize> {
        self.target.map(|target| target.k)
    }

    /// Whether the basis may become too large.
    const fn is_bounded(&self) -> bool {
        self.most_held <= self.max_products
    }

    /// Goes on with two thirds of the vectors, those nearest to both ends: slow ends then take fewer products than with half of them.
    fn compress(&mut self, target: Target) {
        let Some(ritz) = self.krylov.ritz() else { return };
        let m = ritz.values.len();
        let each = (self.most_held / 3).max(target.k + 1).min((m - 1) / 2);
        let kept: Vec<usize> = (0..each).chain(m - each..m).collect();
        self.krylov.compress(&ritz, &kept);
    }

    /// A fresh random chain, orthogonal to all before.
    fn restart(&mut self) {
        self.restarts += 1;
        let start = random_unit(self.seed, self.restarts, self.krylov.dimension());
        // Without room for another direction nothing waits, and the number of products ends the search.
        self.is_complete = !self.krylov.restart(start) && !self.krylov.is_waiting();
    }

    /// The 2k values at both ends where all their residuals are small enough.
    fn converged_ends(&self, target: Target) -> Option<Vec<f64>> {
        let RitzValues { values, residuals, .. } = self.krylov.ritz()?;
        let (m, k) = (values.len(), target.k.min(self.krylov.dimension()));
        if m < k {
            return None;
        }
        let limit = target.tolerance * values[0].abs().max(values[m - 1].abs());
        let ends = || (0..k).chain(m - k..m);
        ends().all(|pair| residuals[pair] <= limit).then(|| ends().map(|pair| values[pair]).collect())
    }
}

/// Whether two lists of converged values are the same up to the tolerance that they converged to.
fn is_same(a: &[f64], b: &[f64], tolerance: f64) -> bool {
    let radius = a.iter().chain(b).fold(0.0, |radius: f64, x| radius.max(x.abs()));
    let slack = 2.0 * tolerance.max(1e-12) * radius;
    a.iter().zip(b).all(|(a, b)| (a - b).abs() <= slack)
}

/// A warm start with a share of a random vector, or that vector alone.
pub(super) fn warm_or_random(dimension: usize, warm_start: Option<&[f64]>, seed: u64) -> Vec<f64> {
    let mut start = random_unit(seed, 0, dimension);
    if let Some(warm) = warm_start {
        start.iter_mut().zip(warm).for_each(|(x, w)| *x = 0.1 * *x + w);
    }
    start
}

/// A random direction of norm 1, uniform on the sphere.
pub(super) fn random_unit(seed: u64, index: u64, dimension: usize) -> Vec<f64> {
    let mut vector: Vec<f64> = gaussian(seed, Purpose::Lanczos, index, dimension).into_iter().map(f64::from).collect();
    let size = norm(&vector);
    vector.iter_mut().for_each(|x| *x /= size);
    vector
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::curvature::vectors::dot;

    /// A search on a diagonal matrix, seen in a rotated frame (a Householder reflection), so that no start vector and no
    /// rounding knows its axes.
    fn solve(diagonal: &[f64], max_products: usize, target: Option<Target>) -> Search {
        solve_within(usize::MAX, diagonal, max_products, target)
    }

    fn solve_within(held: usize, diagonal: &[f64], max_products: usize, target: Option<Target>) -> Search {
        let mut search = Search::within(held, random_unit(5, 0, diagonal.len()), max_products, 5, target);
        let axis = random_unit(77, 0, diagonal.len());
        let reflect = |x: &[f64]| -> Vec<f64> {
            let share = 2.0 * dot(x, &axis);
            x.iter().zip(&axis).map(|(x, a)| x - share * a).collect()
        };
        let multiply = |x: Vec<f64>| {
            let turned: Vec<f64> = reflect(&x).iter().zip(diagonal).map(|(x, d)| x * d).collect();
            reflect(&turned)
        };
        while !search.step(multiply) {}
        search
    }

    fn ends(search: Search) -> (f64, f64, usize, [f64; 2]) {
        let ritz = search.krylov.ritz().unwrap();
        let last = ritz.values.len() - 1;
        (ritz.values[last], ritz.values[0], search.krylov.len(), [ritz.residuals[last], ritz.residuals[0]])
    }

    #[test]
    fn both_ends_of_a_known_spectrum() {
        let diagonal: Vec<f64> = (0..60).map(|i| f64::from(i) * 0.1 - 2.0).collect();
        let (largest, smallest, _, residuals) = ends(solve(&diagonal, 60, None));
        assert!((largest - 3.9).abs() < 1e-8 && (smallest + 2.0).abs() < 1e-8, "{largest}, {smallest}");
        assert!(residuals.iter().all(|residual| *residual < 1e-4), "{residuals:?}");
    }

    #[test]
    fn a_negative_end_that_is_larger_in_size_is_not_taken_for_the_largest() {
        let mut diagonal = vec![1.0; 30];
        diagonal[4] = -9.0;
        diagonal[7] = 3.0;
        let (largest, smallest, products, _) = ends(solve(&diagonal, 30, None));
        assert!((largest - 3.0).abs() < 1e-9 && (smallest + 9.0).abs() < 1e-9, "{largest}, {smallest}");
        assert_eq!(products, 3, "three different eigenvalues need three products");
    }

    /// Checks the `k` values at both ends of a converged search against the sorted diagonal.
    fn check_pairs(mut diagonal: Vec<f64>, k: usize, tolerance: f64) -> usize {
        let search = solve(&diagonal, diagonal.len(), Some(Target { k, tolerance }));
        assert!(search.has_converged, "not converged after {} products", search.krylov.len());
        diagonal.sort_by(f64::total_cmp);
        let ritz = search.krylov.ritz().unwrap();
        let (m, n) = (ritz.values.len(), diagonal.len());
        let radius = diagonal[0].abs().max(diagonal[n - 1].abs());
        for i in 0..k {
            for (found, expected) in [(ritz.values[i], diagonal[i]), (ritz.values[m - 1 - i], diagonal[n - 1 - i])] {
                let error = (found - expected).abs();
                assert!(error <= tolerance * radius, "pair {i}: {found}, expected {expected}, {m} products");
            }
        }
        m
    }

    #[test]
    fn clusters_come_exactly_as_often_as_they_should() {
        // A cluster at 1 with gaps of 1e-6, separated values on both sides, and a smooth bulk.
        let mut diagonal: Vec<f64> = (0..6).map(|i| 1.0 + 1e-6 * f64::from(i)).collect();
        diagonal.extend([4.0, 2.5, -1.5, -0.7]);
        diagonal.extend((0..90).map(|i| 0.003 * f64::from(i)));
        // Ten largest: 4, 2.5, the six of the cluster and two of the bulk, told apart to 1e-9.
        check_pairs(diagonal.clone(), 10, 1e-9);
        // Resolved only as a whole, each of the six must still be there.
        check_pairs(diagonal, 8, 1e-4);
    }

    #[test]
    fn equal_eigenvalues_are_found_as_often_as_they_are_there() {
        let mut diagonal: Vec<f64> = (0..200).map(|i| 0.002 * f64::from(i)).collect();
        diagonal[..8].copy_from_slice(&[5.0, 5.0, 5.0, 3.0, 3.0, -2.0, -2.0, -2.0]);
        let products = check_pairs(diagonal, 5, 1e-8);
        assert!(products < 200, "{products} products: all of them, so nothing is shown");
        // A matrix of few eigenvalues: every chain ends after three products.
        let mut diagonal = vec![0.0; 40];
        diagonal[..5].copy_from_slice(&[2.0, 2.0, 1.0, 1.0, 1.0]);
        check_pairs(diagonal, 7, 1e-10);
    }

    #[test]
    fn there_are_no_ghosts() {
        // 300 products on a matrix whose extremes converge after a few: without reorthogonalisation they come back.
        let mut diagonal: Vec<f64> = (0..300).map(|i| 0.01 * f64::from(i)).collect();
        diagonal[0] = 100.0;
        diagonal[1] = -40.0;
        let search = solve(&diagonal, 300, None);
        let ritz = search.krylov.ritz().unwrap();
        let near = |value: f64| ritz.values.iter().filter(|found| (*found - value).abs() < 1e-3).count();
        assert_eq!((near(100.0), near(-40.0)), (1, 1));
        assert!(search.krylov.len() > 200, "only {} products", search.krylov.len());
    }

    #[test]
    fn a_basis_that_may_not_grow_finds_the_same_ends() {
        // A smooth bulk with three values at either end, so that a short basis has to restart many times.
        let mut diagonal: Vec<f64> = (0..500).map(|i| 1e-3 * f64::from(i)).collect();
        diagonal[..6].copy_from_slice(&[0.62, 0.6, 0.55, -0.2, -0.15, -0.1]);
        for (k, held) in [(1, 10), (3, 24)] {
            let target = Target { k, tolerance: 1e-6 };
            let search = solve_within(held, &diagonal, 400, Some(target));
            assert!(search.has_converged, "not converged after {} products", search.krylov.len());
            assert!(search.krylov.num_held() <= held + 1 && search.krylov.len() > held, "{}", search.krylov.len());
            let ritz = search.krylov.ritz().unwrap();
            let m = ritz.values.len();
            for (i, (low, high)) in [(-0.2, 0.62), (-0.15, 0.6), (-0.1, 0.55)].into_iter().enumerate().take(k) {
                assert!((ritz.values[i] - low).abs() < 1e-6, "{}, expected {low}", ritz.values[i]);
                assert!((ritz.values[m - 1 - i] - high).abs() < 1e-6, "{}, expected {high}", ritz.values[m - 1 - i]);
                assert!(ritz.residuals[i].max(ritz.residuals[m - 1 - i]) < 1e-6);
            }
            let vector = search.krylov.vector(&ritz, m - 1);
            assert!((norm(&vector) - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn a_basis_in_32_bits_finds_the_ends_as_well_as_its_products_tell_them() {
        let mut diagonal: Vec<f64> = (0..500).map(|i| 1e-3 * f64::from(i)).collect();
        diagonal[..4].copy_from_slice(&[0.62, 0.6, -0.2, -0.15]);
        for held in [10, usize::MAX] {
            let target = Some(Target { k: 1, tolerance: 1e-5 });
            let mut search = Search::within(held, random_unit(5, 0, diagonal.len()), 400, 5, target);
            search.krylov.set_precision(f64::from(f32::EPSILON));
            let multiply = |x: Vec<f64>| x.iter().zip(&diagonal).map(|(x, d)| f64::from((x * d) as f32)).collect();
            while !search.step(multiply) {}
            assert!(search.has_converged, "not converged after {} products", search.krylov.len());
            let ritz = search.krylov.ritz().unwrap();
            let last = ritz.values.len() - 1;
            let errors = [(ritz.values[last] - 0.62).abs(), (ritz.values[0] + 0.2).abs()];
            assert!(errors.iter().all(|error| *error < 1e-6), "{errors:?}");
            // Of products of the vectors themselves, the residuals are what they are said to be, but for rounding.
            for pair in [0, last] {
                let vector = search.krylov.vector(&ritz, pair);
                let rest: Vec<f64> = vector.iter().zip(&diagonal).map(|(v, d)| (d - ritz.values[pair]) * v).collect();
                assert!(norm(&rest) < ritz.residuals[pair] + 1e-6, "{}, told {}", norm(&rest), ritz.residuals[pair]);
                assert!((norm(&vector) - 1.0).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn a_product_that_is_not_finite_ends_the_search() {
        let mut search = Search::new(random_unit(1, 0, 5), 5, 1, Some(Target { k: 1, tolerance: 1e-6 }));
        assert!(search.step(|x| vec![f64::NAN; x.len()]));
        assert!(search.krylov.ritz().is_none() && !search.has_converged);
    }
}
