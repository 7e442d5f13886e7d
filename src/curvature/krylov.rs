//! The Lanczos recurrence on a symmetric matrix that is known only by its products, with full reorthogonalisation.
//!
//! It builds an orthonormal basis Q whose members are, in turn, multiplied by A. The product of a member is orthogonalised
//! against the whole basis; what is left, normalised, joins the basis. On the m multiplied members A is known as
//! S = QᵀAQ (tridiagonal while there is one chain). An eigenpair (θ, s) of S gives the Ritz pair (θ, Qs), whose residual
//! ‖A·Qs − θ·Qs‖ is the norm of what S·s reaches outside the multiplied members. An eigenvalue of A lies within it.
//!
//! Its members are kept as precisely as the products are: of products in 32 bits, more would be rounding, and a basis of a large
//! network is most of its memory. All sums are in 64 bits.
//!
//! A basis that may not grow goes on with some of its Ritz vectors in place of the multiplied members ([`Krylov::compress`]):
//! the thick restart of Wu and Simon (SIAM J. Matrix Anal. Appl. 22, 2000), after which S is an arrow.
//!
//! Without reorthogonalisation rounding brings back copies of converged eigenvalues ("ghosts", Paige 1971). One chain
//! meets each eigenspace only once, so that true multiplicities need a second start orthogonal to all before
//! ([`Krylov::restart`]).

use std::collections::VecDeque;

use nalgebra::{DMatrix, SymmetricEigen};

use super::vectors::{Kept, norm};

/// Passes of Gram–Schmidt at most. Two are enough (Parlett) unless hardly anything but rounding is left.
const PASSES: usize = 4;
/// Numbers of all members that are combined at a time.
const BLOCK: usize = 4096;

/// A basis on its way.
#[derive(Debug, Clone)]
pub struct Krylov {
    basis: Vec<Kept>,
    /// Members of the basis that are not multiplied yet, the next one first.
    waiting: VecDeque<usize>,
    /// Members that are multiplied, in order.
    done: Vec<usize>,
    /// For each of `done`: the shares of its product in the members of the basis known then, the new one included.
    columns: Vec<Vec<f64>>,
    /// For each of `done`: the norm of what was left of its product and thrown away as rounding.
    dropped: Vec<f64>,
    precision: f64,
    /// The greatest norm of a product.
    scale: f64,
    /// Products so far, those of compressed members too.
    products: usize,
    is_finite: bool,
}

/// The Ritz pairs of a basis, by ascending value.
#[derive(Debug, Clone)]
pub struct RitzValues {
    /// θ, ascending.
    pub values: Vec<f64>,
    /// ‖A·Qs − θ·Qs‖ of each.
    pub residuals: Vec<f64>,
    /// Squared first component of each s: the weight of θ in the quadrature of the start vector's spectral measure.
    pub weights: Vec<f64>,
    /// Coefficients s of each in the multiplied members.
    coefficients: Vec<Vec<f64>>,
}

impl RitzValues {
    /// The pairs of the symmetric matrix of a basis, whose residuals are those of their coefficients.
    pub(super) fn of(matrix: &DMatrix<f64>, residual: impl Fn(&[f64]) -> f64) -> Option<Self> {
        let m = matrix.nrows();
        // Scaled to 1, so that neither tiny nor huge curvature troubles the iteration, which gives up rather than hangs.
        let scale = matrix.amax().max(f64::MIN_POSITIVE);
        let eigen = SymmetricEigen::try_new(matrix.clone() / scale, f64::EPSILON, 200 * m + 1000)?;
        let mut order: Vec<usize> = (0..m).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[a].total_cmp(&eigen.eigenvalues[b]));
        let coefficients: Vec<Vec<f64>> =
            order.iter().map(|&pair| eigen.eigenvectors.column(pair).iter().copied().collect()).collect();
        Some(Self {
            // Adding 0 makes −0 the 0 that it is.
            values: order.iter().map(|&pair| eigen.eigenvalues[pair] * scale + 0.0).collect(),
            residuals: coefficients.iter().map(|s| residual(s)).collect(),
            weights: coefficients.iter().map(|s| s[0] * s[0]).collect(),
            coefficients,
        })
    }

    /// Coefficients of the pair at an index in the multiplied members.
    pub(super) fn coefficients(&self, index: usize) -> &[f64] {
        &self.coefficients[index]
    }
}

impl Krylov {
    /// A basis that begins with `start`, normalised. Whatever of a product is smaller than `precision` times the greatest
    /// product counts as rounding; where that is no less than the rounding of 32 bits, so is the basis kept.
    #[must_use]
    pub fn new(start: Vec<f64>, precision: f64) -> Self {
        let mut new = Self {
            basis: Vec::new(),
            waiting: VecDeque::new(),
            done: Vec::new(),
            columns: Vec::new(),
            dropped: Vec::new(),
            precision,
            scale: 0.0,
            products: 0,
            is_finite: true,
        };
        new.restart(start);
        new
    }

    /// Changes what counts as rounding, from the next product on, and with it how the basis is kept.
    pub fn set_precision(&mut self, precision: f64) {
        self.precision = precision;
        if self.is_single() {
            self.basis.iter_mut().for_each(|member| *member = std::mem::replace(member, Kept::EMPTY).rounded());
        }
    }

    /// Whether members are kept in 32 bits.
    fn is_single(&self) -> bool {
        self.precision >= f64::from(f32::EPSILON)
    }

    /// Whether there is a vector to be multiplied: not where the space is invariant (or a product was not finite).
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// The vector that is to be multiplied next, where there is one.
    #[must_use]
    pub fn next(&self) -> Option<Vec<f64>> {
        self.waiting.front().map(|&index| self.basis[index].to_vec())
    }

    /// One product, made by `multiply`; false where there is nothing to multiply.
    pub fn step(&mut self, multiply: impl FnOnce(Vec<f64>) -> Vec<f64>) -> bool {
        let Some(product) = self.next().map(multiply) else { return false };
        self.extend(product);
        true
    }

    /// Takes the product of [`Krylov::next`].
    pub fn extend(&mut self, mut product: Vec<f64>) {
        let Some(index) = self.waiting.pop_front() else { return };
        let size = norm(&product);
        if !size.is_finite() {
            self.is_finite = false;
            self.waiting.clear();
            return;
        }
        self.scale = self.scale.max(size);
        let mut shares = vec![0.0; self.basis.len()];
        let rest = self.orthogonalise(&mut product, Some(&mut shares));
        let is_rounding = self.basis.len() >= product.len() || rest <= self.precision * self.scale;
        if is_rounding {
            self.dropped.push(rest);
        } else {
            shares.push(rest);
            self.dropped.push(0.0);
            self.join(product, rest);
        }
        self.done.push(index);
        self.columns.push(shares);
        self.products += 1;
    }

    /// Goes on with the Ritz vectors at the indices `kept` of `ritz` in place of the multiplied members. Their values and
    /// residuals stay what they are. No more memory is taken than the basis has.
    pub fn compress(&mut self, ritz: &RitzValues, kept: &[usize]) {
        let waiting: Vec<usize> = self.waiting.iter().copied().collect();
        let rows: Vec<&[f64]> = kept.iter().map(|&pair| ritz.coefficients[pair].as_slice()).collect();
        let column = |pair: usize, s: &[f64]| {
            let mut shares = vec![0.0; kept.len() + waiting.len()];
            shares[pair] = ritz.values[kept[pair]];
            for (place, &member) in waiting.iter().enumerate() {
                let outside = self.columns.iter().zip(s);
                shares[kept.len() + place] = outside.map(|(column, s)| column.get(member).map_or(0.0, |x| x * s)).sum();
            }
            shares
        };
        let columns = rows.iter().enumerate().map(|(pair, s)| column(pair, s)).collect();
        let dropped = rows.iter().map(|s| {
            let parts = self.dropped.iter().zip(*s).map(|(rest, s)| (rest * s).powi(2));
            parts.sum::<f64>().sqrt()
        });
        let dropped = dropped.collect();
        self.combine(&rows);
        let members = self.done[..kept.len()].iter().chain(&waiting);
        self.basis = members.map(|&member| std::mem::replace(&mut self.basis[member], Kept::EMPTY)).collect();
        self.done = (0..kept.len()).collect();
        self.waiting = (kept.len()..self.basis.len()).collect();
        (self.columns, self.dropped) = (columns, dropped);
    }

    /// Writes Σ sⱼqⱼ over the multiplied members q, for each row s, in place of the first of them.
    fn combine(&mut self, rows: &[&[f64]]) {
        let dimension = self.dimension();
        let mut old = vec![0.0; self.done.len() * BLOCK];
        let mut new = vec![0.0; BLOCK];
        for begin in (0..dimension).step_by(BLOCK) {
            let size = BLOCK.min(dimension - begin);
            for (old, &member) in old.chunks_exact_mut(BLOCK).zip(&self.done) {
                self.basis[member].read(begin, &mut old[..size]);
            }
            for (s, &member) in rows.iter().zip(&self.done) {
                new.fill(0.0);
                for (old, s) in old.chunks_exact(BLOCK).zip(*s) {
                    new.iter_mut().zip(old).for_each(|(x, q)| *x += s * q);
                }
                self.basis[member].write(begin, &new[..size]);
            }
        }
    }

    /// Vectors that are held.
    #[must_use]
    pub const fn num_held(&self) -> usize {
        self.basis.len()
    }

    /// Adds the part of `start` that is orthogonal to the basis as the next vector to be multiplied; false where the basis
    /// spans the whole space.
    pub fn restart(&mut self, mut start: Vec<f64>) -> bool {
        if self.basis.len() >= start.len() {
            return false;
        }
        let before = norm(&start);
        let rest = self.orthogonalise(&mut start, None);
        if rest.is_nan() || rest <= 1e-10 * before {
            return false;
        }
        self.join(start, rest);
        true
    }

    /// Takes the shares of `vector` in the basis out of it and adds them to `shares`; the norm of what is left.
    fn orthogonalise(&self, vector: &mut [f64], mut shares: Option<&mut Vec<f64>>) -> f64 {
        let mut before = norm(vector);
        for pass in 0..PASSES {
            for (index, member) in self.basis.iter().enumerate() {
                let share = member.dot(vector);
                member.add_to(vector, -share);
                if let Some(shares) = shares.as_deref_mut() {
                    shares[index] += share;
                }
            }
            let after = norm(vector);
            if pass > 0 && after > 0.5 * before {
                return after;
            }
            before = after;
        }
        before
    }

    fn join(&mut self, mut vector: Vec<f64>, size: f64) {
        vector.iter_mut().for_each(|x| *x /= size);
        self.waiting.push_front(self.basis.len());
        self.basis.push(Kept::new(vector, self.is_single()));
    }

    /// Products so far.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.products
    }

    /// Whether there was no product yet.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.products == 0
    }

    /// Whether all products were finite.
    #[must_use]
    pub const fn is_finite(&self) -> bool {
        self.is_finite
    }

    /// Length of the vectors.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.basis[0].len()
    }

    /// The Ritz pairs so far; `None` before the first product, or where a product was not finite.
    #[must_use]
    pub fn ritz(&self) -> Option<RitzValues> {
        let m = self.done.len();
        if m == 0 || !self.is_finite {
            return None;
        }
        let share = |a: usize, b: usize| self.columns[b].get(self.done[a]).copied().unwrap_or(0.0);
        let matrix = DMatrix::from_fn(m, m, |a, b| f64::midpoint(share(a, b), share(b, a)));
        RitzValues::of(&matrix, |s| self.residual(s))
    }

    /// ‖A·Qs − θ·Qs‖ of a Ritz pair with coefficients s.
    fn residual(&self, s: &[f64]) -> f64 {
        let outside = self.waiting.iter().map(|&member| {
            let shares =
                self.columns.iter().zip(s).map(|(column, s)| column.get(member).map_or(0.0, |share| share * s));
            shares.sum::<f64>().powi(2)
        });
        let dropped = self.dropped.iter().zip(s).map(|(rest, s)| (rest * s).powi(2));
        outside.chain(dropped).sum::<f64>().sqrt()
    }

    /// The Ritz vector Qs of the pair at `index` of `ritz`, of norm 1.
    #[must_use]
    pub fn vector(&self, ritz: &RitzValues, index: usize) -> Vec<f64> {
        let mut vector = vec![0.0; self.dimension()];
        for (&member, &s) in self.done.iter().zip(&ritz.coefficients[index]) {
            self.basis[member].add_to(&mut vector, s);
        }
        vector
    }
}
