//! The whole Hessian of a small network, so that everything else can be checked against it.
//!
//! Its columns are exact Hessian-vector products with unit vectors. H is symmetric; what rounding leaves of
//! ½(H − Hᵀ) is reported, and ½(H + Hᵀ) goes on.

use burn::tensor::Tensor;
use nalgebra::DMatrix;

use crate::model::{Objective, to_host};
use crate::protocol::Progress;

/// The greatest D of a dense Hessian: 32 MB, and some seconds for its eigenvalues.
pub const DENSE_LIMIT: usize = 2_000;
/// Columns of one unit at most.
const COLUMNS_PER_UNIT: usize = 16;

/// Why there is no dense Hessian.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DenseError {
    /// The network is too large.
    #[error("the network has {parameters} parameters, expected at most {DENSE_LIMIT} for a dense Hessian")]
    TooLarge {
        /// D.
        parameters: usize,
    },
}

/// A dense Hessian on its way.
#[derive(Debug, Clone)]
pub struct DenseHessian {
    weights: Tensor<2>,
    /// Columns so far, one after the other.
    columns: Vec<f64>,
    result: Option<DenseSpectrum>,
}

/// The dense Hessian and its whole spectrum.
#[derive(Debug, Clone, PartialEq)]
pub struct DenseSpectrum {
    /// ½(H + Hᵀ), row-major `[D, D]`.
    pub hessian: Vec<f64>,
    /// All D eigenvalues, ascending; empty where H is not finite.
    pub eigenvalues: Vec<f64>,
    /// Sum of the diagonal.
    pub trace: f64,
    /// ‖H‖_F, the root of the sum of squares.
    pub frobenius: f64,
    /// Greatest |Hᵢⱼ − Hⱼᵢ| before symmetrising, as a share of the greatest |Hᵢⱼ|: rounding.
    pub asymmetry: f64,
}

impl DenseSpectrum {
    /// The diagonal of H, `[D]`.
    #[must_use]
    pub fn diagonal(&self) -> Vec<f64> {
        let dimension = self.hessian.len().isqrt();
        self.hessian.iter().step_by(dimension + 1).copied().collect()
    }

    /// Variance of vᵀHv for one random-sign probe v, 2(‖H‖²_F − Σ Hᵢᵢ²) (Hutchinson 1990): over the number of probes it is
    /// the squared standard error of a Hutchinson trace.
    #[must_use]
    pub fn probe_variance(&self) -> f64 {
        2.0 * (self.frobenius.powi(2) - self.diagonal().iter().map(|x| x * x).sum::<f64>())
    }
}

impl DenseHessian {
    /// Starts the Hessian at `weights` `[1, D]`.
    ///
    /// # Errors
    /// [`DenseError`] where D is above [`DENSE_LIMIT`].
    pub fn new(weights: Tensor<2>) -> Result<Self, DenseError> {
        let parameters = weights.dims()[1];
        if parameters > DENSE_LIMIT {
            return Err(DenseError::TooLarge { parameters });
        }
        Ok(Self { weights, columns: Vec::new(), result: None })
    }

    /// One unit of work, some columns; true when the Hessian is complete. The last unit solves for the eigenvalues, which
    /// takes seconds near [`DENSE_LIMIT`].
    pub fn advance(&mut self, objective: &Objective) -> bool {
        let dimension = self.weights.dims()[1];
        let done = self.done();
        if done < dimension {
            let unit = COLUMNS_PER_UNIT.min(objective.chunk_size()).min(dimension - done);
            let mut rows = vec![0.0_f32; unit * dimension];
            (0..unit).for_each(|row| rows[row * dimension + done + row] = 1.0);
            let directions = objective.compute().tensor(rows, [unit, dimension]);
            let weights = self.weights.clone().repeat_dim(0, unit);
            self.columns.extend(to_host(objective.hessian_product(weights, directions).product));
        } else if self.result.is_none() {
            self.result = Some(spectrum(&self.columns, dimension));
        }
        self.result.is_some()
    }

    fn done(&self) -> usize {
        self.columns.len() / self.weights.dims()[1]
    }

    /// Columns done and in all, the eigenvalues counted as one more.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let done = self.done() + usize::from(self.result.is_some());
        Progress { done: done as u64, total: self.weights.dims()[1] as u64 + 1 }
    }

    /// The result; `None` before the Hessian is complete.
    #[must_use]
    pub const fn result(&self) -> Option<&DenseSpectrum> {
        self.result.as_ref()
    }
}

fn spectrum(columns: &[f64], dimension: usize) -> DenseSpectrum {
    let raw = DMatrix::from_column_slice(dimension, dimension, columns);
    let greatest = raw.amax();
    let asymmetry = (&raw - raw.transpose()).amax() / greatest.max(f64::MIN_POSITIVE);
    let symmetric = (&raw + raw.transpose()) * 0.5;
    let mut eigenvalues = Vec::new();
    // The iteration would never end on NaN.
    if columns.iter().all(|x| x.is_finite()) {
        let scale = greatest.max(f64::MIN_POSITIVE);
        eigenvalues.extend((&symmetric / scale).symmetric_eigenvalues().iter().map(|value| value * scale + 0.0));
        eigenvalues.sort_by(f64::total_cmp);
    }
    DenseSpectrum {
        trace: symmetric.trace(),
        frobenius: symmetric.norm(),
        // Symmetric, so that columns are rows.
        hessian: symmetric.as_slice().to_vec(),
        eigenvalues,
        asymmetry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Compute;

    #[test]
    fn a_network_that_is_too_large_is_refused_in_words() {
        let weights = Compute::cpu().tensor(vec![0.0; DENSE_LIMIT + 1], [1, DENSE_LIMIT + 1]);
        let message = DenseHessian::new(weights).unwrap_err().to_string();
        assert_eq!(message, "the network has 2001 parameters, expected at most 2000 for a dense Hessian");
    }

    #[test]
    fn what_is_not_symmetric_is_reported() {
        let found = spectrum(&[2.0, 1.5, 0.5, 4.0], 2);
        assert!((found.asymmetry - 0.25).abs() < 1e-15);
        assert_eq!(found.hessian, [2.0, 1.0, 1.0, 4.0]);
        assert!((found.trace - 6.0).abs() < 1e-15 && (found.frobenius.powi(2) - 22.0).abs() < 1e-12);
        let roots = [3.0 - 2.0_f64.sqrt(), 3.0 + 2.0_f64.sqrt()];
        assert!(found.eigenvalues.iter().zip(roots).all(|(a, b)| (a - b).abs() < 1e-12), "{:?}", found.eigenvalues);
        // One probe (1, ±1) gives 8 or 4: variance 4.
        assert!((found.probe_variance() - 4.0).abs() < 1e-12);
    }

    #[test]
    fn a_hessian_that_is_not_finite_has_no_eigenvalues() {
        assert!(spectrum(&[f64::NAN, 0.0, 0.0, 1.0], 2).eigenvalues.is_empty());
    }
}
