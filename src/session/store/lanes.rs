//! Which rows of a kind are kept when there are many: one in a stride of those that came, and always the newest. The stride
//! doubles each time they become too many, as in the window's own histories.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use rusqlite::{Connection, OptionalExtension as _, params};

use crate::protocol::RunId;

/// A table of rows of runs, and the column by which they are in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub table: &'static str,
    pub key: &'static str,
}

impl Kind {
    /// A table whose rows are in order by their step.
    pub const fn by_step(table: &'static str) -> Self {
        Self { table, key: "step" }
    }
}

/// How the rows of a kind and run are thinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lane {
    stride: u64,
    /// Rows that came.
    seen: u64,
    kept: u64,
    /// The newest row where it stands between two strides: it gives way to the next.
    spare: Option<i64>,
}

/// All of them, as far as they were needed so far.
#[derive(Debug, Default)]
pub(super) struct Lanes(HashMap<(RunId, Kind), Lane>);

impl Lanes {
    /// Forgets what is known: the file has other rows than was thought.
    pub fn forget(&mut self) {
        self.0.clear();
    }

    /// Which of the next rows, by their keys, are to be inserted: their places. The spare row before them is removed.
    pub fn choose(&mut self, conn: &Connection, run: RunId, kind: Kind, keys: &[i64]) -> rusqlite::Result<Vec<usize>> {
        let lane = self.lane(conn, run, kind)?;
        if let Some(spare) = lane.spare.take() {
            let sql = format!("DELETE FROM {} WHERE run = ?1 AND {} = ?2", kind.table, kind.key);
            conn.execute(&sql, params![run.0, spare])?;
            lane.kept -= 1;
        }
        let mut chosen = Vec::new();
        for (place, key) in keys.iter().enumerate() {
            let is_on_stride = lane.seen.is_multiple_of(lane.stride);
            lane.seen += 1;
            if is_on_stride || place + 1 == keys.len() {
                chosen.push(place);
                lane.kept += 1;
                lane.spare = (!is_on_stride).then_some(*key);
            }
        }
        Ok(chosen)
    }

    /// Thins what is there until no more than `most` rows are left, and writes down how.
    pub fn bound(&mut self, conn: &Connection, run: RunId, kind: Kind, most: u64) -> rusqlite::Result<()> {
        let lane = self.lane(conn, run, kind)?;
        while lane.kept > most.max(2) {
            halve(conn, run, kind, lane)?;
        }
        if lane.stride > 1 {
            let sql = "INSERT OR REPLACE INTO thinning (run, kind, stride, seen) VALUES (?1, ?2, ?3, ?4)";
            conn.execute(sql, params![run.0, kind.table, lane.stride.cast_signed(), lane.seen.cast_signed()])?;
        }
        Ok(())
    }

    /// After rows were removed from the end, the next one is kept, and so is one in a stride after it.
    pub fn rewound(&mut self, conn: &Connection, run: RunId, kind: Kind) -> rusqlite::Result<()> {
        let stride = self.lane(conn, run, kind)?.stride;
        let kept = count(conn, run, kind)?;
        let lane = Lane { stride, seen: kept * stride, kept, spare: None };
        self.0.insert((run, kind), lane);
        self.bound(conn, run, kind, u64::MAX)
    }

    fn lane(&mut self, conn: &Connection, run: RunId, kind: Kind) -> rusqlite::Result<&mut Lane> {
        Ok(match self.0.entry((run, kind)) {
            Entry::Occupied(lane) => lane.into_mut(),
            Entry::Vacant(place) => place.insert(load(conn, run, kind)?),
        })
    }
}

fn load(conn: &Connection, run: RunId, kind: Kind) -> rusqlite::Result<Lane> {
    let kept = count(conn, run, kind)?;
    let sql = "SELECT stride, seen FROM thinning WHERE run = ?1 AND kind = ?2";
    let found =
        conn.query_row(sql, params![run.0, kind.table], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    let Some((stride, seen)) = found.optional()? else {
        return Ok(Lane { stride: 1, seen: kept, kept, spare: None });
    };
    let (stride, seen) = (stride.max(1).cast_unsigned(), seen.max(0).cast_unsigned());
    let is_spare = kept > 0 && seen > 0 && !(seen - 1).is_multiple_of(stride);
    let spare = if is_spare { newest(conn, run, kind)? } else { None };
    Ok(Lane { stride, seen, kept, spare })
}

fn halve(conn: &Connection, run: RunId, kind: Kind, lane: &mut Lane) -> rusqlite::Result<()> {
    let newest = newest(conn, run, kind)?;
    let Kind { table, key } = kind;
    let keys = format!("SELECT DISTINCT {key} AS k FROM {table} WHERE run = ?1");
    let numbered = format!("SELECT k, row_number() OVER (ORDER BY k) - 1 AS n FROM ({keys})");
    let sql = format!(
        "DELETE FROM {table} WHERE run = ?1 AND {key} <> ?2 AND {key} IN (SELECT k FROM ({numbered}) WHERE n % 2 = 1)"
    );
    conn.execute(&sql, params![run.0, newest])?;
    if lane.spare.is_none() && lane.kept.is_multiple_of(2) {
        lane.spare = newest;
    }
    lane.stride = lane.stride.saturating_mul(2);
    lane.kept = count(conn, run, kind)?;
    Ok(())
}

fn newest(conn: &Connection, run: RunId, kind: Kind) -> rusqlite::Result<Option<i64>> {
    let sql = format!("SELECT max({}) FROM {} WHERE run = ?1", kind.key, kind.table);
    conn.query_row(&sql, [run.0], |row| row.get(0))
}

fn count(conn: &Connection, run: RunId, kind: Kind) -> rusqlite::Result<u64> {
    let sql = format!("SELECT count(DISTINCT {}) FROM {} WHERE run = ?1", kind.key, kind.table);
    conn.query_row(&sql, [run.0], |row| row.get::<_, i64>(0)).map(i64::cast_unsigned)
}
