use std::collections::HashSet;

use super::super::super::tests::config;
use super::super::super::tokens::{TextFacts, Tokenizer};
use super::things::{Thing, has_held_out};
use super::*;
use crate::config::{DataSource, Measure};

fn scenes(train_size: usize, test_size: usize, held_out: usize) -> DataConfig {
    DataConfig { train_size, test_size, held_out, noise: 0.0, ..config(DataSource::Scenes) }
}

fn made(config: &DataConfig) -> Pairs {
    generate(config, TOKENS).unwrap()
}

fn facts() -> TextFacts {
    let tokenizer = std::sync::Arc::new(Tokenizer::Words(WORDS));
    TextFacts { tokens: TOKENS, vocabulary: WORDS.len(), image: IMAGE.to_vec(), tokenizer, signs: None }
}

/// What the captions say.
fn things(data: &Dataset) -> Vec<Vec<Thing>> {
    let tokens = |i: usize| data.example(i)[PIXELS..].iter().filter(|&&token| token >= 0.0).map(|&token| token as u8);
    (0..data.len()).map(|i| words::read(&tokens(i).collect::<Vec<_>>()).unwrap()).collect()
}

#[test]
fn two_makes_are_equal_and_another_seed_is_not() {
    let config = DataConfig { noise: 0.1, ..scenes(60, 20, 4) };
    let (first, again) = (made(&config), made(&config));
    assert!(first.train == again.train && first.test == again.test);
    let other = made(&DataConfig { seed: 4, ..config });
    assert_eq!((0..60).filter(|&i| other.train.example(i) == first.train.example(i)).count(), 0);
    let longer = generate(&scenes(60, 20, 4), 20).unwrap().train;
    let quiet = made(&scenes(60, 20, 4)).train;
    assert!((0..60).all(|i| longer.example(i)[..1740] == *quiet.example(i) && longer.example(i)[1740..] == [-1.0; 8]));
}

/// Sessions are replayed from their seed, so these captions must never change.
#[test]
fn the_captions_of_a_seed_are_pinned() {
    let train = made(&scenes(24, 24, 4)).train;
    let said = |i: usize| {
        facts()
            .tokenizer
            .decode(&train.example(i)[PIXELS..].iter().filter(|&&t| t >= 0.0).map(|&t| t as u32).collect::<Vec<_>>())
    };
    let pinned = [
        "a picture of a small yellow square at the top left.",
        "there is one small red cross in the bottom centre.",
        "small blue circle bottom right and large white circle bottom left.",
    ];
    assert_eq!([said(0), said(1), said(2)], pinned);
}

#[test]
fn no_scene_is_drawn_twice_and_no_caption_said_twice() {
    let pairs = made(&scenes(2000, 500, 4));
    let mut all = HashSet::new();
    for mut scene in things(&pairs.train).into_iter().chain(things(&pairs.test)) {
        scene.sort_by_key(|thing| thing.place);
        assert!(all.insert(scene));
    }
    assert_eq!(all.len(), 2500);
}

#[test]
fn what_is_held_out_is_in_half_of_the_tests_and_nowhere_else() {
    for held_out in [1, 4, 12] {
        let pairs = made(&scenes(500, 200, held_out));
        assert!(things(&pairs.train).iter().all(|scene| !has_held_out(scene, held_out)), "{held_out}");
        let count = things(&pairs.test).iter().filter(|scene| has_held_out(scene, held_out)).count();
        assert_eq!(count, 100, "{held_out}");
    }
    let said: HashSet<_> =
        things(&made(&scenes(2000, 1, 4)).train).concat().iter().map(|t| (t.shape, t.colour)).collect();
    assert_eq!(said.len(), 20, "all others are seen");
}

/// The colour and the place that a caption says are those of the picture: by the pixel that differs most from the ground, and by the
/// angle between its colour and that of each word.
#[test]
fn captions_say_what_the_pictures_show() {
    let colours = [[1.0, 0.1, 0.1], [0.1, 0.75, 0.1], [0.15, 0.25, 1.0], [1.0, 0.9, 0.1], [0.6, 0.1, 0.8], [1.0; 3]];
    let data = made(&scenes(1500, 1, 0)).train;
    let mut area = [[[0.0_f64; 2]; 4]; 2];
    for (i, said) in things(&data).into_iter().enumerate() {
        let x = data.example(i);
        let pixel = |y: usize, column: usize| [0, 1, 2].map(|c| f64::from(x[(c * SIDE + y) * SIDE + column]));
        for place in 0..9 {
            let at = |at: usize| pixel(place / 3 * 8 + at / 8, place % 3 * 8 + at % 8);
            // The corner of a place is never covered.
            let ground = at(0)[0];
            let difference = |pixel: [f64; 3]| pixel.map(|x| (x - ground).powi(2)).iter().sum::<f64>().sqrt();
            let most = (0..64).max_by(|&a, &b| difference(at(a)).total_cmp(&difference(at(b)))).unwrap();
            let Some(thing) = said.iter().find(|thing| thing.place == place) else {
                assert!((0..64).all(|cell| at(cell) == [ground; 3]), "{i}: nothing is said of place {place}");
                continue;
            };
            let found = at(most);
            let cosine = |colour: &[f64; 3]| {
                let inner: f64 = colour.iter().zip(found).map(|(a, b)| a * b).sum();
                inner / colour.iter().map(|x| x * x).sum::<f64>().sqrt()
            };
            let nearest = (0..6).max_by(|&a, &b| cosine(&colours[a]).total_cmp(&cosine(&colours[b]))).unwrap();
            assert_eq!(nearest, thing.colour, "{i}: {found:?}");
            let covered = (0..64).map(|cell| difference(at(cell)) / difference(at(most))).sum::<f64>();
            area[thing.size][thing.shape][0] += covered;
            area[thing.size][thing.shape][1] += 1.0;
        }
    }
    let [small, large] = [&area[0], &area[1]];
    for (shape, (small, large)) in small.iter().zip(large).enumerate() {
        let [small, large] = [small, large].map(|area| area[0] / area[1]);
        assert!(large > 2.0 * small, "shape {shape}: {small} and {large} pixels");
    }
}

#[test]
fn noise_is_added_to_the_same_pictures() {
    let quiet = made(&scenes(40, 1, 0)).train;
    let noisy = made(&DataConfig { noise: 0.02, ..scenes(40, 1, 0) }).train;
    // Where nothing is cut off at 0 or 1.
    let inside = quiet.x.iter().zip(&noisy.x).filter(|(quiet, _)| (0.1..0.9).contains(*quiet));
    let squares: Vec<f64> = inside.map(|(quiet, noisy)| f64::from(noisy - quiet).powi(2)).collect();
    let sd = (squares.iter().sum::<f64>() / squares.len() as f64).sqrt();
    assert!(squares.len() > 10_000 && (sd - 0.02).abs() < 0.001, "{sd} of {}", squares.len());
    for (quiet, noisy) in quiet.x.chunks(1740).zip(noisy.x.chunks(1740)) {
        assert!(noisy[..PIXELS].iter().all(|x| (0.0..=1.0).contains(x)) && quiet[PIXELS..] == noisy[PIXELS..]);
    }
}

#[test]
fn questions_are_asked_of_pictures_of_one_held_out_thing() {
    let config = scenes(20, 200, 4);
    let test = made(&config).test;
    let asked = ZeroShot::new(4, &facts(), &test);
    assert_eq!(asked.prompts.len(), 432 * TOKENS);
    let text = |prompt: usize| {
        facts()
            .tokenizer
            .decode(&asked.prompts[prompt * TOKENS..][..TOKENS].iter().map(|&t| t as u32).collect::<Vec<_>>())
    };
    let prompts: HashSet<String> = (0..432).map(text).collect();
    assert_eq!(prompts.len(), 432);
    for question in &asked.questions {
        let names = if question.measure == Measure::ZeroShotColour { &WORDS[4..10] } else { &WORDS[..4] };
        assert_eq!(question.classes, names.len());
        for (prompt, &class) in question.of_prompt.iter().enumerate() {
            assert!(text(prompt).contains(names[class]), "{:?}: {}", question.measure, text(prompt));
        }
        let mut count = 0;
        for (said, truth) in things(&test).iter().zip(&question.truth) {
            let is_asked = said.len() == 1 && said[0].is_held_out(4);
            assert_eq!(truth.is_some(), is_asked);
            count += usize::from(is_asked);
            let own = if question.measure == Measure::ZeroShotColour { said[0].colour } else { said[0].shape };
            assert!(truth.is_none_or(|truth| truth == own));
        }
        assert!(count > 20, "{count} of the 72 that there are");
    }
    let everywhere = ZeroShot::new(0, &facts(), &test);
    let alone = things(&test).iter().filter(|said| said.len() == 1).count();
    assert_eq!(everywhere.questions[0].truth.iter().flatten().count(), alone);
}
