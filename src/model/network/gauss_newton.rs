//! The Gauss–Newton part of the Hessian: G = (1/N) Σ Jᵀ H_z J over the answers, with the Jacobian J of the outputs z and the Hessian H_z of
//! the loss by the outputs (Schraudolph 2002).
//!
//! ∇²L = G + (1/N) Σ Σₖ (∂ℓ/∂zₖ)·∇²zₖ. G is positive semidefinite, since the losses are convex in the outputs; what separates it from
//! the Hessian is the curvature of the network itself, weighted by the residuals. Cross-entropy of shares t (Σt = 1, or 0 where an answer does
//! not count) has H_z = Σt·(diag p − ppᵀ) with p = softmax z; the mean squared error over k outputs has H_z = 2/k.
//!
//! Gv takes one forward of duals for ż = Jv, and one reverse pass over values for Jᵀ(H_z·ż); vᵀGv = żᵀ·H_z·ż needs no reverse pass.

use burn::tensor::{Tensor, activation};

use super::{Answers, Network, gradients_of};
use crate::config::LossKind;
use crate::model::arithmetic::{Arithmetic, Dual, Value};
use crate::model::batch::{Batch, Goal};
use crate::model::leaf::{DualLeaf, Leaf};

impl Network {
    /// Whether the loss is one of rows of outputs, each by itself: with two towers it is not, and there is no Gauss–Newton part here.
    #[must_use]
    pub const fn has_gauss_newton(&self) -> bool {
        !self.is_joint()
    }

    /// Gv, one a row: `weights` and `directions` are `[P, D]`. Only where [`Self::has_gauss_newton`].
    #[must_use]
    pub fn gauss_newton_product(&self, weights: Tensor<2>, directions: &Tensor<2>, batch: &Batch) -> Tensor<2> {
        let bent = self.bent(&weights, directions, batch).1;
        let leaves: Vec<Leaf> = self.split(&weights).into_iter().map(Leaf::tracked).collect();
        let outputs = rows(self.forward::<Value>(leaves.clone(), batch));
        let grads = (outputs * bent).sum().backward();
        gradients_of(&leaves, &grads)
    }

    /// vᵀGv of each row of `directions` `[R, D] → [R]`, around one row of `weights` `[1, D]`. Only where
    /// [`Self::has_gauss_newton`].
    #[must_use]
    pub fn gauss_newton_values(&self, weights: &Tensor<2>, directions: &Tensor<2>, batch: &Batch) -> Tensor<1> {
        let count = directions.dims()[0];
        let (along, bent) = self.bent(&weights.clone().repeat_dim(0, count), directions, batch);
        (along * bent).sum_dim(2).sum_dim(1).reshape([count])
    }

    /// ż = Jv of each answer and H_z·ż over the number of targets, `[P, rows, k]` each.
    fn bent(&self, weights: &Tensor<2>, directions: &Tensor<2>, batch: &Batch) -> (Tensor<3>, Tensor<3>) {
        let leaves = self.split(weights).into_iter().zip(self.split(directions));
        let duals: Vec<DualLeaf> = leaves.map(|(value, first)| DualLeaf { value, first }).collect();
        let outputs = rows(self.forward::<Dual>(duals, batch));
        let (z, along) = (outputs.value, outputs.first.expect("weights have a direction, so outputs change along it"));
        let share = (batch.num_targets().max(1) as f64).recip();
        let bent = match &batch.goal {
            Goal::Shares(_) if self.loss == LossKind::Mse => along.clone() * (2.0 / z.dims()[2] as f64),
            Goal::Shares(targets) => bent_by_softmax(z, along.clone(), targets.clone()),
            Goal::Tokens(goal) => bent_by_softmax(z, along.clone(), goal.shares(self.architecture.outputs)),
            Goal::Pairs(_) => unreachable!("pairs are of two towers, which have no Gauss–Newton part here"),
        };
        (along, bent * share)
    }
}

/// The outputs of one chain.
fn rows<A: Arithmetic>(answers: Answers<A>) -> A::T<3> {
    match answers {
        Answers::Rows(outputs) => outputs,
        Answers::Pairs(_) => unreachable!("two towers have no Gauss–Newton part here"),
    }
}

/// Σt·(p ⊙ ż − p·(pᵀż)) of logits, their changes, and shares `[1, rows, k]`.
fn bent_by_softmax(logits: Tensor<3>, along: Tensor<3>, targets: Tensor<3>) -> Tensor<3> {
    let p = activation::softmax(logits, 2);
    let weighted = p.clone() * along;
    (weighted.clone() - p * weighted.sum_dim(2)) * targets.sum_dim(2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ModelConfig;
    use crate::model::{Compute, Purpose, Targets, gaussian, to_host};

    const EXAMPLES: usize = 7;

    fn numbers(index: u64, count: usize) -> Vec<f64> {
        gaussian(11, Purpose::Directions, index, count).into_iter().map(|x| 0.7 * f64::from(x)).collect()
    }

    /// A network with a batch in 64 bits, and a row of weights.
    fn case(loss: LossKind, layers: &[&str]) -> (Network, Batch, Vec<f64>) {
        let network = Network::new(&ModelConfig::new(&[3], loss, layers.iter().copied())).expect("a valid model");
        let x = numbers(1, 3 * EXAMPLES);
        let batch = network.batch(&x, Targets::Classes(&[0, 1, 2, 2, 1, 0, 0]), &Compute::cpu_f64());
        let weights = numbers(2, network.num_parameters());
        (network, batch, weights)
    }

    fn row(values: &[f64]) -> Tensor<2> {
        Compute::cpu_f64().tensor_f64(values.to_vec(), [1, values.len()])
    }

    /// JᵀH_zJ/N, written down: J by central differences of the outputs, H_z by the formula.
    fn explicit(network: &Network, batch: &Batch, weights: &[f64]) -> Vec<Vec<f64>> {
        const STEP: f64 = 1e-5;
        let outputs = |weights: &[f64]| to_host(network.outputs(&row(weights), batch));
        let (dimension, z) = (weights.len(), outputs(weights));
        let jacobian: Vec<Vec<f64>> = (0..dimension)
            .map(|d| {
                let at = |sign: f64| {
                    let mut moved = weights.to_vec();
                    moved[d] += sign * STEP;
                    outputs(&moved)
                };
                at(1.0).iter().zip(at(-1.0)).map(|(plus, minus)| (plus - minus) / (2.0 * STEP)).collect()
            })
            .collect();
        let k = z.len() / EXAMPLES;
        let output_hessian = |n: usize, a: usize, b: usize| {
            if network.loss() == LossKind::Mse {
                return if a == b { 2.0 / k as f64 } else { 0.0 };
            }
            let total: f64 = z[n * k..(n + 1) * k].iter().map(|z| z.exp()).sum();
            let p = |c: usize| z[n * k + c].exp() / total;
            if a == b { p(a) - p(a) * p(a) } else { -p(a) * p(b) }
        };
        let entry = |i: usize, j: usize| {
            let mut sum = 0.0;
            for n in 0..EXAMPLES {
                for a in 0..k {
                    for b in 0..k {
                        sum += jacobian[i][n * k + a] * output_hessian(n, a, b) * jacobian[j][n * k + b];
                    }
                }
            }
            sum / EXAMPLES as f64
        };
        (0..dimension).map(|i| (0..dimension).map(|j| entry(i, j)).collect()).collect()
    }

    #[test]
    fn products_are_those_of_the_explicit_matrix() {
        for loss in [LossKind::CrossEntropy, LossKind::Mse] {
            for layers in [&["linear 5", "tanh", "linear 3"][..], &["linear 4", "gelu", "linear 4", "relu", "linear 3"]]
            {
                let (network, batch, weights) = case(loss, layers);
                let matrix = explicit(&network, &batch, &weights);
                let scale = matrix.iter().flatten().fold(0.0, |most: f64, x| most.max(x.abs()));
                for index in 3..6 {
                    let v = numbers(index, weights.len());
                    let expected: Vec<f64> =
                        matrix.iter().map(|row| row.iter().zip(&v).map(|(a, b)| a * b).sum()).collect();
                    let found = to_host(network.gauss_newton_product(row(&weights), &row(&v), &batch));
                    let worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
                    assert!(worst < 1e-8 * scale * v.len() as f64, "{loss:?} {layers:?}: {worst}");
                    let value = to_host(network.gauss_newton_values(&row(&weights), &row(&v), &batch))[0];
                    let expected: f64 = expected.iter().zip(&v).map(|(a, b)| a * b).sum();
                    assert!((value - expected).abs() < 1e-8 * expected.abs(), "{loss:?}: {value} {expected}");
                }
            }
        }
    }

    #[test]
    fn of_linear_outputs_it_is_the_hessian() {
        for loss in [LossKind::CrossEntropy, LossKind::Mse] {
            let (network, batch, weights) = case(loss, &["linear 3"]);
            let directions = Tensor::cat(vec![row(&numbers(4, 12)), row(&numbers(5, 12))], 0);
            let both = row(&weights).repeat_dim(0, 2);
            let hessian = to_host(network.hessian_product(both.clone(), directions.clone(), &batch).product);
            let found = to_host(network.gauss_newton_product(both, &directions, &batch));
            assert!(found.iter().zip(&hessian).all(|(a, b)| (a - b).abs() < 1e-12), "{loss:?}: {found:?} {hessian:?}");
        }
    }
}
