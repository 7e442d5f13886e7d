//! Groups of directions, over which second derivatives are summed.

use burn::tensor::Tensor;

/// R directions in G groups of equal size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups {
    /// R.
    pub directions: usize,
    /// G, a divisor of R.
    pub groups: usize,
}

impl Groups {
    /// One direction, as what does not change along it has.
    pub const NONE: Self = Self { directions: 1, groups: 1 };

    /// Sums a population `[R, …]` over each group.
    pub fn sum<const D: usize>(self, a: Tensor<D>) -> Tensor<D> {
        if self.directions == self.groups {
            return a;
        }
        let mut dims = a.dims();
        let rest: usize = dims[1..].iter().product();
        dims[0] = self.groups;
        a.reshape([self.groups, self.directions / self.groups, rest]).sum_dim(1).reshape(dims)
    }

    /// The groups of a combination: where one side does not change, those of the other.
    pub fn join(self, other: Self) -> Self {
        if self == Self::NONE { other } else { self }
    }
}
