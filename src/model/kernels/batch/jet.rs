//! Values, first and second derivatives of jets, in one pass over all of them.
//!
//! In a channel, with u = x − m, w_r = ȧ_r − Mȧ_r and b = ẍ − Mẍ, all three are sums of these with numbers of the channel:
//! ż_r = s·γ·w_r + s·(γ̇_r − γ·s·q_r)·u + β̇_r, and the sum of z̈ over a group is
//! s·γ·b + Σ 2s·(γ̇_r − γ·s·q_r)·w_r + s²·(γ·s·Σ (3q_r² − M(w_r²)) − 2·Σ γ̇_r·q_r − γ·M(y·b))·u.

use std::mem::MaybeUninit;

use rayon::prelude::*;

use crate::model::kernels::number::Number;
use crate::model::kernels::room::{filled, room};

use super::columns::{Columns, WIDTH, own, write};
use super::figures::Figures;
use super::forward::{Channels, first_rows, rows};

/// Rows that are walked for one direction after the other, so that what they share stays in the innermost cache.
const TALL: usize = 32;

/// What is normed, or what is added to it: x `[1, m, c]`, first derivatives `[R, m, c]`, second ones of groups if there are any.
#[derive(Clone, Copy)]
pub(super) struct Series<'a, T> {
    pub value: &'a [T],
    pub first: &'a [T],
    pub second: Option<&'a [T]>,
}

/// Numbers of channels as rows: of x, of each direction, and of each group.
struct Rows<T> {
    means: Vec<T>,
    factors: Vec<T>,
    shifts: Vec<T>,
    first_means: Vec<T>,
    by_x: Vec<T>,
    dshifts: Vec<T>,
    second_means: Vec<T>,
    second_by_x: Vec<T>,
}

/// Value, first derivatives and second derivatives, `[1, m, c]`, `[R, m, c]` and `[groups, m, c]`.
pub(super) fn all<T: Number>(
    columns: Columns,
    x: Series<'_, T>,
    addend: Option<Series<'_, T>>,
    [scale, dscale, shift, dshift]: [Channels<'_, T>; 4],
    figures: &Figures,
    groups: usize,
    is_relu: bool,
) -> [Vec<T>; 3] {
    let directions = x.first.len() / columns.len();
    let slopes = figures.slopes(columns, x.value, x.first);
    let bends = x.second.map(|second| figures.slopes(columns, x.value, second));
    let [means, factors, shifts] = rows(columns, 1, figures, [scale, shift]);
    let [first_means, by_x, dshifts] = first_rows(columns, directions, (figures, &slopes), [scale, dscale, dshift]);
    let each = directions / groups;
    let second_by_x = |group: usize, channel: usize| {
        let (s, c) = (figures.scales[channel], scale.at(columns, 0, channel));
        let of_direction = |r: usize| {
            let place = r * columns.channels() + channel;
            let q = slopes.by_y[place];
            c * s * (3.0 * q * q - slopes.squares[place]) - 2.0 * dscale.at(columns, r, channel) * q
        };
        let bent: f64 = (group * each..(group + 1) * each).map(of_direction).sum();
        let straight = bends.as_ref().map_or(0.0, |bends| bends.by_y[group * columns.channels() + channel]);
        s * s * (bent - c * straight)
    };
    let second_mean =
        |group: usize, channel: usize| bends.as_ref().map_or(0.0, |b| b.means[group * columns.channels() + channel]);
    let second_by_x = columns.spread(groups, second_by_x);
    let second_means = columns.spread(groups, second_mean);
    let numbers = Rows { means, factors, shifts, first_means, by_x, dshifts, second_means, second_by_x };
    combined(columns, x, addend, &numbers, (directions, groups), is_relu)
}

fn combined<T: Number>(
    columns: Columns,
    x: Series<'_, T>,
    addend: Option<Series<'_, T>>,
    numbers: &Rows<T>,
    (directions, groups): (usize, usize),
    is_relu: bool,
) -> [Vec<T>; 3] {
    let step = columns.step().next_multiple_of(TALL);
    let size = step * columns.width;
    let mut rooms = [1, directions, groups].map(|members| room::<T>(members * columns.len()));
    let mut tasks: Vec<Places<'_, T>> = Vec::new();
    {
        let [value, first, second] = &mut rooms;
        tasks.extend(value.chunks_mut(size).map(|value| Places { value, first: Vec::new(), second: Vec::new() }));
        for member in first.chunks_mut(columns.len().max(1)) {
            member.chunks_mut(size).zip(&mut tasks).for_each(|(piece, task)| task.first.push(piece));
        }
        for member in second.chunks_mut(columns.len().max(1)) {
            member.chunks_mut(size).zip(&mut tasks).for_each(|(piece, task)| task.second.push(piece));
        }
    }
    tasks.into_par_iter().enumerate().for_each(|(task, out)| {
        let begin = task * step;
        let block = Block { columns, begin, x, addend, numbers, is_relu, out };
        pulp::Arch::new().dispatch(block);
    });
    // SAFETY: the tasks cover all rows, and each writes all numbers of its own.
    rooms.map(|room| unsafe { filled(room) })
}

/// What a task writes.
struct Places<'a, T> {
    value: &'a mut [MaybeUninit<T>],
    first: Vec<&'a mut [MaybeUninit<T>]>,
    second: Vec<&'a mut [MaybeUninit<T>]>,
}

struct Block<'a, T> {
    columns: Columns,
    begin: usize,
    x: Series<'a, T>,
    addend: Option<Series<'a, T>>,
    numbers: &'a Rows<T>,
    is_relu: bool,
    out: Places<'a, T>,
}

/// Some numbers of a row, of the whole buffer's length where that is known beforehand.
type Buffers<T> = [[T; WIDTH]; TALL];

impl<T: Number> pulp::WithSimd for Block<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(mut self, _: S) {
        let width = self.columns.width;
        let count = self.out.value.len() / width;
        // u and z, and the second derivative of a group on its way.
        let (mut u, mut z, mut sum): (Buffers<T>, Buffers<T>, Buffers<T>) =
            ([[T::default(); WIDTH]; TALL], [[T::default(); WIDTH]; TALL], [[T::default(); WIDTH]; TALL]);
        for row in (0..count).step_by(TALL) {
            for from in (0..width).step_by(WIDTH) {
                let tile = Tile { row, tall: TALL.min(count - row), from, len: WIDTH.min(width - from) };
                if tile.len == WIDTH {
                    self.tile::<true>(tile, &mut u, &mut z, &mut sum);
                } else {
                    self.tile::<false>(tile, &mut u, &mut z, &mut sum);
                }
            }
        }
    }
}

/// Some numbers of some rows of a task.
#[derive(Clone, Copy)]
struct Tile {
    row: usize,
    tall: usize,
    from: usize,
    len: usize,
}

impl<T: Number> Block<'_, T> {
    /// A row of numbers of channels.
    #[inline(always)]
    fn row<const WHOLE: bool>(&self, all: &[T], member: usize, tile: Tile) -> [T; WIDTH] {
        let mut buffer = [T::default(); WIDTH];
        let len = if WHOLE { WIDTH } else { tile.len };
        buffer[..len].copy_from_slice(&all[member * self.columns.width + tile.from..][..len]);
        buffer
    }

    /// Where row `i` of the tile begins in a member.
    #[inline(always)]
    const fn place(&self, tile: Tile, i: usize) -> usize {
        (self.begin + tile.row + i) * self.columns.width + tile.from
    }

    /// Where it begins in what the task writes of a member.
    #[inline(always)]
    const fn room(&self, tile: Tile, i: usize) -> usize {
        (tile.row + i) * self.columns.width + tile.from
    }

    #[inline(always)]
    fn tile<const WHOLE: bool>(&mut self, tile: Tile, u: &mut Buffers<T>, z: &mut Buffers<T>, sum: &mut Buffers<T>) {
        self.values::<WHOLE>(tile, u, z);
        let groups = self.out.second.len();
        let each = self.out.first.len() / groups.max(1);
        for group in 0..groups {
            self.start::<WHOLE>(tile, group, u, sum);
            for r in group * each..(group + 1) * each {
                self.direction::<WHOLE>(tile, r, [u, z], sum);
            }
            let (zero, len) = (T::default(), if WHOLE { WIDTH } else { tile.len });
            for i in 0..tile.tall {
                let (sum, z) = (&mut sum[i], &z[i]);
                if self.is_relu {
                    for j in 0..len {
                        sum[j] = if z[j] <= zero { zero } else { sum[j] };
                    }
                }
                let room = self.room(tile, i);
                write(&mut self.out.second[group][room..][..len], &sum[..len]);
            }
        }
    }

    /// u and z, of which the latter is written.
    #[inline(always)]
    fn values<const WHOLE: bool>(&mut self, tile: Tile, u: &mut Buffers<T>, z: &mut Buffers<T>) {
        let (zero, len) = (T::default(), if WHOLE { WIDTH } else { tile.len });
        let numbers = self.numbers;
        let [means, factors, shifts] =
            [&numbers.means, &numbers.factors, &numbers.shifts].map(|all| self.row::<WHOLE>(all, 0, tile));
        for i in 0..tile.tall {
            let numbers = &self.x.value[self.place(tile, i)..][..len];
            let (u, z) = (&mut u[i], &mut z[i]);
            for j in 0..len {
                u[j] = numbers[j] - means[j];
                z[j] = u[j] * factors[j] + shifts[j];
            }
            if let Some(addend) = self.addend {
                let numbers = &addend.value[self.place(tile, i)..][..len];
                for j in 0..len {
                    z[j] = z[j] + numbers[j];
                }
            }
            if self.is_relu {
                for z in &mut z[..len] {
                    *z = if *z <= zero { zero } else { *z };
                }
            }
            let room = self.room(tile, i);
            write(&mut self.out.value[room..][..len], &z[..len]);
        }
    }

    /// What the second derivative of a group has beside its directions'.
    #[inline(always)]
    fn start<const WHOLE: bool>(&self, tile: Tile, group: usize, u: &Buffers<T>, sum: &mut Buffers<T>) {
        let len = if WHOLE { WIDTH } else { tile.len };
        let by_x = self.row::<WHOLE>(&self.numbers.second_by_x, group, tile);
        let second_means = self.row::<WHOLE>(&self.numbers.second_means, group, tile);
        let factors = self.row::<WHOLE>(&self.numbers.factors, 0, tile);
        for i in 0..tile.tall {
            let (sum, u) = (&mut sum[i], &u[i]);
            for j in 0..len {
                sum[j] = u[j] * by_x[j];
            }
            if let Some(second) = self.x.second {
                let numbers = &own(second, group, self.columns.len())[self.place(tile, i)..][..len];
                for j in 0..len {
                    sum[j] = sum[j] + (numbers[j] - second_means[j]) * factors[j];
                }
            }
            if let Some(second) = self.addend.and_then(|addend| addend.second) {
                let numbers = &own(second, group, self.columns.len())[self.place(tile, i)..][..len];
                for j in 0..len {
                    sum[j] = sum[j] + numbers[j];
                }
            }
        }
    }

    /// The first derivatives along a direction, with what they add to the second one of its group.
    #[inline(always)]
    fn direction<const WHOLE: bool>(&mut self, tile: Tile, r: usize, [u, z]: [&Buffers<T>; 2], sum: &mut Buffers<T>) {
        let (zero, len) = (T::default(), if WHOLE { WIDTH } else { tile.len });
        let numbers = self.numbers;
        let [first_means, by_x, dshifts] =
            [&numbers.first_means, &numbers.by_x, &numbers.dshifts].map(|all| self.row::<WHOLE>(all, r, tile));
        let factors = self.row::<WHOLE>(&numbers.factors, 0, tile);
        let first = own(self.x.first, r, self.columns.len());
        for i in 0..tile.tall {
            let mut buffer = [zero; WIDTH];
            let numbers = &first[self.place(tile, i)..][..len];
            let (sum, u, z) = (&mut sum[i], &u[i], &z[i]);
            for j in 0..len {
                let w = numbers[j] - first_means[j];
                let bent = by_x[j] * w;
                buffer[j] = w * factors[j] + by_x[j] * u[j] + dshifts[j];
                sum[j] = sum[j] + bent + bent;
            }
            if let Some(addend) = self.addend {
                let numbers = &own(addend.first, r, self.columns.len())[self.place(tile, i)..][..len];
                for j in 0..len {
                    buffer[j] = buffer[j] + numbers[j];
                }
            }
            if self.is_relu {
                for j in 0..len {
                    buffer[j] = if z[j] <= zero { zero } else { buffer[j] };
                }
            }
            let room = self.room(tile, i);
            write(&mut self.out.first[r][room..][..len], &buffer[..len]);
        }
    }
}
