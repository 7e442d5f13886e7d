//! What a backward task has for itself, and its two steps for an image: the weights' gradient and the input's.

use std::mem::MaybeUninit;

use pulp::Simd;

use super::frame::{Frame, padding};
use super::packing::{PANEL_ROOM, Packed};
use super::phases::{self, Phase};
use super::walk::Walk;
use super::{Number, Sizes};
use crate::model::kernels::micro::{self, Output};
use crate::model::kernels::narrow;

/// Buffers of a backward task and how its images are walked.
pub(super) struct Scratch<T> {
    /// Gradients before the activation, one or two, each pixel padded so that whole vectors can be read at the last group.
    pub slopes: Vec<Vec<T>>,
    /// From one pixel of them to the next.
    pub step: usize,
    /// More zeros than an input has channels.
    zeros: Vec<T>,
    /// Frame and room of padded images; no room without padding.
    frame: Frame,
    padded: Vec<T>,
    /// How windows of the input are walked.
    walk: Walk,
    /// The gradient spread over the places of its windows; `None` where it is read as it lies.
    spread: Option<(Frame, Vec<T>)>,
    /// How windows of the gradient are walked, one for each pixel of the input.
    back: Walk,
    /// The same where the step is more than a pixel; none otherwise.
    phases: Vec<Phase>,
}

impl<T: Number> Scratch<T> {
    #[inline(always)]
    pub fn new<S: Simd>(sizes: &Sizes, slopes: usize) -> Self {
        let [out_height, out_width] = sizes.output();
        let (own, outputs) = (sizes.own_channels(), sizes.own_outputs());
        let step = (sizes.groups - 1) * outputs + micro::padded::<S, T>(outputs);
        let frame = padding(sizes);
        let is_flat = sizes.kernel == [1, 1] && sizes.stride == [1, 1] && sizes.padding == [0, 0];
        let has_steps = sizes.stride != [1, 1];
        let spread = if has_steps {
            phases::frame(sizes)
        } else {
            Frame {
                size: [0, 1].map(|d| sizes.input[d] + sizes.kernel[d] - 1),
                origin: [0, 1].map(|d| sizes.kernel[d] as isize - 1 - sizes.padding[d] as isize),
                stride: sizes.stride,
                image: [out_height, out_width],
                channels: sizes.outputs,
            }
        };
        let back = if is_flat {
            Walk::new([1, 1], (out_width, step, outputs), [1, 1], out_width)
        } else {
            Walk::new(sizes.kernel, (spread.size[1], sizes.outputs, outputs), [1, 1], sizes.input[1])
        };
        Self {
            slopes: vec![vec![T::default(); out_height * out_width * step]; slopes],
            step,
            zeros: vec![T::default(); sizes.channels + PANEL_ROOM],
            padded: vec![T::default(); if sizes.padding == [0, 0] { 0 } else { frame.len() }],
            walk: Walk::new(sizes.kernel, (frame.size[1], sizes.channels, own), sizes.stride, out_width),
            frame,
            spread: (!is_flat).then(|| {
                let room = vec![T::default(); spread.len()];
                (spread, room)
            }),
            back,
            phases: if has_steps { phases::phases(sizes) } else { Vec::new() },
        }
    }

    /// Adds the products of an image's windows at `count` pixels with a gradient to the weights' gradient.
    #[inline(always)]
    pub fn add_to_weights<S: Simd>(
        &mut self,
        simd: S,
        sizes: &Sizes,
        (image, count): (&[T], usize),
        slope: usize,
        sums: &mut [T],
    ) {
        let width = micro::padded::<S, T>(sizes.own_outputs());
        let input = if self.padded.is_empty() {
            image.as_ptr()
        } else {
            self.frame.fill(image, sizes.channels, &mut self.padded);
            self.padded.as_ptr()
        };
        if sizes.is_narrow() {
            let (input, gradient) = ((input, self.walk.pixels, count), (self.slopes[slope].as_ptr(), self.step));
            // SAFETY: a window is the channels of its pixel, which lie within the (padded) image; the gradient has all pixels, and
            // the sums a row of the channels for each output.
            unsafe { narrow::outer(simd, input, sizes.channels, gradient, (sums.as_mut_ptr(), sizes.outputs)) };
            return;
        }
        for (group, sums) in sums.chunks_exact_mut(sizes.depth() * width).enumerate() {
            // SAFETY: the windows of an image's output pixels lie within the (padded) image; each pixel's gradient and each
            // row of sums is padded to whole vectors.
            unsafe {
                micro::outer(
                    simd,
                    (input.add(group * sizes.own_channels()), self.walk.pixels, count),
                    self.walk.window(),
                    (self.slopes[slope].as_ptr().add(group * sizes.own_outputs()), self.step),
                    (sums.as_mut_ptr(), width),
                );
            }
        }
    }

    /// Lays a gradient out as [`Self::write_input`] reads it.
    #[inline(always)]
    pub fn spread(&mut self, slope: usize) -> Spread<T> {
        Spread(match &mut self.spread {
            Some((frame, room)) => {
                frame.fill(&self.slopes[slope], self.step, room);
                room.as_ptr()
            }
            None => self.slopes[slope].as_ptr(),
        })
    }

    /// Writes the gradient of the pixels of an image to its place, or adds it to what is there.
    ///
    /// # Safety
    /// The gradient was laid out by [`Self::spread`] since then, with as many pixels as the image has; where it `adds`, the room was
    /// written before.
    #[inline(always)]
    pub unsafe fn write_input<S: Simd>(
        &self,
        simd: S,
        sizes: &Sizes,
        from: Spread<T>,
        (panels, member): (&Packed<T>, usize),
        (room, adds): (&mut [MaybeUninit<T>], bool),
    ) {
        if !self.phases.is_empty() {
            // SAFETY: by the caller.
            unsafe { self.write_phases(simd, sizes, from, (panels, member), (room, adds)) };
            return;
        }
        let count = room.len() / sizes.channels;
        let room = room.as_mut_ptr().cast::<T>();
        for group in 0..sizes.groups {
            let to = Output {
                start: room.wrapping_add(group * sizes.own_channels()),
                step: sizes.channels,
                columns: sizes.own_channels(),
                adds,
            };
            // SAFETY: the windows of an image's input pixels lie within the spread gradient; the panels and the zeros are
            // padded to whole vectors; the room has the channels of all pixels.
            unsafe {
                micro::rows(
                    simd,
                    (from.0.add(group * sizes.own_outputs()), self.back.pixels, count),
                    self.back.window(),
                    (panels.group(member, group), self.zeros.as_ptr()),
                    to,
                );
            }
        }
    }
}

impl<T: Number> Scratch<T> {
    /// [`Self::write_input`] where the step is more than a pixel.
    ///
    /// # Safety
    /// As there.
    #[inline(always)]
    unsafe fn write_phases<S: Simd>(
        &self,
        simd: S,
        sizes: &Sizes,
        from: Spread<T>,
        (panels, member): (&Packed<T>, usize),
        (room, adds): (&mut [MaybeUninit<T>], bool),
    ) {
        let Some((frame, _)) = &self.spread else { return };
        let (own, outputs, channels) = (sizes.own_channels(), sizes.own_outputs(), sizes.channels);
        let padded = micro::padded::<S, T>(own);
        for (phase, y) in self.phases.iter().flat_map(|phase| (0..phase.count[0]).map(move |y| (phase, y))) {
            let row = (phase.first[0] + y * sizes.stride[0]) * sizes.input[1] + phase.first[1];
            if phase.taps.contains(&0) {
                let pixels = (0..if adds { 0 } else { phase.count[1] }).map(|x| (row + x * sizes.stride[1]) * channels);
                pixels.for_each(|pixel| room[pixel..pixel + channels].fill(MaybeUninit::new(T::default())));
                continue;
            }
            if phase.count[1] == 0 {
                continue;
            }
            let window = (phase.window[0] + y) * frame.size[1] + phase.window[1];
            // The last pixel of the row has room.
            let last = (row + (phase.count[1] - 1) * sizes.stride[1] + 1) * channels;
            let start = room[row * channels..last].as_mut_ptr().cast::<T>();
            for group in 0..sizes.groups {
                let to = Output {
                    start: start.wrapping_add(group * own),
                    step: sizes.stride[1] * channels,
                    columns: own,
                    adds,
                };
                // SAFETY: the frame has room around the gradient for the windows of all pixels; the panels of a group have those
                // of its phases after each other; the room has the channels of all pixels of the row.
                unsafe {
                    micro::rows(
                        simd,
                        (from.0.add(window * sizes.outputs + group * outputs), phase.walk.pixels, phase.count[1]),
                        phase.walk.window(),
                        (panels.group(member, group).add(phase.before * outputs * padded), self.zeros.as_ptr()),
                        to,
                    );
                }
            }
        }
    }
}

/// A gradient as it is read for that of the input.
#[derive(Clone, Copy)]
pub(super) struct Spread<T>(*const T);
