//! Values, and first derivatives along a line.

use crate::model::kernels::number::Number;

use super::columns::{Columns, Formula};
use super::figures::{Figures, Slopes};

/// Numbers of channels `[P, c]`, of one member or of all; where there are none, the same number at each.
#[derive(Clone, Copy)]
pub(super) struct Channels<'a, T> {
    pub numbers: Option<&'a [T]>,
    pub otherwise: f64,
}

impl<T: Number> Channels<'_, T> {
    /// Of a member's channel.
    #[inline]
    pub fn at(self, columns: Columns, member: usize, channel: usize) -> f64 {
        let Some(numbers) = self.numbers else { return self.otherwise };
        let place = if numbers.len() == columns.channels() { channel } else { member * columns.channels() + channel };
        numbers[place].elem()
    }
}

/// What follows the norm.
#[derive(Debug, Clone, Copy)]
pub(super) struct After {
    pub has_addend: bool,
    pub is_relu: bool,
}

impl After {
    /// With what is added, cut off below 0. NaN stays NaN.
    #[inline(always)]
    fn of<T: Number>(self, z: T, addend: T) -> T {
        let z = if self.has_addend { z + addend } else { z };
        if self.is_relu && z <= T::default() { T::default() } else { z }
    }
}

/// y·γ + β + r, cut off below 0 where it is to be. Without r any numbers stand in its place.
pub(super) fn value<T: Number>(
    columns: Columns,
    [x, addend]: [&[T]; 2],
    [scale, shift]: [Channels<'_, T>; 2],
    figures: &Figures,
    after: After,
) -> Vec<T> {
    let members = x.len() / columns.len();
    let [means, factors, shifts] = rows(columns, members, figures, [scale, shift]);
    let [z] = columns.map(members, [x, addend], [&means, &factors, &shifts], Value(after));
    z
}

/// Means, s·γ and β as rows.
pub(super) fn rows<T: Number>(
    columns: Columns,
    members: usize,
    figures: &Figures,
    [scale, shift]: [Channels<'_, T>; 2],
) -> [Vec<T>; 3] {
    let place = |member, channel| figures.place(columns, member, channel);
    [
        columns.spread(members, |member, channel| figures.means[place(member, channel)]),
        columns.spread(members, |member, channel| {
            figures.scales[place(member, channel)] * scale.at(columns, member, channel)
        }),
        columns.spread(members, |member, channel| shift.at(columns, member, channel)),
    ]
}

/// The value and μ·(γ·ẏ + γ̇·y + β̇ + ṙ), μ whether the value is not cut off.
pub(super) fn both<T: Number>(
    columns: Columns,
    [x, first, addend, daddend]: [&[T]; 4],
    [scale, dscale, shift, dshift]: [Channels<'_, T>; 4],
    (figures, slopes): (&Figures, &Slopes),
    after: After,
) -> [Vec<T>; 2] {
    let members = x.len() / columns.len();
    let [means, factors, shifts] = rows(columns, members, figures, [scale, shift]);
    let [first_means, by_x, dshifts] = first_rows(columns, members, (figures, slopes), [scale, dscale, dshift]);
    let operands = [x, first, addend, daddend];
    columns.map(members, operands, [&means, &factors, &shifts, &first_means, &by_x, &dshifts], Both(after))
}

/// Mȧ, what x less its mean is multiplied by, s·(γ̇ − γ·s·q), and β̇, as rows: of ẏ = s·(a − y·q).
pub(super) fn first_rows<T: Number>(
    columns: Columns,
    members: usize,
    (figures, slopes): (&Figures, &Slopes),
    [scale, dscale, dshift]: [Channels<'_, T>; 3],
) -> [Vec<T>; 3] {
    let by_x = |member: usize, channel: usize| {
        let s = figures.scales[figures.place(columns, member, channel)];
        let q = slopes.by_y[member * columns.channels() + channel];
        s * (dscale.at(columns, member, channel) - scale.at(columns, member, channel) * s * q)
    };
    [
        columns.spread(members, |member, channel| slopes.means[member * columns.channels() + channel]),
        columns.spread(members, by_x),
        columns.spread(members, |member, channel| dshift.at(columns, member, channel)),
    ]
}

#[derive(Clone, Copy)]
struct Value(After);

impl<T: Number> Formula<T, 2, 3, 1> for Value {
    #[inline(always)]
    fn at(self, [x, addend]: [T; 2], [mean, factor, shift]: [T; 3]) -> [T; 1] {
        [self.0.of((x - mean) * factor + shift, addend)]
    }
}

#[derive(Clone, Copy)]
struct Both(After);

impl<T: Number> Formula<T, 4, 6, 2> for Both {
    #[inline(always)]
    fn at(self, [x, a, addend, daddend]: [T; 4], [mean, factor, shift, first_mean, by_x, dshift]: [T; 6]) -> [T; 2] {
        let u = x - mean;
        let z = self.0.of(u * factor + shift, addend);
        let first = (a - first_mean) * factor + u * by_x + dshift;
        let first = if self.0.has_addend { first + daddend } else { first };
        [z, if self.0.is_relu && z <= T::default() { T::default() } else { first }]
    }
}
