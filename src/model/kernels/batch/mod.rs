//! Batch norm with what follows it, as one operation of Burn's CPU backend: max(y·γ + β + r, 0), where the sum of a residual
//! block's branches and relu are left out if there are none.
//!
//! Of `[P, m, c]`, y = (x − m)·s with s = 1/√(v + ε), m and v the mean and the biased variance of each member's channel, or given
//! ones that do not change; γ and β are `[P, 1, c]`. The formulas of derivatives stand in `norm`. All sums that a pass needs are
//! taken in one walk over the rows, and all that it gives is written in a second one: each is a sum of the operands with numbers of the
//! channel. A dual's value and derivative are one node of the tape (`pair`).

mod columns;
mod figures;
mod flex;
mod forward;
mod jet;
mod reverse;
mod tape;
#[cfg(test)]
mod tests;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Dispatch, backend_extension};
use burn::tensor::Tensor;

use figures::{Figures, Slopes};
use forward::After;

/// What a batch norm is told beside its operands.
#[derive(Debug, Clone)]
pub(in crate::model) struct BatchNorm {
    /// ε.
    pub epsilon: f64,
    /// Given means and variances of the channels `[2, 1, c]`; those of the rows themselves where there are none.
    pub given: Option<Tensor<3>>,
    /// Whether what is below 0 becomes 0.
    pub is_relu: bool,
}

/// γ and β, `[P, 1, c]` each, where there are any.
pub(in crate::model) type Pair = [Option<Tensor<3>>; 2];

impl BatchNorm {
    /// Of x `[P, m, c]`, with r of its shape. γ and β are of its population.
    pub fn value(&self, x: Tensor<3>, [scale, shift]: Pair, addend: Option<Tensor<3>>) -> Tensor<3> {
        let form = self.form([&scale, &shift, &addend, &None, &None, &None]);
        let [scale, shift, addend] = [scale, shift, addend].map(|a| or(a, &x));
        let given = or(self.given.clone(), &x);
        let [x, scale, shift, addend, given] = [x, scale, shift, addend, given].map(Tensor::into_dispatch);
        Tensor::from_dispatch(<Dispatch as BatchOps>::normed(x, scale, shift, addend, given, form))
    }

    /// The value and its derivative, of x, ẋ and r, ṙ of one shape, and (γ, β) and (γ̇, β̇) of their population.
    pub fn dual(
        &self,
        [x, first]: [Tensor<3>; 2],
        [scale, shift]: Pair,
        [dscale, dshift]: Pair,
        addend: Option<[Tensor<3>; 2]>,
    ) -> [Tensor<3>; 2] {
        let (addend, daddend) = addend.map_or((None, None), |[value, first]| (Some(value), Some(first)));
        let form = self.form([&scale, &shift, &addend, &dscale, &dshift, &None]);
        let all = [scale, shift, dscale, dshift, addend, daddend, self.given.clone()];
        let [scale, shift, dscale, dshift, addend, daddend, given] = all.map(|a| or(a, &x).into_dispatch());
        let [x, first] = [x, first].map(Tensor::into_dispatch);
        let (value, first) =
            <Dispatch as BatchOps>::normed_both(x, first, scale, shift, dscale, dshift, addend, daddend, given, form);
        [value, first].map(Tensor::from_dispatch)
    }

    /// The value, the first derivatives of R directions and their second derivatives summed over each of `groups` groups, of x and r
    /// of a jet: `[1, m, c]`, `[R, m, c]` and `[groups, m, c]`. There is no backward pass.
    pub fn jet(
        &self,
        x: JetOperand,
        [scale, shift]: Pair,
        [dscale, dshift]: Pair,
        addend: Option<JetOperand>,
        groups: usize,
    ) -> [Tensor<3>; 3] {
        let value = x.value.clone();
        let (addend, daddend, ddaddend) =
            addend.map_or((None, None, None), |r| (Some(r.value), Some(r.first), r.second));
        let form = self.form([&scale, &shift, &addend, &dscale, &dshift, &ddaddend]);
        let form = Form { groups, has_second: x.second.is_some(), ..form };
        let all = [x.second, scale, shift, dscale, dshift, addend, daddend, ddaddend, self.given.clone()];
        let all = all.map(|a| or(a, &value).without_autodiff().into_dispatch());
        let [second, scale, shift, dscale, dshift, addend, daddend, ddaddend, given] = all;
        let [x, first] = [x.value, x.first].map(|a| a.without_autodiff().into_dispatch());
        let (value, first, second) = <Dispatch as BatchJetOps>::normed_jet(
            x, first, second, scale, shift, dscale, dshift, addend, daddend, ddaddend, given, form,
        );
        [value, first, second].map(Tensor::from_dispatch)
    }

    fn form(&self, [scale, shift, addend, dscale, dshift, ddaddend]: [&Option<Tensor<3>>; 6]) -> Form {
        Form {
            epsilon: self.epsilon,
            is_given: self.given.is_some(),
            after: After { has_addend: addend.is_some(), is_relu: self.is_relu },
            has: [scale, shift, dscale, dshift].map(Option::is_some),
            groups: 1,
            has_second: false,
            has_second_addend: ddaddend.is_some(),
        }
    }
}

/// What a jet's batch norm reads: `[1, m, c]`, `[R, m, c]` and, if there is one, `[groups, m, c]`.
pub(in crate::model) struct JetOperand {
    /// The value.
    pub value: Tensor<3>,
    /// First derivatives.
    pub first: Tensor<3>,
    /// Second derivatives.
    pub second: Option<Tensor<3>>,
}

/// What is there, or any tensor in its place.
fn or(a: Option<Tensor<3>>, any: &Tensor<3>) -> Tensor<3> {
    a.unwrap_or_else(|| any.clone().without_autodiff())
}

/// What an operation is told beside its tensors.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    epsilon: f64,
    is_given: bool,
    after: After,
    /// Whether there are γ, β, γ̇ and β̇.
    has: [bool; 4],
    /// Groups of directions, and which second derivatives there are: for jets.
    groups: usize,
    has_second: bool,
    has_second_addend: bool,
}

#[backend_extension(Flex, Autodiff)]
trait BatchOps: Backend {
    fn normed(
        x: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        given: FloatTensor<Self>,
        form: Form,
    ) -> FloatTensor<Self>;

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
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[backend_extension(Flex)]
trait BatchJetOps: Backend {
    fn normed_jet(
        x: FloatTensor<Self>,
        first: FloatTensor<Self>,
        second: FloatTensor<Self>,
        scale: FloatTensor<Self>,
        shift: FloatTensor<Self>,
        dscale: FloatTensor<Self>,
        dshift: FloatTensor<Self>,
        addend: FloatTensor<Self>,
        daddend: FloatTensor<Self>,
        ddaddend: FloatTensor<Self>,
        given: FloatTensor<Self>,
        form: Form,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}

/// x, γ, β, r and the given figures.
type ValueOperands<T> = [T; 5];
/// x, ẋ, γ, β, γ̇, β̇, r, ṙ and the given figures.
type DualOperands<T> = [T; 9];

/// What a backend without a tape provides.
trait BatchKernels: BatchOps {
    fn value(operands: ValueOperands<FloatTensor<Self>>, form: Form) -> (FloatTensor<Self>, Figures);

    /// Gradients of x, γ, β and r, from x, γ, the output and g.
    fn value_reverse(
        state: [FloatTensor<Self>; 3],
        gradient: FloatTensor<Self>,
        figures: &Figures,
        form: Form,
        wanted: [bool; 4],
    ) -> [Option<FloatTensor<Self>>; 4];

    fn dual(operands: DualOperands<FloatTensor<Self>>, form: Form) -> ([FloatTensor<Self>; 2], Figures, Slopes);

    /// Gradients of the first eight operands, from x, ẋ, γ, γ̇, the output and (g, ġ).
    fn dual_reverse(
        state: [FloatTensor<Self>; 5],
        gradients: [Option<FloatTensor<Self>>; 2],
        known: &(Figures, Slopes),
        form: Form,
        wanted: [bool; 8],
    ) -> [Option<FloatTensor<Self>>; 8];
}
