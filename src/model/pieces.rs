//! Passes that are too large for the memory come in pieces.

use burn::tensor::Tensor;

/// The pieces side by side along a dimension; one piece is the whole, and is not copied.
#[must_use]
pub fn join<const D: usize>(mut pieces: Vec<Tensor<D>>, dim: usize) -> Tensor<D> {
    if pieces.len() == 1 { pieces.remove(0) } else { Tensor::cat(pieces, dim) }
}

/// Where the pieces of `n` examples end: `size` each, and what is left over, but never fewer than `least` (1 or 2) in one
/// while there are as many.
pub(super) fn piece_ends(n: usize, size: usize, least: usize) -> Vec<usize> {
    let size = size.max(least);
    let mut ends: Vec<usize> = (size..n).step_by(size).chain((n > 0).then_some(n)).collect();
    if let [.., before, last] = &mut ends[..]
        && *last - *before < least
    {
        // The last piece takes one of the piece before, or all of it where that would be too few then.
        if size > least {
            *before -= 1;
        } else {
            *before = n;
        }
        ends.dedup();
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::piece_ends;

    #[test]
    fn pieces_are_even_and_none_is_too_small_for_a_batch_norm() {
        assert_eq!(piece_ends(7, 3, 1), [3, 6, 7]);
        assert_eq!(piece_ends(7, 3, 2), [3, 5, 7]);
        assert_eq!(piece_ends(5, 2, 2), [2, 5]);
        assert_eq!(piece_ends(3, 1, 2), [3]);
        assert_eq!(piece_ends(1, 1, 2), [1]);
        assert_eq!(piece_ends(6, 3, 2), [3, 6]);
        assert_eq!(piece_ends(0, 3, 2), [0; 0]);
    }
}
