//! Rows of the charts as columns: each kind says once how it is written and how it is read.

mod kinds;
pub(super) mod layers;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params, params_from_iter};

use crate::protocol::RunId;

/// A kind of row that a chart draws.
pub(super) trait StoredRow: Sized {
    /// Its table, which has `run` and `step` as its first columns.
    const TABLE: &'static str;
    /// The columns after those two.
    const COLUMNS: &'static [&'static str];

    /// Steps done.
    fn step(&self) -> u64;

    /// Writes the values of its columns.
    fn write(&self, put: &mut Put);

    /// Reads a row of a step from its columns.
    fn read(step: u64, take: &mut Take<'_, '_>) -> rusqlite::Result<Self>;
}

/// Values on their way into columns.
#[derive(Debug, Default)]
pub(super) struct Put(Vec<Value>);

impl Put {
    /// A count.
    pub fn int(&mut self, value: u64) {
        self.0.push(int(value));
    }

    /// A count that there may not be.
    pub fn maybe_int(&mut self, value: Option<u64>) {
        self.0.push(value.map_or(Value::Null, int));
    }

    /// A figure; NaN is NULL.
    pub fn real(&mut self, value: f64) {
        self.0.push(real(value));
    }

    /// Several figures.
    pub fn reals<const N: usize>(&mut self, values: [f64; N]) {
        values.into_iter().for_each(|value| self.real(value));
    }
}

/// Columns that are read one after the other.
pub(super) struct Take<'r, 's> {
    row: &'r Row<'s>,
    column: usize,
}

impl<'r, 's> Take<'r, 's> {
    /// From this column on.
    pub const fn new(row: &'r Row<'s>, column: usize) -> Self {
        Self { row, column }
    }

    fn next(&mut self) -> rusqlite::Result<ValueRef<'r>> {
        self.column += 1;
        self.row.get_ref(self.column - 1)
    }

    fn wrong(&self, value: &ValueRef<'_>) -> rusqlite::Error {
        rusqlite::Error::InvalidColumnType(self.column - 1, "a figure or a count".to_owned(), value.data_type())
    }

    /// A count.
    pub fn int(&mut self) -> rusqlite::Result<u64> {
        match self.next()? {
            ValueRef::Integer(value) => Ok(value as u64),
            other => Err(self.wrong(&other)),
        }
    }

    /// A count as it is used for sizes.
    pub fn size(&mut self) -> rusqlite::Result<usize> {
        self.int().map(|value| value as usize)
    }

    /// A count that there may not be.
    pub fn maybe_int(&mut self) -> rusqlite::Result<Option<u64>> {
        match self.next()? {
            ValueRef::Null => Ok(None),
            ValueRef::Integer(value) => Ok(Some(value as u64)),
            other => Err(self.wrong(&other)),
        }
    }

    /// A figure.
    pub fn real(&mut self) -> rusqlite::Result<f64> {
        match self.next()? {
            ValueRef::Null => Ok(f64::NAN),
            ValueRef::Real(value) => Ok(value),
            other => Err(self.wrong(&other)),
        }
    }
}

/// A count as SQLite has it: beyond 2⁶³ as a negative number.
pub(super) const fn int(value: u64) -> Value {
    Value::Integer(value.cast_signed())
}

/// A figure as SQLite has it.
pub(super) const fn real(value: f64) -> Value {
    if value.is_nan() { Value::Null } else { Value::Real(value) }
}

/// Writes rows of a run, each in the place of one of its step.
pub(super) fn insert<'a, R: StoredRow + 'a>(
    conn: &Connection,
    run: RunId,
    rows: impl Iterator<Item = &'a R>,
) -> rusqlite::Result<()> {
    let marks = vec!["?"; R::COLUMNS.len() + 2].join(", ");
    let columns = R::COLUMNS.join(", ");
    let sql = format!("INSERT OR REPLACE INTO {} (run, step, {columns}) VALUES ({marks})", R::TABLE);
    let mut statement = conn.prepare(&sql)?;
    for row in rows {
        let mut put = Put::default();
        put.int(run.0.into());
        put.int(row.step());
        row.write(&mut put);
        statement.execute(params_from_iter(put.0))?;
    }
    Ok(())
}

/// Reads the rows of a run by ascending step.
pub(super) fn read<R: StoredRow>(conn: &Connection, run: RunId) -> rusqlite::Result<Vec<R>> {
    let columns = R::COLUMNS.join(", ");
    let sql = format!("SELECT step, {columns} FROM {} WHERE run = ?1 ORDER BY step", R::TABLE);
    let mut statement = conn.prepare(&sql)?;
    let rows = statement.query_map(params![run.0], |row| {
        let mut take = Take::new(row, 0);
        let step = take.int()?;
        R::read(step, &mut take)
    })?;
    rows.collect()
}
