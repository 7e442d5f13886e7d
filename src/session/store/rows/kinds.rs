//! How each kind of row is written and read.

use crate::protocol::{
    AverageRow, EigenRow, EvalRow, NoiseRow, Outcome, StepRow, StreamedEigenRow, StreamedTraceRow, TraceRow,
};

use super::{Put, StoredRow, Take};

impl StoredRow for StepRow {
    const TABLE: &'static str = "steps";
    const COLUMNS: &'static [&'static str] = &[
        "gradient_evaluations",
        "train_seconds",
        "batch_loss",
        "perturbed_loss",
        "gradient_norm",
        "learning_rate",
        "noise_k",
        "noise_sigma",
        "noise_base_sigma",
        "noise_even_mean",
        "noise_odd_square",
        "noise_gap_mean",
    ];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.reals([self.train_seconds, self.batch_loss, self.perturbed_loss, self.gradient_norm, self.learning_rate]);
        put.maybe_int(self.noise.map(|noise| noise.k as u64));
        let figures = |n: NoiseRow| [n.sigma, n.base_sigma, n.even_mean, n.odd_square, n.gap_mean];
        put.reals(self.noise.map_or([f64::NAN; 5], figures));
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        let row = Self {
            step,
            gradient_evaluations: take.int()?,
            train_seconds: take.real()?,
            batch_loss: take.real()?,
            perturbed_loss: take.real()?,
            gradient_norm: take.real()?,
            learning_rate: take.real()?,
            noise: None,
        };
        let Some(k) = take.maybe_int()? else { return Ok(row) };
        let noise = NoiseRow {
            k: k as usize,
            sigma: take.real()?,
            base_sigma: take.real()?,
            even_mean: take.real()?,
            odd_square: take.real()?,
            gap_mean: take.real()?,
        };
        Ok(Self { noise: Some(noise), ..row })
    }
}

fn put_outcome(put: &mut Put, outcome: Option<Outcome>) {
    put.reals(outcome.map_or([f64::NAN; 2], |outcome| [outcome.loss, outcome.accuracy]));
}

fn take_outcome(take: &mut Take<'_, '_>) -> rusqlite::Result<Outcome> {
    Ok(Outcome { loss: take.real()?, accuracy: take.real()? })
}

impl StoredRow for EvalRow {
    const TABLE: &'static str = "evals";
    const COLUMNS: &'static [&'static str] = &[
        "gradient_evaluations",
        "train_loss",
        "train_accuracy",
        "test_loss",
        "test_accuracy",
        "weight_norm",
        "validated",
        "validation_loss",
        "validation_accuracy",
        "averaged",
        "average_train_loss",
        "average_train_accuracy",
        "average_test_loss",
        "average_test_accuracy",
        "average_validation_loss",
        "average_validation_accuracy",
        "average_validated",
    ];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.reals([self.train_loss, self.train_accuracy, self.test_loss, self.test_accuracy, self.weight_norm]);
        put.int(self.validation.is_some().into());
        put_outcome(put, self.validation);
        put.maybe_int(self.average.map(|average| average.averaged));
        put_outcome(put, self.average.map(|average| average.train));
        put_outcome(put, self.average.map(|average| average.test));
        put_outcome(put, self.average.and_then(|average| average.validation));
        put.maybe_int(self.average.map(|average| average.validation.is_some().into()));
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        let row = Self {
            step,
            gradient_evaluations: take.int()?,
            train_loss: take.real()?,
            train_accuracy: take.real()?,
            test_loss: take.real()?,
            test_accuracy: take.real()?,
            weight_norm: take.real()?,
            validation: None,
            average: None,
        };
        let is_validated = take.int()? != 0;
        let validation = Some(take_outcome(take)?).filter(|_| is_validated);
        let Some(averaged) = take.maybe_int()? else { return Ok(Self { validation, ..row }) };
        let (train, test, validated) = (take_outcome(take)?, take_outcome(take)?, take_outcome(take)?);
        let is_validated = take.int()? != 0;
        let average = AverageRow { train, test, validation: Some(validated).filter(|_| is_validated), averaged };
        Ok(Self { validation, average: Some(average), ..row })
    }
}

impl StoredRow for TraceRow {
    const TABLE: &'static str = "traces";
    const COLUMNS: &'static [&'static str] = &["gradient_evaluations", "train_loss", "mean", "stderr", "probes"];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.reals([self.train_loss, self.mean, self.stderr]);
        put.int(self.probes as u64);
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            gradient_evaluations: take.int()?,
            train_loss: take.real()?,
            mean: take.real()?,
            stderr: take.real()?,
            probes: take.size()?,
        })
    }
}

impl StoredRow for EigenRow {
    const TABLE: &'static str = "eigens";
    const COLUMNS: &'static [&'static str] =
        &["gradient_evaluations", "train_loss", "lambda_max", "lambda_min", "residual_max", "residual_min", "products"];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.reals([self.train_loss, self.lambda_max, self.lambda_min, self.residual_max, self.residual_min]);
        put.int(self.products as u64);
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            gradient_evaluations: take.int()?,
            train_loss: take.real()?,
            lambda_max: take.real()?,
            lambda_min: take.real()?,
            residual_max: take.real()?,
            residual_min: take.real()?,
            products: take.size()?,
        })
    }
}

impl StoredRow for StreamedTraceRow {
    const TABLE: &'static str = "streamed_traces";
    const COLUMNS: &'static [&'static str] = &["gradient_evaluations", "first_step", "probes", "mean", "stderr"];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.int(self.first_step);
        put.int(self.probes as u64);
        put.reals([self.mean, self.stderr]);
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            gradient_evaluations: take.int()?,
            first_step: take.int()?,
            probes: take.size()?,
            mean: take.real()?,
            stderr: take.real()?,
        })
    }
}

impl StoredRow for StreamedEigenRow {
    const TABLE: &'static str = "streamed_eigens";
    const COLUMNS: &'static [&'static str] =
        &["gradient_evaluations", "examples", "lambda_max", "lambda_min", "residual_max", "residual_min", "products"];

    fn step(&self) -> u64 {
        self.step
    }

    fn write(&self, put: &mut Put) {
        put.int(self.gradient_evaluations);
        put.int(self.examples as u64);
        put.reals([self.lambda_max, self.lambda_min, self.residual_max, self.residual_min]);
        put.int(self.products as u64);
    }

    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self> {
        Ok(Self {
            step,
            gradient_evaluations: take.int()?,
            examples: take.size()?,
            lambda_max: take.real()?,
            lambda_min: take.real()?,
            residual_max: take.real()?,
            residual_min: take.real()?,
            products: take.size()?,
        })
    }
}
