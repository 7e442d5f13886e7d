//! One operation with two results, a value and its derivative, as Burn's tape knows it.
//!
//! A node of the tape has one result. So the operation is a node whose two results are nodes of their own above it: each
//! puts its gradient into a slot that all three share, and the operation, which the tape reaches after both, takes them from there. It needs
//! no gradient of its own, and each operand gets one gradient for both results.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend};
use parking_lot::Mutex;

/// A tensor on the tape.
type Taped<B, C> = FloatTensor<Autodiff<B, C>>;

/// Gradients of the two results on their way to the operation; `None` where a result has none.
#[derive(Debug)]
pub(super) struct Slot<B: Backend>(Arc<Mutex<[Option<FloatTensor<B>>; 2]>>);

impl<B: Backend> Clone for Slot<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B: Backend> Slot<B> {
    /// With nothing in it.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new([None, None])))
    }

    /// What is in it.
    pub fn take(&self) -> [Option<FloatTensor<B>>; 2] {
        std::mem::take(&mut *self.0.lock())
    }

    /// The results of the operation that is the node of `operation`, whose backward pass takes their gradients from here.
    pub fn results<C: CheckpointStrategy>(
        &self,
        operation: &Taped<B, C>,
        results: [FloatTensor<B>; 2],
    ) -> (Taped<B, C>, Taped<B, C>) {
        let [value, first] = results;
        (self.result::<C>(operation, value, 0), self.result::<C>(operation, first, 1))
    }

    fn result<C: CheckpointStrategy>(
        &self,
        operation: &Taped<B, C>,
        result: FloatTensor<B>,
        place: usize,
    ) -> Taped<B, C> {
        #[derive(Debug)]
        struct ResultBackward;

        impl<B: Backend> Backward<B, 1> for ResultBackward {
            type State = (Slot<B>, usize);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let gradient = tape.consume::<B>(&ops.node);
                let (slot, place) = ops.state;
                slot.0.lock()[place] = Some(gradient);
            }
        }

        match ResultBackward.prepare::<C>([operation.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => prep.finish((self.clone(), place), result),
            OpsKind::UnTracked(prep) => prep.finish(result),
        }
    }
}
