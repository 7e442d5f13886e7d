//! How an image is walked.

use crate::model::kernels::micro::{Pixels, Window};

/// The runs of a window and the places of its pixels.
pub(super) struct Walk {
    runs: Vec<usize>,
    run: usize,
    pub pixels: Pixels,
}

impl Walk {
    /// Windows of `kernel` over images with `width` pixels of `channels` numbers, of which a group sees `own`.
    pub fn new(
        kernel: [usize; 2],
        (width, channels, own): (usize, usize, usize),
        stride: [usize; 2],
        out_width: usize,
    ) -> Self {
        let row = width * channels;
        let (runs, run) = if own == channels {
            ((0..kernel[0]).map(|ky| ky * row).collect(), kernel[1] * channels)
        } else {
            let taps = (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| ky * row + kx * channels));
            (taps.collect(), own)
        };
        let pixels = Pixels { width: out_width, step: stride[1] * channels, row_step: stride[0] * row };
        Self { runs, run, pixels }
    }

    #[inline]
    pub fn window(&self) -> Window<'_> {
        Window { runs: &self.runs, len: self.run }
    }
}
