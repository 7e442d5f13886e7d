//! Run A minus run B, on coordinates that both slices share.

use serde::{Deserialize, Serialize};

use super::choices::Field;
use crate::protocol::{LossGrid, RunId};
use crate::ui::state::model::Model;

/// Two runs whose slices are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The run from whose slice the other is taken.
    pub a: RunId,
    /// The run that is taken away.
    pub b: RunId,
}

impl Difference {
    /// The first and the last run where there was none, and none where there was one.
    #[must_use]
    pub fn toggled(shown: Option<Self>, model: &Model) -> Option<Self> {
        match &model.runs[..] {
            [first, .., last] if shown.is_none() => Some(Self { a: first.info.run, b: last.info.run }),
            _ => None,
        }
    }

    /// Both.
    #[must_use]
    pub const fn runs(&self) -> [RunId; 2] {
        [self.a, self.b]
    }
}

/// How far coordinates may be apart to count as the same, as a share of the range.
const TOLERANCE: f64 = 1e-6;

fn same_axis(a: &[f64], b: &[f64]) -> bool {
    let reach = a.iter().chain(b).fold(0.0_f64, |most, x| most.max(x.abs()));
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= TOLERANCE * reach)
}

/// The values of a field; `None` if the slice has none.
pub fn values(grid: &LossGrid, field: Field) -> Option<&[f64]> {
    match field {
        Field::Loss => Some(&grid.loss),
        Field::Accuracy => grid.accuracy.as_deref(),
    }
}

/// A minus B at each cell, NaN where either is not finite.
///
/// # Errors
/// Why the two slices cannot be compared, in a sentence.
pub fn difference(a: &LossGrid, b: &LossGrid, field: Field) -> Result<Vec<f64>, &'static str> {
    if a.generation != b.generation {
        return Err("The two slices lie in different planes. The difference comes with the next slices.");
    }
    if !same_axis(&a.x, &b.x) || !same_axis(&a.y, &b.y) {
        return Err(
            "The two slices have different ranges or numbers of points. The difference comes with the next slices.",
        );
    }
    if a.caption.objective != b.caption.objective {
        return Err("The two slices are of different objectives. The difference comes with the next slices.");
    }
    let (Some(of_a), Some(of_b)) = (values(a, field), values(b, field)) else {
        return Err("The accuracy on these slices is not computed yet.");
    };
    if of_a.len() != of_b.len() {
        return Err("A slice contradicts itself: its number of cells does not match its axes.");
    }
    let minus = |(a, b): (&f64, &f64)| if a.is_finite() && b.is_finite() { a - b } else { f64::NAN };
    Ok(of_a.iter().zip(of_b).map(minus).collect())
}

/// What must be said of the two centres.
#[must_use]
pub fn centres(a: &LossGrid, b: &LossGrid) -> &'static str {
    let at_centre = a.others.iter().find(|(run, _)| *run == b.run).is_some_and(|(_, point)| {
        let reach = TOLERANCE * a.x.last().copied().unwrap_or(1.0).abs();
        point.step == b.step && point.distance.abs() <= 1e-9 && point.x.abs() <= reach && point.y.abs() <= reach
    });
    if at_centre { "same centre" } else { "each centred at its own run" }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::protocol::PathPoint;
    use crate::ui::panes::landscape::sample;

    fn slice(run: u32, at: impl Fn(f64, f64) -> f64) -> LossGrid {
        let axis = vec![-1.0, -0.5, 0.0, 0.5, 1.0];
        LossGrid {
            run: RunId(run),
            loss: axis.iter().flat_map(|y| axis.iter().map(|x| at(*x, *y)).collect::<Vec<_>>()).collect(),
            center_loss: at(0.0, 0.0),
            x: axis.clone(),
            y: axis,
            ..Arc::unwrap_or_clone(sample::slice(7))
        }
    }

    #[test]
    fn cells_are_subtracted_and_what_is_not_finite_stays_masked() {
        let a = slice(1, |x, y| 2.0 + x + 3.0 * y);
        let b = slice(2, |x, y| if (x, y) == (0.5, 1.0) { f64::INFINITY } else { 1.0 + x });
        let found = difference(&a, &b, Field::Loss).unwrap();
        for (j, y) in a.y.iter().enumerate() {
            for (i, x) in a.x.iter().enumerate() {
                let cell = found[j * 5 + i];
                if (*x, *y) == (0.5, 1.0) {
                    assert!(cell.is_nan());
                } else {
                    assert!((cell - (1.0 + 3.0 * y)).abs() < 1e-12, "{x} {y}: {cell}");
                }
            }
        }
        let back = difference(&b, &a, Field::Loss).unwrap();
        assert!(found.iter().zip(back).all(|(a, b)| a.is_nan() == b.is_nan() && (a.is_nan() || *a == -b)));
    }

    #[test]
    fn other_axes_planes_and_fields_are_refused() {
        let a = slice(1, |x, _| x);
        let mut wide = a.clone();
        wide.x.iter_mut().for_each(|x| *x *= 2.0);
        assert!(difference(&a, &wide, Field::Loss).unwrap_err().contains("ranges"));
        let mut plane = a.clone();
        plane.generation = 1;
        // Planes that are made anew while the runs train have the same words.
        assert_eq!(a.caption, plane.caption);
        assert!(difference(&a, &plane, Field::Loss).unwrap_err().contains("planes"));
        assert!(difference(&a, &a, Field::Accuracy).unwrap_err().contains("accuracy"));
        let mut torn = a.clone();
        torn.loss.pop();
        assert!(difference(&a, &torn, Field::Loss).is_err());
    }

    #[test]
    fn centres_are_the_same_only_if_the_other_run_is_there() {
        let mut a = slice(1, |x, _| x);
        let b = slice(2, |x, _| x);
        assert_eq!(centres(&a, &b), "each centred at its own run");
        a.others = vec![(RunId(2), PathPoint { step: 7, x: 0.0, y: 0.0, loss: 1.0, distance: 0.0 })];
        assert_eq!(centres(&a, &b), "same centre");
        a.others[0].1.distance = 0.3;
        assert_eq!(centres(&a, &b), "each centred at its own run");
    }
}
