//! What a scene is made of, and how scenes are drawn so that no two are alike.

use std::collections::HashSet;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::config::MOST_HELD_OUT;

/// Shapes, by their number.
pub const SHAPES: usize = 4;
/// Colours, by their number.
pub const COLOURS: usize = 6;
/// Sizes: small and large.
pub const SIZES: usize = 2;
/// Places: three rows of three, from the top left.
pub const PLACES: usize = 9;

/// One thing of a scene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thing {
    pub shape: usize,
    pub colour: usize,
    pub size: usize,
    pub place: usize,
}

impl Thing {
    fn drawn(rng: &mut ChaCha8Rng) -> Self {
        let mut below = |most: usize| rng.random_range(0..most as u32) as usize;
        let (shape, colour) = (below(SHAPES), below(COLOURS));
        let (size, place) = (below(SIZES), below(PLACES));
        Self { shape, colour, size, place }
    }

    /// Whether its colour and shape together are among the first `held_out` of [`held_out_pair`].
    pub fn is_held_out(self, held_out: usize) -> bool {
        (0..held_out.min(MOST_HELD_OUT)).any(|index| held_out_pair(index) == [self.shape, self.colour])
    }
}

/// Shape and colour of the pair that is held out as number `index`: along a diagonal, so that four of them name each shape once
/// and six each colour once, and twelve leave each shape half of its colours.
pub const fn held_out_pair(index: usize) -> [usize; 2] {
    [index % SHAPES, index % COLOURS]
}

/// One or two things at different places, in the order of their places: equal scenes are equal values.
pub type Scene = Vec<Thing>;

/// Whether something in it is held out.
pub fn has_held_out(scene: &[Thing], held_out: usize) -> bool {
    scene.iter().any(|thing| thing.is_held_out(held_out))
}

fn drawn(rng: &mut ChaCha8Rng) -> Scene {
    let count = rng.random_range(0..2_u32);
    let first = Thing::drawn(rng);
    if count == 0 {
        return vec![first];
    }
    loop {
        let second = Thing::drawn(rng);
        if second.place != first.place {
            let mut scene = vec![first, second];
            scene.sort_by_key(|thing| thing.place);
            return scene;
        }
    }
}

/// Scenes that are drawn one after the other, each a new one.
pub struct Scenes<'r> {
    held_out: usize,
    rng: &'r mut ChaCha8Rng,
    drawn: HashSet<Scene>,
}

impl<'r> Scenes<'r> {
    pub fn new(held_out: usize, rng: &'r mut ChaCha8Rng) -> Self {
        Self { held_out, rng, drawn: HashSet::new() }
    }

    /// A scene that has not been drawn: one in which something is held out, or one in which nothing is. Half of all that are tried
    /// have one thing, but each look has only 9 places to be alone at, so that most of many have two. The caller sees to it that
    /// far from all are drawn.
    pub fn next(&mut self, is_held_out: bool) -> Scene {
        loop {
            let scene = drawn(self.rng);
            if has_held_out(&scene, self.held_out) == is_held_out && self.drawn.insert(scene.clone()) {
                return scene;
            }
        }
    }
}

/// How many different scenes there are: those in which nothing is held out, and the others.
pub const fn num_scenes(held_out: usize) -> [usize; 2] {
    let seen = scenes_of(SHAPES * COLOURS - if held_out < MOST_HELD_OUT { held_out } else { MOST_HELD_OUT });
    [seen, scenes_of(SHAPES * COLOURS) - seen]
}

/// Scenes of things with so many pairs of a shape and a colour.
const fn scenes_of(pairs: usize) -> usize {
    let looks = pairs * SIZES;
    looks * PLACES + looks * looks * (PLACES * (PLACES - 1) / 2)
}

#[cfg(test)]
mod tests {
    use super::super::super::super::streams::{Purpose, rng};
    use super::*;

    #[test]
    fn scenes_are_counted_right() {
        let things = |held_out: usize| {
            let all = (0..SHAPES * COLOURS * SIZES * PLACES).map(|i| Thing {
                shape: i % SHAPES,
                colour: i / SHAPES % COLOURS,
                size: i / (SHAPES * COLOURS) % SIZES,
                place: i / (SHAPES * COLOURS * SIZES),
            });
            all.filter(move |thing| !thing.is_held_out(held_out)).collect::<Vec<_>>()
        };
        let counted = |things: &[Thing]| {
            let pairs = things
                .iter()
                .enumerate()
                .map(|(i, one)| things[i + 1..].iter().filter(|other| other.place != one.place).count());
            things.len() + pairs.sum::<usize>()
        };
        let all = counted(&things(0));
        for held_out in [0, 1, 4, 12] {
            let seen = counted(&things(held_out));
            assert_eq!(num_scenes(held_out), [seen, all - seen], "{held_out} held out");
        }
    }

    #[test]
    fn each_shape_and_colour_is_seen_whatever_is_held_out() {
        let pairs: HashSet<_> = (0..MOST_HELD_OUT).map(held_out_pair).collect();
        assert_eq!(pairs.len(), MOST_HELD_OUT, "no pair stands twice");
        for shape in 0..SHAPES {
            assert_eq!(pairs.iter().filter(|pair| pair[0] == shape).count(), 3);
        }
        for colour in 0..COLOURS {
            assert_eq!(pairs.iter().filter(|pair| pair[1] == colour).count(), 2);
        }
    }

    #[test]
    fn one_thing_is_drawn_as_often_as_two_at_different_places() {
        let mut rng = rng(5, Purpose::Points);
        let drawn: Vec<Scene> = std::iter::repeat_with(|| drawn(&mut rng)).take(400).collect();
        let one = drawn.iter().filter(|scene| scene.len() == 1).count();
        // Four standard deviations of 400 fair draws.
        assert!((160..=240).contains(&one), "{one} of 400");
        let mut scenes = Scenes::new(4, &mut rng);
        let drawn: Vec<Scene> = (0..100).map(|i| scenes.next(i % 2 == 1)).collect();
        assert!(drawn.iter().all(|scene| scene.len() == 1 || scene[0].place < scene[1].place));
        assert!(drawn.iter().enumerate().all(|(i, scene)| has_held_out(scene, 4) == (i % 2 == 1)));
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 100);
    }
}
