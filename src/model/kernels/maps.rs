//! Max pooling and the change between channels last and channels first, as operations of Burn's CPU backend.
//!
//! The winners of max pooling are found once and then serve all coefficients of a dual or a jet. Channels are contiguous, so
//! every loop over them is one over vectors: a winner is picked, or its gradient put back, by comparing positions rather
//! than by gathering.

use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::{FloatTensor, IntTensor};
use burn::backend::{Autodiff, Backend, DType, Dispatch, Flex, backend_extension};
use burn::tensor::{Int, Tensor};
use rayon::prelude::*;

use super::affine::{contiguous, tensor};
use super::functions::vectorised;
use super::number::{Number, numbers};
use super::windows::Form;
use crate::model::window::PoolWindow;

/// Which tap of each window is the greatest, row by row, `[P·n·h'·w', 1, c]`, of maps `[P, n, h, w, c]`. A window with a NaN
/// has its last NaN as winner. What lies outside of the maps is never a winner.
pub(in crate::model) fn winners(a: Tensor<5>, window: PoolWindow) -> Tensor<3, Int> {
    let form = Form::new(&a, window);
    Tensor::from_dispatch(<Dispatch as WinnerOps>::winners(a.without_autodiff().into_dispatch(), form))
}

/// The elements of `a` `[P, n, h, w, c]` at the winners of its own windows, or of those that its population shares:
/// `[P, n, h', w', c]`.
pub(in crate::model) fn pick(a: Tensor<5>, winners: Tensor<3, Int>, window: PoolWindow) -> Tensor<5> {
    let form = Form::new(&a, window);
    Tensor::from_dispatch(<Dispatch as PickOps>::pick(a.into_dispatch(), winners.into_dispatch(), form))
}

/// `[…, a, b] → […, b, a]`, laid out anew.
pub(in crate::model) fn transpose(x: Tensor<4>) -> Tensor<4> {
    let [p, n, a, b] = x.dims();
    Tensor::from_dispatch(<Dispatch as TransposeOps>::transpose(x.into_dispatch(), [p * n, a, b], vec![p, n, b, a]))
}

#[backend_extension(Flex)]
trait WinnerOps: Backend {
    fn winners(a: FloatTensor<Self>, form: Form) -> IntTensor<Self>;
}

#[backend_extension(Flex, Autodiff)]
trait PickOps: Backend {
    fn pick(a: FloatTensor<Self>, winners: IntTensor<Self>, form: Form) -> FloatTensor<Self>;
}

#[backend_extension(Flex, Autodiff)]
trait TransposeOps: Backend {
    fn transpose(x: FloatTensor<Self>, sizes: [usize; 3], shape: Vec<usize>) -> FloatTensor<Self>;
}

/// What a backend without a tape provides.
trait MapKernels: PickOps + TransposeOps {
    fn put_back(gradient: FloatTensor<Self>, winners: IntTensor<Self>, form: Form) -> FloatTensor<Self>;
}

impl WinnerOps for Flex {
    fn winners(a: FlexTensor, form: Form) -> FlexTensor {
        let a = contiguous(a);
        if a.dtype() == DType::F32 { find_winners::<f32>(&a, form) } else { find_winners::<f64>(&a, form) }
    }
}

impl PickOps for Flex {
    fn pick(a: FlexTensor, winners: FlexTensor, form: Form) -> FlexTensor {
        let a = contiguous(a);
        if a.dtype() == DType::F32 { pick_all::<f32>(&a, &winners, form) } else { pick_all::<f64>(&a, &winners, form) }
    }
}

impl TransposeOps for Flex {
    fn transpose(x: FlexTensor, sizes: [usize; 3], shape: Vec<usize>) -> FlexTensor {
        let x = contiguous(x);
        if x.dtype() == DType::F32 {
            transpose_all::<f32>(&x, sizes, shape)
        } else {
            transpose_all::<f64>(&x, sizes, shape)
        }
    }
}

impl MapKernels for Flex {
    fn put_back(gradient: FlexTensor, winners: FlexTensor, form: Form) -> FlexTensor {
        let gradient = contiguous(gradient);
        if gradient.dtype() == DType::F32 {
            put_back_all::<f32>(&gradient, &winners, form)
        } else {
            put_back_all::<f64>(&gradient, &winners, form)
        }
    }
}

impl<B: MapKernels, C: CheckpointStrategy> PickOps for Autodiff<B, C> {
    fn pick(a: FloatTensor<Self>, winners: IntTensor<Self>, form: Form) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct PickBackward;

        impl<B: MapKernels> Backward<B, 1> for PickBackward {
            type State = (IntTensor<B>, Form);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let (winners, form) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::put_back(gradient, winners, form));
            }
        }

        match PickBackward.prepare::<C>([a.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::pick(a.into_primitive(), winners.clone(), form);
                prep.finish((winners, form), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::pick(a.into_primitive(), winners, form)),
        }
    }
}

impl<B: MapKernels, C: CheckpointStrategy> TransposeOps for Autodiff<B, C> {
    fn transpose(x: FloatTensor<Self>, sizes: [usize; 3], shape: Vec<usize>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct TransposeBackward;

        impl<B: MapKernels> Backward<B, 1> for TransposeBackward {
            type State = ([usize; 3], Vec<usize>);

            fn backward(self, ops: Ops<Self::State, 1>, tape: &mut Gradients, _: &mut Checkpointer) {
                let ([images, a, b], shape) = ops.state;
                unary::<B, _>(ops.parents, ops.node, tape, |gradient| B::transpose(gradient, [images, b, a], shape));
            }
        }

        let back = vec![shape[0], shape[1], shape[3], shape[2]];
        match TransposeBackward.prepare::<C>([x.node()]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::transpose(x.into_primitive(), sizes, shape);
                prep.finish((sizes, back), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::transpose(x.into_primitive(), sizes, shape)),
        }
    }
}

fn positions(winners: &FlexTensor) -> &[i32] {
    winners.as_slice::<i32>().expect("winners are made by `find_winners`")
}

fn find_winners<T: Number>(a: &FlexTensor, form: Form) -> FlexTensor {
    let (channels, windows) = (form.channels(), form.taps());
    let mut out = vec![0_i32; form.windows() * channels];
    let images = out.par_chunks_mut(form.pooled_image()).zip(numbers::<T>(a).par_chunks(form.image()));
    images.with_min_len(8).for_each(|(out, image)| {
        let mut best = vec![T::default(); channels];
        vectorised(|| {
            for (out, taps) in out.chunks_exact_mut(channels).zip(windows.iter()) {
                // The architecture has no windows without a pixel.
                let [(first, from), rest @ ..] = taps else { continue };
                best.copy_from_slice(&image[*from..from + channels]);
                out.fill(*first);
                for &(tap, from) in rest {
                    let values = &image[from..from + channels];
                    for ((best, out), &value) in best.iter_mut().zip(&mut *out).zip(values) {
                        #[expect(clippy::eq_op, reason = "a NaN is what differs from itself")]
                        let wins = value > *best || value != value;
                        (*best, *out) = if wins { (value, tap) } else { (*best, *out) };
                    }
                }
            }
        });
    });
    tensor(out, vec![form.windows(), 1, channels])
}

/// The winners of image `index` of a population that may share them.
fn of_image(winners: &[i32], index: usize, form: Form) -> &[i32] {
    let len = form.pooled_image();
    let index = index % (winners.len() / len.max(1));
    &winners[index * len..(index + 1) * len]
}

fn pick_all<T: Number>(a: &FlexTensor, winners: &FlexTensor, form: Form) -> FlexTensor {
    let (channels, windows, winners) = (form.channels(), form.taps(), positions(winners));
    let mut out = vec![T::default(); form.windows() * channels];
    let images = out.par_chunks_mut(form.pooled_image()).zip(numbers::<T>(a).par_chunks(form.image()));
    images.enumerate().with_min_len(8).for_each(|(index, (out, image))| {
        let winners = of_image(winners, index, form);
        vectorised(|| {
            let rows = out.chunks_exact_mut(channels).zip(winners.chunks_exact(channels));
            for ((out, winners), taps) in rows.zip(windows.iter()) {
                for &(tap, from) in taps {
                    let values = &image[from..from + channels];
                    for ((out, &winner), &value) in out.iter_mut().zip(winners).zip(values) {
                        *out = if winner == tap { value } else { *out };
                    }
                }
            }
        });
    });
    tensor(out, form.shape())
}

fn put_back_all<T: Number>(gradient: &FlexTensor, winners: &FlexTensor, form: Form) -> FlexTensor {
    let (channels, windows, winners) = (form.channels(), form.taps(), positions(winners));
    let overlaps = form.overlaps();
    let mut out = vec![T::default(); form.images() * form.image()];
    let images = out.par_chunks_mut(form.image()).zip(numbers::<T>(gradient).par_chunks(form.pooled_image()));
    images.enumerate().with_min_len(8).for_each(|(index, (out, gradient))| {
        let winners = of_image(winners, index, form);
        vectorised(|| {
            let rows = gradient.chunks_exact(channels).zip(winners.chunks_exact(channels));
            for ((gradient, winners), taps) in rows.zip(windows.iter()) {
                for &(tap, to) in taps {
                    let all = out[to..to + channels].iter_mut().zip(winners).zip(gradient);
                    if overlaps {
                        all.for_each(|((out, &w), &g)| *out = if w == tap { *out + g } else { *out });
                    } else {
                        all.for_each(|((out, &w), &g)| *out = if w == tap { g } else { T::default() });
                    }
                }
            }
        });
    });
    tensor(out, form.maps().to_vec())
}

fn transpose_all<T: Number>(x: &FlexTensor, [images, a, b]: [usize; 3], shape: Vec<usize>) -> FlexTensor {
    let mut out = vec![T::default(); images * a * b];
    let each = out.par_chunks_mut((a * b).max(1)).zip(numbers::<T>(x).par_chunks((a * b).max(1)));
    each.with_min_len(8).for_each(|(out, x)| {
        for (j, row) in out.chunks_exact_mut(a).enumerate() {
            for (i, to) in row.iter_mut().enumerate() {
                *to = x[i * b + j];
            }
        }
    });
    tensor(out, shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, TensorData};

    fn maps(shape: [usize; 5]) -> Tensor<5> {
        let values: Vec<f64> = (0..shape.iter().product::<usize>()).map(|i| ((i * 7919) % 1009) as f64).collect();
        Tensor::from_data(TensorData::new(values, shape), (&Device::flex(), DType::F64))
    }

    fn host<const D: usize>(x: Tensor<D>) -> Vec<f64> {
        x.into_data().try_to_vec::<f64>().expect("f64")
    }

    const TWO: PoolWindow = PoolWindow { size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceil: false };

    /// Maps of 5×7 leave a row and a column out; a shared set of winners serves three members.
    #[test]
    fn winners_are_picked_and_their_gradients_put_back() {
        let shape = [1, 2, 5, 7, 3];
        let a = maps(shape);
        let values = host(a.clone());
        let winners = winners(a.clone(), TWO);
        let at = |member: usize, n: usize, y: usize, x: usize, c: usize| (((member * 2 + n) * 5 + y) * 7 + x) * 3 + c;
        let population = Tensor::cat(vec![a.clone(), a.clone() * -1.0, a * 0.5], 0).autodiff().require_grad();
        let picked = pick(population.clone(), winners, TWO);
        assert_eq!(picked.dims(), [3, 2, 2, 3, 3]);
        let found = host(picked.clone().inner());
        let gradient = host(population.grad(&(picked.clone() * picked).sum().backward()).expect("tracked"));
        let mut expected_gradient = vec![0.0; gradient.len()];
        for (i, &found) in found.iter().enumerate() {
            let (c, x, y, n, member) = (i % 3, i / 3 % 3, i / 9 % 2, i / 18 % 2, i / 36);
            let window = (0..4).map(|k| at(0, n, 2 * y + k / 2, 2 * x + k % 2, c));
            let winner = window.max_by(|&a, &b| values[a].total_cmp(&values[b])).expect("four places");
            let expected = values[winner] * [1.0, -1.0, 0.5][member];
            assert_eq!(found, expected, "{i}");
            expected_gradient[member * values.len() + winner] += 2.0 * expected;
        }
        assert_eq!(gradient, expected_gradient);
    }

    /// Windows of 3×2 that overlap, are padded and reach beyond the maps: each value and each gradient by hand.
    #[test]
    fn overlapping_windows_pick_what_they_see_and_add_their_gradients_up() {
        let window = PoolWindow { size: [3, 2], stride: [2, 1], padding: [1, 1], dilation: [1, 2], ceil: true };
        let a = maps([1, 2, 4, 5, 3]);
        let values = host(a.clone());
        let leaf = a.clone().autodiff().require_grad();
        let picked = pick(leaf.clone(), winners(a, window), window);
        let [_, _, height, width, _] = picked.dims();
        assert_eq!([height, width], window.output([4, 5]));
        let found = host(picked.clone().inner());
        let gradient = host(leaf.grad(&picked.sum().backward()).expect("tracked"));
        let mut expected = vec![0.0; values.len()];
        for (i, &found) in found.iter().enumerate() {
            let (c, x, y, n) = (i % 3, i / 3 % width, i / (3 * width) % height, i / (3 * width * height));
            let rows = (0..3).filter_map(|k| (2 * y + k).checked_sub(1)).filter(|row| *row < 4);
            let columns = |()| (0..2).filter_map(|k| (x + 2 * k).checked_sub(1)).filter(|column| *column < 5);
            let seen = rows.flat_map(|row| columns(()).map(move |column| ((n * 4 + row) * 5 + column) * 3 + c));
            let winner = seen.max_by(|&a, &b| values[a].total_cmp(&values[b])).expect("no window is empty");
            assert_eq!(found, values[winner], "{i}");
            expected[winner] += 1.0;
        }
        assert_eq!(gradient, expected);
    }

    #[test]
    fn a_nan_wins_its_window() {
        let mut values = vec![1.0, 5.0, 2.0, 3.0];
        values[2] = f64::NAN;
        let a = Tensor::<5>::from_data(TensorData::new(values, [1, 1, 2, 2, 1]), (&Device::flex(), DType::F64));
        assert!(host(pick(a.clone(), winners(a, TWO), TWO))[0].is_nan());
    }

    #[test]
    fn a_transpose_is_burns_own_and_so_is_its_gradient() {
        let x: Tensor<4> = maps([2, 3, 4, 5, 1]).squeeze_dim(4);
        let leaf = x.clone().autodiff().require_grad();
        let own = transpose(leaf.clone());
        assert_eq!(host(own.clone().inner()), host(x.clone().swap_dims(2, 3)));
        let weights: Tensor<4> = maps([2, 3, 5, 4, 1]).squeeze_dim(4);
        let gradient = leaf.grad(&(own * weights.clone()).sum().backward()).expect("tracked");
        assert_eq!(host(gradient), host(weights.swap_dims(2, 3)));
    }
}
