//! Figures of channels: what a norm knows of them before it writes.

use burn::tensor::ElementConversion as _;

use crate::model::kernels::number::Number;

use super::columns::{Columns, Terms};

/// Mean and scale 1/√(v + ε) of each member's channels, `[P, c]`.
#[derive(Debug, Clone)]
pub(super) struct Figures {
    pub means: Vec<f64>,
    pub scales: Vec<f64>,
    /// Whether they are given and do not change with what is normed.
    pub are_given: bool,
}

/// What else is known of a derivative: its mean, and the mean of its product with y, which are 0 under given figures; the mean
/// of its centred square.
#[derive(Debug, Clone)]
pub(super) struct Slopes {
    pub means: Vec<f64>,
    pub by_y: Vec<f64>,
    pub squares: Vec<f64>,
}

impl Figures {
    /// Those of the rows themselves.
    pub fn of_rows<T: Number>(columns: Columns, x: &[T], epsilon: f64) -> Self {
        let members = x.len() / columns.len();
        let centres = columns.centres(x);
        let rows = columns.spread::<T>(members, |member, channel| centres[member * columns.channels() + channel]);
        let share = columns.count().recip();
        let sums = columns.sums(members, [x], [&rows], Squares);
        // The centres as the rows have them, which may be rounded.
        let centre = |i: usize| rounded::<T>(centres[i]);
        let means = sums.iter().enumerate().map(|(i, [sum, _])| centre(i) + sum * share).collect();
        let variance = |[sum, square]: &[f64; 2]| square * share - (sum * share) * (sum * share);
        // A NaN stays.
        let scale = |v: f64| (if v < 0.0 { 0.0 } else { v } + epsilon).sqrt().recip();
        let scales = sums.iter().map(|sums| scale(variance(sums))).collect();
        Self { means, scales, are_given: false }
    }

    /// Given means and variances of `[2, c]`.
    pub fn given<T: Number>(all: &[T], epsilon: f64) -> Self {
        let (means, variances) = all.split_at(all.len() / 2);
        let scale = |v: &T| (v.elem::<f64>() + epsilon).sqrt().recip();
        let means = means.iter().map(|mean| mean.elem::<f64>()).collect();
        Self { means, scales: variances.iter().map(scale).collect(), are_given: true }
    }

    /// The figure of a member's channel, of one member or of all.
    pub fn place(&self, columns: Columns, member: usize, channel: usize) -> usize {
        if self.means.len() == columns.channels() { channel } else { member * columns.channels() + channel }
    }

    /// Of a derivative of as many members as there are numbers; x may be shared by them.
    pub fn slopes<T: Number>(&self, columns: Columns, x: &[T], first: &[T]) -> Slopes {
        let (members, channels) = (first.len() / columns.len(), columns.channels());
        if self.are_given {
            let zeros = vec![0.0; members * channels];
            return Slopes { means: zeros.clone(), by_y: zeros.clone(), squares: zeros };
        }
        let centres = columns.centres(first);
        let centre_rows = columns.spread::<T>(members, |member, channel| centres[member * channels + channel]);
        let mean_rows =
            columns.spread::<T>(members, |member, channel| self.means[self.place(columns, member, channel)]);
        let mean_rows = if x.len() == first.len() { &mean_rows[..] } else { &mean_rows[..columns.width] };
        let sums = columns.sums(members, [x, first], [mean_rows, &centre_rows], Products);
        let share = columns.count().recip();
        let mut slopes = Slopes { means: Vec::new(), by_y: Vec::new(), squares: Vec::new() };
        for (i, [x, a, xa, aa]) in sums.into_iter().enumerate() {
            let s = self.scales[self.place(columns, i / channels, i % channels)];
            // x less its mean rounded has a mean of its own.
            slopes.means.push(rounded::<T>(centres[i]) + a * share);
            slopes.by_y.push(s * share * (xa - x * a * share));
            slopes.squares.push(share * (aa - a * a * share));
        }
        slopes
    }
}

fn rounded<T: Number>(x: f64) -> f64 {
    x.elem::<T>().elem::<f64>()
}

#[derive(Clone, Copy)]
struct Squares;

impl<T: Number> Terms<T, 1, 2> for Squares {
    #[inline(always)]
    fn at(self, [x]: [T; 1]) -> [T; 2] {
        [x, x * x]
    }
}

#[derive(Clone, Copy)]
struct Products;

impl<T: Number> Terms<T, 2, 4> for Products {
    #[inline(always)]
    fn at(self, [x, a]: [T; 2]) -> [T; 4] {
        [x, a, x * a, a * a]
    }
}
