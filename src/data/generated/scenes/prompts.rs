//! What two towers are asked of test pictures without having been trained for it: their colour and their shape, by prompts.

use super::super::super::Dataset;
use super::super::super::tokens::TextFacts;
use super::things::{COLOURS, PLACES, SHAPES, SIZES, Thing};
use super::words;
use crate::config::Measure;

/// Prompts, and questions whose answers are sets of prompts: a class is the mean of the features of its prompts (Radford et al. 2021,
/// section 3.1.4). The prompts are "a picture of a SIZE COLOUR SHAPE at the PLACE.", one for each of the 432 things.
#[derive(Debug, Clone, PartialEq)]
pub struct ZeroShot {
    /// Tokens of all prompts with −1 for padding, `[prompts, T]`.
    pub prompts: Vec<f32>,
    /// T, at least 1.
    pub tokens: usize,
    /// The questions.
    pub questions: Vec<Question>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The score that it makes.
    pub measure: Measure,
    /// Number of answers.
    pub classes: usize,
    /// The answer that each prompt stands for.
    pub of_prompt: Vec<usize>,
    /// The right answer for each test example; `None` where the question is not asked.
    pub truth: Vec<Option<usize>>,
}

impl ZeroShot {
    /// The questions about test scenes. They are asked of pictures of one thing whose shape and colour are held out, or of
    /// all with one thing where none are.
    pub(in super::super::super) fn new(held_out: usize, text: &TextFacts, test: &Dataset) -> Self {
        let all: Vec<Thing> = (0..SHAPES * COLOURS * SIZES * PLACES).map(thing).collect();
        let prompts = all.iter().flat_map(|&thing| words::padded(&words::caption(&[thing], 0), text.tokens)).collect();
        let asked: Vec<Option<Thing>> = (0..test.len())
            .map(|i| {
                alone(text.tokens_of(test.example(i))).filter(|thing| held_out == 0 || thing.is_held_out(held_out))
            })
            .collect();
        let question = |measure, classes, answer: fn(Thing) -> usize| Question {
            measure,
            classes,
            of_prompt: all.iter().map(|&thing| answer(thing)).collect(),
            truth: asked.iter().map(|thing| thing.map(answer)).collect(),
        };
        let questions = vec![
            question(Measure::ZeroShotColour, COLOURS, |thing| thing.colour),
            question(Measure::ZeroShotShape, SHAPES, |thing| thing.shape),
        ];
        Self { prompts, tokens: text.tokens, questions }
    }
}

fn thing(number: usize) -> Thing {
    let (shape, rest) = (number % SHAPES, number / SHAPES);
    let (colour, rest) = (rest % COLOURS, rest / COLOURS);
    Thing { shape, colour, size: rest % SIZES, place: rest / SIZES }
}

/// The thing that a caption names, where it names one.
fn alone(tokens: &[f32]) -> Option<Thing> {
    let tokens: Vec<u8> = tokens.iter().filter(|&&token| token >= 0.0).map(|&token| token as u8).collect();
    match words::read(&tokens)?[..] {
        [thing] => Some(thing),
        _ => None,
    }
}
