//! The plane of a path whose checkpoints are too many to be held at once: they are read when they are needed.
//!
//! Of the offsets X from the final weights only X Xᵀ is needed, m × m numbers, and then one sum over the rows for both
//! directions. As many rows as fit are held; each further row is read once for each lot of rows that is held. What is
//! held beside them is the final weights, one row and two directions.

use nalgebra::DMatrix;
use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};

use super::checks::{PlaneError, check_length};
use super::pca::{BLOCK, PathPca, Principal, orthonormalise};
use super::vectors::dot;

/// The plane of a path, and where its checkpoints lie on it.
#[derive(Debug, Clone, PartialEq)]
pub struct StreamedPca {
    /// The first two principal directions.
    pub pca: PathPca,
    /// Coordinates of every checkpoint along them, to about the square root of the precision: good for axes.
    pub places: Vec<[f64; 2]>,
}

/// How often [`streamed_pca`] reads a row, for `count` rows of which `most_held` are held at once.
#[must_use]
pub fn num_reads(count: usize, most_held: usize) -> usize {
    let held = most_held.clamp(1, count.max(1));
    let for_products: usize = (0..count).step_by(held).map(|start| count - start).sum();
    if held >= count { for_products } else { for_products + count }
}

/// The first two principal directions of the offsets of `count` rows from `center`, the final weights. `read` gives a row
/// by its index, every time the same.
///
/// # Errors
/// What `read` says, or [`PlaneError`] where the rows span no plane.
pub fn streamed_pca<E: From<PlaneError>>(
    count: usize,
    center: &[f64],
    most_held: usize,
    mut read: impl FnMut(usize) -> Result<Vec<f64>, E>,
) -> Result<StreamedPca, E> {
    let mut offset = |index: usize| -> Result<Vec<f64>, E> {
        let mut row = read(index)?;
        check_length("a checkpoint", &row, center.len())?;
        row.iter_mut().zip(center).for_each(|(value, center)| *value -= center);
        Ok(row)
    };
    let at_once = most_held.clamp(1, count.max(1));
    let (gram, held) = gram(count, at_once, &mut offset)?;
    let away: Vec<usize> = (0..count).filter(|&index| gram[(index, index)] != 0.0).collect();
    let too_short = PlaneError::PathTooShort { found: away.len() };
    let Some(principal) = away.first().and_then(|&first| Principal::of(gram, 2, first)) else {
        return Err(too_short.into());
    };
    let mut directions = vec![vec![0.0; center.len()]; 2];
    let mut add = |index: usize, row: &[f64]| {
        for (component, direction) in directions.iter_mut().enumerate() {
            let factor = principal.factor(component, index);
            direction.iter_mut().zip(row).for_each(|(sum, value)| *sum += factor * value);
        }
    };
    if held.len() == count {
        held.iter().enumerate().for_each(|(index, row)| add(index, row));
    } else {
        drop(held);
        for index in 0..count {
            add(index, &offset(index)?);
        }
    }
    let mut orthonormal: Vec<Vec<f64>> = Vec::with_capacity(2);
    for mut direction in directions {
        orthonormalise(&mut direction, &orthonormal);
        orthonormal.push(direction);
    }
    let places = (0..count).map(|row| [0, 1].map(|component| principal.coordinate(component, row))).collect();
    let pca = PathPca {
        directions: orthonormal,
        residual: principal.residual(away.len()),
        explained: principal.explained,
        checkpoints: away.len(),
        thinning: format!("all {count} checkpoints"),
    };
    Ok(StreamedPca { pca, places })
}

/// X Xᵀ, and the rows of the last lot, which are all rows where they fit.
fn gram<E>(
    count: usize,
    at_once: usize,
    offset: &mut impl FnMut(usize) -> Result<Vec<f64>, E>,
) -> Result<(DMatrix<f64>, Vec<Vec<f64>>), E> {
    let mut gram = DMatrix::zeros(count, count);
    let mut held: Vec<Vec<f64>> = Vec::new();
    for start in (0..count).step_by(at_once) {
        // Those before go first, so that no more are held at once.
        held.clear();
        let end = (start + at_once).min(count);
        for index in start..end {
            held.push(offset(index)?);
        }
        gram.view_mut((start, start), (held.len(), held.len())).copy_from(&products(&held));
        for index in end..count {
            let row = offset(index)?;
            let found: Vec<f64> = held.par_iter().map(|own| dot(own, &row)).collect();
            for (place, product) in (start..end).zip(found) {
                gram[(place, index)] = product;
                gram[(index, place)] = product;
            }
        }
    }
    Ok((gram, held))
}

/// All products of some rows, over blocks of columns.
fn products(rows: &[Vec<f64>]) -> DMatrix<f64> {
    let dimension = rows.first().map_or(0, Vec::len);
    let mut sum = DMatrix::zeros(rows.len(), rows.len());
    for start in (0..dimension).step_by(BLOCK) {
        let width = BLOCK.min(dimension - start);
        let block = DMatrix::from_fn(rows.len(), width, |row, column| rows[row][start + column]);
        sum += &block * block.transpose();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_are_counted_as_they_happen() {
        let rows: Vec<Vec<f64>> =
            (0..7_u32).map(|i| (0..9_u32).map(|j| f64::from((i * i + 3 * j * i) % 11)).collect()).collect();
        let whole = streamed_pca::<PlaneError>(7, &[0.0; 9], 7, |index| Ok(rows[index].clone())).unwrap();
        for held in [0, 1, 2, 3, 6, 7, 50] {
            let mut reads = 0;
            let found = streamed_pca::<PlaneError>(7, &[0.0; 9], held, |index| {
                reads += 1;
                Ok(rows[index].clone())
            });
            assert_eq!(reads, num_reads(7, held), "{held}");
            let found = found.unwrap();
            for (a, b) in found.pca.directions.iter().flatten().zip(whole.pca.directions.iter().flatten()) {
                assert!((a - b).abs() < 1e-12, "{held}: {a} {b}");
            }
        }
    }

    #[test]
    fn rows_that_stand_still_or_cannot_be_read_are_told() {
        let still = streamed_pca::<PlaneError>(3, &[1.0, 2.0], 3, |_| Ok(vec![1.0, 2.0])).unwrap_err();
        assert_eq!(still, PlaneError::PathTooShort { found: 0 });
        let straight = streamed_pca::<PlaneError>(3, &[0.0, 0.0], 1, |i| Ok(vec![i as f64, 0.0])).unwrap_err();
        assert_eq!(straight, PlaneError::PathTooShort { found: 2 });
        let gone = streamed_pca::<PlaneError>(3, &[0.0, 0.0], 1, |_| Err(PlaneError::Collinear)).unwrap_err();
        assert_eq!(gone, PlaneError::Collinear);
        assert!(streamed_pca::<PlaneError>(2, &[0.0, 0.0], 1, |_| Ok(vec![1.0])).is_err());
    }
}
