//! Batch norm on Burn's CPU backend.

use burn::backend::flex::FlexTensor;
use burn::backend::{DType, Flex, TensorMetadata as _};

use super::columns::Columns;
use super::figures::{Figures, Slopes};
use super::forward::{self, Channels};
use super::jet::{self, Series};
use super::{BatchJetOps, BatchKernels, BatchOps, DualOperands, Form, ValueOperands, reverse};
use crate::model::kernels::affine::{contiguous, tensor};
use crate::model::kernels::number::{Number, numbers};

impl BatchOps for Flex {
    fn normed(
        x: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        addend: FlexTensor,
        given: FlexTensor,
        form: Form,
    ) -> FlexTensor {
        Self::value([x, scale, shift, addend, given], form).0
    }

    fn normed_both(
        x: FlexTensor,
        first: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        addend: FlexTensor,
        daddend: FlexTensor,
        given: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor) {
        let operands = [x, first, scale, shift, dscale, dshift, addend, daddend, given];
        Self::dual(operands, form).0.into()
    }
}

impl BatchJetOps for Flex {
    fn normed_jet(
        x: FlexTensor,
        first: FlexTensor,
        second: FlexTensor,
        scale: FlexTensor,
        shift: FlexTensor,
        dscale: FlexTensor,
        dshift: FlexTensor,
        addend: FlexTensor,
        daddend: FlexTensor,
        ddaddend: FlexTensor,
        given: FlexTensor,
        form: Form,
    ) -> (FlexTensor, FlexTensor, FlexTensor) {
        let all = [x, first, second, scale, shift, dscale, dshift, addend, daddend, ddaddend, given].map(contiguous);
        if all[0].dtype() == DType::F32 { jet_of::<f32>(&all, form) } else { jet_of::<f64>(&all, form) }.into()
    }
}

impl BatchKernels for Flex {
    fn value(operands: ValueOperands<FlexTensor>, form: Form) -> (FlexTensor, Figures) {
        let all = operands.map(contiguous);
        if all[0].dtype() == DType::F32 { value_of::<f32>(&all, form) } else { value_of::<f64>(&all, form) }
    }

    fn value_reverse(
        [x, scale, output]: [FlexTensor; 3],
        gradient: FlexTensor,
        figures: &Figures,
        form: Form,
        wanted: [bool; 4],
    ) -> [Option<FlexTensor>; 4] {
        let all = [x, scale, output, gradient].map(contiguous);
        if all[0].dtype() == DType::F32 {
            value_reverse_of::<f32>(&all, figures, form, wanted)
        } else {
            value_reverse_of::<f64>(&all, figures, form, wanted)
        }
    }

    fn dual(operands: DualOperands<FlexTensor>, form: Form) -> ([FlexTensor; 2], Figures, Slopes) {
        let all = operands.map(contiguous);
        if all[0].dtype() == DType::F32 { dual_of::<f32>(&all, form) } else { dual_of::<f64>(&all, form) }
    }

    fn dual_reverse(
        state: [FlexTensor; 5],
        gradients: [Option<FlexTensor>; 2],
        known: &(Figures, Slopes),
        form: Form,
        wanted: [bool; 8],
    ) -> [Option<FlexTensor>; 8] {
        let (state, gradients) = (state.map(contiguous), gradients.map(|gradient| gradient.map(contiguous)));
        if state[0].dtype() == DType::F32 {
            dual_reverse_of::<f32>(&state, &gradients, known, form, wanted)
        } else {
            dual_reverse_of::<f64>(&state, &gradients, known, form, wanted)
        }
    }
}

/// Numbers of channels, if they are there.
fn channels<T: Number>(x: &FlexTensor, is_there: bool, otherwise: f64) -> Channels<'_, T> {
    Channels { numbers: is_there.then(|| numbers::<T>(x)), otherwise }
}

fn columns_of(x: &FlexTensor) -> Columns {
    let shape = x.shape().to_vec();
    Columns::new([shape[1], shape[2]])
}

fn figures_of<T: Number>(x: &FlexTensor, given: &FlexTensor, form: Form) -> Figures {
    if form.is_given {
        Figures::given(numbers::<T>(given), form.epsilon)
    } else {
        Figures::of_rows(columns_of(x), numbers::<T>(x), form.epsilon)
    }
}

fn value_of<T: Number>(
    [x, scale, shift, addend, given]: &ValueOperands<FlexTensor>,
    form: Form,
) -> (FlexTensor, Figures) {
    let figures = figures_of::<T>(x, given, form);
    let pair = [channels::<T>(scale, form.has[0], 1.0), channels(shift, form.has[1], 0.0)];
    let z = forward::value(columns_of(x), [numbers(x), numbers(addend)], pair, &figures, form.after);
    (tensor(z, x.shape().to_vec()), figures)
}

fn value_reverse_of<T: Number>(
    [x, scale, output, gradient]: &[FlexTensor; 4],
    figures: &Figures,
    form: Form,
    wanted: [bool; 4],
) -> [Option<FlexTensor>; 4] {
    let operands = [numbers::<T>(x), numbers(output), numbers(gradient)];
    // Without relu what is added gets the gradient as it is.
    let passes_on = wanted[3] && form.after.is_relu;
    let passed = reverse::Passed { input: wanted[0], addend: passes_on };
    let scale = channels::<T>(scale, form.has[0], 1.0);
    let found = reverse::value(columns_of(x), operands, scale, figures, form.after.is_relu, passed);
    let [by_scale, by_shift] = found.channels.map(|all| of_channels(all, x));
    let addend = found.addend.map(|all| tensor(all, x.shape().to_vec()));
    [
        found.x.map(|all| tensor(all, x.shape().to_vec())),
        wanted[1].then_some(by_scale),
        wanted[2].then_some(by_shift),
        if wanted[3] { addend.or_else(|| Some(gradient.clone())) } else { None },
    ]
}

fn dual_of<T: Number>(all: &DualOperands<FlexTensor>, form: Form) -> ([FlexTensor; 2], Figures, Slopes) {
    let [x, first, scale, shift, dscale, dshift, addend, daddend, given] = all;
    let (columns, figures) = (columns_of(x), figures_of::<T>(x, given, form));
    let slopes = figures.slopes(columns, numbers::<T>(x), numbers(first));
    let numbers_of_channels = [
        channels::<T>(scale, form.has[0], 1.0),
        channels(dscale, form.has[2], 0.0),
        channels(shift, form.has[1], 0.0),
        channels(dshift, form.has[3], 0.0),
    ];
    let operands = [x, first, addend, daddend].map(numbers::<T>);
    let both = forward::both(columns, operands, numbers_of_channels, (&figures, &slopes), form.after);
    (both.map(|all| tensor(all, x.shape().to_vec())), figures, slopes)
}

fn dual_reverse_of<T: Number>(
    [x, first, scale, dscale, output]: &[FlexTensor; 5],
    gradients: &[Option<FlexTensor>; 2],
    (figures, slopes): &(Figures, Slopes),
    form: Form,
    wanted: [bool; 8],
) -> [Option<FlexTensor>; 8] {
    let columns = columns_of(x);
    let zeros =
        if gradients.iter().any(Option::is_none) { vec![T::default(); numbers::<T>(x).len()] } else { Vec::new() };
    let [g, d] = gradients.each_ref().map(|gradient| gradient.as_ref().map_or(&zeros[..], numbers::<T>));
    let operands = [numbers::<T>(x), numbers(first), numbers(output), g, d];
    let pair = [channels::<T>(scale, form.has[0], 1.0), channels(dscale, form.has[2], 0.0)];
    let is_relu = form.after.is_relu;
    let passed = reverse::Passed { input: wanted[0] || wanted[1], addend: is_relu && (wanted[6] || wanted[7]) };
    let found = reverse::dual(columns, operands, pair, (figures, slopes), is_relu, passed);
    let whole = |all: Vec<T>| tensor(all, x.shape().to_vec());
    let [by_x, by_first] = found.inputs.map_or([None, None], |both| both.map(|all| Some(whole(all))));
    let [by_scale, by_dscale, by_shift, by_dshift] = found.channels.map(|all| Some(of_channels(all, x)));
    let addends = found.addends.map_or_else(|| gradients.clone(), |both| both.map(|all| Some(whole(all))));
    let [by_addend, by_daddend] = addends;
    let mut all = [by_x, by_first, by_scale, by_shift, by_dscale, by_dshift, by_addend, by_daddend];
    for (gradient, wanted) in all.iter_mut().zip(wanted) {
        if !wanted {
            *gradient = None;
        }
    }
    all
}

fn jet_of<T: Number>(all: &[FlexTensor; 11], form: Form) -> [FlexTensor; 3] {
    let [x, first, second, scale, shift, dscale, dshift, addend, daddend, ddaddend, given] = all;
    let (columns, figures) = (columns_of(x), figures_of::<T>(x, given, form));
    let series =
        Series { value: numbers::<T>(x), first: numbers(first), second: form.has_second.then(|| numbers(second)) };
    let addend = form.after.has_addend.then(|| Series {
        value: numbers::<T>(addend),
        first: numbers(daddend),
        second: form.has_second_addend.then(|| numbers(ddaddend)),
    });
    let numbers_of_channels = [
        channels::<T>(scale, form.has[0], 1.0),
        channels(dscale, form.has[2], 0.0),
        channels(shift, form.has[1], 0.0),
        channels(dshift, form.has[3], 0.0),
    ];
    let found = jet::all(columns, series, addend, numbers_of_channels, &figures, form.groups, form.after.is_relu);
    let shape = x.shape().to_vec();
    found.map(|all| {
        let members = all.len() / columns.len();
        tensor(all, vec![members, shape[1], shape[2]])
    })
}

/// A gradient by numbers of channels, `[P, 1, c]`.
fn of_channels<T: Number>(all: Vec<T>, x: &FlexTensor) -> FlexTensor {
    let shape = x.shape().to_vec();
    tensor(all, vec![shape[0], 1, shape[2]])
}
