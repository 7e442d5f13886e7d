//! The random streams of the data. All come from `ChaCha8` and are functions of the seed alone. Different purposes read different
//! streams of it, so that for instance the share of flipped labels does not change the points.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// What a random stream is for: streams of different purposes are independent under one seed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// The order of the examples in this epoch.
    Epoch(u64),
    /// Noise of generated points.
    Points,
    /// The permutation before the split.
    Split,
    /// Which labels are flipped, and to what.
    Labels,
    /// What is done to the example at this place of this step's batch.
    Augmentation {
        /// The step.
        step: u64,
        /// The place in its batch.
        place: u64,
    },
}

/// Words of a stream that one example of a batch may take.
const WORDS_OF_AN_EXAMPLE: u128 = 1024;

/// The stream of a purpose.
pub(super) fn rng(seed: u64, purpose: Purpose) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(match purpose {
        Purpose::Epoch(epoch) => epoch,
        Purpose::Points => u64::MAX,
        Purpose::Split => u64::MAX - 1,
        Purpose::Labels => u64::MAX - 2,
        // Neither an epoch nor a step has so great a number.
        Purpose::Augmentation { step, .. } => (1 << 63) | step,
    });
    if let Purpose::Augmentation { place, .. } = purpose {
        rng.set_word_pos(u128::from(place) * WORDS_OF_AN_EXAMPLE);
    }
    rng
}
