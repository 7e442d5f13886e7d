//! The plane in which a path moves most: principal directions of its checkpoints around the final weights.
//!
//! With the offsets X = [w₁ − w, …, w_m − w] as rows (Li et al. 2018, §7.2), X Xᵀ = U Λ Uᵀ is an m × m eigenproblem, and
//! Xᵀuₖ/√λₖ are the principal directions. λₖ/Σλ is the share of the squared distances from the final weights that
//! direction k explains. The offsets are not centred on their mean: the plane goes through the final weights w.
//!
//! Nothing of size m × D is made in 64 bits: X Xᵀ is summed over blocks of columns.

use nalgebra::{DMatrix, SymmetricEigen};

use super::checks::PlaneError;
use super::path::{Checkpoint, Path};
use super::plane::Plane;
use super::vectors::dot;

/// Columns of a block.
pub(super) const BLOCK: usize = 4096;
/// Directions with less than this share of the squared distances are rounding errors of weights in 32 bits.
const LEAST_SHARE: f64 = 1e-12;

/// Principal directions of a path.
#[derive(Debug, Clone, PartialEq)]
pub struct PathPca {
    /// Orthonormal directions with `D` numbers, the most important first: coordinates along them are distances.
    pub directions: Vec<Vec<f64>>,
    /// Share of the squared distances from the final weights that each direction explains, 0 to 1.
    pub explained: Vec<f64>,
    /// Root mean square of the distances of the checkpoints from the plane of the first two directions.
    pub residual: f64,
    /// Checkpoints that were taken.
    pub checkpoints: usize,
    /// How much of the path that is, in words.
    pub thinning: String,
}

impl Path {
    /// The first `components` (at least 2) principal directions around `center`, the final weights; fewer where the
    /// path has not so many. The first checkpoint has positive coordinates along all of them.
    ///
    /// # Errors
    /// [`PlaneError::PathTooShort`] where the path does not span a plane.
    pub fn pca(&self, center: &[f64], components: usize) -> Result<PathPca, PlaneError> {
        let checkpoints: Vec<&Checkpoint> =
            self.checkpoints().iter().filter(|checkpoint| is_away(&checkpoint.weights, center)).collect();
        let too_short = PlaneError::PathTooShort { found: checkpoints.len() };
        if checkpoints.len() < 2 {
            return Err(too_short);
        }
        let principal = Principal::of(gram(&checkpoints, center), components.max(2), 0).ok_or(too_short)?;
        let mut directions = Vec::with_capacity(principal.order.len());
        for component in 0..principal.order.len() {
            let mut direction = combine(&checkpoints, center, |row| principal.factor(component, row));
            orthonormalise(&mut direction, &directions);
            directions.push(direction);
        }
        Ok(PathPca {
            directions,
            residual: principal.residual(checkpoints.len()),
            explained: principal.explained,
            checkpoints: checkpoints.len(),
            thinning: self.thinning(),
        })
    }
}

impl PathPca {
    /// The plane of the first two directions; its words tell the explained shares and what is outside.
    ///
    /// # Errors
    /// Never: principal directions have length 1.
    pub fn plane(&self) -> Result<Plane, PlaneError> {
        let [first, second] = [0, 1].map(|index| 100.0 * self.explained[index]);
        let words = format!(
            "principal directions of the path around the final weights ({}), explaining {first:.1} % and {second:.1} % \
             of its squared distances, root mean square distance from the plane {:.3}, in absolute distance",
            self.thinning, self.residual
        );
        Plane::from_vectors(self.directions[0].clone(), self.directions[1].clone(), words)
    }
}

/// The greatest eigenvalues of X Xᵀ and their vectors.
pub(super) struct Principal {
    vectors: DMatrix<f64>,
    /// Columns of the eigenvectors, by their eigenvalues, and the sign that each is taken with.
    pub order: Vec<(usize, f64)>,
    /// Shares of the eigenvalues.
    pub explained: Vec<f64>,
    /// The eigenvalues.
    values: Vec<f64>,
    /// Their sum, that of those that are left out too.
    total: f64,
}

impl Principal {
    /// At least two and at most `components` of them, with positive factors at row `first`; `None` where there are fewer.
    pub fn of(gram: DMatrix<f64>, components: usize, first: usize) -> Option<Self> {
        let eigen = SymmetricEigen::new(gram);
        let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
        order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
        let total: f64 = eigen.eigenvalues.iter().sum();
        let share = |index: usize| eigen.eigenvalues[index].max(0.0) / total;
        order.retain(|&index| share(index) > LEAST_SHARE);
        order.truncate(components);
        // An eigenvector has no sign of its own.
        let sign = |index: usize| if eigen.eigenvectors[(first, index)] < 0.0 { -1.0 } else { 1.0 };
        if order.len() < 2 {
            return None;
        }
        Some(Self {
            explained: order.iter().map(|&index| share(index)).collect(),
            values: order.iter().map(|&index| eigen.eigenvalues[index]).collect(),
            order: order.iter().map(|&index| (index, sign(index))).collect(),
            vectors: eigen.eigenvectors,
            total,
        })
    }

    /// What row `row` of X counts in direction `component`, before that is given length 1.
    pub fn factor(&self, component: usize, row: usize) -> f64 {
        let (column, sign) = self.order[component];
        sign * self.vectors[(row, column)]
    }

    /// Where row `row` lies along direction `component`.
    pub fn coordinate(&self, component: usize, row: usize) -> f64 {
        self.factor(component, row) * self.values[component].sqrt()
    }

    /// Root mean square of the distances of `count` rows from the plane of the first two directions.
    pub fn residual(&self, count: usize) -> f64 {
        let outside = (1.0 - self.explained[0] - self.explained[1]).max(0.0) * self.total;
        (outside / count as f64).sqrt()
    }
}

/// Whether a checkpoint is another point than the final weights, which it holds in 32 bits.
fn is_away(weights: &[f32], center: &[f64]) -> bool {
    weights.iter().zip(center).any(|(&w, &c)| w != c as f32)
}

/// X Xᵀ of the offsets from `center`.
fn gram(checkpoints: &[&Checkpoint], center: &[f64]) -> DMatrix<f64> {
    let m = checkpoints.len();
    let mut sum = DMatrix::zeros(m, m);
    for start in (0..center.len()).step_by(BLOCK) {
        let width = BLOCK.min(center.len() - start);
        let block = DMatrix::from_fn(m, width, |row, column| {
            let place = start + column;
            f64::from(checkpoints[row].weights[place]) - center[place]
        });
        sum += &block * block.transpose();
    }
    sum
}

/// Σ factorᵣ·(wᵣ − w).
fn combine(checkpoints: &[&Checkpoint], center: &[f64], factor: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sum = vec![0.0; center.len()];
    for (row, checkpoint) in checkpoints.iter().enumerate() {
        let factor = factor(row);
        let offsets = checkpoint.weights.iter().zip(center).map(|(&w, c)| f64::from(w) - c);
        sum.iter_mut().zip(offsets).for_each(|(sum, offset)| *sum += factor * offset);
    }
    sum
}

/// Takes away from `vector` what lies along `others`, which are orthonormal, and gives it length 1. Directions of small
/// eigenvalues are orthogonal only to the square root of the precision.
pub(super) fn orthonormalise(vector: &mut [f64], others: &[Vec<f64>]) {
    for _ in 0..2 {
        for other in others {
            let share = dot(vector, other);
            vector.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
        }
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
    }
}
