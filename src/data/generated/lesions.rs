//! Discs with lesions, as pictures of a retina have them, in five grades: grey, 16×16 pixels, drawn from the configuration's
//! seed.
//!
//! A disc of 6 to 7 pixels' radius, darker towards its edge, with one bright spot and two dark vessels that say nothing. Its
//! grade is how many lesions it has, small dark or bright spots: none, 1 or 2, 3 or 4, 5 to 7, 8 to 11. The grades are imbalanced
//! as those of graded sets are: of 20 pictures 10, 2, 5, 1 and 2. `noise` is the standard deviation of what is added to each
//! pixel, which stays between 0 and 1.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::Dataset;
use super::pictures::{Pose, Poses, between, each_apart};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 180.0, scale: [0.92, 1.08], shear: 0.0, shift: 0.8, blur: [1.0, 1.3] };
/// The classes, in their order.
pub(in super::super) const NAMES: [&str; 5] = ["none", "mild", "moderate", "severe", "proliferative"];
/// Least and greatest number of lesions of each grade.
const LESIONS: [[usize; 2]; 5] = [[0, 0], [1, 2], [3, 4], [5, 7], [8, 11]];
/// The grades of 20 pictures.
const GRADES: [u32; 20] = [0, 2, 0, 1, 0, 2, 0, 4, 0, 2, 0, 3, 0, 2, 0, 1, 0, 2, 0, 4];
/// The disc's radius, in pixels.
const RADIUS: f64 = 6.6;
/// Lesions' middles lie within this radius, so many pixels apart at least.
const WITHIN: f64 = 5.4;
const APART: f64 = 1.9;
/// Times that a place is drawn for a lesion before it may come too near to another.
const DRAWS: usize = 40;

/// As many pictures as are asked for, with shape `[1, 16, 16]`.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let grade = |i: usize| GRADES[i % GRADES.len()];
    let of = (0..super::num_examples(config)).map(grade).collect();
    each_apart(config, of, NAMES.len(), |i, rng, picture| {
        let pose = Pose::new(rng, &POSES);
        let [least, most] = LESIONS[grade(i) as usize];
        let count = rng.random_range(least..=most);
        let disc = Disc::new(count, rng);
        pose.draw(picture, |place| disc.ink(place) as f32);
    })
}

/// A round spot.
struct Spot {
    /// Row and column from the disc's middle, in pixels.
    at: [f64; 2],
    radius: f64,
    ink: f64,
}

/// One disc with all that is on it.
struct Disc {
    ink: f64,
    bright: Spot,
    /// Angles in turns at which vessels leave the bright spot.
    vessels: [f64; 2],
    lesions: Vec<Spot>,
}

/// A place within a radius, each part of the disc as likely as another.
fn within(radius: f64, rng: &mut ChaCha8Rng) -> [f64; 2] {
    let (sin, cos) = (TAU * rng.random::<f64>()).sin_cos();
    let distance = radius * rng.random::<f64>().sqrt();
    [distance * sin, distance * cos]
}

fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

impl Disc {
    fn new(count: usize, rng: &mut ChaCha8Rng) -> Self {
        let ink = between(rng, [0.42, 0.58]);
        let side = if rng.random() { 4.0 } else { -4.0 };
        let bright = Spot { at: [between(rng, [-0.8, 0.8]), side], radius: 1.5, ink: ink + 0.25 };
        let vessels = [0.25, 0.75].map(|turns| turns + between(rng, [-0.08, 0.08]));
        let mut lesions: Vec<Spot> = Vec::new();
        for _ in 0..count {
            let is_free = |at: [f64; 2], lesions: &[Spot]| {
                distance(at, bright.at) > bright.radius + 1.0
                    && lesions.iter().all(|spot| distance(at, spot.at) > APART)
            };
            let mut at = within(WITHIN, rng);
            for _ in 0..DRAWS {
                if is_free(at, &lesions) {
                    break;
                }
                at = within(WITHIN, rng);
            }
            let radius = between(rng, [0.7, 1.0]);
            let ink = if rng.random_bool(0.6) { between(rng, [0.0, 0.1]) } else { between(rng, [0.9, 1.0]) };
            lesions.push(Spot { at, radius, ink });
        }
        Self { ink, bright, vessels, lesions }
    }

    /// The ink at a place, so many pixels below and right of the middle.
    fn ink(&self, place: [f64; 2]) -> f64 {
        let out = distance(place, [0.0; 2]);
        if out > RADIUS {
            return 0.0;
        }
        let is_on = |spot: &&Spot| distance(place, spot.at) < spot.radius;
        if let Some(spot) = self.lesions.iter().find(is_on) {
            return spot.ink;
        }
        if is_on(&&self.bright) {
            return self.bright.ink;
        }
        let [down, right] = [place[0] - self.bright.at[0], place[1] - self.bright.at[1]];
        let is_vessel = self.vessels.iter().any(|turns| {
            let (sin, cos) = (TAU * turns).sin_cos();
            // Its distance from the line, on the side to which that goes.
            down * sin + right * cos > 0.0 && (right * sin - down * cos).abs() < 0.3
        });
        let shade = 1.0 - 0.25 * (out / RADIUS).powi(2);
        self.ink * shade * if is_vessel { 0.75 } else { 1.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::streams::{Purpose, rng};
    use super::super::super::tests::config;
    use super::super::checks;
    use super::super::pictures::SIDE;
    use super::*;
    use crate::config::DataSource;

    fn discs(n: usize) -> DataConfig {
        DataConfig { train_size: n, test_size: 0, noise: 0.0, ..config(DataSource::Lesions) }
    }

    #[test]
    fn two_makes_are_equal_and_grades_have_their_shares() {
        checks::is_a_function_of_the_seed(&DataConfig { noise: 0.05, ..discs(300) }, generate);
        assert_eq!(generate(&discs(400)).class_counts(), [200, 40, 100, 20, 40]);
        assert_eq!(generate(&discs(20)).class_counts(), [10, 2, 5, 1, 2]);
    }

    /// Pixels inside of the disc that are far darker or brighter than the mean of those around them.
    fn spots(picture: &[f32]) -> Vec<f32> {
        let mut sum = 0.0;
        for row in 3..SIDE - 3 {
            for column in 3..SIDE - 3 {
                let around: f32 = (row - 2..=row + 2)
                    .flat_map(|row| (column - 2..=column + 2).map(move |column| picture[row * SIDE + column]))
                    .sum();
                sum += f32::max(0.0, (picture[row * SIDE + column] - around / 25.0).abs() - 0.1);
            }
        }
        vec![sum]
    }

    #[test]
    fn a_grade_is_how_many_spots_there_are() {
        let data = generate(&discs(2000));
        let mut sums = [0.0; 5];
        for (i, &grade) in data.classes().iter().enumerate() {
            sums[grade as usize] += f64::from(spots(data.example(i))[0]);
        }
        let means: Vec<f64> = sums.iter().zip(data.class_counts()).map(|(sum, n)| sum / n as f64).collect();
        assert!(means.windows(2).all(|pair| pair[1] > 1.15 * pair[0]), "{means:?}");
        // The nearest of five means along one number: more than by chance, and far from all.
        let share = checks::nearest_mean(&data, 1400, spots);
        assert!((0.4..0.97).contains(&share), "{share}");
    }

    #[test]
    fn lesions_lie_on_the_disc_and_apart() {
        let mut rng = rng(1, Purpose::Points);
        let (mut near, mut all) = (0, 0);
        for _ in 0..200 {
            let disc = Disc::new(11, &mut rng);
            assert_eq!(disc.lesions.len(), 11);
            for (i, spot) in disc.lesions.iter().enumerate() {
                assert!(distance(spot.at, [0.0; 2]) + spot.radius < RADIUS);
                all += 1;
                near += usize::from(disc.lesions[..i].iter().any(|other| distance(spot.at, other.at) <= APART));
            }
        }
        assert!(near * 20 < all, "{near} of {all} lesions touch another");
    }
}
