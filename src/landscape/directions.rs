//! Directions of a slice, filter-normalised after Li et al. 2018 (arXiv 1712.09913).
//!
//! A Gaussian direction d is scaled row by row: each output row (filter or neuron) of a weight gets the norm of that row
//! of the reference weights, and 1-D tensors (biases) get 0. The reference is the common start of all runs, so that all
//! runs are looked at along the very same vectors; scaling to each run's own weights would not share them.

use crate::model::{Architecture, Purpose, gaussian};

/// Two directions in weight space.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    /// First direction, `D` numbers.
    pub x: Vec<f32>,
    /// Second direction.
    pub y: Vec<f32>,
    /// Seed they came from.
    pub seed: u64,
}

/// Two random directions, filter-normalised to `reference`.
#[must_use]
pub fn filter_normalised_plane(architecture: &Architecture, reference: &[f32], seed: u64) -> Plane {
    let direction = |index| {
        let mut direction = gaussian(seed, Purpose::Directions, index, reference.len());
        filter_normalise(architecture, reference, &mut direction);
        direction
    };
    Plane { x: direction(0), y: direction(1), seed }
}

fn filter_normalise(architecture: &Architecture, reference: &[f32], direction: &mut [f32]) {
    for parameter in &architecture.parameters {
        let range = parameter.range();
        if parameter.shape.len() < 2 {
            direction[range].fill(0.0);
            continue;
        }
        let row = parameter.row_len();
        let rows = direction[range.clone()].chunks_exact_mut(row).zip(reference[range].chunks_exact(row));
        for (direction, reference) in rows {
            let scale = norm(reference) / norm(direction).max(f64::MIN_POSITIVE);
            direction.iter_mut().for_each(|d| *d = (f64::from(*d) * scale) as f32);
        }
    }
}

impl Plane {
    /// Norms of the two directions.
    #[must_use]
    pub fn norms(&self) -> [f64; 2] {
        [norm(&self.x), norm(&self.y)]
    }

    /// Angle between the two directions in degrees.
    #[must_use]
    pub fn angle_degrees(&self) -> f64 {
        let [x, y] = self.norms();
        (dot(&self.x, &self.y) / (x * y)).clamp(-1.0, 1.0).acos().to_degrees()
    }

    /// Coordinates of the point of the plane next to `offset` (least squares, the directions need not be orthogonal),
    /// and the distance from it.
    #[must_use]
    pub fn project(&self, offset: &[f32]) -> ([f64; 2], f64) {
        let (xx, xy, yy) = (dot(&self.x, &self.x), dot(&self.x, &self.y), dot(&self.y, &self.y));
        let (bx, by) = (dot(&self.x, offset), dot(&self.y, offset));
        let determinant = xx * yy - xy * xy;
        let a = (bx * yy - by * xy) / determinant;
        let b = (by * xx - bx * xy) / determinant;
        let rest = offset.iter().zip(&self.x).zip(&self.y);
        let square: f64 = rest.map(|((&o, &x), &y)| (f64::from(o) - a * f64::from(x) - b * f64::from(y)).powi(2)).sum();
        ([a, b], square.sqrt())
    }
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
}

fn norm(a: &[f32]) -> f64 {
    dot(a, a).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, ModelConfig};
    use crate::model::initial_weights;

    fn architecture() -> Architecture {
        let layers = ["conv 3 3x3 same", "relu", "flatten", "linear 4"];
        Architecture::new(&ModelConfig::new(&[2, 4, 4], LossKind::CrossEntropy, layers)).unwrap()
    }

    #[test]
    fn each_row_has_the_norm_of_its_weight_row_and_biases_stay() {
        let architecture = architecture();
        let weights = initial_weights(&architecture, 1);
        let plane = filter_normalised_plane(&architecture, &weights, 2);
        for direction in [&plane.x, &plane.y] {
            for parameter in &architecture.parameters {
                let (row, range) = (parameter.row_len(), parameter.range());
                let rows = direction[range.clone()].chunks(row).zip(weights[range].chunks(row));
                for (direction, weights) in rows {
                    let expected = if parameter.shape.len() == 1 { 0.0 } else { norm(weights) };
                    assert!((norm(direction) - expected).abs() < 1e-6, "{}", parameter.name);
                }
            }
        }
        assert!((plane.angle_degrees() - 90.0).abs() < 20.0, "{}", plane.angle_degrees());
    }

    #[test]
    fn a_point_of_the_plane_projects_on_itself() {
        let architecture = architecture();
        let weights = initial_weights(&architecture, 1);
        let plane = filter_normalised_plane(&architecture, &weights, 2);
        let offset: Vec<f32> = plane.x.iter().zip(&plane.y).map(|(x, y)| 0.7 * x - 1.3 * y).collect();
        let ([a, b], distance) = plane.project(&offset);
        assert!((a - 0.7).abs() < 1e-5 && (b + 1.3).abs() < 1e-5 && distance < 1e-5, "{a} {b} {distance}");
    }
}
