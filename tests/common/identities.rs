//! What holds at every point of every network, whatever its examples are.

use burn::tensor::Tensor;
use flatscape::model::{Batch, Compute, Network, to_host};

use super::{Failures, dot, norm, rows};

/// A network with examples at a point, in 64 bits.
pub struct AtPoint<'a> {
    pub name: &'a str,
    pub network: &'a Network,
    pub batch: &'a Batch,
    pub w: &'a [f64],
}

impl AtPoint<'_> {
    /// A population gives what its members give one by one; `members` are rows of weights, each with its direction.
    pub fn check_population(&self, members: &[Vec<f64>], directions: &[Vec<f64>], failures: &mut Failures) {
        let together = self.pass(members, directions);
        let mut apart = together.clone().map(|(figure, _)| (figure, Vec::new()));
        for (member, direction) in members.iter().zip(directions) {
            let one = self.pass(std::slice::from_ref(member), std::slice::from_ref(direction));
            apart.iter_mut().zip(one).for_each(|((_, all), (_, one))| all.extend(one));
        }
        for ((figure, together), (_, apart)) in together.iter().zip(&apart) {
            failures.relative(&format!("{} {figure}", self.name), together, apart, 1e-12);
        }
    }

    /// vᵀHw is wᵀHv, and the curvatures of jets are those of the Hessian's products, however they are grouped; there are
    /// four directions.
    pub fn check_symmetry(&self, directions: &[Vec<f64>], failures: &mut Failures) {
        let compute = Compute::cpu_f64();
        let weights: Tensor<2> = rows(&[self.w.to_vec()], &compute);
        // One row of weights for each direction, all copies.
        let copies = weights.clone().repeat_dim(0, 4);
        let products = to_host(self.network.hessian_product(copies, rows(directions, &compute), self.batch).product);
        let products: Vec<&[f64]> = products.chunks(self.w.len()).collect();
        let bilinear = |i: usize, j: usize| dot(products[i], &directions[j]);
        let scale = norm(products[0]) * norm(&directions[1]);
        failures.distance(self.name, &[bilinear(0, 1)], &[bilinear(1, 0)], 1e-13, scale);
        for groups in [4, 2, 1] {
            let sums = self.network.curvature_sums(weights.clone(), rows(directions, &compute), groups, self.batch);
            let own: Vec<f64> = (0..4).map(|i| bilinear(i, i)).collect();
            let expected: Vec<f64> = own.chunks(4 / groups).map(|group| group.iter().sum()).collect();
            failures.distance(&format!("{} {groups} groups", self.name), &to_host(sums), &expected, 1e-11, scale);
        }
    }

    /// Losses, gradients and Hessian products of rows, as one list of numbers each.
    fn pass(&self, weights: &[Vec<f64>], directions: &[Vec<f64>]) -> [(&'static str, Vec<f64>); 8] {
        let compute = Compute::cpu_f64();
        let weights = rows(weights, &compute);
        let (loss, gradient) = self.network.gradients(weights.clone(), self.batch);
        let product = self.network.hessian_product(weights.clone(), rows(directions, &compute), self.batch);
        let [value, right] = self.network.outcomes(weights.clone(), self.batch);
        [
            ("losses", to_host(self.network.losses(weights, self.batch))),
            ("loss of gradients", to_host(loss)),
            ("gradients", to_host(gradient)),
            ("loss of Hv", to_host(product.loss)),
            ("slopes", to_host(product.slope)),
            ("Hv", to_host(product.product)),
            ("loss of outcomes", to_host(value)),
            ("right ones", to_host(right)),
        ]
    }
}
