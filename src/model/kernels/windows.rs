//! Which pixels the windows of a pooling see, in maps with channels last.

use burn::tensor::Tensor;

use crate::model::window::PoolWindow;

/// Sizes of maps and their windows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    /// `[P, n, h, w, c]`
    maps: [usize; 5],
    window: PoolWindow,
}

impl Form {
    pub fn new(a: &Tensor<5>, window: PoolWindow) -> Self {
        Self { maps: a.dims(), window }
    }

    pub const fn maps(&self) -> &[usize; 5] {
        &self.maps
    }

    pub const fn channels(&self) -> usize {
        self.maps[4]
    }

    pub const fn images(&self) -> usize {
        self.maps[0] * self.maps[1]
    }

    /// Numbers of an image.
    pub const fn image(&self) -> usize {
        self.maps[2] * self.maps[3] * self.maps[4]
    }

    /// Height and width of the pooled maps.
    fn pooled(&self) -> [usize; 2] {
        self.window.output([self.maps[2], self.maps[3]])
    }

    /// Numbers of a pooled image.
    pub fn pooled_image(&self) -> usize {
        self.pooled().iter().product::<usize>() * self.channels()
    }

    /// Windows of all images.
    pub fn windows(&self) -> usize {
        self.images() * self.pooled().iter().product::<usize>()
    }

    /// Shape of the pooled maps.
    pub fn shape(&self) -> Vec<usize> {
        let [p, n, _, _, c] = self.maps;
        let [height, width] = self.pooled();
        vec![p, n, height, width, c]
    }

    /// Whether a pixel can be in several windows.
    pub fn overlaps(&self) -> bool {
        self.window.overlaps()
    }

    /// The taps of every window of an image.
    pub fn taps(&self) -> Taps {
        let ([_, _, height, width, channels], [down, right]) = (self.maps, self.pooled());
        let mut taps = Taps { all: Vec::new(), ends: Vec::with_capacity(down * right) };
        for y in 0..down {
            for x in 0..right {
                for (row, pixel_row) in self.window.taps(0, y, height) {
                    let across = self.window.taps(1, x, width);
                    taps.all.extend(across.map(|(column, pixel)| {
                        let tap = row * self.window.size[1] + column;
                        (tap as i32, (pixel_row * width + pixel) * channels)
                    }));
                }
                taps.ends.push(taps.all.len());
            }
        }
        taps
    }
}

/// The taps of windows that lie in the maps: their numbers, and where their pixel's channels begin in an image.
pub(super) struct Taps {
    all: Vec<(i32, usize)>,
    /// Where each window's end.
    ends: Vec<usize>,
}

impl Taps {
    /// Window by window, row by row.
    pub fn iter(&self) -> impl Iterator<Item = &[(i32, usize)]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.all[start..end])
    }
}
