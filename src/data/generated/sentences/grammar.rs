//! The grammar: an event is told by one of four phrasings, and each thing that it is made of by one of two words.

/// The vocabulary: marks, words that are in every sentence or in none, and from [`FIRST`] on for each part of an event its eight
/// meanings, each with its two words.
#[rustfmt::skip]
pub const WORDS: &[&str] = &[
    "[cls]", "[sep]", "[mask]", "the", "was", "by", "in",
    "doctor", "physician", "teacher", "instructor", "lawyer", "attorney", "child", "kid",
    "thief", "robber", "writer", "author", "boss", "manager", "sailor", "mariner",
    "quickly", "rapidly", "quietly", "silently", "gladly", "happily", "often", "frequently",
    "recently", "lately", "carefully", "cautiously", "finally", "eventually", "secretly", "covertly",
    "bought", "purchased", "fixed", "repaired", "found", "discovered", "cleaned", "washed",
    "built", "constructed", "lost", "misplaced", "wrecked", "destroyed", "collected", "gathered",
    "car", "automobile", "sofa", "couch", "picture", "image", "stone", "rock",
    "coat", "jacket", "bag", "sack", "gift", "present", "boat", "vessel",
    "garden", "yard", "forest", "woods", "shop", "store", "city", "town",
    "cellar", "basement", "street", "road", "hall", "lobby", "country", "nation",
];
/// The mark before everything, whose place the class is read at.
pub const CLS: u8 = 0;
/// The mark between two sentences.
pub const SEP: u8 = 1;
/// What stands in the place of a word that is to be found.
pub const MASK: u8 = 2;
const THE: u8 = 3;
const WAS: u8 = 4;
const BY: u8 = 5;
const IN: u8 = 6;
/// The first word that tells something of an event.
pub const FIRST: u8 = 7;

/// Parts of an event: who, how, did what, with what, where.
pub const PARTS: usize = 5;
/// Meanings of a part.
pub const MEANINGS: usize = 8;
/// Words of a meaning.
pub const SYNONYMS: usize = 2;
/// Ways to order the parts.
pub const PHRASINGS: usize = 4;
/// Tokens of the longest sentence.
pub const LONGEST: usize = 11;

/// The meaning of each part.
pub type Event = [usize; PARTS];

/// An event as it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sentence {
    pub event: Event,
    /// Which of its two words each meaning has.
    pub synonyms: [usize; PARTS],
    pub phrasing: usize,
}

impl Sentence {
    /// Its tokens: by phrasing "the doctor quietly bought the car in the garden", "in the garden the doctor quietly bought the
    /// car", "the car was quietly bought by the doctor in the garden", "in the garden the car was quietly bought by the doctor".
    pub fn tokens(&self) -> Vec<u8> {
        let word = |part: usize| word(part, self.event[part], self.synonyms[part]);
        let [who, how, did, what, place] = [0, 1, 2, 3, 4].map(word);
        let told = if self.phrasing < 2 {
            vec![THE, who, how, did, THE, what]
        } else {
            vec![THE, what, WAS, how, did, BY, THE, who]
        };
        let place = [IN, THE, place];
        if self.phrasing.is_multiple_of(2) { [&told[..], &place].concat() } else { [&place[..], &told].concat() }
    }
}

/// The token of a meaning's word.
pub const fn word(part: usize, meaning: usize, synonym: usize) -> u8 {
    FIRST + ((part * MEANINGS + meaning) * SYNONYMS + synonym) as u8
}

/// Part and meaning of a token, where it tells something of an event.
#[cfg(test)]
pub fn meaning(token: u8) -> Option<[usize; 2]> {
    let place = usize::from(token.checked_sub(FIRST)?) / SYNONYMS;
    Some([place / MEANINGS, place % MEANINGS])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn text(sentence: &Sentence) -> String {
        sentence.tokens().iter().map(|&token| WORDS[usize::from(token)]).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn an_event_is_told_in_four_ways_and_two_words_mean_the_same() {
        let told = |phrasing, synonyms| text(&Sentence { event: [0, 1, 0, 0, 0], synonyms, phrasing });
        assert_eq!(told(0, [0; 5]), "the doctor quietly bought the car in the garden");
        assert_eq!(told(1, [1, 0, 1, 0, 1]), "in the yard the physician quietly purchased the car");
        assert_eq!(told(2, [0, 1, 0, 1, 0]), "the automobile was silently bought by the doctor in the garden");
        assert_eq!(told(3, [1; 5]), "in the yard the automobile was silently purchased by the physician");
    }

    #[test]
    fn each_word_stands_once_and_has_its_part_and_meaning() {
        let different: HashSet<&&str> = WORDS.iter().collect();
        assert_eq!((WORDS.len(), different.len()), (87, 87));
        let mut token = FIRST;
        for part in 0..PARTS {
            for of in 0..MEANINGS {
                for synonym in 0..SYNONYMS {
                    assert_eq!((word(part, of, synonym), meaning(token)), (token, Some([part, of])));
                    token += 1;
                }
            }
        }
        assert_eq!((usize::from(token), meaning(FIRST - 1)), (WORDS.len(), None));
        let longest = (0..PHRASINGS)
            .map(|phrasing| Sentence { event: [7; PARTS], synonyms: [1; PARTS], phrasing }.tokens().len());
        assert_eq!(longest.max(), Some(LONGEST));
    }
}
