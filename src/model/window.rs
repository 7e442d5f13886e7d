//! How the kernel of a convolution moves.

/// How a convolution's kernel moves over its maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvWindow {
    /// Steps between two outputs, down and to the right.
    pub stride: [usize; 2],
    /// Zeros added above and below, left and right.
    pub padding: [usize; 2],
    /// Groups of channels that do not see each other; 1 for an ordinary convolution.
    pub groups: usize,
}

impl ConvWindow {
    /// Height and width of the output for those of the input and the kernel.
    #[must_use]
    pub const fn output(&self, image: [usize; 2], kernel: [usize; 2]) -> [usize; 2] {
        [
            (image[0] + 2 * self.padding[0] - kernel[0]) / self.stride[0] + 1,
            (image[1] + 2 * self.padding[1] - kernel[1]) / self.stride[1] + 1,
        ]
    }
}
