//! Captions: thirty words, and two ways to say what is in a scene. A caption says all of it, so no two scenes share one.

use super::super::super::tokens::PADDING;
use super::things::{COLOURS, SHAPES, SIZES, Thing};

/// The vocabulary. Shapes, colours, sizes, rows and columns of places stand in the order of their numbers, from
/// [`SHAPE`], [`COLOUR`], [`SIZE`], [`ROW`] and [`COLUMN`] on.
pub const WORDS: &[&str] = &[
    "circle", "square", "triangle", "cross", "red", "green", "blue", "yellow", "purple", "white", "small", "large",
    "top", "middle", "bottom", "left", "centre", "right", "a", "picture", "of", "at", "the", "there", "is", "one",
    "in", "and", ",", ".",
];
/// Tokens of the longest caption.
pub const TOKENS: usize = 12;

const SHAPE: usize = 0;
const COLOUR: usize = SHAPE + SHAPES;
const SIZE: usize = COLOUR + COLOURS;
const ROW: usize = SIZE + SIZES;
const COLUMN: usize = ROW + SIDE;
/// Places along a side.
const SIDE: usize = 3;

/// The two phrasings.
pub const PHRASINGS: usize = 2;

/// What is said of `things`, in their order. With one thing phrasing 0 is "a picture of a small red circle at the top left." and 1
/// "there is one small red circle in the top left."; with two, "small red circle top left and large blue square bottom right." and
/// "top left small red circle, bottom right large blue square."
pub fn caption(things: &[Thing], phrasing: usize) -> Vec<u8> {
    let words = match (things, phrasing) {
        (&[thing], 0) => {
            [&all(["a", "picture", "of", "a"])[..], &look(thing), &all(["at", "the"]), &place(thing)].concat()
        }
        (&[thing], _) => [&all(["there", "is", "one"])[..], &look(thing), &all(["in", "the"]), &place(thing)].concat(),
        (&[one, other], 0) => [&look(one)[..], &place(one), &all(["and"]), &look(other), &place(other)].concat(),
        (&[one, other], _) => [&place(one)[..], &look(one), &all([","]), &place(other), &look(other)].concat(),
        _ => Vec::new(),
    };
    words.into_iter().chain([of(".")]).map(|word| word as u8).collect()
}

/// The tokens of a caption as numbers of an example of so many tokens.
pub fn padded(caption: &[u8], tokens: usize) -> Vec<f32> {
    caption.iter().map(|&token| f32::from(token)).chain(std::iter::repeat(PADDING as f32)).take(tokens).collect()
}

/// What is said, from the tokens of a caption: things in their order of mention. `None` where it is no caption.
pub fn read(tokens: &[u8]) -> Option<Vec<Thing>> {
    let places: Vec<usize> =
        within(tokens, ROW, SIDE).zip(within(tokens, COLUMN, SIDE)).map(|(row, column)| SIDE * row + column).collect();
    let looks = within(tokens, SHAPE, SHAPES).zip(within(tokens, COLOUR, COLOURS)).zip(within(tokens, SIZE, SIZES));
    let things: Vec<Thing> =
        looks.zip(places).map(|(((shape, colour), size), place)| Thing { shape, colour, size, place }).collect();
    (0..PHRASINGS).any(|phrasing| caption(&things, phrasing) == tokens).then_some(things)
}

/// Numbers of the tokens that stand for one of `count` words from `first` on.
fn within(tokens: &[u8], first: usize, count: usize) -> impl Iterator<Item = usize> {
    tokens.iter().filter_map(move |&token| usize::from(token).checked_sub(first).filter(|&number| number < count))
}

fn look(thing: Thing) -> [usize; 3] {
    [SIZE + thing.size, COLOUR + thing.colour, SHAPE + thing.shape]
}

fn place(thing: Thing) -> [usize; 2] {
    [ROW + thing.place / SIDE, COLUMN + thing.place % SIDE]
}

fn all<const N: usize>(words: [&str; N]) -> [usize; N] {
    words.map(of)
}

/// The number of a word.
///
/// # Panics
/// When it is not in the vocabulary, which those in this file are.
fn of(word: &str) -> usize {
    WORDS.iter().position(|other| *other == word).expect("the words of captions are those of the vocabulary")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tokens: &[u8]) -> String {
        tokens.iter().map(|&token| WORDS[usize::from(token)]).collect::<Vec<_>>().join(" ")
    }

    const ONE: Thing = Thing { shape: 0, colour: 0, size: 0, place: 0 };
    const OTHER: Thing = Thing { shape: 1, colour: 2, size: 1, place: 8 };

    #[test]
    fn captions_say_what_is_there_in_two_ways() {
        assert_eq!(WORDS.len(), 30);
        let expected = [
            (&[ONE][..], 0, "a picture of a small red circle at the top left ."),
            (&[ONE], 1, "there is one small red circle in the top left ."),
            (&[ONE, OTHER], 0, "small red circle top left and large blue square bottom right ."),
            (&[OTHER, ONE], 1, "bottom right large blue square , top left small red circle ."),
        ];
        for (things, phrasing, expected) in expected {
            let tokens = caption(things, phrasing);
            assert_eq!(text(&tokens), expected);
            assert!(tokens.len() <= TOKENS);
            assert_eq!(read(&tokens).as_deref(), Some(things));
        }
        assert_eq!([caption(&[ONE], 0).len(), caption(&[ONE, OTHER], 1).len()], [TOKENS; 2]);
        assert_eq!(read(&caption(&[ONE], 0)[1..]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn every_word_is_said() {
        let mut is_said = [false; 30];
        for number in 0..72 {
            let thing = |shift: usize| Thing {
                shape: (number + shift) % 4,
                colour: (number + shift) % 6,
                size: number % 2,
                place: (number + shift) % 9,
            };
            for phrasing in 0..PHRASINGS {
                for tokens in [caption(&[thing(0)], phrasing), caption(&[thing(0), thing(1)], phrasing)] {
                    tokens.iter().for_each(|&token| is_said[usize::from(token)] = true);
                }
            }
        }
        assert_eq!(is_said, [true; 30]);
    }
}
