//! Norms on Burn's tape.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::{Form, NormKernels, NormOps};
use crate::model::kernels::pair::Slot;

/// What the tape keeps of a dual: x, ẋ, γ, γ̇ and the figures.
#[derive(Debug, Clone)]
struct OfDual<B: Backend> {
    state: [FloatTensor<B>; 5],
    form: Form,
    slot: Slot<B>,
}

#[derive(Debug)]
struct ValueReverse;

impl<B: NormKernels> Backward<B, 3> for ValueReverse {
    /// x, γ and the figures.
    type State = ([FloatTensor<B>; 3], Form);

    fn backward(self, ops: Ops<Self::State, 3>, tape: &mut Gradients, _: &mut Checkpointer) {
        let gradient = tape.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let (state, form) = ops.state;
        let found = B::reverse(state, gradient, wanted, form);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                tape.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct DualReverse;

impl<B: NormKernels> Backward<B, 6> for DualReverse {
    type State = OfDual<B>;

    fn backward(self, ops: Ops<Self::State, 6>, tape: &mut Gradients, _: &mut Checkpointer) {
        let OfDual { state, form, slot } = ops.state;
        let found = B::dual_reverse(state, slot.take(), form);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let Some(node) = node {
                tape.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: NormKernels, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node()];
        let operands = [x, scale, shift].map(FloatTensor::<Self>::into_primitive);
        let [x, scale, _] = operands.clone();
        let [value, figures] = B::value(operands, form);
        match ValueReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish(([x, scale, figures], form), value),
            OpsKind::UnTracked(prep) => prep.finish(value),
        }
    }

    fn normed_dual(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let operands = [x, first, scale, shift, dscale, dshift];
        let nodes = operands.each_ref().map(FloatTensor::<Self>::node);
        let operands = operands.map(FloatTensor::<Self>::into_primitive);
        let [x, first, scale, _, dscale, _] = operands.clone();
        let [value, slope, figures] = B::dual(operands, form);
        let slot = Slot::new();
        let operation = match DualReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = [x, first, scale, dscale, figures];
                prep.finish(OfDual { state, form, slot: slot.clone() }, value.clone())
            }
            OpsKind::UnTracked(prep) => prep.finish(value.clone()),
        };
        slot.results::<C>(&operation, [value, slope])
    }
}
