//! Two directions in weight space: what they are, and what coordinates along them mean.

use crate::config::Normalization;
use crate::model::Architecture;
use crate::protocol::SliceCaption;

use super::checks::{PlaneError, check_direction, check_finite, check_length};
use super::directions::{normalize, random_direction};
use super::vectors::{dot, norm, rescale};

/// Two directions in weight space and where they come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Plane {
    x: Vec<f64>,
    y: Vec<f64>,
    /// What a caption says of them.
    words: String,
    seed: Option<u64>,
}

/// Two random directions, filter-normalised to `reference`, the common initial weights of all runs.
///
/// Where all rows of the reference are 0, so are the directions, and the slice shows one value.
#[must_use]
pub fn filter_normalised_plane(architecture: &Architecture, reference: &[f32], seed: u64) -> Plane {
    let reference: Vec<f64> = reference.iter().copied().map(f64::from).collect();
    let direction = |index| random_direction(architecture, &reference, Normalization::Filter, seed, index);
    let words = "random plane, filter-normalised to the initial weights, the same vectors for all runs".to_owned();
    Plane { x: direction(0), y: direction(1), words, seed: Some(seed) }
}

impl Plane {
    /// Two random Gaussian directions, scaled to `reference`, which `reference_words` names, such as "the weights".
    ///
    /// # Errors
    /// [`PlaneError::Length`] where the reference has not the length of the architecture's weights,
    /// [`PlaneError::NotFinite`] where it has a number that is not finite, [`PlaneError::Zero`] where a direction is 0
    /// after normalisation because the reference is.
    pub fn random(
        architecture: &Architecture,
        reference: &[f64],
        normalization: Normalization,
        seed: u64,
        reference_words: &str,
    ) -> Result<Self, PlaneError> {
        check_finite("the reference weights", reference)?;
        check_length("the reference", reference, architecture.num_parameters())?;
        let direction = |index| random_direction(architecture, reference, normalization, seed, index);
        let words = format!("random plane, {}", normalized_words(normalization, reference_words));
        Self { x: direction(0), y: direction(1), words, seed: Some(seed) }.checked(&after(normalization))
    }

    /// A random plane for each seed, for small multiples: what differs between them is what one plane does not show.
    ///
    /// # Errors
    /// See [`Plane::random`].
    pub fn random_for_seeds(
        architecture: &Architecture,
        reference: &[f64],
        normalization: Normalization,
        seeds: impl IntoIterator<Item = u64>,
        reference_words: &str,
    ) -> Result<Vec<Self>, PlaneError> {
        let seeds = seeds.into_iter();
        seeds.map(|seed| Self::random(architecture, reference, normalization, seed, reference_words)).collect()
    }

    /// Two given directions as they are. `words` says what they are in a caption, such as "top two Hessian eigenvectors".
    ///
    /// # Errors
    /// [`PlaneError`] where a direction is 0, has a number that is not finite, or another length than the first.
    pub fn from_vectors(x: Vec<f64>, y: Vec<f64>, words: impl Into<String>) -> Result<Self, PlaneError> {
        Self { x, y, words: words.into(), seed: None }.checked("")
    }

    /// The same directions scaled to `reference`, which `reference_words` names.
    ///
    /// # Errors
    /// See [`Plane::random`].
    pub fn normalized(
        mut self,
        architecture: &Architecture,
        reference: &[f64],
        normalization: Normalization,
        reference_words: &str,
    ) -> Result<Self, PlaneError> {
        check_finite("the reference weights", reference)?;
        check_length("the reference", reference, self.x.len())?;
        check_length("the first direction", &self.x, architecture.num_parameters())?;
        normalize(architecture, reference, normalization, &mut self.x);
        normalize(architecture, reference, normalization, &mut self.y);
        self.words = format!("{}, {}", self.words, normalized_words(normalization, reference_words));
        self.checked(&after(normalization))
    }

    /// The same plane with a second direction that is orthogonal to the first and keeps its norm (Gram–Schmidt). It comes
    /// after normalising, which would undo it; the rows of the second direction then have not the norms of the
    /// reference's any more. The words tell the angle that it was.
    ///
    /// # Errors
    /// [`PlaneError::Parallel`] where nothing is left of the second direction.
    pub fn orthogonalised(mut self) -> Result<Self, PlaneError> {
        let (before, length) = (self.angle_degrees(), norm(&self.y));
        let square = dot(&self.x, &self.x);
        // The second pass takes away what the rounding of the first left.
        for _ in 0..2 {
            let share = dot(&self.x, &self.y) / square;
            self.y.iter_mut().zip(&self.x).for_each(|(y, x)| *y -= share * x);
        }
        // Below this only rounding errors are left, also of directions that were rounded to 32 bits.
        if norm(&self.y) <= 1e-7 * length {
            return Err(PlaneError::Parallel);
        }
        rescale(&mut self.y, length);
        self.words = format!("{}, then orthogonalised (the angle was {before:.2}°)", self.words);
        Ok(self)
    }

    /// The same plane with directions of length 1: coordinates are absolute distances, the unit of σ and ρ.
    #[must_use]
    pub fn absolute(mut self) -> Self {
        rescale(&mut self.x, 1.0);
        rescale(&mut self.y, 1.0);
        self.words = format!("{}, in absolute distance", self.words);
        self
    }

    /// First direction, `D` numbers.
    #[must_use]
    pub fn x(&self) -> &[f64] {
        &self.x
    }

    /// Second direction, `D` numbers.
    #[must_use]
    pub fn y(&self) -> &[f64] {
        &self.y
    }

    /// What the directions are, as a caption says it: origin, normalisation and reference.
    #[must_use]
    pub fn words(&self) -> &str {
        &self.words
    }

    /// Seed of random directions.
    #[must_use]
    pub const fn seed(&self) -> Option<u64> {
        self.seed
    }

    /// D, the numbers in a direction.
    #[must_use]
    pub const fn dimension(&self) -> usize {
        self.x.len()
    }

    /// Norms of the two directions: absolute distance = coordinate × norm.
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

    /// What a picture of a slice on this plane must say; `objective` in words, with the number of examples.
    #[must_use]
    pub fn caption(&self, objective: impl Into<String>) -> SliceCaption {
        SliceCaption {
            objective: objective.into(),
            directions: self.words.clone(),
            seed: self.seed,
            angle_degrees: self.angle_degrees(),
            norms: self.norms(),
        }
    }

    /// The weights at coordinates of the plane through `center`.
    #[must_use]
    pub fn point(&self, center: &[f64], [a, b]: [f64; 2]) -> Vec<f64> {
        center.iter().zip(&self.x).zip(&self.y).map(|((c, x), y)| c + (a * x + b * y)).collect()
    }

    /// Coordinates of the point of the plane next to `offset` (least squares, the directions need not be orthogonal),
    /// and the distance from it.
    #[must_use]
    pub fn project(&self, offset: &[f64]) -> ([f64; 2], f64) {
        let (xx, xy, yy) = (dot(&self.x, &self.x), dot(&self.x, &self.y), dot(&self.y, &self.y));
        let (bx, by) = (dot(&self.x, offset), dot(&self.y, offset));
        let determinant = xx * yy - xy * xy;
        let (a, b) = if determinant > 1e-14 * xx * yy {
            ((bx * yy - by * xy) / determinant, (by * xx - bx * xy) / determinant)
        } else {
            // On one line, as all directions of a single parameter are: along the first.
            (bx / xx, 0.0)
        };
        let rest = offset.iter().zip(&self.x).zip(&self.y);
        let square: f64 = rest.map(|((o, x), y)| (o - a * x - b * y).powi(2)).sum();
        ([a, b], square.sqrt())
    }

    fn checked(self, when: &str) -> Result<Self, PlaneError> {
        check_length("the second direction", &self.y, self.x.len())?;
        check_direction("the first direction", &self.x, when)?;
        check_direction("the second direction", &self.y, when)?;
        Ok(self)
    }
}

fn normalized_words(normalization: Normalization, reference_words: &str) -> String {
    match normalization {
        Normalization::None => normalization.label().to_owned(),
        _ => format!("{} to {reference_words}", normalization.label()),
    }
}

fn after(normalization: Normalization) -> String {
    match normalization {
        Normalization::None => String::new(),
        _ => format!(" when it is {}", normalization.label()),
    }
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

    fn weights(architecture: &Architecture) -> Vec<f64> {
        initial_weights(architecture, 1).into_iter().map(f64::from).collect()
    }

    fn plane(normalization: Normalization) -> (Architecture, Vec<f64>, Plane) {
        let architecture = architecture();
        let weights = weights(&architecture);
        let plane = Plane::random(&architecture, &weights, normalization, 2, "the weights").unwrap();
        (architecture, weights, plane)
    }

    /// Norms of both, part by part; `size` says how long the parts of a tensor are.
    fn compare_norms(normalization: Normalization, size: impl Fn(&crate::model::Parameter) -> usize) {
        let (architecture, weights, plane) = plane(normalization);
        for direction in [plane.x(), plane.y()] {
            for parameter in &architecture.parameters {
                let (size, range) = (size(parameter), parameter.range());
                let parts = direction[range.clone()].chunks(size).zip(weights[range].chunks(size));
                for (direction, weights) in parts {
                    let expected = if parameter.shape.len() == 1 { 0.0 } else { norm(weights) };
                    assert!((norm(direction) - expected).abs() < 1e-14, "{}", parameter.name);
                }
            }
        }
    }

    #[test]
    fn each_row_has_the_norm_of_its_weight_row_and_biases_stay() {
        compare_norms(Normalization::Filter, crate::model::Parameter::row_len);
        let (_, _, plane) = plane(Normalization::Filter);
        assert!((plane.angle_degrees() - 90.0).abs() < 20.0, "{}", plane.angle_degrees());
    }

    #[test]
    fn each_tensor_has_the_norm_of_its_weights_when_layer_normalised() {
        compare_norms(Normalization::Layer, crate::model::Parameter::len);
        // Not row by row: that would be filter normalisation under another name.
        let (architecture, weights, plane) = plane(Normalization::Layer);
        let parameter = &architecture.parameters[0];
        let row = parameter.offset..parameter.offset + parameter.row_len();
        assert!((norm(&plane.x()[row.clone()]) - norm(&weights[row])).abs() > 1e-3);
    }

    #[test]
    fn the_whole_has_the_norm_of_the_weights_when_model_normalised() {
        let (architecture, weights, plane) = plane(Normalization::Model);
        for length in plane.norms() {
            assert!((length - norm(&weights)).abs() < 1e-13, "{length}");
        }
        let bias = &architecture.parameters[1];
        assert!(norm(&plane.x()[bias.range()]) > 0.0, "biases take part");
    }

    #[test]
    fn raw_directions_are_standard_normal_and_not_all_positive() {
        let (_, _, plane) = plane(Normalization::None);
        let n = plane.dimension() as f64;
        let mean = plane.x().iter().sum::<f64>() / n;
        assert!(mean.abs() < 4.0 / n.sqrt(), "{mean}");
        assert!((norm(plane.x()) / n.sqrt() - 1.0).abs() < 0.15);
    }

    #[test]
    fn orthogonalising_gives_90_degrees_and_keeps_the_norm() {
        for normalization in Normalization::ALL {
            let (_, _, plane) = plane(normalization);
            let (before, norms) = (plane.angle_degrees(), plane.norms());
            assert!((before - 90.0).abs() > 0.01, "{before}");
            let plane = plane.orthogonalised().unwrap();
            assert!((plane.angle_degrees() - 90.0).abs() < 1e-10, "{}", plane.angle_degrees());
            assert!((plane.norms()[1] - norms[1]).abs() < 1e-12 * norms[1]);
            assert!(plane.words().contains(&format!("{before:.2}°")), "{}", plane.words());
        }
        let parallel = Plane::from_vectors(vec![1.0, 2.0], vec![-3.0, -6.0], "two").unwrap();
        assert_eq!(parallel.orthogonalised(), Err(PlaneError::Parallel));
    }

    #[test]
    fn what_is_no_direction_is_named() {
        let message = |x: &[f64], y: &[f64]| Plane::from_vectors(x.to_vec(), y.to_vec(), "").unwrap_err().to_string();
        assert_eq!(message(&[1.0, 0.0], &[0.0, 0.0]), "the second direction is zero, expected a vector with a length");
        assert_eq!(
            message(&[1.0, f64::NAN], &[0.0, 1.0]),
            "number 2 of the first direction is NaN, expected finite numbers"
        );
        assert_eq!(message(&[1.0, 0.0], &[1.0]), "the second direction has 1 numbers, expected 2");
        let architecture = architecture();
        let zeros = vec![0.0; architecture.num_parameters()];
        let error = Plane::random(&architecture, &zeros, Normalization::Filter, 0, "the weights").unwrap_err();
        assert_eq!(
            error.to_string(),
            "the first direction is zero when it is filter-normalised, expected a vector with a length"
        );
        // A row without a length stays 0, and no NaN comes of it.
        let mut direction = zeros.clone();
        normalize(&architecture, &weights(&architecture), Normalization::Filter, &mut direction);
        assert_eq!(direction, zeros);
    }

    #[test]
    fn a_point_of_the_plane_projects_on_itself() {
        let (_, weights, plane) = plane(Normalization::Filter);
        let there = plane.point(&weights, [0.7, -1.3]);
        let offset: Vec<f64> = there.iter().zip(&weights).map(|(there, here)| there - here).collect();
        let ([a, b], distance) = plane.project(&offset);
        assert!((a - 0.7).abs() < 1e-13 && (b + 1.3).abs() < 1e-13 && distance < 1e-13, "{a} {b} {distance}");
        let unit = plane.absolute();
        assert!(unit.norms().iter().all(|length| (length - 1.0).abs() < 1e-14));
    }
}
