//! Where a run's training loss last fell through a value, kept up to date row by row: what a table costs while runs train
//! must not grow with their length.

use crate::report::equal_loss::{Fall, last_fall};
use crate::ui::state::history::History;
use crate::ui::state::rows::Row;

/// What is kept of the losses of one history.
#[derive(Debug, Default)]
pub struct Falls {
    epoch: u64,
    /// Closed rows that were read.
    read: usize,
    /// The least of their losses.
    least: Option<f64>,
    /// Places of the rows whose loss is above that of every later one that was read: their losses fall.
    highs: Vec<usize>,
}

impl Falls {
    /// Reads the rows that have come since.
    pub fn update<T: Row>(&mut self, history: &History<T>) {
        let closed = history.num_closed();
        if self.epoch != history.epoch() || self.read > closed {
            *self = Self { epoch: history.epoch(), ..Self::default() };
        }
        let rows = history.rows();
        for (place, row) in rows.iter().enumerate().take(closed).skip(self.read) {
            let Some(loss) = loss_of(row) else { continue };
            while self.highs.last().is_some_and(|high| rows[*high].train_loss() <= loss) {
                self.highs.pop();
            }
            self.highs.push(place);
            self.least = Some(self.least.map_or(loss, |least| least.min(loss)));
        }
        self.read = closed;
    }

    /// The least loss of all rows.
    pub fn least<T: Row>(&self, history: &History<T>) -> Option<f64> {
        let newest = history.rows()[self.read..].iter().filter_map(loss_of);
        self.least.into_iter().chain(newest).min_by(f64::total_cmp)
    }

    /// Where the loss last fell through `level`.
    pub fn last<T: Row>(&self, history: &History<T>, level: f64) -> Option<Fall<T>> {
        if self.least(history)? > level {
            return None;
        }
        let rows = history.rows();
        let is_high = |place: &usize| loss_of(&rows[*place]).is_some_and(|loss| loss > level);
        let newest = (self.read..rows.len()).rev().find(is_high);
        let high = newest.or_else(|| {
            let count = self.highs.partition_point(|high| rows[*high].train_loss() > level);
            count.checked_sub(1).map(|last| self.highs[last])
        })?;
        match rows[high + 1..].iter().find(|row| loss_of(*row).is_some()) {
            Some(low) => last_fall([rows[high], *low].into_iter(), Row::train_loss, level),
            // It stands above the value again: the fall is further back.
            None => last_fall(rows.iter().copied(), Row::train_loss, level),
        }
    }
}

fn loss_of<T: Row>(row: &T) -> Option<f64> {
    Some(row.train_loss()).filter(|loss| *loss > 0.0 && loss.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::TraceRow;

    fn row(step: u64, train_loss: f64) -> TraceRow {
        TraceRow { step, gradient_evaluations: step, train_loss, mean: step as f64, stderr: 0.0, probes: 1 }
    }

    /// A loss that falls, wavers and is not always finite.
    fn loss(step: u64) -> f64 {
        let wave = ((step * 7919) % 101) as f64 / 101.0;
        if step.is_multiple_of(37) { f64::NAN } else { (2.0 + wave) / (1.0 + 0.01 * step as f64) }
    }

    #[test]
    fn what_is_kept_says_what_all_rows_say() {
        let mut history = History::default();
        let mut falls = Falls::default();
        for step in 0..3000 {
            history.push(row(step, loss(step)));
            falls.update(&history);
            if !step.is_multiple_of(50) {
                continue;
            }
            let rows = history.rows();
            let least = rows.iter().filter_map(loss_of).min_by(f64::total_cmp);
            assert_eq!(falls.least(&history), least);
            for level in [5.0, 2.1, 0.7, 0.2, 0.08, least.unwrap_or(1.0)] {
                let expected = last_fall(rows.iter().copied(), Row::train_loss, level);
                assert_eq!(falls.last(&history, level), expected, "step {step}, level {level}");
            }
        }
        history.truncate_after(1200);
        falls.update(&history);
        let expected = last_fall(history.rows().iter().copied(), Row::train_loss, 0.25);
        assert_eq!(falls.last(&history, 0.25), expected);
    }

    #[test]
    fn new_rows_are_read_once() {
        let mut history = History::default();
        let mut falls = Falls::default();
        for step in 0..10_000 {
            history.push(row(step, 1.0 / (1.0 + step as f64)));
        }
        falls.update(&history);
        assert_eq!((falls.read, falls.highs.len()), (9_999, 9_999));
        history.push(row(10_000, 0.5));
        history.push(row(10_001, 0.4));
        falls.update(&history);
        // The rise to 0.5 stands above all that was below it.
        assert_eq!((falls.read, falls.highs.len()), (10_001, 2));
    }
}
