//! Both ends of the Hessian's spectrum as they move: a few products at new weights, from the vectors of the last ones.
//!
//! Between two looks the weights move little, and so do the eigenvectors at both ends. At new weights the last two vectors are
//! multiplied first; what their products reach beyond them, the residuals, are two more directions, and the directions of the
//! last correction another two. The Ritz values in the span of those that were multiplied are the figures: the Rayleigh–Ritz step of
//! LOBPCG (Knyazev, SIAM J. Sci. Comput. 23, 2001) without a preconditioner, at one step after another of a moving matrix. All
//! products of a figure are of one matrix, so that the largest value is a lower bound of the largest eigenvalue, the smallest
//! an upper bound of the smallest, and each has its residual.

use std::collections::VecDeque;

use burn::tensor::Tensor;
use nalgebra::{DMatrix, SymmetricEigen};

use crate::curvature::vectors::{dot, norm};
use crate::curvature::{Lanczos, SpectrumEnds};
use crate::model::{Objective, Purpose, gaussian, to_host};

/// Products of the solve that the first vectors come from.
const FIRST_PRODUCTS: usize = 8;
/// What is mixed into a residual, as a share of it, so that no eigenvector is ever shut out.
const MIXED: f64 = 0.1;
/// A vector of which orthogonalisation leaves less than this lies in the span already.
const NOTHING: f64 = 1e-7;

/// The ends of a spectrum that follow a run.
#[derive(Debug, Clone)]
pub struct StreamedEnds {
    seed: u64,
    /// Random vectors so far, which name their streams.
    drawn: u64,
    /// The last vectors at the upper and at the lower end.
    vectors: Option<[Vec<f64>; 2]>,
    /// What the last figure added to the vectors before it.
    corrections: Vec<Vec<f64>>,
    work: Option<Work>,
}

#[derive(Debug, Clone)]
enum Work {
    First(Box<Lanczos>),
    Next(Box<Next>),
}

/// A figure that goes on from vectors.
#[derive(Debug, Clone)]
struct Next {
    weights: Tensor<2>,
    span: Span,
    /// Vectors that are to be multiplied.
    waiting: VecDeque<Vec<f64>>,
    most: usize,
    has_residuals: bool,
}

/// An orthonormal basis with its products.
#[derive(Debug, Clone, Default)]
struct Span {
    basis: Vec<Vec<f64>>,
    products: Vec<Vec<f64>>,
}

/// A Ritz pair of a span.
struct Pair {
    value: f64,
    vector: Vec<f64>,
    /// Hv − θv.
    residual: Vec<f64>,
    coefficients: Vec<f64>,
}

impl StreamedEnds {
    /// Ends of which nothing is known yet.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, drawn: 0, vectors: None, corrections: Vec::new(), work: None }
    }

    /// Forgets all vectors: what comes next belongs to other weights or to another loss.
    pub fn restart(&mut self) {
        *self = Self { drawn: self.drawn, ..Self::new(self.seed) };
    }

    /// Goes on from these vectors at the upper and at the lower end, those of an exact solve nearby.
    pub fn go_on_from(&mut self, vectors: [Vec<f64>; 2]) {
        self.vectors = Some(vectors);
        self.corrections.clear();
    }

    /// Whether a figure is under way.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.work.is_some()
    }

    /// Begins a figure at `weights` `[1, D]` of at most `most` products, which are 3 to 6; the first one takes a few more.
    pub fn begin(&mut self, weights: Tensor<2>, most: usize) {
        self.work = Some(match &self.vectors {
            None => Work::First(Box::new(Lanczos::new(weights, FIRST_PRODUCTS, None, self.seed))),
            Some(vectors) => {
                let waiting = vectors.iter().cloned().collect();
                let span = Span::default();
                Work::Next(Box::new(Next { weights, span, waiting, most, has_residuals: false }))
            }
        });
    }

    /// One Hessian-vector product of the figure that is under way; the figure where it is complete. All products of a figure are
    /// to be of one objective. A figure with a product that is not finite is given up without a result.
    pub fn advance(&mut self, objective: &Objective) -> Option<SpectrumEnds> {
        let work = self.work.take()?;
        match work {
            Work::First(mut lanczos) => {
                if !lanczos.advance(objective) {
                    self.work = Some(Work::First(lanczos));
                    return None;
                }
                let mut spectrum = lanczos.spectrum(1, true);
                let upper = spectrum.largest.pop()?.vector?;
                let lower = spectrum.smallest.pop()?.vector?;
                self.go_on_from([upper, lower]);
                lanczos.ends()
            }
            Work::Next(mut next) => {
                if !next.multiply(objective) {
                    return None;
                }
                if next.waiting.is_empty() && !next.has_residuals {
                    next.has_residuals = true;
                    next.waiting = self.directions(&next.span);
                }
                if next.span.basis.len() < next.most && !next.waiting.is_empty() {
                    self.work = Some(Work::Next(next));
                    return None;
                }
                self.settle(&next.span)
            }
        }
    }

    /// Where the last vectors may be corrected: along their residuals, the greater one first, and along the last corrections.
    fn directions(&mut self, span: &Span) -> VecDeque<Vec<f64>> {
        let Some(pairs) = span.ends() else { return VecDeque::new() };
        let mut residuals = pairs.map(|pair| pair.residual);
        residuals.sort_by(|a, b| norm(b).total_cmp(&norm(a)));
        let mut directions: VecDeque<Vec<f64>> = VecDeque::new();
        for mut residual in residuals {
            let dimension = residual.len();
            let share = MIXED * norm(&residual) / (dimension as f64).sqrt();
            let mixed = gaussian(self.seed, Purpose::StreamedEnds, self.drawn, dimension);
            self.drawn += 1;
            residual.iter_mut().zip(mixed).for_each(|(x, m)| *x += share * f64::from(m));
            directions.push_back(residual);
        }
        directions.extend(self.corrections.drain(..));
        directions
    }

    /// The figure of a span, whose vectors are where the next begins.
    fn settle(&mut self, span: &Span) -> Option<SpectrumEnds> {
        let [upper, lower] = span.ends()?;
        let correction = |pair: &Pair| {
            // The first two of the basis span the vectors that it began with.
            let mut added = vec![0.0; pair.vector.len()];
            for (q, &s) in span.basis.iter().zip(&pair.coefficients).skip(2) {
                added.iter_mut().zip(q).for_each(|(x, q)| *x += s * q);
            }
            added
        };
        self.corrections = [&upper, &lower].map(correction).into();
        let found = SpectrumEnds {
            largest: upper.value,
            smallest: lower.value,
            largest_residual: norm(&upper.residual),
            smallest_residual: norm(&lower.residual),
            products: span.basis.len(),
            warm_start: upper.vector.iter().zip(&lower.vector).map(|(a, b)| a + b).collect(),
        };
        self.vectors = Some([upper.vector, lower.vector]);
        Some(found)
    }
}

impl Next {
    /// One product, of the first vector that waits and adds something; false where it is not finite.
    fn multiply(&mut self, objective: &Objective) -> bool {
        let vector = std::iter::from_fn(|| self.waiting.pop_front()).find_map(|vector| self.span.orthonormal(vector));
        let Some(vector) = vector else { return true };
        let direction = objective.compute().tensor_f64(vector.clone(), [1, vector.len()]);
        let product = to_host(objective.hessian_product(self.weights.clone(), direction).product);
        let is_finite = product.iter().all(|x| x.is_finite());
        self.span.push(vector, product);
        is_finite
    }
}

impl Span {
    /// The part of a vector outside of the span, normalised; `None` where nothing is left.
    fn orthonormal(&self, mut vector: Vec<f64>) -> Option<Vec<f64>> {
        let before = norm(&vector);
        for _ in 0..2 {
            for q in &self.basis {
                let share = dot(&vector, q);
                vector.iter_mut().zip(q).for_each(|(x, q)| *x -= share * q);
            }
        }
        let size = norm(&vector);
        if size.is_nan() || size <= NOTHING * before {
            return None;
        }
        vector.iter_mut().for_each(|x| *x /= size);
        Some(vector)
    }

    fn push(&mut self, vector: Vec<f64>, product: Vec<f64>) {
        self.basis.push(vector);
        self.products.push(product);
    }

    /// The Ritz pairs at the upper and at the lower end; `None` for an empty span.
    fn ends(&self) -> Option<[Pair; 2]> {
        let m = self.basis.len();
        let entry = |a: usize, b: usize| dot(&self.basis[a], &self.products[b]);
        let matrix = DMatrix::from_fn(m, m, |a, b| f64::midpoint(entry(a, b), entry(b, a)));
        let scale = if m == 0 { return None } else { matrix.amax().max(f64::MIN_POSITIVE) };
        let eigen = SymmetricEigen::try_new(matrix / scale, f64::EPSILON, 1000)?;
        let by_value = |&a: &usize, &b: &usize| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]);
        let (upper, lower) = ((0..m).max_by(by_value)?, (0..m).min_by(by_value)?);
        Some([upper, lower].map(|pair| {
            let coefficients: Vec<f64> = eigen.eigenvectors.column(pair).iter().copied().collect();
            let value = eigen.eigenvalues[pair] * scale + 0.0;
            let sum = |of: &[Vec<f64>]| {
                let mut sum = vec![0.0; of[0].len()];
                for (vector, &s) in of.iter().zip(&coefficients) {
                    sum.iter_mut().zip(vector).for_each(|(x, y)| *x += s * y);
                }
                sum
            };
            let (vector, mut residual) = (sum(&self.basis), sum(&self.products));
            residual.iter_mut().zip(&vector).for_each(|(x, v)| *x -= value * v);
            Pair { value, vector, residual, coefficients }
        }))
    }
}
