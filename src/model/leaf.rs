//! Parameters of a population as the quantities that layers read.

use burn::tensor::{Gradients, Tensor};

use super::architecture::Parameter;
use super::arithmetic::{Arithmetic, Dual, DualTensor, Groups, Jet, JetTensor, Value};

/// One parameter of a population, `[P, len]`, and the shape in which its layer reads it.
#[derive(Clone)]
pub(super) struct Leaf {
    flat: Tensor<2>,
    shape: LeafShape,
}

#[derive(Clone, Copy)]
enum LeafShape {
    Weight([usize; 2]),
    Kernel([usize; 4]),
    Bias(usize),
}

impl LeafShape {
    fn of(parameter: &Parameter) -> Self {
        match *parameter.shape {
            [o, i] => Self::Weight([o, i]),
            [o, i, h, w] => Self::Kernel([o, i, h, w]),
            _ => Self::Bias(parameter.len()),
        }
    }
}

impl Leaf {
    /// Cuts one parameter out of rows of weights `[P, D]`, outside of any tape.
    pub fn cut(rows: &Tensor<2>, parameter: &Parameter) -> Self {
        let flat = rows.clone().slice([0..rows.dims()[0], parameter.range()]);
        Self { flat, shape: LeafShape::of(parameter) }
    }

    /// The gradient that a reverse pass left here, `[P, len]`; zero where the loss does not depend on it.
    pub fn gradient(&self, grads: &Gradients) -> Tensor<2> {
        self.flat.grad(grads).unwrap_or_else(|| self.flat.clone().inner().zeros_like())
    }

    /// The start of a tape.
    pub fn tracked(self) -> Self {
        Self { flat: self.flat.autodiff().require_grad(), shape: self.shape }
    }

    fn weight(self) -> Tensor<3> {
        let LeafShape::Weight([o, i]) = self.shape else { unreachable!("linear layers come with [out, in] weights") };
        let population = self.flat.dims()[0];
        self.flat.reshape([population, o, i])
    }

    fn kernel(self) -> Tensor<5> {
        let LeafShape::Kernel([o, i, h, w]) = self.shape else {
            unreachable!("conv layers come with [out, in, kh, kw] weights")
        };
        let population = self.flat.dims()[0];
        self.flat.reshape([population, o, i, h, w])
    }

    fn bias(self) -> (Tensor<2>, [usize; 2]) {
        let LeafShape::Bias(o) = self.shape else { unreachable!("a bias follows each weight") };
        let population = self.flat.dims()[0];
        (self.flat, [population, o])
    }

    fn feature_bias(self) -> Tensor<3> {
        let (flat, [population, o]) = self.bias();
        flat.reshape([population, 1, o])
    }

    fn map_bias(self) -> Tensor<4> {
        let (flat, [population, o]) = self.bias();
        flat.reshape([1, population * o, 1, 1])
    }
}

/// Parameters as quantities of an arithmetic.
pub(super) trait IntoQuantity<A: Arithmetic> {
    fn weight(self) -> A::T<3>;
    fn kernel(self) -> A::T<5>;
    fn feature_bias(self) -> A::T<3>;
    fn map_bias(self) -> A::T<4>;
}

impl IntoQuantity<Value> for Leaf {
    fn weight(self) -> Tensor<3> {
        Self::weight(self)
    }

    fn kernel(self) -> Tensor<5> {
        Self::kernel(self)
    }

    fn feature_bias(self) -> Tensor<3> {
        Self::feature_bias(self)
    }

    fn map_bias(self) -> Tensor<4> {
        Self::map_bias(self)
    }
}

/// A parameter with a direction.
pub(super) struct DualLeaf {
    pub value: Leaf,
    pub first: Leaf,
}

impl DualLeaf {
    fn shaped<const D: usize>(self, shape: impl Fn(Leaf) -> Tensor<D>) -> DualTensor<D> {
        DualTensor { value: shape(self.value), first: Some(shape(self.first)) }
    }
}

impl IntoQuantity<Dual> for DualLeaf {
    fn weight(self) -> DualTensor<3> {
        self.shaped(Leaf::weight)
    }

    fn kernel(self) -> DualTensor<5> {
        self.shaped(Leaf::kernel)
    }

    fn feature_bias(self) -> DualTensor<3> {
        self.shaped(Leaf::feature_bias)
    }

    fn map_bias(self) -> DualTensor<4> {
        self.shaped(Leaf::map_bias)
    }
}

/// A shared parameter with R directions.
pub(super) struct JetLeaf {
    pub value: Leaf,
    pub first: Leaf,
    pub groups: Groups,
}

impl JetLeaf {
    fn shaped<const D: usize>(self, shape: impl Fn(Leaf) -> Tensor<D>) -> JetTensor<D> {
        JetTensor { value: shape(self.value), first: Some(shape(self.first)), second: None, groups: self.groups }
    }
}

impl IntoQuantity<Jet> for JetLeaf {
    fn weight(self) -> JetTensor<3> {
        self.shaped(Leaf::weight)
    }

    fn kernel(self) -> JetTensor<5> {
        self.shaped(Leaf::kernel)
    }

    fn feature_bias(self) -> JetTensor<3> {
        self.shaped(Leaf::feature_bias)
    }

    fn map_bias(self) -> JetTensor<4> {
        self.shaped(Leaf::map_bias)
    }
}
