//! One image at a time, in a frame of zeros where it must be, and its products with weights.

use std::mem::MaybeUninit;

use pulp::Simd;

use crate::model::kernels::micro::{self, Output};
use crate::model::kernels::narrow;

use super::frame::{Frame, padding};
use super::packing::{PANEL_ROOM, Packed};
use super::walk::Walk;
use super::{Number, Sizes};

/// The image that products are taken of.
pub(super) struct Images<'a, T> {
    sizes: &'a Sizes,
    frame: Frame,
    /// Room of padded images; none without padding.
    padded: Vec<T>,
    walk: Walk,
    /// The image as it lies, where it is not padded.
    image: *const T,
}

impl<'a, T: Number> Images<'a, T> {
    #[inline(always)]
    pub fn new(sizes: &'a Sizes) -> Self {
        let frame = padding(sizes);
        let padded = vec![T::default(); if sizes.padding == [0, 0] { 0 } else { frame.len() }];
        let [_, out_width] = sizes.output();
        let walk =
            Walk::new(sizes.kernel, (frame.size[1], sizes.channels, sizes.own_channels()), sizes.stride, out_width);
        Self { sizes, frame, padded, walk, image: std::ptr::null() }
    }

    /// A bias as [`Self::product`] reads it; zeros where there is none.
    #[inline(always)]
    pub fn bias(&self, bias: Option<&[T]>) -> Vec<T> {
        let mut row = vec![T::default(); self.sizes.outputs + PANEL_ROOM];
        if let Some(bias) = bias {
            row[..self.sizes.outputs].copy_from_slice(bias);
        }
        row
    }

    /// Takes the image at a place of a member's images.
    #[inline(always)]
    pub fn read(&mut self, all: &[T], index: usize) {
        let size = self.sizes.input[0] * self.sizes.input[1] * self.sizes.channels;
        let image = &all[index * size..((index + 1) * size).min(all.len())];
        if self.padded.is_empty() {
            self.image = image.as_ptr();
        } else {
            self.frame.fill(image, self.sizes.channels, &mut self.padded);
            self.image = self.padded.as_ptr();
        }
    }

    /// The product with a member's weights at the pixels that there is room for, with a bias of [`Self::bias`]; or added to what is
    /// there.
    ///
    /// # Safety
    /// An image was read from numbers that are still there, and has so many output pixels; the panels are those of these sizes; where
    /// it `adds`, the room was written before.
    #[inline(always)]
    pub unsafe fn product<S: Simd>(
        &self,
        simd: S,
        (panels, member): (&Packed<T>, usize),
        bias: &[T],
        (room, adds): (&mut [MaybeUninit<T>], bool),
    ) {
        let (own, outputs) = (self.sizes.own_channels(), self.sizes.own_outputs());
        let count = room.len() / self.sizes.outputs;
        let start = room.as_mut_ptr().cast::<T>();
        if self.sizes.is_narrow() {
            let output = Output { start, step: outputs, columns: outputs, adds };
            let (image, weights) = ((self.image, self.walk.pixels, count), (panels.group(member, 0), bias.as_ptr()));
            // SAFETY: a window is the channels of its pixel, which lie within the (padded) image; the room has the columns of all
            // pixels.
            unsafe { narrow::rows(simd, image, own, weights, output) };
            return;
        }
        for group in 0..self.sizes.groups {
            let output =
                Output { start: start.wrapping_add(group * outputs), step: self.sizes.outputs, columns: outputs, adds };
            // SAFETY: the windows of an image's output pixels lie within the (padded) image; the panels and the bias are padded
            // to whole vectors; the room has the columns of all pixels.
            unsafe {
                micro::rows(
                    simd,
                    (self.image.add(group * own), self.walk.pixels, count),
                    self.walk.window(),
                    (panels.group(member, group), bias.as_ptr().add(group * outputs)),
                    output,
                );
            }
        }
    }
}
