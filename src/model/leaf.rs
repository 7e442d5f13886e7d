//! Tensors of a population as the quantities that layers read.

use std::ops::Range;

use burn::tensor::{Gradients, Tensor};

use super::architecture::Parameter;
use super::arithmetic::{Arithmetic, Dual, DualTensor, Jet, JetTensor, Value};
use super::groups::Groups;
use super::kernels::{cut, joined, runs_here};

/// One tensor of a population, `[P, len]`; P is 1 where all members share it.
#[derive(Clone)]
pub(super) struct Leaf(Tensor<2>);

impl Leaf {
    /// Cuts one tensor out of rows of numbers `[P, D]`, outside of any tape.
    pub fn cut(rows: &Tensor<2>, parameter: &Parameter) -> Self {
        Self(rows.clone().slice([0..rows.dims()[0], parameter.range()]))
    }

    /// Cuts all tensors out of rows of numbers `[P, D]`, outside of any tape.
    pub fn cut_all(rows: &Tensor<2>, parameters: &[Parameter]) -> Vec<Self> {
        if runs_here(rows) || parameters.len() < 2 {
            return parameters.iter().map(|parameter| Self::cut(rows, parameter)).collect();
        }
        let ranges: Vec<Range<usize>> = parameters.iter().map(Parameter::range).collect();
        cut(rows, &ranges).into_iter().map(Self).collect()
    }

    /// The gradients that a reverse pass left at some leaves, side by side, `[P, D]`.
    pub fn gradients(leaves: &[Self], grads: &Gradients) -> Tensor<2> {
        let all: Vec<Tensor<2>> = leaves.iter().map(|leaf| leaf.gradient(grads)).collect();
        if runs_here(&all[0]) { Tensor::cat(all, 1) } else { joined(all) }
    }

    /// The gradient that a reverse pass left here, `[P, len]`; zero where the loss does not depend on it.
    fn gradient(&self, grads: &Gradients) -> Tensor<2> {
        self.0.grad(grads).unwrap_or_else(|| self.0.clone().inner().zeros_like())
    }

    /// The start of a tape.
    pub fn tracked(self) -> Self {
        Self(self.0.autodiff().require_grad())
    }

    /// The same for each member of a population, which copies nothing.
    fn shared_by(self, population: &Self) -> Self {
        let (population, [own, len]) = (population.0.dims()[0], self.0.dims());
        if own == population { self } else { Self(self.0.expand([population, len])) }
    }

    /// As many zeros.
    fn zeros(&self) -> Self {
        Self(self.0.zeros_like())
    }

    fn into_shape<const D: usize>(self, mut shape: [usize; D]) -> Tensor<D> {
        shape[0] = self.0.dims()[0];
        self.0.reshape(shape)
    }
}

/// What stands for a tensor of the network in an arithmetic.
pub(super) trait Tensorlike: Clone {
    /// What stands for `value` `[1, len]`, which neither the members of this one's population nor its directions change. It is
    /// on no tape.
    fn constant(&self, value: Leaf) -> Self;
}

impl Tensorlike for Leaf {
    fn constant(&self, value: Leaf) -> Self {
        // Shared, so that layers before the first tensor that is trained are passed once for all members.
        value
    }
}

impl Tensorlike for DualLeaf {
    fn constant(&self, value: Leaf) -> Self {
        // Zeros and not nothing: layers may take what lies behind a weight to have derivatives of the shape of its values.
        let first = value.zeros().shared_by(&self.first);
        Self { value: value.shared_by(&self.value), first }
    }
}

impl Tensorlike for JetLeaf {
    fn constant(&self, value: Leaf) -> Self {
        let first = value.zeros().shared_by(&self.first);
        Self { value, first, groups: self.groups }
    }
}

/// A tensor as a quantity of an arithmetic.
pub(super) trait IntoQuantity<A: Arithmetic>: Tensorlike {
    /// The tensor in the shape in which its layer reads it. The first dimension is that of the population: whatever
    /// `shape` says there is replaced by P.
    fn shaped<const D: usize>(self, shape: [usize; D]) -> A::T<D>;
}

impl IntoQuantity<Value> for Leaf {
    fn shaped<const D: usize>(self, shape: [usize; D]) -> Tensor<D> {
        self.into_shape(shape)
    }
}

/// A parameter with a direction.
#[derive(Clone)]
pub(super) struct DualLeaf {
    pub value: Leaf,
    pub first: Leaf,
}

impl IntoQuantity<Dual> for DualLeaf {
    fn shaped<const D: usize>(self, shape: [usize; D]) -> DualTensor<D> {
        DualTensor { value: self.value.into_shape(shape), first: Some(self.first.into_shape(shape)) }
    }
}

/// A shared parameter with R directions.
#[derive(Clone)]
pub(super) struct JetLeaf {
    pub value: Leaf,
    pub first: Leaf,
    pub groups: Groups,
}

impl IntoQuantity<Jet> for JetLeaf {
    fn shaped<const D: usize>(self, shape: [usize; D]) -> JetTensor<D> {
        let (value, first) = (self.value.into_shape(shape), self.first.into_shape(shape));
        JetTensor { value, first: Some(first), second: None, groups: self.groups }
    }
}
