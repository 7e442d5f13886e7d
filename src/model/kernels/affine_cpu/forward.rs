//! act(x ∗ w + b).

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::room::{filled, room};

use super::activation;
use super::dispatch::{Call, Task};
use super::image::Images;
use super::operands::member;
use super::packing::{Packed, packed};
use super::parts::{Part, cut, each, parts, pixel_range};
use super::{Activation, Number, Operands, Sizes};

struct Forward<'a, T> {
    sizes: Sizes,
    total: usize,
    population: usize,
    operands: Operands<'a, T>,
    bias: Option<(&'a [T], usize)>,
    activation: Activation,
    result: &'a mut Vec<T>,
}

/// act(x ∗ w + b) `[P, n, h', w', o]` for a population of P.
pub(in crate::model::kernels) fn forward<T: Number>(
    sizes: &Sizes,
    population: usize,
    operands: Operands<'_, T>,
    bias: Option<(&[T], usize)>,
    activation: Activation,
) -> Vec<T> {
    let mut result = Vec::new();
    let (sizes, total) = sizes.flattened();
    let forward = Forward { sizes, total, population, operands, bias, activation, result: &mut result };
    Arch::new().dispatch(Call(forward));
    result
}

impl<T: Number> Task for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, population, operands, bias, activation, result } = self;
        let panels = packed::<S, T>(&sizes, operands.weight, false);
        let pixels: usize = sizes.output().iter().product();
        let mut out = room::<T>(population * total * sizes.outputs);
        let parts = parts(&sizes, population, 1, 0);
        let lengths: Vec<usize> =
            parts.iter().map(|part| pixel_range(part.images.clone(), pixels, total).len() * sizes.outputs).collect();
        let rooms = cut(&mut out, lengths.into_iter());
        let tasks: Vec<_> = parts.into_iter().zip(rooms).collect();
        each(tasks, |(part, out)| {
            simd.vectorize(ForwardPart {
                sizes: &sizes,
                total,
                x: member(operands.x, part.member),
                panels: &panels,
                bias: bias.map(|bias| member(bias, part.member)),
                activation,
                part,
                out,
            });
        });
        // SAFETY: the tasks cover all images of all members, and each writes all of its pixels.
        *result = unsafe { filled(out) };
    }
}

struct ForwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    x: &'a [T],
    panels: &'a Packed<T>,
    bias: Option<&'a [T]>,
    activation: Activation,
    part: Part,
    out: &'a mut [MaybeUninit<T>],
}

impl<T: Number> WithSimd for ForwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, x, panels, bias, activation, part, out } = self;
        let pixels: usize = sizes.output().iter().product();
        let mut images = Images::new(sizes);
        let bias = images.bias(bias);
        let first = part.images.start * pixels;
        for index in part.images {
            let range = pixel_range(index..index + 1, pixels, total);
            let out = &mut out[(range.start - first) * sizes.outputs..(range.end - first) * sizes.outputs];
            images.read(x, index);
            // SAFETY: the panels are of these sizes, and `out` has the columns of all pixels of the image.
            unsafe { images.product(simd, (panels, part.member), &bias, (out, false)) };
            // SAFETY: all columns of all pixels of this image were written above.
            let values = unsafe { std::slice::from_raw_parts_mut(out.as_mut_ptr().cast::<T>(), out.len()) };
            activation::activate(values, activation);
        }
    }
}
