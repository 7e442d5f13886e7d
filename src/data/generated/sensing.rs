//! Matrix sensing: a matrix X = U∗U∗ᵀ of small rank is to be found from measurements ⟨Aᵢ, X⟩ (Li, Ma & Zhang 2018).
//!
//! U∗ is `[d, rank]` and Aᵢ = (B + Bᵀ)/2, all entries of U∗ and B standard normal. An example is Aᵢ/2, row by row, with the
//! target ⟨Aᵢ/2, X⟩: with the layer `gram` its squared error is (⟨Aᵢ, UUᵀ⟩ − ⟨Aᵢ, X⟩)²/4, so that the training loss over m
//! measurements is f(U) = (1/4m)·Σ(⟨Aᵢ, UUᵀ⟩ − yᵢ)², whose gradient is (1/m)·Σ(⟨Aᵢ, UUᵀ⟩ − yᵢ)·AᵢU. Where UUᵀ = X, the trace
//! of its Hessian is (2/m)·Σ‖AᵢU‖², in the mean over the measurements (d + 1)·‖U‖².
//!
//! Test examples are no measurements of that kind but an orthonormal basis of the symmetric matrices, scaled so that the squared
//! error's mean over all d(d+1)/2 of them is ‖UUᵀ − X‖²/‖X‖²: the test loss is the distance to the truth.

use std::f64::consts::SQRT_2;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

use super::super::streams::{Purpose, rng};
use super::super::{Dataset, Labels, limit};
use crate::config::DataConfig;

/// Rows of the matrix where no model says how many.
pub(in super::super) const USUAL_SIDE: usize = 20;

/// Measurements, and the basis of the symmetric matrices in its own order.
pub(in super::super) struct Sensing {
    /// As many as training and validation ask for.
    pub measurements: Dataset,
    /// d(d+1)/2 examples.
    pub basis: Dataset,
}

/// Measurements of a matrix of `side` rows, and the basis.
///
/// # Errors
/// A sentence where they would take more memory than is allowed.
pub(in super::super) fn generate(config: &DataConfig, side: usize) -> Result<Sensing, String> {
    let n = config.train_size.saturating_add(config.validation_size);
    let numbers = n.saturating_add(basis_len(side)).saturating_mul(side * side);
    limit::allow("the measurements and the basis", 4 * numbers as u64)?;
    let mut rng = rng(config.seed, Purpose::Points);
    let truth = Truth::new(side, config.rank, &mut rng);
    let mut measurements = Rows::with_capacity(n, side);
    for _ in 0..n {
        let matrix = measurement(side, &mut rng);
        let noise: f64 = rng.sample(StandardNormal);
        measurements.push(matrix, |matrix| truth.inner(matrix) + 0.5 * config.noise * noise);
    }
    let mut basis = Rows::with_capacity(basis_len(side), side);
    let scale = (basis_len(side) as f64).sqrt() / truth.norm();
    for (row, column) in (0..side).flat_map(|row| (row..side).map(move |column| (row, column))) {
        let mut matrix = vec![0.0; side * side];
        let entry = if row == column { scale } else { scale / SQRT_2 };
        matrix[row * side + column] = entry as f32;
        matrix[column * side + row] = entry as f32;
        basis.push(matrix, |matrix| truth.inner(matrix));
    }
    Ok(Sensing { measurements: measurements.into_dataset(), basis: basis.into_dataset() })
}

/// Dimensions of the symmetric matrices of `side` rows.
pub(in super::super) const fn basis_len(side: usize) -> usize {
    side.saturating_mul(side + 1) / 2
}

/// (B + Bᵀ)/4 with standard normal B, row by row.
fn measurement(side: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let drawn: Vec<f64> = (0..side * side).map(|_| rng.sample(StandardNormal)).collect();
    let at = |row: usize, column: usize| 0.25 * (drawn[row * side + column] + drawn[column * side + row]);
    (0..side * side).map(|place| at(place / side, place % side) as f32).collect()
}

/// X = U∗U∗ᵀ, row by row.
struct Truth(Vec<f64>);

impl Truth {
    fn new(side: usize, rank: usize, rng: &mut ChaCha8Rng) -> Self {
        let factor: Vec<f64> = (0..side * rank).map(|_| rng.sample(StandardNormal)).collect();
        let row = |row: usize| &factor[row * rank..(row + 1) * rank];
        let entry = |place: usize| row(place / side).iter().zip(row(place % side)).map(|(a, b)| a * b).sum();
        Self((0..side * side).map(entry).collect())
    }

    fn inner(&self, matrix: &[f32]) -> f64 {
        self.0.iter().zip(matrix).map(|(x, &a)| x * f64::from(a)).sum()
    }

    fn norm(&self) -> f64 {
        self.0.iter().map(|x| x * x).sum::<f64>().sqrt()
    }
}

/// Examples as they come.
struct Rows {
    x: Vec<f32>,
    targets: Vec<f32>,
    side: usize,
}

impl Rows {
    fn with_capacity(n: usize, side: usize) -> Self {
        Self { x: Vec::with_capacity(n * side * side), targets: Vec::with_capacity(n), side }
    }

    fn push(&mut self, matrix: Vec<f32>, target: impl FnOnce(&[f32]) -> f64) {
        self.targets.push(target(&matrix) as f32);
        self.x.extend(matrix);
    }

    fn into_dataset(self) -> Dataset {
        let y = Labels::Values { of: self.targets, outputs: 1 };
        Dataset { x: self.x, shape: vec![self.side * self.side], y }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::config;
    use super::*;
    use crate::config::DataSource;

    const SIDE: usize = 6;

    fn made(rank: usize) -> Sensing {
        let sizes = DataConfig { train_size: 4000, noise: 0.0, rank, ..config(DataSource::MatrixSensing) };
        generate(&sizes, SIDE).unwrap()
    }

    fn targets(data: &Dataset) -> &[f32] {
        let Labels::Values { of, outputs: 1 } = &data.y else { panic!("{:?}", data.y) };
        of
    }

    /// X out of the targets of the basis.
    fn truth(basis: &Dataset) -> Vec<f64> {
        let mut x = vec![0.0; SIDE * SIDE];
        for (i, &target) in targets(basis).iter().enumerate() {
            let matrix = basis.example(i);
            let square: f64 = matrix.iter().map(|&a| f64::from(a).powi(2)).sum();
            x.iter_mut().zip(matrix).for_each(|(x, &a)| *x += f64::from(target) * f64::from(a) / square);
        }
        x
    }

    #[test]
    fn the_basis_measures_the_squared_distance_to_the_truth() {
        let Sensing { basis, measurements } = made(2);
        assert_eq!(basis.len(), 21);
        let x = truth(&basis);
        let norm: f64 = x.iter().map(|x| x * x).sum();
        // Of any symmetric matrix, here one drawn at random.
        let other: Vec<f64> = measurements.example(0).iter().map(|&a| 3.0 * f64::from(a)).collect();
        let distance = x.iter().zip(&other).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / norm;
        let loss = (0..basis.len()).map(|i| {
            let found: f64 = basis.example(i).iter().zip(&other).map(|(&a, y)| f64::from(a) * y).sum();
            (found - f64::from(targets(&basis)[i])).powi(2)
        });
        let loss = loss.sum::<f64>() / basis.len() as f64;
        assert!((loss - distance).abs() < 1e-5 * distance, "{loss}, expected {distance}");
    }

    #[test]
    fn measurements_are_of_the_truth_which_has_the_rank_asked_for() {
        let Sensing { basis, measurements } = made(2);
        let x = truth(&basis);
        for i in 0..50 {
            let expected: f64 = measurements.example(i).iter().zip(&x).map(|(&a, x)| f64::from(a) * x).sum();
            let found = f64::from(targets(&measurements)[i]);
            assert!((found - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{found}, expected {expected}");
        }
        let eigen = nalgebra::SymmetricEigen::new(nalgebra::DMatrix::from_row_slice(SIDE, SIDE, &x));
        let (small, large) = eigen.eigenvalues.iter().partition::<Vec<f64>, _>(|value| value.abs() < 1e-4);
        assert_eq!((small.len(), large.len()), (SIDE - 2, 2), "{:?}", eigen.eigenvalues);
        assert!(large.iter().all(|&value| value > 0.0));
    }

    #[test]
    fn halved_measurements_have_variance_a_quarter_on_the_diagonal_and_an_eighth_beside_it() {
        let Sensing { measurements, .. } = made(1);
        let variance =
            |place: usize| (0..4000).map(|i| f64::from(measurements.example(i)[place]).powi(2)).sum::<f64>() / 4000.0;
        for place in 0..SIDE * SIDE {
            let expected = if place / SIDE == place % SIDE { 0.25 } else { 0.125 };
            // Five standard errors of a variance of 4 000 normal numbers.
            assert!((variance(place) / expected - 1.0).abs() < 5.0 * (2.0 / 4000.0_f64).sqrt(), "{place}");
            let mirrored = place % SIDE * SIDE + place / SIDE;
            assert!((0..4000).all(|i| measurements.example(i)[place] == measurements.example(i)[mirrored]));
        }
    }

    #[test]
    fn noise_is_added_to_the_measurements_alone() {
        let noisy = DataConfig { train_size: 2000, noise: 0.4, rank: 1, ..config(DataSource::MatrixSensing) };
        let clean = DataConfig { noise: 0.0, ..noisy.clone() };
        let (noisy, clean) = (generate(&noisy, SIDE).unwrap(), generate(&clean, SIDE).unwrap());
        assert_eq!((&noisy.measurements.x, &noisy.basis), (&clean.measurements.x, &clean.basis));
        let differences = targets(&noisy.measurements).iter().zip(targets(&clean.measurements));
        let square = differences.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / 2000.0;
        // Half of 0.4, since measurements are halved; five standard errors.
        assert!((square / 0.04 - 1.0).abs() < 5.0 * (2.0 / 2000.0_f64).sqrt(), "{square}");
    }
}
