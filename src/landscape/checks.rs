//! What makes vectors a plane or a line.

/// Why vectors do not make a plane or a line.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PlaneError {
    /// A number that is NaN or infinite.
    #[error("number {index} of {which} is {value}, expected finite numbers")]
    NotFinite {
        /// The vector, such as "the first direction".
        which: String,
        /// Position in the vector, from 1.
        index: usize,
        /// The number.
        value: f64,
    },
    /// A vector without a length.
    #[error("{which} is zero{when}, expected a vector with a length")]
    Zero {
        /// The vector, such as "the first direction".
        which: String,
        /// After which normalisation, with a space in front, or nothing.
        when: String,
    },
    /// A vector of another length than the weights or the other direction.
    #[error("{which} has {found} numbers, expected {expected}")]
    Length {
        /// The vector, such as "the first direction".
        which: String,
        /// Numbers in it.
        found: usize,
        /// Numbers that were expected.
        expected: usize,
    },
    /// Two directions along one line.
    #[error("the two directions are parallel, expected two that span a plane")]
    Parallel,
    /// Three points on one line.
    #[error("the three points lie on one line, expected three that span a plane")]
    Collinear,
    /// A path without an extent.
    #[error("the path has {found} checkpoints away from its end, expected at least 2 that span a plane")]
    PathTooShort {
        /// Checkpoints away from the end.
        found: usize,
    },
}

/// Finds what makes a vector no direction: a number that is not finite, or no length.
pub(super) fn check_direction(which: &str, direction: &[f64], when: &str) -> Result<(), PlaneError> {
    check_finite(which, direction)?;
    if direction.iter().all(|&value| value == 0.0) {
        return Err(PlaneError::Zero { which: which.to_owned(), when: when.to_owned() });
    }
    Ok(())
}

pub(super) fn check_finite(which: &str, values: &[f64]) -> Result<(), PlaneError> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(PlaneError::NotFinite { which: which.to_owned(), index: index + 1, value: values[index] }),
        None => Ok(()),
    }
}

pub(super) fn check_length(which: &str, values: &[f64], expected: usize) -> Result<(), PlaneError> {
    if values.len() == expected {
        return Ok(());
    }
    Err(PlaneError::Length { which: which.to_owned(), found: values.len(), expected })
}
