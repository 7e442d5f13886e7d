//! Batch norm on Burn's tape.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};

use super::figures::{Figures, Slopes};
use super::{BatchKernels, BatchOps, Form};
use crate::model::kernels::pair::Slot;

/// What the tape keeps of a value: x, γ and the output.
#[derive(Debug, Clone)]
struct OfValue<B: Backend> {
    state: [FloatTensor<B>; 3],
    figures: Arc<Figures>,
    form: Form,
}

/// What it keeps of a dual: x, ẋ, γ, γ̇ and the output.
#[derive(Debug, Clone)]
struct OfDual<B: Backend> {
    state: [FloatTensor<B>; 5],
    known: Arc<(Figures, Slopes)>,
    form: Form,
    slot: Slot<B>,
}

#[derive(Debug)]
struct ValueReverse;

impl<B: BatchKernels> Backward<B, 4> for ValueReverse {
    type State = OfValue<B>;

    fn backward(self, ops: Ops<Self::State, 4>, tape: &mut Gradients, _: &mut Checkpointer) {
        let gradient = tape.consume::<B>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let OfValue { state, figures, form } = ops.state;
        let found = B::value_reverse(state, gradient, &figures, form, wanted);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                tape.register::<B>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct DualReverse;

impl<B: BatchKernels> Backward<B, 8> for DualReverse {
    type State = OfDual<B>;

    fn backward(self, ops: Ops<Self::State, 8>, tape: &mut Gradients, _: &mut Checkpointer) {
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let OfDual { state, known, form, slot } = ops.state;
        let found = B::dual_reverse(state, slot.take(), &known, form, wanted);
        for (node, gradient) in ops.parents.into_iter().zip(found) {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                tape.register::<B>(node.id, gradient);
            }
        }
    }
}

impl<B: BatchKernels, C: CheckpointStrategy> BatchOps for Autodiff<B, C> {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        given: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self> {
        let nodes = [x.node(), scale.node(), shift.node(), addend.node()];
        let operands = [x, scale, shift, addend, given].map(FloatTensor::<Self>::into_primitive);
        let [x, scale, ..] = operands.clone();
        match ValueReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let (output, figures) = B::value(operands, form);
                let state = [x, scale, output.clone()];
                prep.finish(OfValue { state, figures: Arc::new(figures), form }, output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::value(operands, form).0),
        }
    }

    fn normed_both(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        daddend: FloatTensor<Self>,
        given: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let nodes = [&x, &first, &scale, &shift, &dscale, &dshift, &addend, &daddend].map(FloatTensor::<Self>::node);
        let operands = [x, first, scale, shift, dscale, dshift, addend, daddend, given];
        let operands = operands.map(FloatTensor::<Self>::into_primitive);
        let [x, first, scale, _, dscale, ..] = operands.clone();
        let slot = Slot::new();
        let (results, figures, slopes) = B::dual(operands, form);
        let operation = match DualReverse.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let state = [x, first, scale, dscale, results[0].clone()];
                let known = Arc::new((figures, slopes));
                prep.finish(OfDual { state, known, form, slot: slot.clone() }, results[0].clone())
            }
            OpsKind::UnTracked(prep) => prep.finish(results[0].clone()),
        };
        slot.results::<C>(&operation, results)
    }
}
