//! Rows of curvature as the charts take them. Those of streams have no training loss: they stand on no axis of it.

use super::effort::Effort;
use super::rows::Row;
use crate::protocol::{EigenRow, StreamedEigenRow, StreamedTraceRow, TraceRow};

impl Row for TraceRow {
    const LANES: usize = 1;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, _lane: usize) -> f64 {
        self.mean
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn train_loss(&self) -> f64 {
        self.train_loss
    }

    fn has_error(_lane: usize) -> bool {
        true
    }

    fn stderr(&self, _lane: usize) -> f64 {
        self.stderr
    }

    fn effort(&self) -> Option<Effort> {
        Some(Effort::Probes { count: self.probes, first_step: self.step })
    }
}

impl Row for EigenRow {
    const LANES: usize = 3;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.lambda_max, self.lambda_min, self.residual_max][lane]
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn train_loss(&self) -> f64 {
        self.train_loss
    }

    fn effort(&self) -> Option<Effort> {
        Some(Effort::Products { count: self.products, examples: None })
    }
}

impl Row for StreamedTraceRow {
    const LANES: usize = 1;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, _lane: usize) -> f64 {
        self.mean
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn has_error(_lane: usize) -> bool {
        true
    }

    fn stderr(&self, _lane: usize) -> f64 {
        self.stderr
    }

    fn effort(&self) -> Option<Effort> {
        Some(Effort::Probes { count: self.probes, first_step: self.first_step })
    }
}

impl Row for StreamedEigenRow {
    const LANES: usize = 3;

    fn step(&self) -> u64 {
        self.step
    }

    fn lane(&self, lane: usize) -> f64 {
        [self.lambda_max, self.lambda_min, self.residual_max][lane]
    }

    fn gradient_evaluations(&self) -> u64 {
        self.gradient_evaluations
    }

    fn effort(&self) -> Option<Effort> {
        Some(Effort::Products { count: self.products, examples: Some(self.examples) })
    }
}
