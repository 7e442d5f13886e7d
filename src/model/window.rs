//! How windows move over maps: those of a convolution, and those of a pooling.

/// How a convolution's kernel moves over its maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvWindow {
    /// Steps between two outputs, down and to the right.
    pub stride: [usize; 2],
    /// Zeros added above and below, left and right.
    pub padding: [usize; 2],
    /// Steps between two taps of the kernel; 1 for an ordinary convolution.
    pub dilation: [usize; 2],
    /// Groups of channels that do not see each other; 1 for an ordinary convolution.
    pub groups: usize,
}

impl ConvWindow {
    /// Pixels from the first tap of a kernel to its last, both counted.
    #[must_use]
    pub const fn reach(&self, kernel: [usize; 2]) -> [usize; 2] {
        [self.dilation[0] * (kernel[0] - 1) + 1, self.dilation[1] * (kernel[1] - 1) + 1]
    }

    /// Whether taps lie apart.
    #[must_use]
    pub const fn is_dilated(&self) -> bool {
        self.dilation[0] > 1 || self.dilation[1] > 1
    }

    /// Height and width of the output for those of the input and the kernel.
    #[must_use]
    pub const fn output(&self, image: [usize; 2], kernel: [usize; 2]) -> [usize; 2] {
        let reach = self.reach(kernel);
        [
            (image[0] + 2 * self.padding[0] - reach[0]) / self.stride[0] + 1,
            (image[1] + 2 * self.padding[1] - reach[1]) / self.stride[1] + 1,
        ]
    }
}

/// How a pooling's windows move over its maps, as in PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolWindow {
    /// Height and width of a window, in taps.
    pub size: [usize; 2],
    /// Steps between two windows, down and to the right.
    pub stride: [usize; 2],
    /// Rows and columns that are added on each side: nothing for a maximum, zeros for a mean.
    pub padding: [usize; 2],
    /// Steps between two taps of a window.
    pub dilation: [usize; 2],
    /// Whether a last window that reaches beyond the maps counts, if it begins within them or the padding before.
    pub ceil: bool,
}

/// By what a mean over a window divides its sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divisor {
    /// The pixels of the window, padding among them but not what `ceil` adds: PyTorch's `count_include_pad`.
    Padded,
    /// The pixels of the window that lie in the maps.
    Inside,
    /// This number: PyTorch's `divisor_override`.
    Fixed(usize),
}

impl PoolWindow {
    /// Pixels from the first tap of a window to its last, both counted.
    #[must_use]
    pub fn reach(&self) -> [usize; 2] {
        [0, 1].map(|d| self.dilation[d] * (self.size[d] - 1) + 1)
    }

    /// Height and width of the output for those of the input; 0 where no window fits.
    #[must_use]
    pub fn output(&self, image: [usize; 2]) -> [usize; 2] {
        let reach = self.reach();
        [0, 1].map(|d| {
            let (stride, padding, side) = (self.stride[d] as isize, self.padding[d] as isize, image[d] as isize);
            let spare = side + 2 * padding - reach[d] as isize + if self.ceil { stride - 1 } else { 0 };
            let count = spare.div_euclid(stride) + 1;
            // The last window has to begin within the maps or the padding before them.
            let is_beyond = self.ceil && count > 0 && (count - 1) * stride >= side + padding;
            (count - isize::from(is_beyond)).max(0) as usize
        })
    }

    /// Whether windows lie side by side and within maps of `image`, so that cutting them apart is a change of shape.
    #[must_use]
    pub fn is_side_by_side(&self, image: [usize; 2]) -> bool {
        self.stride == self.size
            && self.padding == [0, 0]
            && self.dilation == [1, 1]
            && self.output(image) == [0, 1].map(|d| image[d] / self.size[d])
    }

    /// Whether two windows can share a pixel.
    #[must_use]
    pub fn overlaps(&self) -> bool {
        let reach = self.reach();
        (0..2).any(|d| self.stride[d] < reach[d])
    }

    /// The taps of the window `index` along dimension `d` that lie in maps of `side` pixels: their numbers and pixels.
    pub fn taps(&self, d: usize, index: usize, side: usize) -> impl Iterator<Item = (usize, usize)> + Clone {
        let (first, padding, dilation) = (index * self.stride[d], self.padding[d], self.dilation[d]);
        let pixel = move |tap: usize| (first + tap * dilation).checked_sub(padding).filter(|pixel| *pixel < side);
        (0..self.size[d]).filter_map(move |tap| pixel(tap).map(|pixel| (tap, pixel)))
    }

    /// Whether some window sees nothing of the maps.
    #[must_use]
    pub fn has_empty_windows(&self, image: [usize; 2]) -> bool {
        let output = self.output(image);
        (0..2).any(|d| (0..output[d]).any(|index| self.taps(d, index, image[d]).next().is_none()))
    }

    /// The pixels that each window's sum is divided by, row by row.
    #[must_use]
    pub fn divisors(&self, image: [usize; 2], divisor: Divisor) -> Vec<usize> {
        let output = self.output(image);
        let counted = |d: usize, index: usize| match divisor {
            Divisor::Fixed(_) => 1,
            Divisor::Inside => self.taps(d, index, image[d]).count(),
            // Up to the end of the padding.
            Divisor::Padded => self.size[d].min(image[d] + 2 * self.padding[d] - index * self.stride[d]),
        };
        let fixed = if let Divisor::Fixed(number) = divisor { number } else { 1 };
        let rows = (0..output[0]).flat_map(|y| (0..output[1]).map(move |x| (y, x)));
        rows.map(|(y, x)| fixed * counted(0, y) * counted(1, x)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: PoolWindow =
        PoolWindow { size: [2, 2], stride: [2, 2], padding: [0, 0], dilation: [1, 1], ceil: false };

    /// Sizes as PyTorch's documentation has them, and its rule for a last window that begins beyond the maps.
    #[test]
    fn windows_are_counted_as_in_pytorch() {
        assert_eq!(PLAIN.output([5, 4]), [2, 2]);
        assert_eq!(PoolWindow { ceil: true, ..PLAIN }.output([5, 4]), [3, 2]);
        assert_eq!(PoolWindow { size: [3, 3], stride: [2, 2], padding: [1, 1], ..PLAIN }.output([5, 6]), [3, 3]);
        // 3 + 2 − 2 + 1 = 4 steps of 2 would make 3 windows, of which the last begins at 3, beyond the maps.
        let ceil = PoolWindow { padding: [1, 1], ceil: true, ..PLAIN };
        assert_eq!(ceil.output([3, 4]), [2, 3]);
        assert_eq!(PoolWindow { size: [3, 3], ceil: true, ..PLAIN }.output([2, 2]), [1, 1]);
        assert_eq!(PoolWindow { size: [3, 3], ..PLAIN }.output([2, 2]), [0, 0]);
        assert_eq!(PoolWindow { dilation: [2, 2], stride: [1, 1], ..PLAIN }.output([5, 3]), [3, 1]);
        assert!(PLAIN.is_side_by_side([5, 4]) && !PoolWindow { ceil: true, ..PLAIN }.is_side_by_side([5, 4]));
    }

    #[test]
    fn means_divide_by_what_pytorch_counts() {
        let window = PoolWindow { size: [3, 3], padding: [1, 1], ceil: true, ..PLAIN };
        // Along 4 pixels windows begin at −1, 1 and 3; the padding ends at 5.
        assert_eq!(window.output([4, 4]), [3, 3]);
        assert_eq!(window.divisors([4, 4], Divisor::Padded), [9, 9, 6, 9, 9, 6, 6, 6, 4]);
        assert_eq!(window.divisors([4, 4], Divisor::Inside), [4, 6, 2, 6, 9, 3, 2, 3, 1]);
        assert_eq!(window.divisors([4, 4], Divisor::Fixed(7)), [7; 9]);
    }

    #[test]
    fn windows_that_see_nothing_are_found() {
        let window = PoolWindow { dilation: [3, 3], padding: [2, 2], stride: [1, 1], ..PLAIN };
        assert!(window.has_empty_windows([1, 1]));
        assert!(!PLAIN.has_empty_windows([5, 4]));
    }
}
