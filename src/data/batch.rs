//! The order in which training visits the examples.
//!
//! An epoch is a permutation that depends on the seed and the epoch's number alone. A batch is the next piece of the
//! endless row of epochs, so all batches have the same size and the state is one number: the examples consumed so far.

use rand::seq::SliceRandom;

use super::streams::{Purpose, rng};

/// The examples of one step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Batch {
    /// Every example, once.
    All,
    /// The examples with these indices; one index stands twice where a batch reaches over the border of two epochs and
    /// both have it there.
    Indices(Vec<u32>),
}

/// An endless stream of batches. Streams with the same seed give the same order, whatever the optimiser.
#[derive(Debug, Clone)]
pub struct BatchStream {
    seed: u64,
    cursor: u64,
    /// The permutation in use, a function of `seed` and its two keys.
    epoch: Option<Epoch>,
}

#[derive(Debug, Clone)]
struct Epoch {
    number: u64,
    order: Vec<u32>,
}

impl BatchStream {
    /// A stream at its beginning.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self::resume(seed, 0)
    }

    /// The stream that continues where another one's [`cursor`](Self::cursor) stood.
    #[must_use]
    pub const fn resume(seed: u64, cursor: u64) -> Self {
        Self { seed, cursor, epoch: None }
    }

    /// Examples consumed so far: with the seed, the whole state.
    #[must_use]
    pub const fn cursor(&self) -> u64 {
        self.cursor
    }

    /// The seed of the order.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// The next batch from a set of `n_examples`.
    ///
    /// A `batch` of at least `n_examples` gives [`Batch::All`], which counts as one whole epoch; otherwise the batch has
    /// `batch` indices (at least 1). The size may change from call to call; the order goes on.
    pub fn next(&mut self, n_examples: usize, batch: usize) -> Batch {
        if batch >= n_examples {
            self.cursor += n_examples as u64;
            return Batch::All;
        }
        let n = n_examples as u64;
        let size = batch.max(1);
        let mut indices = Vec::with_capacity(size);
        while indices.len() < size {
            let start = (self.cursor % n) as usize;
            let rest = &self.epoch(self.cursor / n, n_examples)[start..];
            let piece = rest.len().min(size - indices.len());
            indices.extend_from_slice(&rest[..piece]);
            self.cursor += piece as u64;
        }
        Batch::Indices(indices)
    }

    fn epoch(&mut self, number: u64, n_examples: usize) -> &[u32] {
        let kept = self.epoch.take().filter(|epoch| epoch.number == number && epoch.order.len() == n_examples);
        let seed = self.seed;
        let epoch = kept.unwrap_or_else(|| {
            let mut order: Vec<u32> = (0..n_examples as u32).collect();
            order.shuffle(&mut rng(seed, Purpose::Epoch(number)));
            Epoch { number, order }
        });
        &self.epoch.insert(epoch).order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indices(stream: &mut BatchStream, n: usize, batch: usize) -> Vec<u32> {
        match stream.next(n, batch) {
            Batch::Indices(indices) => indices,
            Batch::All => panic!("a batch of {batch} of {n} is not all of them"),
        }
    }

    fn assert_epochs_are_permutations(row: &[u32], n: usize) {
        for (number, epoch) in row.chunks_exact(n).enumerate() {
            let mut sorted = epoch.to_vec();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..n as u32).collect::<Vec<_>>(), "epoch {number}");
        }
    }

    #[test]
    fn every_epoch_visits_every_example_once_in_another_order() {
        let mut stream = BatchStream::new(7);
        let mut row = Vec::new();
        for _ in 0..50 {
            let batch = indices(&mut stream, 50, 13);
            assert_eq!(batch.len(), 13);
            row.extend(batch);
        }
        assert_eq!((row.len(), stream.cursor()), (650, 650));
        assert_epochs_are_permutations(&row, 50);
        assert_ne!(row[..50], row[50..100]);
    }

    #[test]
    fn the_seed_decides_the_order() {
        let row = |seed| indices(&mut BatchStream::new(seed), 100, 99);
        assert_eq!(row(1), row(1));
        assert_ne!(row(1), row(2));
    }

    #[test]
    fn a_changed_batch_size_goes_on_in_the_same_order() {
        let mut row = Vec::new();
        let mut stream = BatchStream::new(5);
        for batch in [3, 19, 1, 7, 8, 18, 4, 0, 12, 15, 11].into_iter().cycle().take(77) {
            row.extend(indices(&mut stream, 20, batch));
        }
        assert_epochs_are_permutations(&row, 20);
        let mut steady = BatchStream::new(5);
        let expected: Vec<u32> = (0..row.len()).flat_map(|_| indices(&mut steady, 20, 1)).collect();
        assert_eq!(row, expected);
    }

    #[test]
    fn a_resumed_stream_continues_identically() {
        let mut stream = BatchStream::new(9);
        for _ in 0..17 {
            stream.next(64, 10);
        }
        let mut resumed = BatchStream::resume(stream.seed(), stream.cursor());
        for batch in [10, 64, 3, 1000, 63] {
            assert_eq!(stream.next(64, batch), resumed.next(64, batch));
        }
        assert_eq!(stream.cursor(), resumed.cursor());
    }

    #[test]
    fn a_batch_of_the_whole_set_is_all_and_one_epoch() {
        let mut stream = BatchStream::new(0);
        assert_eq!((stream.next(30, 30), stream.cursor()), (Batch::All, 30));
        assert_eq!((stream.next(30, 1000), stream.cursor()), (Batch::All, 60));
        assert_eq!(stream.next(0, 0), Batch::All);
    }

    /// Sessions are replayed from their seed, so these values must never change.
    #[test]
    fn the_order_is_pinned() {
        assert_eq!(indices(&mut BatchStream::new(0), 8, 7), PINNED);
    }

    const PINNED: [u32; 7] = [2, 0, 6, 1, 3, 5, 7];
}
