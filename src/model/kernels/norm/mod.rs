//! Cells of numbers brought to mean 0 and variance 1, then scaled and shifted, as operations of Burn's CPU backend: the heart of
//! layer, batch and group norm.
//!
//! Of `[P, m, c]`, y = (x − m)·s with s = 1/√(v + ε), m and v the mean and the biased variance of each cell, and z = y·γ + β with γ
//! and β `[P, 1, c]`. With M the mean within a cell and a = ẋ − Mẋ, along a line of weights
//!
//! - ẏ = J(ẋ) = s·(a − y·q) with q = M(y·a) (Ioffe, Szegedy 2015, in terms of y), and ż = γ·ẏ + γ̇·y + β̇;
//! - ÿ = J(ẍ) + B(ẋ, ẋ) with B(a, b) = s²·(y·(3·q·r − M(a·b)) − q·b − r·a) where r = M(y·b), a and b with mean 0, and
//!   z̈ = γ·ÿ + 2·γ̇·ẏ.
//!
//! y is the gradient of √(v + ε) times the size of a cell, so J and B are symmetric in all their arguments: the gradient of z is J(γ·g), that
//! of ż is J(γ·g) by ẋ and B(ẋ, γ·g) + J(γ̇·g) by x.
//!
//! The tape keeps x, the derivative and the figures m and s; y is made again where it is needed.

mod forward;
mod jet;
mod reverse;
#[cfg(test)]
mod tests;
mod walk;

use burn::backend::autodiff::NodeId;
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, TensorMetadata as _, backend_extension};
use burn::tensor::{Tensor, TensorData};

use super::affine::contiguous;
use super::cells::Cells;
use walk::Walk;

/// The cells of one x with their means and scales.
pub(in crate::model) struct Norm {
    x: Tensor<3>,
    /// m of all cells, and then s: `[2, …]`.
    figures: Tensor<2>,
    form: Form,
}

impl Norm {
    /// Of `[P, m, c]`.
    pub fn new(x: Tensor<3>, cells: Cells, epsilon: f64) -> Self {
        let form = Form { cells, epsilon, groups: 1, has_second: false };
        let values = x.clone().without_autodiff().into_dispatch();
        let figures = Tensor::from_dispatch(<Dispatch as FigureOps>::figures(values, form));
        Self { x, figures, form }
    }

    /// y·γ + β, where γ and β are left out if there are none. Each is `[P, 1, c]`, as large a population as x.
    pub fn value(&self, scale: Option<Tensor<3>>, shift: Option<Tensor<3>>) -> Tensor<3> {
        let (scale, shift) = (self.or(scale, 1.0), self.or(shift, 0.0));
        let [x, scale, shift] = [self.x.clone(), scale, shift].map(Tensor::into_dispatch);
        let figures = self.figures.clone().into_dispatch();
        Tensor::from_dispatch(<Dispatch as NormOps>::normed(x, scale, shift, figures, self.form))
    }

    /// γ·ẏ + γ̇·y + β̇ from ẋ, (γ, γ̇) and β̇, each of the population of x.
    pub fn first(&self, first: Tensor<3>, (scale, dscale): Pair, dshift: Option<Tensor<3>>) -> Tensor<3> {
        let operands = [self.x.clone(), first, self.or(scale, 1.0), self.or(dscale, 0.0), self.or(dshift, 0.0)];
        let [x, first, scale, dscale, dshift] = operands.map(Tensor::into_dispatch);
        let figures = self.figures.clone().into_dispatch();
        let form = self.form;
        Tensor::from_dispatch(<Dispatch as NormOps>::normed_first(x, first, scale, dscale, dshift, figures, form))
    }

    /// First derivatives `[R, m, c]` as [`Self::first`], of ẋ, γ̇ and β̇ of R directions and x and γ that they share, and second
    /// derivatives summed over each group of consecutive directions, `[groups, m, c]`, of ẍ of the groups. It has no backward pass.
    pub fn both(
        &self,
        first: Tensor<3>,
        second: Option<Tensor<3>>,
        (scale, dscale): Pair,
        dshift: Option<Tensor<3>>,
        groups: usize,
    ) -> [Tensor<3>; 2] {
        let directions = first.dims()[0];
        let form = Form { groups, has_second: second.is_some(), ..self.form };
        // Any tensor stands in the place of one that is not there.
        let second = second.unwrap_or_else(|| first.clone());
        let operands = [self.x.clone(), first, second, self.or(scale, 1.0), self.or(dscale, 0.0), self.or(dshift, 0.0)];
        let [x, first, second, scale, dscale, dshift] = operands.map(|a| a.without_autodiff().into_dispatch());
        let both = <Dispatch as FigureOps>::normed_both(x, first, second, scale, dscale, dshift, form);
        let both: Tensor<3> = Tensor::from_dispatch(both);
        [both.clone().slice_dim(0, 0..directions), both.slice_dim(0, directions..directions + groups)]
    }

    /// What is there, or this number at each channel.
    fn or(&self, a: Option<Tensor<3>>, number: f64) -> Tensor<3> {
        a.unwrap_or_else(|| {
            let channels = self.x.dims()[2];
            let data = TensorData::new(vec![number; channels], [1, 1, channels]);
            Tensor::from_data(data, (&self.x.device().without_autodiff(), self.x.dtype()))
        })
    }
}

/// A number of each channel and its derivative, where there are any.
type Pair = (Option<Tensor<3>>, Option<Tensor<3>>);

/// What an operation is told beside its tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    cells: Cells,
    epsilon: f64,
    /// Groups of directions, and whether there is a second derivative of x: for jets.
    groups: usize,
    has_second: bool,
}

impl Form {
    fn walk(self, x: &FlexTensor) -> Walk {
        let shape = x.shape().to_vec();
        Walk::new(self.cells, [shape[1], shape[2]])
    }
}

#[backend_extension(Flex)]
trait FigureOps: Backend {
    fn figures(x: FloatTensor<Self>, form: Form) -> FloatTensor<Self>;

    /// First derivatives, then second ones, `[R + groups, m, c]`.
    fn normed_both(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

#[backend_extension(Flex, Autodiff)]
trait NormOps: Backend {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        figures: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;

    fn normed_first(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        figures: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;
}

/// What a backend without a tape provides: gradients of those operands that are wanted.
trait NormKernels: NormOps {
    /// By x, γ and β, from x, γ and the figures.
    fn reverse(
        state: [FloatTensor<Self>; 3],
        gradient: FloatTensor<Self>,
        wanted: [bool; 3],
        form: Form,
    ) -> [Option<FloatTensor<Self>>; 3];

    /// By x, ẋ, γ, γ̇ and β̇, from x, ẋ, γ, γ̇ and the figures.
    fn reverse_first(
        state: [FloatTensor<Self>; 5],
        gradient: FloatTensor<Self>,
        wanted: [bool; 5],
        form: Form,
    ) -> [Option<FloatTensor<Self>>; 5];
}

/// `$f` in the precision of the first of `$all`.
macro_rules! in_precision {
    ($file:ident :: $f:ident, $all:expr, $form:expr $(, $more:expr)*) => {{
        let all = $all.map(contiguous);
        let walk = $form.walk(&all[0]);
        if all[0].dtype() == DType::F32 {
            $file::$f::<f32>(walk, &all, $form $(, $more)*)
        } else {
            $file::$f::<f64>(walk, &all, $form $(, $more)*)
        }
    }};
}

impl FigureOps for Flex {
    fn figures(x: FlexTensor, form: Form) -> FlexTensor {
        in_precision!(forward::figures, [x], form)
    }

    fn normed_both(
        x: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        scale: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        form: Form,
    ) -> FlexTensor {
        in_precision!(jet::both, [x, first, second, scale, dscale, dshift], form)
    }
}

impl NormOps for Flex {
    fn normed(x: FlexTensor, scale: FlexTensor, shift: FlexTensor, figures: FlexTensor, form: Form) -> FlexTensor {
        in_precision!(forward::value, [x, scale, shift, figures], form)
    }

    fn normed_first(
        x: FlexTensor,
        first: FlexTensor,
        scale: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        figures: FlexTensor,
        form: Form,
    ) -> FlexTensor {
        in_precision!(forward::first, [x, first, scale, dscale, dshift, figures], form)
    }
}

impl NormKernels for Flex {
    fn reverse(
        [x, scale, figures]: [FlexTensor; 3],
        gradient: FlexTensor,
        wanted: [bool; 3],
        form: Form,
    ) -> [Option<FlexTensor>; 3] {
        in_precision!(reverse::value, [x, scale, figures, gradient], form, wanted)
    }

    fn reverse_first(
        [x, first, scale, dscale, figures]: [FlexTensor; 5],
        gradient: FlexTensor,
        wanted: [bool; 5],
        form: Form,
    ) -> [Option<FlexTensor>; 5] {
        in_precision!(reverse::first, [x, first, scale, dscale, figures, gradient], form, wanted)
    }
}

/// Hands gradients to those parents that are tracked.
fn hand_on<B: NormKernels, const N: usize>(
    parents: [Option<NodeId>; N],
    gradients: [Option<FloatTensor<B>>; N],
    tape: &mut Gradients,
) {
    for (node, gradient) in parents.into_iter().zip(gradients) {
        if let (Some(node), Some(gradient)) = (node, gradient) {
            tape.register::<B>(node, gradient);
        }
    }
}

#[derive(Debug)]
struct ValueReverse;

impl<B: NormKernels> Backward<B, 3> for ValueReverse {
    type State = ([FloatTensor<B>; 3], Form);

    fn backward(self, ops: Ops<Self::State, 3>, tape: &mut Gradients, _: &mut Checkpointer) {
        let gradient = tape.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let (state, form) = ops.state;
        hand_on::<B, _>(parents, B::reverse(state, gradient, wanted, form), tape);
    }
}

#[derive(Debug)]
struct FirstReverse;

impl<B: NormKernels> Backward<B, 5> for FirstReverse {
    type State = ([FloatTensor<B>; 5], Form);

    fn backward(self, ops: Ops<Self::State, 5>, tape: &mut Gradients, _: &mut Checkpointer) {
        let gradient = tape.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let parents = ops.parents.map(|node| node.map(|node| node.id));
        let (state, form) = ops.state;
        hand_on::<B, _>(parents, B::reverse_first(state, gradient, wanted, form), tape);
    }
}

impl<B: NormKernels, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        figures: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node()];
        let (x, scale) = (x.into_primitive(), scale.into_primitive());
        let (shift, figures) = (shift.into_primitive(), figures.into_primitive());
        match ValueReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = [x.clone(), scale.clone(), figures.clone()];
                prep.finish((state, form), B::normed(x, scale, shift, figures, form))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::normed(x, scale, shift, figures, form)),
        }
    }

    fn normed_first(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        figures: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), first.node(), scale.node(), dscale.node(), dshift.node()];
        let (x, first, figures) = (x.into_primitive(), first.into_primitive(), figures.into_primitive());
        let (scale, dscale, dshift) = (scale.into_primitive(), dscale.into_primitive(), dshift.into_primitive());
        match FirstReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = [x.clone(), first.clone(), scale.clone(), dscale.clone(), figures.clone()];
                prep.finish((state, form), B::normed_first(x, first, scale, dscale, dshift, figures, form))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::normed_first(x, first, scale, dscale, dshift, figures, form)),
        }
    }
}
