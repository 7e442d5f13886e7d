//! act(Σ x ∗ w + b).

use std::mem::MaybeUninit;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::micro::{self, Output};

use super::dispatch::{Call, Task};
use super::frame::padding;
use super::operands::member;
use super::packing::{PANEL_ROOM, Packed, packed};
use super::parts::{Part, cut, each, filled, parts, pixel_range, room};
use super::walk::Walk;
use super::{Activation, Number, Sizes, Term};

struct Forward<'a, T> {
    sizes: Sizes,
    total: usize,
    population: usize,
    terms: &'a [Term<'a, T>],
    bias: Option<(&'a [T], usize)>,
    activation: Activation,
    result: &'a mut Vec<T>,
}

/// act(Σ x ∗ w + b) `[P, n, h', w', o]` for a population of P, the sum over the terms and over the members that each sums.
pub(in crate::model::kernels) fn forward<T: Number>(
    sizes: &Sizes,
    population: usize,
    terms: &[Term<'_, T>],
    bias: Option<(&[T], usize)>,
    activation: Activation,
) -> Vec<T> {
    let mut result = Vec::new();
    let (sizes, total) = sizes.flattened();
    let forward = Forward { sizes, total, population, terms, bias, activation, result: &mut result };
    Arch::new().dispatch(Call(forward));
    result
}

impl<T: Number> Task for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, population, terms, bias, activation, result } = self;
        let panels: Vec<Packed<T>> =
            terms.iter().map(|term| packed::<S, T>(&sizes, term.operands.weight, term.scale, false)).collect();
        let products: usize = terms.iter().map(|term| term.each).sum();
        let pixels: usize = sizes.output().iter().product();
        let mut out = room::<T>(population * total * sizes.outputs);
        let parts = parts(&sizes, population, products);
        let lengths: Vec<usize> =
            parts.iter().map(|part| pixel_range(part.images.clone(), pixels, total).len() * sizes.outputs).collect();
        let rooms = cut(&mut out, lengths.into_iter());
        let tasks: Vec<_> = parts.into_iter().zip(rooms).collect();
        each(tasks, |(part, out)| {
            simd.vectorize(ForwardPart {
                sizes: &sizes,
                total,
                terms,
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
    terms: &'a [Term<'a, T>],
    panels: &'a [Packed<T>],
    bias: Option<&'a [T]>,
    activation: Activation,
    part: Part,
    out: &'a mut [MaybeUninit<T>],
}

impl<T: Number> WithSimd for ForwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, terms, panels, bias, activation, part, out } = self;
        let [out_height, out_width] = sizes.output();
        let (pixels, image) = (out_height * out_width, sizes.input[0] * sizes.input[1] * sizes.channels);
        let frame = padding(sizes);
        let is_padded = sizes.padding != [0, 0];
        let mut padded = vec![T::default(); if is_padded { frame.len() } else { 0 }];
        let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
        let walk = Walk::new(sizes.kernel, (frame.size[1], sizes.channels, own), sizes.stride, out_width);
        let mut bias_row = vec![T::default(); sizes.outputs + PANEL_ROOM];
        if let Some(bias) = bias {
            bias_row[..sizes.outputs].copy_from_slice(bias);
        }
        let zeros = vec![T::default(); sizes.outputs + PANEL_ROOM];
        let first = part.images.start * pixels;
        for index in part.images {
            let range = pixel_range(index..index + 1, pixels, total);
            let out = &mut out[(range.start - first) * sizes.outputs..(range.end - first) * sizes.outputs];
            let members = terms.iter().zip(panels).flat_map(|(term, panels)| {
                (part.member * term.each..(part.member + 1) * term.each).map(move |place| (term, panels, place))
            });
            for (product, (term, panels, place)) in members.enumerate() {
                let x = member(term.operands.x, place);
                let x = &x[index * image..((index + 1) * image).min(x.len())];
                let input = if is_padded {
                    frame.fill(x, sizes.channels, &mut padded);
                    padded.as_ptr()
                } else {
                    x.as_ptr()
                };
                let bias = if product == 0 { &bias_row } else { &zeros };
                for group in 0..sizes.groups {
                    let output = Output {
                        start: out.as_mut_ptr().cast::<T>().wrapping_add(group * outputs),
                        step: sizes.outputs,
                        columns: outputs,
                        adds: product > 0,
                    };
                    // SAFETY: the windows of an image's output pixels lie within the (padded) image; the panels and the
                    // bias are padded to whole vectors; `out` has the columns of all pixels, which the first product
                    // writes before the others add to them.
                    unsafe {
                        micro::rows(
                            simd,
                            (input.add(group * own), walk.pixels, range.len()),
                            walk.window(),
                            (panels.group(place, group), bias.as_ptr().add(group * outputs)),
                            output,
                        );
                    }
                }
            }
            // SAFETY: all columns of all pixels of this image were written above.
            let values = unsafe { std::slice::from_raw_parts_mut(out.as_mut_ptr().cast::<T>(), out.len()) };
            T::activate(values, activation);
        }
    }
}
