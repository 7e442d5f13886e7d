//! What is brought to mean 0 and variance 1 together.

/// The parts of `[P, m, c]` within each of which a norm takes its mean and variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum Cells {
    /// Each row, as layer norm.
    Rows,
    /// Each channel over all rows of a member, as batch norm.
    Columns,
    /// So many consecutive rows of so many consecutive channels, divisors of m and c, as group norm.
    Blocks {
        /// Rows of a cell.
        rows: usize,
        /// Channels of a cell.
        channels: usize,
    },
}

impl Cells {
    /// Rows and channels of each cell of a member `[m, c]`.
    pub fn size(self, [rows, channels]: [usize; 2]) -> [usize; 2] {
        match self {
            Self::Rows => [1, channels],
            Self::Columns => [rows, 1],
            Self::Blocks { rows, channels } => [rows, channels],
        }
    }
}
