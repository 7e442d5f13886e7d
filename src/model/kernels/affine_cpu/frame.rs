//! Images in frames of zeros.

use super::Sizes;

/// Copies an image into the middle of zeros, or spreads a gradient over the places of its windows.
pub(super) struct Frame {
    /// Height and width of the frame.
    pub size: [usize; 2],
    /// Place of the first pixel; may lie before the frame.
    pub origin: [isize; 2],
    /// From one pixel to the next.
    pub stride: [usize; 2],
    /// Height and width of what is copied.
    pub image: [usize; 2],
    pub channels: usize,
}

impl Frame {
    /// Numbers in it.
    #[inline]
    pub fn len(&self) -> usize {
        self.size[0] * self.size[1] * self.channels
    }

    /// `image` has `step` numbers from one pixel to the next.
    #[inline]
    pub fn fill<T: Copy>(&self, image: &[T], step: usize, frame: &mut [T]) {
        let inside = |d: usize, i: usize| {
            let at = self.origin[d] + (i * self.stride[d]) as isize;
            usize::try_from(at).ok().filter(|&at| at < self.size[d])
        };
        for y in 0..self.image[0] {
            let Some(to_y) = inside(0, y) else { continue };
            if self.stride[1] == 1 && step == self.channels && self.origin[1] >= 0 {
                let to = (to_y * self.size[1] + self.origin[1] as usize) * self.channels;
                let width = self.image[1].min(self.size[1] - self.origin[1] as usize) * self.channels;
                let from = y * self.image[1] * step;
                frame[to..to + width].copy_from_slice(&image[from..from + width]);
                continue;
            }
            for x in 0..self.image[1] {
                let Some(to_x) = inside(1, x) else { continue };
                let to = (to_y * self.size[1] + to_x) * self.channels;
                let from = (y * self.image[1] + x) * step;
                frame[to..to + self.channels].copy_from_slice(&image[from..from + self.channels]);
            }
        }
    }
}

/// The frame of padded images.
pub(super) fn padding(sizes: &Sizes) -> Frame {
    Frame {
        size: [0, 1].map(|d| sizes.input[d] + 2 * sizes.padding[d]),
        origin: sizes.padding.map(|p| p as isize),
        stride: [1, 1],
        image: sizes.input,
        channels: sizes.channels,
    }
}
