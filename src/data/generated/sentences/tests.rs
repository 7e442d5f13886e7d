use std::collections::HashSet;

use super::super::super::tests::config;
use super::super::super::tokens::Tokenizer;
use super::super::checks::nearest_mean;
use super::grammar::meaning;
use super::*;
use crate::config::DataSource;

fn sized(source: DataSource, train_size: usize) -> DataConfig {
    DataConfig { train_size, test_size: 1, ..config(source) }
}

fn all_masked(count: usize) -> Dataset {
    masked(&sized(DataSource::MaskedWords, count - 1), TOKENS)
}

fn all_pairs(count: usize) -> Dataset {
    pairs(&sized(DataSource::SentencePairs, count - 1), TOKENS)
}

/// The tokens of an example without padding.
fn tokens(data: &Dataset, i: usize) -> Vec<u8> {
    data.example(i).iter().filter(|&&token| token >= 0.0).map(|&token| token as u8).collect()
}

/// What the sentences of a text say.
fn read(text: &[u8]) -> [Sentence; 2] {
    assert_eq!(text[0], CLS);
    let (first, second) = text.split_at(text.iter().position(|&token| token == SEP).unwrap());
    [&first[1..], &second[1..]].map(|tokens| {
        let (mut event, mut synonyms) = ([MEANINGS; PARTS], [0; PARTS]);
        for &token in tokens {
            if let Some([part, of]) = meaning(token) {
                assert_eq!(event[part], MEANINGS, "a part is told once");
                (event[part], synonyms[part]) = (of, usize::from(token - FIRST) % SYNONYMS);
            }
        }
        let told = (0..PHRASINGS).map(|phrasing| Sentence { event, synonyms, phrasing });
        told.into_iter().find(|sentence| sentence.tokens() == tokens).expect("it is a sentence of the grammar")
    })
}

fn parity(event: Event) -> usize {
    event.iter().sum::<usize>() % 2
}

#[test]
fn two_makes_are_equal_and_longer_examples_are_padded() {
    for (make, source) in
        [(masked as fn(&DataConfig, usize) -> Dataset, DataSource::MaskedWords), (pairs, DataSource::SentencePairs)]
    {
        let config = sized(source, 99);
        let first = make(&config, TOKENS);
        assert_eq!(make(&config, TOKENS), first);
        let other = make(&DataConfig { seed: 4, ..config.clone() }, TOKENS);
        assert!((0..100).all(|i| other.example(i) != first.example(i)), "{source:?}");
        let longer = make(&config, TOKENS + 3);
        for i in 0..100 {
            assert_eq!(longer.example(i)[..TOKENS], *first.example(i));
            assert_eq!(longer.example(i)[TOKENS..], [-1.0; 3]);
        }
    }
}

#[test]
fn targets_are_what_stood_in_the_text_and_the_rest_is_as_it_was() {
    let data = all_masked(2000);
    let Labels::Tokens { of, tokens: TOKENS, vocabulary: 87 } = &data.y else { panic!("{:?}", data.y) };
    let mut counts = [0_usize; 3];
    for i in 0..data.len() {
        let shown = tokens(&data, i);
        let targets = &of[i * TOKENS..(i + 1) * TOKENS];
        assert_eq!(targets.iter().filter(|&&target| target != LEFT_OUT).count(), CHOSEN);
        let target = |place: usize| u8::try_from(targets[place]).ok();
        let whole: Vec<u8> = shown.iter().enumerate().map(|(place, &token)| target(place).unwrap_or(token)).collect();
        let [first, second] = read(&whole);
        assert_eq!((first.event, parity(first.event)), (second.event, 0));
        assert_ne!(first.phrasing, second.phrasing);
        for (&token, target) in shown.iter().zip((0..shown.len()).map(target)) {
            let Some(target) = target else { continue };
            let part = |token: u8| meaning(token).unwrap()[0];
            let kind = usize::from(token != MASK) + usize::from(token == target);
            assert!(token == MASK || part(token) == part(target));
            counts[kind] += 1;
        }
    }
    // Half, a quarter and a quarter of 8 000, within four standard deviations.
    for (count, expected) in counts.into_iter().zip([4000, 2000, 2000]) {
        assert!(count.abs_diff(expected) < 180, "{counts:?}");
    }
}

#[test]
fn pairs_of_the_same_meaning_differ_in_words_alone_and_others_in_one_meaning() {
    let data = all_pairs(4000);
    assert_eq!(data.class_counts(), [2000, 2000]);
    // How many words differ and in which parts, by class.
    let (mut differing, mut parts) = ([[0_usize; PARTS + 1]; 2], [[0_usize; PARTS]; 2]);
    for (i, &class) in data.classes().iter().enumerate() {
        let [first, second] = read(&tokens(&data, i));
        assert_ne!(first.phrasing, second.phrasing);
        let meanings = (0..PARTS).filter(|&part| first.event[part] != second.event[part]).count();
        assert_eq!(meanings, usize::from(class == 0), "{first:?} {second:?}");
        assert_eq!([first, second].map(|sentence| parity(sentence.event)), [1; 2]);
        let is_replaced =
            |part: usize| (first.event[part], first.synonyms[part]) != (second.event[part], second.synonyms[part]);
        let replaced: Vec<usize> = (0..PARTS).filter(|&part| is_replaced(part)).collect();
        differing[class as usize][replaced.len()] += 1;
        replaced.iter().for_each(|&part| parts[class as usize][part] += 1);
    }
    for counts in differing {
        assert_eq!((counts[0], counts[PARTS]), (0, 0), "{differing:?}");
        // 500 each, within four and a half standard deviations.
        assert!(counts[1..PARTS].iter().all(|count| count.abs_diff(500) < 90), "{differing:?}");
    }
    assert!(parts.as_flattened().iter().all(|count| count.abs_diff(1000) < 110), "{parts:?}");
}

/// A rule that is linear in the counts of words, of both sentences together or of each: the nearer of the classes' means.
#[test]
fn counts_of_words_say_nothing_of_the_class() {
    fn counts(words: &[f32]) -> Vec<f32> {
        let mut counts = vec![0.0; WORDS.len()];
        words.iter().filter(|&&word| word >= 0.0).for_each(|&word| counts[word as usize] += 1.0);
        counts
    }
    let data = all_pairs(8000);
    let together = nearest_mean(&data, 4000, counts);
    let apart = nearest_mean(&data, 4000, |words| {
        let place = words.iter().position(|&word| word == f32::from(SEP)).unwrap();
        [counts(&words[..place]), counts(&words[place..])].concat()
    });
    // Words that both sentences have.
    let shared = nearest_mean(&data, 4000, |words| {
        let place = words.iter().position(|&word| word == f32::from(SEP)).unwrap();
        let (first, second) = words.split_at(place);
        vec![first.iter().filter(|&word| second.contains(word)).count() as f32]
    });
    // The standard deviation of 4 000 guesses is 0.008.
    for share in [together, apart, shared] {
        assert!((share - 0.5).abs() < 0.035, "{together} {apart} {shared}");
    }
}

#[test]
fn no_event_is_first_twice_and_there_are_no_more_than_there_are() {
    for (data, parity_of) in [(all_masked(20_000), 0), (all_pairs(20_000), 1)] {
        assert_eq!(data.len(), EVENTS);
        let different: HashSet<Vec<u8>> = (0..data.len()).map(|i| tokens(&data, i)).collect();
        assert_eq!(different.len(), EVENTS);
        let events: HashSet<Event> = (0..EVENTS).map(|number| event(number, parity_of)).collect();
        assert_eq!(events.len(), EVENTS);
        assert!(events.iter().all(|&event| parity(event) == parity_of && event.iter().all(|&of| of < MEANINGS)));
    }
}

/// Sessions are replayed from their seed, so these values must never change.
#[test]
fn the_texts_of_a_seed_are_pinned() {
    let text = |data: &Dataset, i: usize| {
        let words: Vec<u32> = tokens(data, i).into_iter().map(u32::from).collect();
        Tokenizer::Words(WORDS).decode(&words)
    };
    let (masked, pairs) = (all_masked(2), all_pairs(2));
    assert_eq!([0, 1].map(|i| text(&masked, i)), PINNED_MASKED);
    assert_eq!([0, 1].map(|i| text(&pairs, i)), PINNED_PAIRS);
}

// As `tests/reference/sentences.py` works them out.
const PINNED_MASKED: [&str; 2] = [
    "[cls] the [mask] was finally misplaced by the [mask] in the city [sep] the attorney [mask] lost the picture in the [mask]",
    "[cls] the [mask] was gladly misplaced by the teacher in the yard [sep] in the shop the instructor [mask] collected the gift",
];
const PINNED_PAIRS: [&str; 2] = [
    "[cls] the picture was finally misplaced by the lawyer in the shop [sep] the attorney eventually cleaned the image in the shop",
    "[cls] in the town the present was happily gathered by the instructor [sep] in the city the instructor gladly collected the gift",
];
