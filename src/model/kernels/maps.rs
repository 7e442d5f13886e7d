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

/// Where the greatest element of each `size`×`size` window stands in it, row by row, `[P·n·h'·w', 1, c]`, of maps
/// `[P, n, h, w, c]`. A window with a NaN has its last NaN as winner.
pub(in crate::model) fn winners(a: Tensor<5>, size: usize) -> Tensor<3, Int> {
    let form = Form::new(&a, size, 1);
    Tensor::from_dispatch(<Dispatch as WinnerOps>::winners(a.without_autodiff().into_dispatch(), form))
}

/// The elements of `a` `[P, n, h, w, c]` at the winners of its own windows, or of those that its population shares:
/// `[P, n, h', w', c]`.
pub(in crate::model) fn pick(a: Tensor<5>, winners: Tensor<3, Int>, size: usize) -> Tensor<5> {
    let mut form = Form::new(&a, size, 1);
    form.shared = form.windows() / winners.dims()[0];
    Tensor::from_dispatch(<Dispatch as PickOps>::pick(a.into_dispatch(), winners.into_dispatch(), form))
}

/// `[…, a, b] → […, b, a]`, laid out anew.
pub(in crate::model) fn transpose(x: Tensor<4>) -> Tensor<4> {
    let [p, n, a, b] = x.dims();
    Tensor::from_dispatch(<Dispatch as TransposeOps>::transpose(x.into_dispatch(), [p * n, a, b], vec![p, n, b, a]))
}

/// Sizes of maps and their windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// `[P, n, h, w, c]`
    maps: [usize; 5],
    size: usize,
    /// Members that share one set of winners.
    shared: usize,
}

impl Form {
    fn new(a: &Tensor<5>, size: usize, shared: usize) -> Self {
        Self { maps: a.dims(), size, shared }
    }

    fn images(&self) -> usize {
        self.maps[0] * self.maps[1]
    }

    fn image(&self) -> usize {
        self.maps[2] * self.maps[3] * self.maps[4]
    }

    /// Height and width of the pooled maps.
    fn pooled(&self) -> [usize; 2] {
        [self.maps[2] / self.size, self.maps[3] / self.size]
    }

    fn pooled_image(&self) -> usize {
        self.pooled().iter().product::<usize>() * self.maps[4]
    }

    /// Windows of all images.
    fn windows(&self) -> usize {
        self.images() * self.pooled().iter().product::<usize>()
    }

    fn shape(&self) -> Vec<usize> {
        let [p, n, _, _, c] = self.maps;
        let [height, width] = self.pooled();
        vec![p, n, height, width, c]
    }

    /// For each window of an image: where its first pixel's channels begin, and those of the pooled pixel.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        let ([height, width], [_, _, _, columns, channels], size) = (self.pooled(), self.maps, self.size);
        (0..height * width).map(move |window| {
            let (y, x) = (window / width * size, window % width * size);
            ((y * columns + x) * channels, window * channels)
        })
    }

    /// Where the pixels of a window stand after its first.
    fn offsets(&self) -> Vec<usize> {
        let ([_, _, _, columns, channels], size) = (self.maps, self.size);
        (0..size * size).map(|k| (k / size * columns + k % size) * channels).collect()
    }
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
    let (channels, offsets) = (form.maps[4], form.offsets());
    let mut out = vec![0_i32; form.windows() * channels];
    let images = out.par_chunks_mut(form.pooled_image()).zip(numbers::<T>(a).par_chunks(form.image()));
    images.with_min_len(8).for_each(|(out, image)| {
        let mut best = vec![T::default(); channels];
        vectorised(|| {
            for (from, to) in form.places() {
                let out = &mut out[to..to + channels];
                best.copy_from_slice(&image[from..from + channels]);
                for (k, offset) in offsets.iter().enumerate().skip(1) {
                    let values = &image[from + offset..from + offset + channels];
                    for ((best, out), &value) in best.iter_mut().zip(&mut *out).zip(values) {
                        #[expect(clippy::eq_op, reason = "a NaN is what differs from itself")]
                        let wins = value > *best || value != value;
                        (*best, *out) = if wins { (value, k as i32) } else { (*best, *out) };
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
    let (channels, offsets, winners) = (form.maps[4], form.offsets(), positions(winners));
    let mut out = vec![T::default(); form.windows() * channels];
    let images = out.par_chunks_mut(form.pooled_image()).zip(numbers::<T>(a).par_chunks(form.image()));
    images.enumerate().with_min_len(8).for_each(|(index, (out, image))| {
        let winners = of_image(winners, index, form);
        vectorised(|| {
            for (from, to) in form.places() {
                let (out, winners) = (&mut out[to..to + channels], &winners[to..to + channels]);
                for (k, offset) in offsets.iter().enumerate() {
                    let values = &image[from + offset..from + offset + channels];
                    for ((out, &winner), &value) in out.iter_mut().zip(winners).zip(values) {
                        *out = if winner == k as i32 { value } else { *out };
                    }
                }
            }
        });
    });
    tensor(out, form.shape())
}

fn put_back_all<T: Number>(gradient: &FlexTensor, winners: &FlexTensor, form: Form) -> FlexTensor {
    let (channels, offsets, winners) = (form.maps[4], form.offsets(), positions(winners));
    let mut out = vec![T::default(); form.images() * form.image()];
    let images = out.par_chunks_mut(form.image()).zip(numbers::<T>(gradient).par_chunks(form.pooled_image()));
    images.enumerate().with_min_len(8).for_each(|(index, (out, gradient))| {
        let winners = of_image(winners, index, form);
        vectorised(|| {
            for (to, from) in form.places() {
                let (gradient, winners) = (&gradient[from..from + channels], &winners[from..from + channels]);
                for (k, offset) in offsets.iter().enumerate() {
                    let out = &mut out[to + offset..to + offset + channels];
                    for ((out, &winner), &gradient) in out.iter_mut().zip(winners).zip(gradient) {
                        *out = if winner == k as i32 { gradient } else { T::default() };
                    }
                }
            }
        });
    });
    tensor(out, form.maps.to_vec())
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

    /// Maps of 5×7 leave a row and a column out; a shared set of winners serves three members.
    #[test]
    fn winners_are_picked_and_their_gradients_put_back() {
        let shape = [1, 2, 5, 7, 3];
        let a = maps(shape);
        let values = host(a.clone());
        let winners = winners(a.clone(), 2);
        let at = |member: usize, n: usize, y: usize, x: usize, c: usize| (((member * 2 + n) * 5 + y) * 7 + x) * 3 + c;
        let population = Tensor::cat(vec![a.clone(), a.clone() * -1.0, a * 0.5], 0).autodiff().require_grad();
        let picked = pick(population.clone(), winners, 2);
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

    #[test]
    fn a_nan_wins_its_window() {
        let mut values = vec![1.0, 5.0, 2.0, 3.0];
        values[2] = f64::NAN;
        let a = Tensor::<5>::from_data(TensorData::new(values, [1, 1, 2, 2, 1]), (&Device::flex(), DType::F64));
        assert!(host(pick(a.clone(), winners(a, 2), 2))[0].is_nan());
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
