//! What is kept as a whole: findings, results of a comparison, texts.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::protocol::{Findings, JobEnd, MeasureRequest};
use crate::report::results::RunResult;
use crate::report::tuning::Try;

use super::super::blobs::{Packing, put};
use super::super::content::Measured;
use super::super::document::Document;
use super::super::rows::real;
use super::{Apply, Refusal};

/// What a job found, as it stands in its text.
#[derive(Debug, Serialize, Deserialize)]
pub(in super::super) struct MeasuredText {
    pub request: MeasureRequest,
    pub end: JobEnd,
    pub findings: Findings,
}

impl Apply<'_> {
    pub(super) fn measured(&mut self, measured: &Measured) -> Result<(), Refusal> {
        let Measured { job, run, step, request, objective, end, findings } = measured;
        let text = MeasuredText { request: request.clone(), end: end.clone(), findings: findings.clone() };
        let document = Document::of(&text).map_err(Refusal::NoForm)?;
        self.bytes += document.text.len() as u64;
        let there = "SELECT id FROM measurements WHERE opening = ?1 AND job = ?2";
        let there = self.conn.query_row(there, params![self.opening, job.0], |row| row.get::<_, i64>(0)).optional()?;
        if let Some(id) = there {
            self.conn.execute("DELETE FROM facts WHERE measurement = ?1", [id])?;
        }
        let ended = match end {
            JobEnd::Complete => "complete",
            JobEnd::Cancelled => "cancelled",
            JobEnd::Failed(_) => "failed",
        };
        let [toml, checksum] = document.into_values();
        let sql =
            "INSERT OR REPLACE INTO measurements (id, opening, job, run, step, name, objective, ended, toml, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let name = request.what.label();
        let step = step.cast_signed();
        let values = params![there, self.opening, job.0, run.0, step, name, objective, ended, toml, checksum];
        self.conn.execute(sql, values)?;
        let id = self.conn.last_insert_rowid();
        let mut insert = self.conn.prepare("INSERT INTO facts VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
        for (place, fact) in findings.facts.iter().enumerate() {
            let (value, error) = (real(fact.value), fact.error.map_or(Value::Null, real));
            insert.execute(params![id, place as i64, fact.name, value, error, fact.about])?;
        }
        Ok(())
    }

    pub(super) fn result(&mut self, result: &RunResult) -> Result<(), Refusal> {
        let mut blob = |bytes: Option<&[u8]>| -> Result<Option<i64>, Refusal> {
            let Some(bytes) = bytes else { return Ok(None) };
            let (blob, added) = put(self.conn, bytes, Packing::Plain)?;
            self.bytes += added;
            Ok(Some(blob))
        };
        let weights = result.weights.as_ref();
        let own = blob(weights.map(|weights| &weights.own[..]))?;
        let average = blob(weights.and_then(|weights| weights.average.as_deref()))?;
        let document = Document::of(&RunResult { weights: None, ..result.clone() });
        let [toml, checksum] = document.map_err(Refusal::NoForm)?.into_values();
        let sql = "INSERT OR REPLACE INTO results (optimizer, seed, steps, gradient_evaluations, train_loss, test_loss,
            train_accuracy, test_accuracy, trace, trace_stderr, lambda_max, lambda_min, wall_seconds, diverged_at, weights,
            average_weights, toml, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)";
        let values = params![
            result.optimizer.key(),
            result.seed.cast_signed(),
            result.steps.cast_signed(),
            result.gradient_evaluations.cast_signed(),
            real(result.train_loss),
            real(result.test_loss),
            real(result.train_accuracy),
            real(result.test_accuracy),
            real(result.trace.mean),
            real(result.trace.stderr),
            real(result.eigen.lambda_max),
            real(result.eigen.lambda_min),
            real(result.wall_seconds),
            result.diverged_at.map(u64::cast_signed),
            own,
            average,
            toml,
            checksum,
        ];
        self.conn.execute(sql, values)?;
        self.has_waste = true;
        Ok(())
    }

    pub(super) fn tried(&mut self, one: &Try) -> Result<(), Refusal> {
        let document = Document::of(one).map_err(Refusal::NoForm)?;
        let [toml, checksum] = document.into_values();
        // Its place among the tries stays.
        let sql =
            "INSERT INTO tries (optimizer, knobs, validation_loss, validation_accuracy, is_picked, toml, checksum)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (optimizer, knobs) DO UPDATE SET validation_loss = ?3, validation_accuracy = ?4, is_picked = ?5,
            toml = ?6, checksum = ?7";
        let (loss, accuracy) = (real(one.validation.loss), real(one.validation.accuracy));
        let (optimizer, values) = (one.optimizer.key(), one.values_words());
        self.conn.execute(sql, params![optimizer, values, loss, accuracy, one.is_picked, toml, checksum])?;
        Ok(())
    }

    pub(super) fn text(&mut self, key: &str, text: Option<&str>) -> Result<(), Refusal> {
        let Some(text) = text else {
            self.conn.execute("DELETE FROM texts WHERE key = ?1", [key])?;
            return Ok(());
        };
        let Document { text, checksum } = Document::new(text.to_owned());
        let sql = "INSERT OR REPLACE INTO texts (key, text, checksum) VALUES (?1, ?2, ?3)";
        self.conn.execute(sql, params![key, text, checksum])?;
        self.bytes += text.len() as u64;
        Ok(())
    }
}
