//! One chain of Lanczos on a GPU: the basis stays there, and the host reads two numbers a product.
//!
//! The recurrence is that of [`super::krylov`] for one start vector, in 32 bits. Orthogonalisation against the whole basis is
//! two passes of classical Gram–Schmidt, each two matrix products (Giraud, Langou, Rozložník 2005: two are enough). The basis
//! has all its rows from the beginning, those to come being zero, so that all products have one shape and are compiled once.

use burn::tensor::Tensor;
use nalgebra::DMatrix;

use super::krylov::RitzValues;
use crate::model::{Compute, norm, to_host};

/// Numbers that such a basis may hold: a gigabyte of them.
const BASIS_BUDGET: usize = 1 << 28;

/// A chain on its way.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    /// The orthonormal vectors so far, then zeros, `[products at most, D]`.
    basis: Tensor<2>,
    /// The vector to be multiplied next `[1, D]`; `None` where the space is invariant or a product was not finite.
    next: Option<Tensor<2>>,
    /// ⟨qⱼ, A·qⱼ⟩ of each product.
    diagonal: Vec<f64>,
    /// The norm of what each product reaches outside of the basis before it.
    beside: Vec<f64>,
    is_finite: bool,
    compute: Compute,
}

impl Chain {
    /// Whether the basis of so many products fits a GPU.
    pub const fn fits(max_products: usize, dimension: usize) -> bool {
        max_products.saturating_mul(dimension) <= BASIS_BUDGET
    }

    /// A chain from a vector of norm 1.
    pub fn new(start: Vec<f64>, max_products: usize, compute: &Compute) -> Self {
        let dimension = start.len();
        let start = compute.tensor_f64(start, [1, dimension]);
        Self {
            basis: Tensor::zeros([max_products, dimension], compute.device()),
            next: Some(start),
            diagonal: Vec::new(),
            beside: Vec::new(),
            is_finite: true,
            compute: compute.clone(),
        }
    }

    /// One product, made by `multiply`; false where there is nothing to multiply any more. What is left of a product counts
    /// as rounding below `precision` times the greatest one.
    pub fn step(&mut self, precision: f64, multiply: impl FnOnce(Tensor<2>) -> Tensor<2>) -> bool {
        let Some(vector) = self.next.take() else { return false };
        let (index, [_, dimension]) = (self.diagonal.len(), vector.dims());
        let empty = Tensor::empty([1, 1], &vector.device());
        let basis = std::mem::replace(&mut self.basis, empty);
        self.basis = basis.slice_assign([index..index + 1, 0..dimension], vector.clone());
        let product = multiply(vector);
        let (rest, first) = self.orthogonalised(product, index);
        // What is left along the basis after one pass is rounding of the product.
        let (rest, second) = self.orthogonalised(rest, index);
        let size = norm(rest.clone());
        let read = to_host(Tensor::cat(vec![first + second, size.clone()], 0));
        let (share, beside) = (read[0], read[1]);
        if !(share.is_finite() && beside.is_finite()) {
            self.is_finite = false;
            return false;
        }
        self.diagonal.push(share);
        self.beside.push(beside);
        if index + 1 < self.basis.dims()[0].min(dimension) && beside > precision * self.scale() {
            self.next = Some(rest / size.reshape([1, 1]));
        }
        self.next.is_some()
    }

    /// What is left of a vector `[1, D]` beside the basis, and its share `[1]` in the basis vector at `index`.
    fn orthogonalised(&self, vector: Tensor<2>, index: usize) -> (Tensor<2>, Tensor<1>) {
        let shares = vector.clone().matmul(self.basis.clone().transpose());
        let rest = vector - shares.clone().matmul(self.basis.clone());
        (rest, shares.slice([0..1, index..index + 1]).reshape([1]))
    }

    /// The greatest norm of a product, but for what lies along the vector before.
    fn scale(&self) -> f64 {
        self.diagonal.iter().zip(&self.beside).map(|(share, beside)| share.hypot(*beside)).fold(0.0, f64::max)
    }

    /// Products so far.
    pub const fn len(&self) -> usize {
        self.diagonal.len()
    }

    /// The Ritz pairs so far, of the tridiagonal matrix; `None` before the first product, or where one was not finite.
    pub fn ritz(&self) -> Option<RitzValues> {
        let m = self.len();
        if m == 0 || !self.is_finite {
            return None;
        }
        let entry = |a: usize, b: usize| match a.abs_diff(b) {
            0 => self.diagonal[a],
            1 => self.beside[a.min(b)],
            _ => 0.0,
        };
        RitzValues::of(&DMatrix::from_fn(m, m, entry), |s| (s[m - 1] * self.beside[m - 1]).abs())
    }

    /// The Ritz vector of the pair at `index` of `ritz`, of norm 1.
    pub fn vector(&self, ritz: &RitzValues, index: usize) -> Vec<f64> {
        let rows = self.basis.dims()[0];
        let mut coefficients = ritz.coefficients(index).to_vec();
        coefficients.resize(rows, 0.0);
        to_host(self.compute.tensor_f64(coefficients, [1, rows]).matmul(self.basis.clone()))
    }
}
