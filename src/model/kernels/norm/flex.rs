//! Norms on Burn's CPU backend.

use burn::backend::flex::FlexTensor;
use burn::backend::{DType, Flex, TensorMetadata as _};

use super::walk::Walk;
use super::{Form, NormJetOps, NormKernels, NormOps, Six, forward, jet, reverse};
use crate::model::kernels::affine::contiguous;

/// `$f` in the precision of the first of `$all`.
macro_rules! in_precision {
    ($file:ident :: $f:ident, $all:expr, $form:expr $(, $more:expr)*) => {{
        let all = $all.map(contiguous);
        let walk = walk(&all[0], $form);
        if all[0].dtype() == DType::F32 {
            $file::$f::<f32>(walk, &all, $form $(, $more)*)
        } else {
            $file::$f::<f64>(walk, &all, $form $(, $more)*)
        }
    }};
}

fn walk(x: &FlexTensor, form: Form) -> Walk {
    let shape = x.shape().to_vec();
    Walk::new(form.norm.cells, [shape[1], shape[2]])
}

impl NormOps for Flex {
    fn normed(x: FlexTensor, scale: FlexTensor, shift: FlexTensor, form: Form) -> FlexTensor {
        let [value, _] = Self::value([x, scale, shift], form);
        value
    }

    fn normed_dual(
        x: FlexTensor,
        first: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor) {
        let [value, first, _] = Self::dual([x, first, scale, shift, dscale, dshift], form);
        (value, first)
    }
}

impl NormJetOps for Flex {
    fn normed_jet(
        x: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        in_precision!(jet::jet, [x, first, second, scale, shift, dscale, dshift], form).into()
    }
}

impl NormKernels for Flex {
    fn value(operands: [FlexTensor; 3], form: Form) -> [FlexTensor; 2] {
        in_precision!(forward::value, operands, form)
    }

    fn reverse(
        [x, scale, figures]: [FlexTensor; 3],
        gradient: FlexTensor,
        wanted: [bool; 3],
        form: Form,
    ) -> [Option<FlexTensor>; 3] {
        in_precision!(reverse::value, [x, scale, figures, gradient], form, wanted)
    }

    fn dual(operands: Six<FlexTensor>, form: Form) -> [FlexTensor; 3] {
        in_precision!(forward::dual, operands, form)
    }

    fn dual_reverse(state: [FlexTensor; 5], gradients: [Option<FlexTensor>; 2], form: Form) -> Six<FlexTensor> {
        let gradients = gradients.map(|gradient| gradient.map(contiguous));
        in_precision!(reverse::dual, state, form, &gradients)
    }
}
