//! The traces of each parameter tensor that a run kept: bounded, thinned by dropping every second row.

use crate::protocol::LayerTraceRow;

/// Rows kept at most; more than a stack of areas can show.
const MAX_ROWS: usize = 2048;

/// Rows in order. The newest row is always the last one.
#[derive(Debug, Clone, Default)]
pub struct LayerHistory {
    rows: Vec<LayerTraceRow>,
    version: u64,
}

impl LayerHistory {
    /// Takes the next row.
    pub fn push(&mut self, row: LayerTraceRow) {
        if self.rows.len() >= MAX_ROWS {
            let mut index = 0;
            self.rows.retain(|_| {
                index += 1;
                index % 2 == 1
            });
        }
        self.rows.push(row);
        self.version += 1;
    }

    /// Takes a row that may be of an earlier step than the last ones, or in the place of one of its own step.
    pub fn insert(&mut self, row: LayerTraceRow) {
        let place = self.rows.partition_point(|other| other.step < row.step);
        let mut later = self.rows.split_off(place);
        later.retain(|other| other.step != row.step);
        self.push(row);
        self.rows.extend(later);
    }

    /// The kept rows, oldest first.
    #[must_use]
    pub fn rows(&self) -> &[LayerTraceRow] {
        &self.rows
    }

    /// Counts changes.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Drops all rows.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.version += 1;
    }

    /// Drops the rows after `step`.
    pub fn truncate_after(&mut self, step: u64) {
        self.rows.truncate(self.rows.partition_point(|row| row.step <= step));
        self.version += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_keeps_both_ends() {
        let mut history = LayerHistory::default();
        for step in 0..10_000 {
            history.push(LayerTraceRow { step, gradient_evaluations: step, layers: Vec::new() });
        }
        let rows = history.rows();
        assert!(rows.len() <= MAX_ROWS && rows.len() > MAX_ROWS / 3);
        assert_eq!((rows[0].step, rows[rows.len() - 1].step), (0, 9_999));
        history.truncate_after(500);
        assert!(history.rows().iter().all(|row| row.step <= 500) && !history.rows().is_empty());
    }
}
