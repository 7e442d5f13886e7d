//! act(x ∗ w + b) and its derivative along a line, and their gradients: both coefficients of a tile while it is in the cache.
//!
//! ẏ = act'(z)·ż with ż = ẋ ∗ w + x ∗ ẇ + ḃ. With the gradients G of z and D of ż, the gradient of x is that of x ∗ w from G and that of
//! x ∗ ẇ from D, the one of ẋ that of ẋ ∗ w from D, the one of w both from G by x and from D by ẋ.

use std::mem::MaybeUninit;
use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::room::{filled, room};

use super::activation;
use super::backward::{sum_members, sum_parts};
use super::dispatch::{Call, Task};
use super::image::Images;
use super::operands::member;
use super::packing::{Packed, packed, sums_len, unpack};
use super::parts::{Part, cut, each, parts, pixel_range};
use super::scratch::Scratch;
use super::{Activation, Number, Sizes};

/// The operands, each with its population, which is 1 where it is shared; `None` where there is none.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct DualOperands<'a, T> {
    pub x: (&'a [T], usize),
    pub first: Option<(&'a [T], usize)>,
    pub weight: (&'a [T], usize),
    pub dweight: (&'a [T], usize),
    pub bias: Option<(&'a [T], usize)>,
    pub dbias: Option<(&'a [T], usize)>,
}

struct Forward<'a, T> {
    sizes: Sizes,
    total: usize,
    population: usize,
    operands: DualOperands<'a, T>,
    activation: Activation,
    result: &'a mut [Vec<T>; 2],
}

/// Value and derivative, `[P, n, h', w', o]` each.
pub(in crate::model::kernels) fn dual<T: Number>(
    sizes: &Sizes,
    population: usize,
    operands: DualOperands<'_, T>,
    activation: Activation,
) -> [Vec<T>; 2] {
    let mut result = [Vec::new(), Vec::new()];
    let (sizes, total) = sizes.flattened();
    Arch::new().dispatch(Call(Forward { sizes, total, population, operands, activation, result: &mut result }));
    result
}

impl<T: Number> Task for Forward<'_, T> {
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, population, operands, activation, result } = self;
        let panels = [operands.weight, operands.dweight].map(|weight| packed::<S, T>(&sizes, weight, false));
        let pixels: usize = sizes.output().iter().product();
        let mut rooms = [(); 2].map(|()| room::<T>(population * total * sizes.outputs));
        let parts = parts(&sizes, population, 3, 0);
        let lengths: Vec<usize> =
            parts.iter().map(|part| pixel_range(part.images.clone(), pixels, total).len() * sizes.outputs).collect();
        let [values, firsts] = rooms.each_mut().map(|room| cut(room, lengths.iter().copied()));
        let tasks: Vec<_> = parts.into_iter().zip(values).zip(firsts).collect();
        each(tasks, |((part, value), first)| {
            simd.vectorize(ForwardPart {
                sizes: &sizes,
                total,
                operands,
                panels: &panels,
                activation,
                part,
                out: [value, first],
            });
        });
        // SAFETY: the tasks cover all images of all members, and each writes all of its pixels.
        *result = rooms.map(|room| unsafe { filled(room) });
    }
}

struct ForwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    operands: DualOperands<'a, T>,
    panels: &'a [Packed<T>; 2],
    activation: Activation,
    part: Part,
    out: [&'a mut [MaybeUninit<T>]; 2],
}

impl<T: Number> WithSimd for ForwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sizes, total, operands, panels: [panels, dpanels], activation, part, out: [values, firsts] } = self;
        let pixels: usize = sizes.output().iter().product();
        let own = part.member;
        let mut images = Images::new(sizes);
        let [bias, dbias] = [operands.bias, operands.dbias].map(|bias| images.bias(bias.map(|bias| member(bias, own))));
        let zeros = images.bias(None);
        let x = member(operands.x, own);
        let first = operands.first.map(|first| member(first, own));
        let begin = part.images.start * pixels;
        for index in part.images {
            let range = pixel_range(index..index + 1, pixels, total);
            let place = (range.start - begin) * sizes.outputs..(range.end - begin) * sizes.outputs;
            let (value, dvalue) = (&mut values[place.clone()], &mut firsts[place]);
            images.read(x, index);
            // SAFETY: the panels are of these sizes, the rooms have the columns of all pixels of the image, and the second
            // product is added to what the first one wrote.
            unsafe {
                images.product(simd, (panels, own), &bias, (value, false));
                images.product(simd, (dpanels, own), &dbias, (dvalue, false));
                if let Some(first) = first {
                    images.read(first, index);
                    images.product(simd, (panels, own), &zeros, (dvalue, true));
                }
            }
            // SAFETY: all columns of all pixels of this image were written above.
            let [value, dvalue] = [value, dvalue]
                .map(|room| unsafe { std::slice::from_raw_parts_mut(room.as_mut_ptr().cast::<T>(), room.len()) });
            activation::activate(value, activation);
            activation::slope(value, dvalue, activation);
        }
    }
}

/// What a backward pass starts from: gradients of value and derivative, zeros where there is none, and both results.
#[derive(Debug, Clone, Copy)]
pub(in crate::model::kernels) struct DualUpstream<'a, T> {
    pub gradients: [Option<&'a [T]>; 2],
    pub outputs: [&'a [T]; 2],
    pub activation: Activation,
}

/// Which gradients are wanted: of x, ẋ, w, ẇ, b and ḃ.
pub(in crate::model::kernels) type DualWanted = [bool; 6];

struct Backward<'a, T> {
    sizes: Sizes,
    total: usize,
    population: usize,
    operands: DualOperands<'a, T>,
    upstream: DualUpstream<'a, T>,
    wanted: DualWanted,
    result: &'a mut [Option<Vec<T>>; 6],
}

/// The gradients of x, ẋ, w, ẇ, b and ḃ, as far as they are wanted.
pub(in crate::model::kernels) fn dual_backward<T: Number>(
    sizes: &Sizes,
    population: usize,
    operands: DualOperands<'_, T>,
    upstream: DualUpstream<'_, T>,
    wanted: DualWanted,
) -> [Option<Vec<T>>; 6] {
    let mut result = [const { None }; 6];
    let (sizes, total) = sizes.flattened();
    let backward = Backward { sizes, total, population, operands, upstream, wanted, result: &mut result };
    Arch::new().dispatch(Call(backward));
    result
}

impl<T: Number> Task for Backward<'_, T> {
    #[expect(clippy::too_many_lines, reason = "one walk whose parts share what stands in registers and in the cache")]
    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { sizes, total, population, operands, upstream, wanted, result } = self;
        let out_len = total * sizes.outputs;
        let pixels: usize = sizes.output().iter().product();
        let [wants_x, wants_first, wants_weight, wants_dweight, wants_bias, wants_dbias] = wanted;
        let needed = [wants_x || wants_first, wants_x];
        let panels = [(operands.weight, needed[0]), (operands.dweight, needed[1])]
            .map(|(weight, is_needed)| is_needed.then(|| packed::<S, T>(&sizes, weight, true)));
        let weight_room = sums_len::<S, T>(&sizes);
        let sizes_of_sums = [
            (wants_weight, weight_room),
            (wants_dweight, weight_room),
            (wants_bias, sizes.outputs),
            (wants_dbias, sizes.outputs),
        ]
        .map(|(is_wanted, size)| if is_wanted { size } else { 0 });
        let all_sums: usize = sizes_of_sums.iter().sum();
        let in_len = if total == sizes.examples * pixels { sizes.inputs() } else { total * sizes.channels };
        let in_image = sizes.input[0] * sizes.input[1] * sizes.channels;
        let parts = parts(&sizes, population, 5, all_sums);
        let mut rooms = [wants_x, wants_first].map(|wants| room::<T>(if wants { population * in_len } else { 0 }));
        let mut sums = vec![T::default(); parts.len() * all_sums];
        let lengths = |wants: bool| {
            let length = move |part: &Part| {
                let end = (part.images.end * in_image).min(in_len);
                if wants { end - part.images.start * in_image } else { 0 }
            };
            parts.iter().map(length).collect::<Vec<usize>>()
        };
        let (x_lengths, first_lengths) = (lengths(wants_x), lengths(wants_first));
        let [x_room, first_room] = &mut rooms;
        let (x_rooms, first_rooms) = (cut(x_room, x_lengths.into_iter()), cut(first_room, first_lengths.into_iter()));
        let sum_rooms = cut(&mut sums, parts.iter().map(|_| all_sums));
        let owners: Vec<usize> = parts.iter().map(|part| part.member).collect();
        let tasks: Vec<_> = parts.into_iter().zip(x_rooms).zip(first_rooms).zip(sum_rooms).collect();
        each(tasks, |(((part, x_room), first_room), sums)| {
            let own = part.member * out_len..(part.member + 1) * out_len;
            let mut sums = cut(sums, sizes_of_sums.into_iter()).into_iter();
            let mut next = || sums.next().expect("four kinds of sums");
            simd.vectorize(BackwardPart {
                sizes: &sizes,
                total,
                x: member(operands.x, part.member),
                first: operands.first.map(|first| member(first, part.member)),
                panels: panels.each_ref().map(Option::as_ref),
                gradients: upstream.gradients.map(|all| all.map(|all| &all[own.clone()])),
                outputs: upstream.outputs.map(|all| &all[own.clone()]),
                activation: upstream.activation,
                part,
                rooms: [x_room, first_room],
                weight_sums: [next(), next()],
                bias_sums: [next(), next()],
            });
        });
        drop(panels);
        // SAFETY: the tasks cover all images of all members, and each writes all pixels of what is wanted.
        let [x, first] = rooms.map(|room| unsafe { filled(room) });
        result[0] = wants_x.then(|| sum_members(x, population, operands.x.1));
        result[1] = operands.first.filter(|_| wants_first).map(|operand| sum_members(first, population, operand.1));
        let members = [
            operands.weight.1,
            operands.dweight.1,
            operands.bias.map_or(1, |bias| bias.1),
            operands.dbias.map_or(1, |bias| bias.1),
        ];
        let mut kinds: [Vec<&mut [T]>; 4] = Default::default();
        for row in sums.chunks_exact_mut(all_sums.max(1)) {
            kinds.iter_mut().zip(cut(row, sizes_of_sums.into_iter())).for_each(|(kind, rows)| kind.push(rows));
        }
        for (place, rows) in kinds.into_iter().enumerate().filter(|(place, _)| sizes_of_sums[*place] > 0) {
            let found = sum_parts(rows, &owners, members[place]);
            result[2 + place] = Some(if place < 2 { unpack::<S, T>(&found, &sizes) } else { found.concat() });
        }
    }
}

struct BackwardPart<'a, T> {
    sizes: &'a Sizes,
    total: usize,
    x: &'a [T],
    first: Option<&'a [T]>,
    /// Those of w and ẇ, turned round.
    panels: [Option<&'a Packed<T>>; 2],
    gradients: [Option<&'a [T]>; 2],
    outputs: [&'a [T]; 2],
    activation: Activation,
    part: Part,
    rooms: [&'a mut [MaybeUninit<T>]; 2],
    weight_sums: [&'a mut [T]; 2],
    bias_sums: [&'a mut [T]; 2],
}

impl<T: Number> WithSimd for BackwardPart<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let sizes = self.sizes;
        let (pixels, image) =
            (sizes.output().iter().product::<usize>(), sizes.input[0] * sizes.input[1] * sizes.channels);
        let mut scratch = Scratch::new::<S>(sizes, 2);
        let (begin, own) = (self.part.images.start * image, self.part.member);
        for index in self.part.images.clone() {
            let range = pixel_range(index..index + 1, pixels, self.total);
            let count = range.len();
            self.read_gradients(range, &mut scratch);
            let place = index * image..((index + 1) * image).min(self.x.len());
            let x = &self.x[place.clone()];
            if !self.weight_sums[0].is_empty() {
                scratch.add_to_weights(simd, sizes, (x, count), 0, self.weight_sums[0]);
                if let Some(first) = self.first {
                    scratch.add_to_weights(simd, sizes, (&first[place.clone()], count), 1, self.weight_sums[0]);
                }
            }
            if !self.weight_sums[1].is_empty() {
                scratch.add_to_weights(simd, sizes, (x, count), 1, self.weight_sums[1]);
            }
            let [x_room, first_room] = &mut self.rooms;
            let own_room = place.start - begin..place.end - begin;
            let [panels, dpanels] = self.panels;
            // SAFETY: each gradient is laid out just before, for the image whose room this is, and what is added to was written.
            unsafe {
                if let (Some(panels), false) = (panels, x_room.is_empty()) {
                    let from = scratch.spread(0);
                    scratch.write_input(simd, sizes, from, (panels, own), (&mut x_room[own_room.clone()], false));
                }
                if let Some(panels) = panels {
                    let from = scratch.spread(1);
                    if let (Some(dpanels), false) = (dpanels, x_room.is_empty()) {
                        scratch.write_input(simd, sizes, from, (dpanels, own), (&mut x_room[own_room.clone()], true));
                    }
                    if !first_room.is_empty() {
                        scratch.write_input(simd, sizes, from, (panels, own), (&mut first_room[own_room], false));
                    }
                }
            }
        }
    }
}

impl<T: Number> BackwardPart<'_, T> {
    /// Takes the gradients of some pixels through the activation, and adds them to the biases'.
    #[inline(always)]
    fn read_gradients(&mut self, pixels: Range<usize>, scratch: &mut Scratch<T>) {
        let (outputs, step) = (self.sizes.outputs, scratch.step);
        let flat = pixels.start * outputs..pixels.end * outputs;
        for (slope, gradient) in scratch.slopes.iter_mut().zip(self.gradients) {
            let rows = slope.chunks_exact_mut(step).take(pixels.len());
            match gradient {
                Some(gradient) => rows
                    .zip(gradient[flat.clone()].chunks_exact(outputs))
                    .for_each(|(to, from)| to[..outputs].copy_from_slice(from)),
                None => rows.for_each(|to| to[..outputs].fill(T::default())),
            }
        }
        let [value, first] = &mut scratch.slopes[..] else { unreachable!("made with two") };
        if self.activation != Activation::Identity {
            let [y, dy] = self.outputs.map(|all| all[flat.clone()].chunks_exact(outputs));
            let rows = value.chunks_exact_mut(step).zip(first.chunks_exact_mut(step));
            for (((g, dg), y), dy) in rows.zip(y).zip(dy) {
                activation::slopes([y, dy], [&mut g[..outputs], &mut dg[..outputs]], self.activation);
            }
        }
        for (sums, slope) in self.bias_sums.iter_mut().zip([&*value, &*first]) {
            if !sums.is_empty() {
                for g in slope.chunks_exact(step).take(pixels.len()) {
                    sums.iter_mut().zip(g).for_each(|(sum, &g)| *sum += g);
                }
            }
        }
    }
}
