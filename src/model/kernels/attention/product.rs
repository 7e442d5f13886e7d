//! The two matrix products of which attention is made, by the loops of `micro`, on matrices whose rows are whole vectors.

use std::marker::PhantomData;

use pulp::{Arch, Simd, WithSimd};

use crate::model::kernels::micro::{self, Output, PANEL, Pixels, Real, Window};

/// Numbers in a vector of this processor.
fn lanes<T: Real>() -> usize {
    struct Lanes<T>(PhantomData<T>);

    impl<T: Real> WithSimd for Lanes<T> {
        type Output = usize;

        #[inline(always)]
        fn with_simd<S: Simd>(self, _: S) -> usize {
            T::lanes::<S>()
        }
    }

    Arch::new().dispatch(Lanes(PhantomData::<T>))
}

/// A matrix, row by row.
pub(super) struct Matrix<T> {
    values: Vec<T>,
    /// Numbers of a row that mean something.
    columns: usize,
    /// Numbers of a row, whole vectors.
    width: usize,
}

impl<T: Real> Matrix<T> {
    pub fn zeros(rows: usize, columns: usize) -> Self {
        let width = columns.next_multiple_of(lanes::<T>());
        Self { values: vec![T::default(); rows * width], columns, width }
    }

    /// Makes it one of this size, with whatever numbers are there.
    pub fn resize(&mut self, rows: usize, columns: usize) {
        self.columns = columns;
        self.width = columns.next_multiple_of(lanes::<T>());
        self.values.resize(rows * self.width, T::default());
    }

    /// Makes it one of this size with nothing but zeros.
    pub fn clear(&mut self, rows: usize, columns: usize) {
        self.resize(rows, columns);
        self.values.fill(T::default());
    }

    /// Numbers of a row, whole vectors.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The rows with what fills them up to whole vectors.
    pub fn rows(&self) -> std::slice::ChunksExact<'_, T> {
        self.values.chunks_exact(self.width)
    }

    /// The same, to be written.
    pub fn rows_mut(&mut self) -> std::slice::ChunksExactMut<'_, T> {
        self.values.chunks_exact_mut(self.width)
    }

    /// The numbers that mean something, row by row.
    pub fn filled(&self) -> impl Iterator<Item = &[T]> {
        self.rows().map(|row| &row[..self.columns])
    }

    /// The same, to be written.
    pub fn filled_mut(&mut self) -> impl Iterator<Item = &mut [T]> {
        let columns = self.columns;
        self.rows_mut().map(move |row| &mut row[..columns])
    }

    /// self += rightᵀ·left in the order in which it lies: `self[i][j] += Σ left[q][i]·right[q][j]`, over all rows that `left` has.
    pub fn add_outer(&mut self, left: &Self, right: &Self) {
        let count = left.rows().len();
        let rows = self.rows().len();
        assert!(rows <= left.width && right.width == self.width && count <= right.rows().len(), "sizes fit");
        Arch::new().dispatch(Outer { left, right, count, rows, sums: self });
    }

    /// self = rows·panels: `self[j][i] = Σ rows[j][k]·panels[k][i]` for as many rows as both have.
    pub fn set_product(&mut self, rows: &Self, panels: &Panels<T>) {
        self.product(rows, panels, false);
    }

    /// The same, added to what is there.
    pub fn add_product(&mut self, rows: &Self, panels: &Panels<T>) {
        self.product(rows, panels, true);
    }

    fn product(&mut self, rows: &Self, panels: &Panels<T>, adds: bool) {
        let count = self.rows().len().min(rows.rows().len());
        assert!(panels.depth <= rows.width && panels.width == self.width, "sizes fit");
        Arch::new().dispatch(Rows { rows, count, panels, adds, out: self });
    }
}

/// The right factor of a product, packed as the innermost loop reads it.
pub(super) struct Panels<T> {
    panels: Vec<T>,
    zeros: Vec<T>,
    depth: usize,
    width: usize,
}

impl<T: Real> Panels<T> {
    /// Of a matrix times `factor`.
    pub fn of(matrix: &Matrix<T>, factor: T) -> Self {
        Self::pack(matrix.rows().len(), matrix.columns, |k, columns, to| {
            let row = &matrix.values[k * matrix.width..][columns];
            to.iter_mut().zip(row).for_each(|(to, &x)| *to = x * factor);
        })
    }

    /// Of its transpose times `factor`.
    pub fn transposed(matrix: &Matrix<T>, factor: T) -> Self {
        Self::pack(matrix.columns, matrix.rows().len(), |k, columns, to| {
            let column = matrix.values[columns.start * matrix.width + k..].iter().step_by(matrix.width);
            to.iter_mut().zip(column).take(columns.len()).for_each(|(to, &x)| *to = x * factor);
        })
    }

    /// Panels of some columns, each row of which is filled by `fill`.
    fn pack(depth: usize, columns: usize, fill: impl Fn(usize, std::ops::Range<usize>, &mut [T])) -> Self {
        let lanes = lanes::<T>();
        let width = columns.next_multiple_of(lanes);
        let mut panels = vec![T::default(); depth * width];
        for start in (0..width).step_by(PANEL * lanes) {
            let panel = (width - start).min(PANEL * lanes);
            let there = start..(start + panel).min(columns);
            let rows = panels[depth * start..depth * (start + panel)].chunks_exact_mut(panel);
            rows.enumerate().for_each(|(k, row)| fill(k, there.clone(), row));
        }
        Self { panels, zeros: vec![T::default(); width], depth, width }
    }
}

struct Rows<'a, T> {
    rows: &'a Matrix<T>,
    count: usize,
    panels: &'a Panels<T>,
    adds: bool,
    out: &'a mut Matrix<T>,
}

impl<T: Real> WithSimd for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { rows, count, panels, adds, out } = self;
        let pixels = Pixels { width: count, step: rows.width, row_step: 0 };
        let window = Window { runs: &[0], len: panels.depth };
        let output = Output { start: out.values.as_mut_ptr(), step: panels.width, columns: panels.width, adds };
        // SAFETY: `product` saw that there are `count` rows of `depth` numbers, and as many of `width` in the result;
        // panels and zeros have `width` columns, which is a multiple of a vector.
        unsafe {
            let right = (panels.panels.as_ptr(), panels.zeros.as_ptr());
            micro::rows(simd, (rows.values.as_ptr(), pixels, count), window, right, output);
        }
    }
}

struct Outer<'a, T> {
    left: &'a Matrix<T>,
    right: &'a Matrix<T>,
    count: usize,
    rows: usize,
    sums: &'a mut Matrix<T>,
}

impl<T: Real> WithSimd for Outer<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { left, right, count, rows, sums } = self;
        let pixels = Pixels { width: count.max(1), step: left.width, row_step: 0 };
        let window = Window { runs: &[0], len: rows };
        // SAFETY: `add_outer` saw that `left` has `rows` numbers and `right` has `width` in each of `count` rows; `sums` has
        // `rows` rows of that width, which is a multiple of a vector.
        unsafe {
            micro::outer(
                simd,
                (left.values.as_ptr(), pixels, count),
                window,
                (right.values.as_ptr(), right.width),
                (sums.values.as_mut_ptr(), sums.width),
            );
        }
    }
}
