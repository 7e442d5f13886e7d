//! A scene as a picture: 24×24 pixels, red, green and blue from 0 to 1, nine places of 8×8 pixels.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::things::Thing;

/// Pixels of a side.
pub const SIDE: usize = 24;
/// Channels.
pub const CHANNELS: usize = 3;

/// Pixels of a place's side.
const PLACE: usize = 8;
/// Places of a row.
const ROW: usize = SIDE / PLACE;
/// Pixels from the middle of a small and of a large thing to its edge.
const RADIUS: [f64; 2] = [1.9, 3.3];
/// Pixels by which a thing is off the middle of its place at most, along each side.
const SHIFT: f64 = 0.5;
/// Grey of the ground at most.
const GROUND: f64 = 0.25;
/// The least of what a colour is dimmed by.
const DIM: f64 = 0.8;
/// Points of a pixel along each side, of which it is the mean.
const POINTS: usize = 8;

/// Red, yellow and so on, in the order of their words.
const COLOURS: [[f64; 3]; 6] =
    [[1.0, 0.1, 0.1], [0.1, 0.75, 0.1], [0.15, 0.25, 1.0], [1.0, 0.9, 0.1], [0.6, 0.1, 0.8], [1.0, 1.0, 1.0]];

/// What chance makes of a picture beside what its caption says.
pub struct Drawn {
    ground: f64,
    /// Of each thing: row and column by which it is moved, and what its colour is dimmed by.
    things: [[f64; 3]; 2],
}

impl Drawn {
    pub fn new(rng: &mut ChaCha8Rng) -> Self {
        let mut between = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let ground = between(0.0, GROUND);
        let things = [(); 2].map(|()| [between(-SHIFT, SHIFT), between(-SHIFT, SHIFT), between(DIM, 1.0)]);
        Self { ground, things }
    }

    /// Draws at most two things into `pixels`, `[3, 24, 24]`.
    pub fn picture(&self, things: &[Thing], pixels: &mut [f32]) {
        pixels.fill(self.ground as f32);
        for (thing, &[down, right, dim]) in things.iter().zip(&self.things) {
            let [top, left] = [thing.place / ROW * PLACE, thing.place % ROW * PLACE];
            let middle = 0.5 * PLACE as f64;
            for at in 0..PLACE * PLACE {
                let [row, column] = [at / PLACE, at % PLACE];
                let point = |place: usize| (place as f64 + 0.5) / POINTS as f64;
                let inside = (0..POINTS * POINTS).filter(|place| {
                    let y = row as f64 + point(place / POINTS) - middle - down;
                    let x = column as f64 + point(place % POINTS) - middle - right;
                    is_inside(thing.shape, RADIUS[thing.size], [y, x])
                });
                let share = inside.count() as f64 / (POINTS * POINTS) as f64;
                for (channel, colour) in COLOURS[thing.colour].into_iter().enumerate() {
                    let pixel = &mut pixels[(channel * SIDE + top + row) * SIDE + left + column];
                    *pixel = (share * dim * colour + (1.0 - share) * self.ground) as f32;
                }
            }
        }
    }
}

/// Whether a point, down and right of the middle, lies in a shape: a circle, a square, a triangle that points up, or a cross.
fn is_inside(shape: usize, radius: f64, [y, x]: [f64; 2]) -> bool {
    let most = y.abs().max(x.abs());
    match shape {
        0 => y * y + x * x <= radius * radius,
        1 => most <= 0.9 * radius,
        2 => y <= radius && x.abs() <= 0.5 * (y + radius),
        _ => most <= radius && y.abs().min(x.abs()) <= 0.33 * radius,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Drawn = Drawn { ground: 0.2, things: [[0.0, 0.0, 1.0]; 2] };

    fn drawn(things: &[Thing]) -> Vec<f32> {
        let mut pixels = vec![0.0; CHANNELS * SIDE * SIDE];
        STILL.picture(things, &mut pixels);
        pixels
    }

    fn area(shape: usize, size: usize) -> f64 {
        let white = drawn(&[Thing { shape, colour: 5, size, place: 4 }]);
        white[..SIDE * SIDE].iter().map(|&x| (f64::from(x) - 0.2) / 0.8).sum()
    }

    #[test]
    fn shapes_have_their_areas() {
        for (size, radius) in RADIUS.into_iter().enumerate() {
            let square = radius * radius;
            // A cross is two bars of 2 by 0.66 that share a square; a triangle half of its square.
            let areas = [std::f64::consts::PI, 4.0 * 0.81, 2.0, 2.0 * 2.0 * 0.66 - 0.66 * 0.66];
            for (shape, expected) in areas.into_iter().enumerate() {
                let found = area(shape, size);
                assert!((found - expected * square).abs() < 0.06 * expected * square + 0.3, "{shape} {size}: {found}");
            }
        }
    }

    #[test]
    fn a_thing_is_at_its_place_in_its_colour_and_nowhere_else() {
        let (alone, both) = (
            drawn(&[Thing { shape: 1, colour: 2, size: 1, place: 5 }]),
            drawn(&[
                Thing { shape: 0, colour: 0, size: 0, place: 3 },
                Thing { shape: 1, colour: 2, size: 1, place: 5 },
            ]),
        );
        let pixel = |pixels: &[f32], y: usize, x: usize| [0, 1, 2].map(|c| pixels[(c * SIDE + y) * SIDE + x]);
        assert_eq!(pixel(&alone, 12, 20), [0.15, 0.25, 1.0], "the middle of the right place");
        assert_eq!(pixel(&both, 12, 20), pixel(&alone, 12, 20));
        assert_eq!(pixel(&both, 12, 4), [1.0, 0.1, 0.1]);
        for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
            if !(8..16).contains(&y) || x < 16 {
                assert_eq!(pixel(&alone, y, x), [0.2; 3], "{y}, {x}");
            }
        }
    }
}
