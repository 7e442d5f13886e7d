//! The sizes of a product.

use crate::model::kernels::narrow;

/// Rows of a matrix product that make up one "image".
const FLAT: usize = 64;

/// Sizes of a convolution; channels are last in the maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) struct Sizes {
    /// Examples.
    pub examples: usize,
    /// Height and width of the input.
    pub input: [usize; 2],
    /// Channels of the input.
    pub channels: usize,
    /// Channels of the output.
    pub outputs: usize,
    /// Height and width of the kernel.
    pub kernel: [usize; 2],
    /// Step from one window to the next.
    pub stride: [usize; 2],
    /// Rows and columns of zeros on each side.
    pub padding: [usize; 2],
    /// Groups of channels that do not mix.
    pub groups: usize,
}

impl Sizes {
    /// Height and width of the output.
    #[inline]
    pub fn output(&self) -> [usize; 2] {
        [0, 1].map(|d| (self.input[d] + 2 * self.padding[d] - self.kernel[d]) / self.stride[d] + 1)
    }

    /// The same with a matrix product as images of [`FLAT`] rows side by side.
    #[inline]
    pub fn flattened(&self) -> (Self, usize) {
        let pixels = self.examples * self.output().iter().product::<usize>();
        if self.kernel == [1, 1] && self.stride == [1, 1] && self.padding == [0, 0] {
            let images = pixels.div_ceil(FLAT);
            return (Self { examples: images, input: [1, FLAT.min(pixels)], ..*self }, pixels);
        }
        (*self, pixels)
    }

    /// Input channels that an output channel sees.
    #[inline]
    pub fn own_channels(&self) -> usize {
        self.channels / self.groups
    }

    /// Output channels of a group.
    #[inline]
    pub fn own_outputs(&self) -> usize {
        self.outputs / self.groups
    }

    /// Numbers in a window.
    #[inline]
    pub fn depth(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.own_channels()
    }

    /// Numbers in a member's weights.
    #[inline]
    pub fn weights(&self) -> usize {
        self.outputs * self.depth()
    }

    /// Whether there are so few outputs that vectors go along the inputs.
    #[inline]
    pub fn is_narrow(&self) -> bool {
        let is_product = self.kernel == [1, 1] && self.groups == 1;
        is_product && self.outputs <= narrow::MOST_COLUMNS && self.channels >= narrow::LEAST_DEPTH
    }

    /// Numbers in a member's input.
    #[inline]
    pub fn inputs(&self) -> usize {
        self.examples * self.input[0] * self.input[1] * self.channels
    }
}
