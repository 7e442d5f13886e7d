//! The plane through three points of weight space, such as the minima of SGD, SAM and NSO.

use super::checks::{PlaneError, check_finite, check_length};
use super::plane::Plane;
use super::slice::linear_axis;
use super::vectors::norm;

/// Where the plane through three points has its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SpanCenter {
    /// Their mean.
    #[default]
    Mean,
    /// The first of them.
    First,
}

/// The plane through three points.
#[derive(Debug, Clone, PartialEq)]
pub struct Span {
    /// Orthogonal directions of the same norm, that of the way from the first to the second point: the picture keeps
    /// angles and ratios of distances.
    pub plane: Plane,
    /// The weights at (0, 0).
    pub center: Vec<f64>,
    /// Coordinates of the three points.
    pub points: [[f64; 2]; 3],
}

impl Span {
    /// The plane through three vectors of weights; `words` names them in a caption, such as "SGD, SAM and NSO".
    ///
    /// # Errors
    /// [`PlaneError`] where a point is not finite or has another length than the first, or where they lie on one line.
    pub fn through(points: [&[f64]; 3], center: SpanCenter, words: &str) -> Result<Self, PlaneError> {
        for (point, which) in points.iter().zip(["the first point", "the second point", "the third point"]) {
            check_length(which, point, points[0].len())?;
            check_finite(which, point)?;
        }
        let to = |point: &[f64]| -> Vec<f64> { point.iter().zip(points[0]).map(|(p, first)| p - first).collect() };
        let (x, y) = (to(points[1]), to(points[2]));
        let length = norm(&x);
        if length == 0.0 || norm(&y) == 0.0 {
            return Err(PlaneError::Collinear);
        }
        let plane = Plane::from_vectors(x, y, "")?.orthogonalised().map_err(|_| PlaneError::Collinear)?;
        let scale = length / plane.norms()[1];
        let y = plane.y().iter().map(|y| y * scale).collect();
        let plane = Plane::from_vectors(plane.x().to_vec(), y, format!("plane through {words}"))?;
        let center = match center {
            SpanCenter::First => points[0].to_vec(),
            SpanCenter::Mean => (0..points[0].len()).map(|i| points.iter().map(|p| p[i]).sum::<f64>() / 3.0).collect(),
        };
        let points = points.map(|point| {
            let offset: Vec<f64> = point.iter().zip(&center).map(|(p, c)| p - c).collect();
            plane.project(&offset).0
        });
        Ok(Self { plane, center, points })
    }

    /// Coordinates of `counts` points along both directions that hold all three points with a margin of `margin` times
    /// their extent, on equal scales.
    #[must_use]
    pub fn axes(&self, margin: f64, counts: [usize; 2]) -> [Vec<f64>; 2] {
        let ends = [0, 1].map(|axis| {
            let values = self.points.map(|point| point[axis]);
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            (low, high)
        });
        let extent = ends.iter().map(|(low, high)| high - low).fold(0.0, f64::max);
        let half = extent * (0.5 + margin);
        [0, 1].map(|axis| {
            let middle = 0.5 * (ends[axis].0 + ends[axis].1);
            linear_axis(middle - half, middle + half, counts[axis])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_points_have_their_places_on_the_plane() {
        let points = [vec![1.0, 0.0, 2.0, 0.5], vec![0.0, 3.0, 2.0, -0.5], vec![0.3, 0.1, -4.0, 0.7]];
        for center in [SpanCenter::Mean, SpanCenter::First] {
            let span = Span::through([&points[0], &points[1], &points[2]], center, "a, b and c").unwrap();
            for (point, place) in points.iter().zip(span.points) {
                let there = span.plane.point(&span.center, place);
                assert!(there.iter().zip(point).all(|(a, b)| (a - b).abs() < 1e-13), "{there:?} {point:?}");
            }
            assert!((span.plane.angle_degrees() - 90.0).abs() < 1e-10);
            let [x, y] = span.plane.norms();
            assert!((x - y).abs() < 1e-13, "distances are to scale");
            let [x, y] = span.axes(0.25, [9, 5]);
            assert_eq!((x.len(), y.len()), (9, 5));
            for [a, b] in span.points {
                assert!(x[0] < a && a < x[8] && y[0] < b && b < y[4]);
            }
            assert!(((x[8] - x[0]) - (y[4] - y[0])).abs() < 1e-13);
        }
    }

    #[test]
    fn points_that_span_no_plane_are_refused() {
        let through = |a: &[f64], b: &[f64], c: &[f64]| Span::through([a, b, c], SpanCenter::Mean, "").unwrap_err();
        assert_eq!(through(&[0.0, 0.0], &[1.0, 1.0], &[3.0, 3.0]), PlaneError::Collinear);
        assert_eq!(through(&[0.0, 0.0], &[0.0, 0.0], &[3.0, 1.0]), PlaneError::Collinear);
        assert_eq!(through(&[0.0, 0.0], &[3.0, 1.0], &[0.0, 0.0]), PlaneError::Collinear);
        let error = through(&[0.0, 0.0], &[1.0, f64::INFINITY], &[3.0, 1.0]).to_string();
        assert_eq!(error, "number 2 of the second point is inf, expected finite numbers");
    }
}
