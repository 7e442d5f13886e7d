//! Texts of two sentences, `[cls] a [sep] b`, for encoders: with masked words that are to be found, and as pairs that mean the
//! same or do not.
//!
//! An event has five parts of eight meanings each, which `grammar` tells in four ways, and with one of two words for each
//! meaning. The sentences of a text never have one phrasing. Of the events those whose meanings add up to an even number are for
//! masked words and the others for pairs, so that no text which a network was prepared with tells of an event that a pair tells.
//! No event is first in two texts, so no text stands twice.
//!
//! With masked words both sentences tell of one event, each in words of its own. Of the ten words that tell of it [`CHOSEN`] are
//! targets: half of these become `[mask]`, a quarter another word for the same part of an event, and a quarter stays (BERT has 80, 10
//! and 10 %, of all words of its vocabulary). What a target was can be worked out from the other sentence, but which of the two
//! words it was is chance.
//!
//! Of pairs the sentences differ in one to four words. In those of the class "same" each of these has been replaced by the other
//! word of its meaning; in those of the class "different" one of them by a word of another meaning. How many words differ, in which
//! parts and phrasings, is drawn alike for both, so that it says nothing of the class, and neither do counts of words.

mod grammar;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::super::streams::{Purpose, rng};
use super::super::tokens::{LEFT_OUT, PADDING};
use super::super::{Dataset, Labels};
use crate::config::DataConfig;
use grammar::{CLS, Event, FIRST, LONGEST, MASK, MEANINGS, PARTS, PHRASINGS, SEP, SYNONYMS, Sentence};

pub(super) use grammar::WORDS;

/// Tokens of the longest text.
pub(super) const TOKENS: usize = 2 * LONGEST + 2;
/// The classes of pairs.
pub(super) const CLASSES: &[&str] = &["different", "same"];
/// Events for masked words, and as many for pairs.
const EVENTS: usize = MEANINGS.pow(PARTS as u32) / 2;
/// Targets of a text.
const CHOSEN: usize = 4;
/// Words in which a pair differs at most.
const MOST_REPLACED: u32 = 4;

/// As many texts with masked words as are asked for and there are, of so many tokens; shorter ones are padded.
pub(super) fn masked(config: &DataConfig, tokens: usize) -> Dataset {
    let mut rng = rng(config.seed, Purpose::Points);
    let events = events(config, 0, &mut rng);
    let (mut x, mut of) = (Vec::with_capacity(events.len() * tokens), Vec::with_capacity(events.len() * tokens));
    for event in events {
        let [first, second] = phrasings(&mut rng).map(|phrasing| {
            let synonyms = [(); PARTS].map(|()| below(SYNONYMS, &mut rng));
            Sentence { event, synonyms, phrasing }
        });
        let mut text = text(&first, &second);
        let mut targets = vec![LEFT_OUT; tokens];
        let mut places: Vec<usize> = (0..text.len()).filter(|&place| text[place] >= FIRST).collect();
        for &mut place in shuffled(&mut places, CHOSEN, &mut rng) {
            let word = text[place];
            targets[place] = i32::from(word);
            match below(4, &mut rng) {
                0 => text[place] = another_word(word, &mut rng),
                1 => {}
                _ => text[place] = MASK,
            }
        }
        x.extend(padded(&text, tokens));
        of.extend(targets);
    }
    Dataset { x, shape: vec![tokens], y: Labels::Tokens { of, tokens, vocabulary: WORDS.len() } }
}

/// As many pairs as are asked for and there are, half of each class.
pub(super) fn pairs(config: &DataConfig, tokens: usize) -> Dataset {
    let mut rng = rng(config.seed, Purpose::Points);
    let events = events(config, 1, &mut rng);
    let (mut x, mut of) = (Vec::with_capacity(events.len() * tokens), Vec::with_capacity(events.len()));
    for (place, event) in events.into_iter().enumerate() {
        let class = place % CLASSES.len();
        let [phrasing, other] = phrasings(&mut rng);
        let first = Sentence { event, synonyms: [(); PARTS].map(|()| below(SYNONYMS, &mut rng)), phrasing };
        let mut second = Sentence { phrasing: other, ..first };
        let count = 1 + rng.random_range(0..MOST_REPLACED) as usize;
        let mut parts: Vec<usize> = (0..PARTS).collect();
        let replaced = shuffled(&mut parts, count, &mut rng);
        for &part in &*replaced {
            second.synonyms[part] = 1 - first.synonyms[part];
        }
        if class == 0 {
            let part = replaced[0];
            // An even distance, so that the event stays one of those for pairs.
            let distance = 2 * (1 + below(MEANINGS / 2 - 1, &mut rng));
            second.event[part] = (event[part] + distance) % MEANINGS;
            second.synonyms[part] = below(SYNONYMS, &mut rng);
        }
        x.extend(padded(&text(&first, &second), tokens));
        of.push(class as u32);
    }
    Dataset { x, shape: vec![tokens], y: Labels::Classes { of, count: CLASSES.len() } }
}

/// As many different events as are asked for and there are, whose meanings add up to a number of this parity.
fn events(config: &DataConfig, parity: usize, rng: &mut ChaCha8Rng) -> Vec<Event> {
    let mut numbers: Vec<usize> = (0..EVENTS).collect();
    let drawn = shuffled(&mut numbers, super::num_examples(config).min(EVENTS), rng);
    drawn.iter().map(|&number| event(number, parity)).collect()
}

/// The event of a number below [`EVENTS`], of this parity: the last meaning has one bit less to choose.
fn event(number: usize, parity: usize) -> Event {
    let mut event = [0; PARTS];
    let mut rest = number;
    for meaning in &mut event[..PARTS - 1] {
        (rest, *meaning) = (rest / MEANINGS, rest % MEANINGS);
    }
    event[PARTS - 1] = 2 * rest + (event.iter().sum::<usize>() + parity) % 2;
    event
}

/// Two different phrasings.
fn phrasings(rng: &mut ChaCha8Rng) -> [usize; 2] {
    let first = below(PHRASINGS, rng);
    [first, (first + 1 + below(PHRASINGS - 1, rng)) % PHRASINGS]
}

/// A word for the same part of an event, chosen among all others.
fn another_word(word: u8, rng: &mut ChaCha8Rng) -> u8 {
    let words = MEANINGS * SYNONYMS;
    let place = usize::from(word - FIRST);
    let (first, own) = (place / words * words, place % words);
    FIRST + (first + (own + 1 + below(words - 1, rng)) % words) as u8
}

/// The first `count` of some values in a random order; there are at least as many.
fn shuffled<'v, T>(values: &'v mut [T], count: usize, rng: &mut ChaCha8Rng) -> &'v mut [T] {
    for place in 0..count {
        values.swap(place, place + below(values.len() - place, rng));
    }
    &mut values[..count]
}

fn below(count: usize, rng: &mut ChaCha8Rng) -> usize {
    rng.random_range(0..count as u32) as usize
}

fn text(first: &Sentence, second: &Sentence) -> Vec<u8> {
    [&[CLS][..], &first.tokens(), &[SEP], &second.tokens()].concat()
}

/// Tokens as numbers of an example of at least as many.
fn padded(text: &[u8], tokens: usize) -> impl Iterator<Item = f32> {
    text.iter().map(|&token| f32::from(token)).chain(std::iter::repeat(PADDING as f32)).take(tokens)
}

#[cfg(test)]
mod tests;
