//! What takes the room of a session file.

use std::collections::BTreeMap;

use rusqlite::Row;

use super::super::content::{SizeOf, Sizes};
use super::super::error::StoreError;
use super::super::open;
use super::Session;

/// Kinds in words, with the tables (and their indices) that hold them and the query that counts them.
const KINDS: [(&str, &[&str], &str); 10] = [
    ("rows of steps", &["steps"], "SELECT count(*) FROM steps"),
    ("rows of evaluations", &["evals"], "SELECT count(*) FROM evals"),
    (
        "rows of curvature",
        &["traces", "eigens", "streamed_traces", "streamed_eigens", "layer_traces"],
        "SELECT (SELECT count(*) FROM traces) + (SELECT count(*) FROM eigens) + (SELECT count(*) FROM streamed_traces)
            + (SELECT count(*) FROM streamed_eigens) + (SELECT count(*) FROM layer_traces)",
    ),
    ("slices", &["slices"], "SELECT count(*) FROM slices"),
    ("checkpoints", &["checkpoints", "arrays"], "SELECT count(*) FROM checkpoints"),
    ("points of paths", &["path"], "SELECT count(*) FROM path"),
    ("measurements", &["measurements", "facts"], "SELECT count(*) FROM measurements"),
    ("results of comparisons", &["results", "tries"], "SELECT count(*) FROM results"),
    ("turns of knobs", &["journal"], "SELECT count(*) FROM journal"),
    ("alerts", &["alerts"], "SELECT count(*) FROM alerts"),
];
/// All else: settings, runs, tables of SQLite.
const REST: &str = "all else";
/// Who uses blobs, each blob counted with the first of these that does.
const USERS: [(&str, &str); 4] = [
    ("checkpoints", "SELECT blob FROM arrays"),
    ("points of paths", "SELECT blob FROM path"),
    ("slices", "SELECT blob FROM slices"),
    (
        "results of comparisons",
        "SELECT weights FROM results WHERE weights IS NOT NULL
            UNION SELECT average_weights FROM results WHERE average_weights IS NOT NULL",
    ),
];

impl Session {
    /// What takes how many bytes. Weights that several things have in common count with the first of them, checkpoints before
    /// paths.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn sizes(&self) -> Result<Sizes, StoreError> {
        let mut bytes: BTreeMap<&'static str, u64> = BTreeMap::new();
        let pages = "SELECT schema.tbl_name, sum(pages.pgsize) FROM dbstat AS pages
            LEFT JOIN sqlite_schema AS schema ON schema.name = pages.name
            WHERE pages.aggregate = TRUE GROUP BY schema.tbl_name";
        let named = |row: &Row<'_>| Ok((self.get::<Option<String>>(row, 0)?, self.get::<i64>(row, 1)?.cast_unsigned()));
        let mut of_parts = 0;
        for (table, size) in self.all(pages, [], named)? {
            let table = table.unwrap_or_default();
            let kind = KINDS.iter().find(|(_, tables, _)| tables.contains(&&table[..])).map_or(REST, |kind| kind.0);
            if table == "parts" {
                of_parts = size;
            } else {
                *bytes.entry(kind).or_default() += size;
            }
        }
        self.share_parts(of_parts, &mut bytes)?;
        let number = |sql: &str| -> Result<u64, StoreError> {
            let number = self.conn().query_row(sql, [], |row| row.get::<_, i64>(0));
            number.map(i64::cast_unsigned).map_err(|err| self.of_sqlite(&err))
        };
        let mut kinds = vec![SizeOf { kind: REST, count: 0, bytes: bytes.get(REST).copied().unwrap_or(0) }];
        for (kind, _, count) in KINDS {
            kinds.push(SizeOf { kind, count: number(count)?, bytes: bytes.get(kind).copied().unwrap_or(0) });
        }
        kinds.sort_by_key(|kind| std::cmp::Reverse(kind.bytes));
        let free = number("PRAGMA freelist_count")? * number("PRAGMA page_size")?;
        Ok(Sizes { kinds, free, total: open::size(&self.path) })
    }

    /// Gives the pages of all blobs to those who use them, by the bytes of their parts.
    fn share_parts(&self, pages: u64, bytes: &mut BTreeMap<&'static str, u64>) -> Result<(), StoreError> {
        let mut sizes: BTreeMap<i64, u64> = BTreeMap::new();
        let sql = "SELECT blob, sum(length(bytes)) FROM parts GROUP BY blob";
        sizes.extend(self.all(sql, [], |row| Ok((self.get(row, 0)?, self.get::<i64>(row, 1)?.cast_unsigned())))?);
        let all = sizes.values().sum::<u64>().max(1);
        for (kind, sql) in USERS {
            let mut used = 0;
            for blob in self.all(sql, [], |row| self.get::<i64>(row, 0))? {
                used += sizes.remove(&blob).unwrap_or(0);
            }
            let share = u128::from(pages) * u128::from(used) / u128::from(all);
            *bytes.entry(kind).or_default() += u64::try_from(share).unwrap_or(u64::MAX);
        }
        Ok(())
    }
}
