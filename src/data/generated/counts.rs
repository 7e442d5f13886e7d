//! How many marks there are: grey pictures of 16×16 pixels with one to nine discs and short strokes, drawn from the configuration's
//! seed.
//!
//! The class is the number of marks. All marks of a picture together have an ink that is drawn from one range for all classes, so
//! marks are larger where there are few, and neither the ink nor the mean grey tells a class. Kinds, shares of the ink, greys, places
//! and directions are drawn; no two marks come nearer than 1.5 pixels, and none leaves its picture. `noise` is the standard
//! deviation of what is added to each pixel, which stays between 0 and 1.

use std::f64::consts::{PI, TAU};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::Dataset;
use super::pictures::{Pose, Poses, between, each_apart, in_turn};
use crate::config::DataConfig;

const POSES: Poses = Poses { turn: 0.0, scale: [1.0, 1.0], shear: 0.0, shift: 0.0, blur: [1.0, 1.3] };
/// The classes, in their order.
pub(in super::super) const NAMES: [&str; 9] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
/// Ink of a picture, in pixels that are wholly black.
const INK: [f64; 2] = [16.0, 28.0];
/// Parts of the ink that marks get, before they are brought to sum up to it.
const PARTS: [f64; 2] = [0.7, 1.3];
/// How dark a mark is.
const GREY: [f64; 2] = [0.7, 1.0];
/// The length of a stroke's line for one of its radius; a disc has none.
const LENGTH: [f64; 2] = [2.0, 4.0];
/// Pixels between two marks at least: with less, the coarse pixels would join them.
const GAP: f64 = 1.5;
/// Pixels from the middle of the picture within which marks lie.
const WITHIN: f64 = 7.2;
/// Times that a place is drawn for a mark before all marks are drawn anew.
const DRAWS: usize = 40;

/// As many pictures as are asked for, with shape `[1, 16, 16]`, class by class in turn.
pub(in super::super) fn generate(config: &DataConfig) -> Dataset {
    let of = in_turn(super::num_examples(config), NAMES.len());
    each_apart(config, of, NAMES.len(), |i, rng, picture| {
        let pose = Pose::new(rng, &POSES);
        let marks = marks(i % NAMES.len() + 1, rng);
        pose.draw(picture, |place| ink(&marks, place) as f32);
    })
}

/// So many marks, none of which touches another.
fn marks(count: usize, rng: &mut ChaCha8Rng) -> Vec<Mark> {
    // Drawn once: were it drawn anew with the marks, pictures of many would have less ink, since little marks find their places sooner.
    let ink = between(rng, INK);
    // Of nine marks about every third draw fails, of fewer hardly any, so this ends soon.
    loop {
        if let Some(marks) = tried(count, ink, rng) {
            return marks;
        }
    }
}

/// The same, unless one of them finds no place.
fn tried(count: usize, ink: f64, rng: &mut ChaCha8Rng) -> Option<Vec<Mark>> {
    let parts: Vec<f64> = (0..count).map(|_| between(rng, PARTS)).collect();
    let whole: f64 = parts.iter().sum();
    let mut marks: Vec<Mark> = Vec::with_capacity(count);
    for part in parts {
        let grey = between(rng, GREY);
        let length = if rng.random() { between(rng, LENGTH) } else { 0.0 };
        // A stroke is a rectangle with half a disc at either end.
        let radius = (ink * part / whole / grey / (2.0 * length + PI)).sqrt();
        let is_free = |mark: &Mark| marks.iter().all(|other| mark.distance(other) > GAP);
        let mark = (0..DRAWS).map(|_| Mark::new(radius, length, grey, rng)).find(is_free)?;
        marks.push(mark);
    }
    Some(marks)
}

/// The ink at a place, 0 to 1.
fn ink(marks: &[Mark], place: [f64; 2]) -> f64 {
    marks.iter().find(|mark| to_line(place, &mark.ends) < mark.radius).map_or(0.0, |mark| mark.grey)
}

/// All places within a radius of a line, or of a point where both ends are one: a stroke or a disc.
struct Mark {
    /// Rows and columns from the middle of the picture, in pixels.
    ends: [[f64; 2]; 2],
    radius: f64,
    grey: f64,
}

impl Mark {
    /// One whose line is so many radii long, anywhere in the picture.
    fn new(radius: f64, length: f64, grey: f64, rng: &mut ChaCha8Rng) -> Self {
        let (sin, cos) = (TAU * rng.random::<f64>()).sin_cos();
        let half = [sin, cos].map(|part| 0.5 * length * radius * part);
        let middle = half.map(|half: f64| {
            let room = WITHIN - radius - half.abs();
            between(rng, [-room, room])
        });
        let end = |sign: f64| [middle[0] + sign * half[0], middle[1] + sign * half[1]];
        Self { ends: [end(-1.0), end(1.0)], radius, grey }
    }

    /// Pixels from edge to edge; below 0 where they overlap.
    fn distance(&self, other: &Self) -> f64 {
        let ends = self.ends.iter().map(|&end| to_line(end, &other.ends));
        let ends = ends.chain(other.ends.iter().map(|&end| to_line(end, &self.ends)));
        // Two lines that do not cross are nearest at an end of one of them.
        let lines = if is_crossed(&self.ends, &other.ends) { 0.0 } else { ends.fold(f64::INFINITY, f64::min) };
        lines - self.radius - other.radius
    }
}

/// Pixels from a place to a line between two ends.
fn to_line(place: [f64; 2], [from, to]: &[[f64; 2]; 2]) -> f64 {
    let [down, right] = [to[0] - from[0], to[1] - from[1]];
    let [y, x] = [place[0] - from[0], place[1] - from[1]];
    let square = down * down + right * right;
    let along = if square > 0.0 { ((y * down + x * right) / square).clamp(0.0, 1.0) } else { 0.0 };
    (y - along * down).hypot(x - along * right)
}

/// Whether each line has its ends on either side of the other one.
fn is_crossed(a: &[[f64; 2]; 2], b: &[[f64; 2]; 2]) -> bool {
    let side = |[from, to]: &[[f64; 2]; 2], place: [f64; 2]| {
        (to[0] - from[0]) * (place[1] - from[1]) - (to[1] - from[1]) * (place[0] - from[0])
    };
    side(a, b[0]) * side(a, b[1]) < 0.0 && side(b, a[0]) * side(b, a[1]) < 0.0
}

#[cfg(test)]
mod tests {
    use super::super::super::streams::{Purpose, rng};
    use super::super::super::tests::config;
    use super::super::checks;
    use super::super::pictures::SIDE;
    use super::*;
    use crate::config::DataSource;

    fn counts(n: usize, noise: f64) -> DataConfig {
        DataConfig { train_size: n, test_size: 0, noise, ..config(DataSource::Counts) }
    }

    #[test]
    fn two_makes_are_equal_and_classes_are_balanced() {
        checks::is_a_function_of_the_seed(&counts(270, 0.05), generate);
        checks::begins_alike_with_more_examples(&counts(270, 0.0), generate);
        assert_eq!(generate(&counts(270, 0.05)).class_counts(), [30; 9]);
    }

    /// Groups of neighbouring places with ink on a square of so many.
    fn groups(side: usize, is_inked: impl Fn(usize) -> bool) -> usize {
        let mut is_left: Vec<bool> = (0..side * side).map(is_inked).collect();
        let mut count = 0;
        for start in 0..side * side {
            let mut open = if is_left[start] { vec![start] } else { continue };
            count += 1;
            while let Some(at) = open.pop() {
                if std::mem::take(&mut is_left[at]) {
                    let [row, column] = [at / side, at % side];
                    open.extend((row > 0).then(|| at - side));
                    open.extend((row + 1 < side).then(|| at + side));
                    open.extend((column > 0).then(|| at - 1));
                    open.extend((column + 1 < side).then(|| at + 1));
                }
            }
        }
        count
    }

    #[test]
    fn there_are_as_many_marks_as_the_class_says_and_they_have_the_ink_that_was_drawn() {
        let fine = 8 * SIDE;
        let mut rng = rng(1, Purpose::Points);
        for count in (1..=9).cycle().take(45) {
            let marks = marks(count, &mut rng);
            let place = |at: usize| [at / fine, at % fine].map(|at| (at as f64 + 0.5) / 8.0 - 8.0);
            assert_eq!(groups(fine, |at| ink(&marks, place(at)) > 0.0), count);
            let amount = (0..fine * fine).map(|at| ink(&marks, place(at))).sum::<f64>() / 64.0;
            assert!((INK[0] - 0.5..INK[1] + 0.5).contains(&amount), "{count} marks: {amount}");
            for (i, mark) in marks.iter().enumerate() {
                assert!(mark.ends.iter().flatten().all(|end| end.abs() + mark.radius <= WITHIN + 1e-9));
                assert!(marks[..i].iter().all(|other| mark.distance(other) > GAP), "{count} marks");
            }
        }
    }

    #[test]
    fn distances_are_from_edge_to_edge() {
        let mark = |ends: [[f64; 2]; 2]| Mark { ends, radius: 0.5, grey: 1.0 };
        let bar = mark([[0.0, -2.0], [0.0, 2.0]]);
        let far = |ends: [[f64; 2]; 2]| bar.distance(&mark(ends));
        let cases = [
            (far([[3.0, 1.0]; 2]), 2.0),
            (far([[0.0, 6.0], [3.0, 9.0]]), 3.0),
            (far([[2.0, 0.0], [5.0, 1.0]]), 1.0),
            (far([[-3.0, 0.0], [3.0, 0.0]]), -1.0),
            (bar.distance(&bar), -1.0),
        ];
        for (i, (found, expected)) in cases.into_iter().enumerate() {
            assert!((found - expected).abs() < 1e-12, "case {i}: {found}, expected {expected}");
        }
    }

    fn total(picture: &[f32]) -> Vec<f32> {
        vec![picture.iter().sum()]
    }

    /// Whether the ink has to do with the class: once by their correlation, once by the nearest mean.
    #[test]
    fn ink_does_not_tell_the_class() {
        let data = generate(&counts(2700, 0.0));
        let n = data.len() as f64;
        let ink: Vec<f64> = (0..data.len()).map(|i| f64::from(total(data.example(i))[0])).collect();
        let class: Vec<f64> = data.classes().iter().map(|&class| f64::from(class)).collect();
        let mean = |of: &[f64]| of.iter().sum::<f64>() / n;
        let together = |a: &[f64], b: &[f64]| {
            let (of_a, of_b) = (mean(a), mean(b));
            a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b)).sum::<f64>() / n
        };
        let correlation = together(&ink, &class) / (together(&ink, &ink) * together(&class, &class)).sqrt();
        // Five standard errors where there is none.
        assert!(correlation.abs() < 0.1, "{correlation}");
        for noise in [0.0, 0.05] {
            let share = checks::nearest_mean(&generate(&counts(2700, noise)), 1800, total);
            assert!(share < 0.18, "{share} right by the ink with noise {noise}, by chance 0.11");
        }
    }

    fn num_groups(picture: &[f32]) -> Vec<f32> {
        vec![groups(SIDE, |at| picture[at] > 0.35) as f32]
    }

    #[test]
    fn pictures_show_how_many_there_are_and_single_pixels_hardly_do() {
        let data = generate(&counts(2700, 0.0));
        let pixels = checks::nearest_mean(&data, 1800, <[f32]>::to_vec);
        let groups = checks::nearest_mean(&data, 1800, num_groups);
        assert!(pixels < 0.45, "{pixels} by pixels, by chance 0.11");
        assert!((0.8..1.0).contains(&groups), "{groups} by groups of dark pixels, {pixels} by pixels");
    }
}
