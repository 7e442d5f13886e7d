//! How populations of examples are cut into heads, and heads into blocks of queries.

use std::ops::Range;

use burn::tensor::ElementConversion as _;

use super::number::Number;
use super::product::Matrix;
use super::scores::Sight;

/// Queries of a block: a few vectors, so that the scores of a block stay in the cache.
const QUERIES: usize = 64;

/// What lies side by side in a row of queries, keys and values.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Queries,
    Keys,
    Values,
}

/// Parts of a row of queries, keys and values.
pub(super) const PARTS: usize = 3;

/// The sizes of a member, and what its tokens see.
#[derive(Clone, Copy)]
pub(super) struct Problem<'a, T> {
    pub examples: usize,
    pub tokens: usize,
    pub heads: usize,
    /// D/H, the width of a head.
    pub width: usize,
    /// Whether a token sees none after it.
    pub causal: bool,
    /// `[n, t]`, 0 at tokens that nothing sees.
    pub padding: Option<&'a [T]>,
}

/// One head of an example of a member.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub member: usize,
    pub example: usize,
    pub head: usize,
}

impl<T: Number> Problem<'_, T> {
    /// Heads of all examples of a member.
    pub const fn heads_of_member(&self) -> usize {
        self.examples * self.heads
    }

    /// Numbers of a member in rows of `parts` times the width of all heads.
    pub const fn len(&self, parts: usize) -> usize {
        self.examples * self.tokens * parts * self.heads * self.width
    }

    /// 1/√(D/H).
    pub fn scale(&self) -> T {
        (self.width as f64).sqrt().recip().elem()
    }

    /// The head with this number over all examples of all members.
    pub const fn place(&self, number: usize) -> Place {
        let example = number / self.heads;
        Place { member: example / self.examples, example: example % self.examples, head: number % self.heads }
    }

    /// The blocks of queries.
    pub fn blocks(&self) -> impl Iterator<Item = Range<usize>> + use<T> {
        let tokens = self.tokens;
        (0..tokens).step_by(QUERIES).map(move |start| start..(start + QUERIES).min(tokens))
    }

    /// The keys before the first one that no query of a block sees because it is too late.
    pub const fn keys(&self, queries: &Range<usize>) -> usize {
        if self.causal { queries.end } else { self.tokens }
    }

    /// What a block of queries sees.
    pub fn sight(&self, example: usize, queries: &Range<usize>) -> Sight<'_, T> {
        let padding = self.padding.map(|padding| &padding[example * self.tokens..(example + 1) * self.tokens]);
        Sight { start: queries.start, causal: self.causal, padding }
    }

    /// Some tokens of a head, from rows `[P, n, t, D]`.
    pub fn rows(&self, all: &[T], place: Place, tokens: Range<usize>) -> Matrix<T> {
        self.cut(all, (1, 0), place, tokens)
    }

    /// Some tokens of a head, from queries, keys and values `[P, n, t, 3·D]`.
    pub fn part(&self, all: &[T], part: Part, place: Place, tokens: Range<usize>) -> Matrix<T> {
        self.cut(all, (PARTS, part as usize), place, tokens)
    }

    fn cut(&self, all: &[T], (parts, part): (usize, usize), place: Place, tokens: Range<usize>) -> Matrix<T> {
        let mut matrix = Matrix::zeros(tokens.len(), self.width);
        let row = parts * self.heads * self.width;
        let first = (place.member * self.examples + place.example) * self.tokens + tokens.start;
        let start = first * row + (part * self.heads + place.head) * self.width;
        let rows = matrix.filled_mut().zip(all[start..].chunks(row));
        rows.for_each(|(to, from)| to.copy_from_slice(&from[..self.width]));
        matrix
    }

    /// The places of each head in rows `[P, n, t, N·D]`: for each part a piece for each token.
    pub fn places<'a, const N: usize>(&self, out: &'a mut [T]) -> Vec<[Vec<&'a mut [T]>; N]> {
        let heads = out.len() / (self.tokens * N * self.width);
        let empty = || std::array::from_fn(|_| Vec::with_capacity(self.tokens));
        let mut places: Vec<[Vec<&mut [T]>; N]> = (0..heads).map(|_| empty()).collect();
        for (index, piece) in out.chunks_exact_mut(self.width).enumerate() {
            let (row, column) = (index / (N * self.heads), index % (N * self.heads));
            let head = row / self.tokens * self.heads + column % self.heads;
            places[head][column / self.heads].push(piece);
        }
        places
    }
}

/// Writes the rows of a matrix, times `factor`, to their places.
pub(super) fn write<T: Number>(matrix: &Matrix<T>, factor: T, places: &mut [&mut [T]]) {
    for (row, to) in matrix.filled().zip(places) {
        to.iter_mut().zip(row).for_each(|(to, &x)| *to = x * factor);
    }
}
