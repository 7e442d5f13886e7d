//! The queries of the document run on a session, and give rows.

use rusqlite::Connection;

use super::sample::written;

const DOCUMENT: &str = include_str!("../../../../docs/session.md");

#[test]
fn the_queries_of_the_document_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let conn = Connection::open(&path).unwrap();
    let queries: Vec<&str> = DOCUMENT.split("```sql\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(queries.len(), 8);
    for query in queries {
        let mut statement = conn.prepare(query).unwrap_or_else(|err| panic!("{query}: {err}"));
        let mut rows = statement.query([]).unwrap();
        let mut num_rows = 0;
        while rows.next().unwrap_or_else(|err| panic!("{query}: {err}")).is_some() {
            num_rows += 1;
        }
        assert!(num_rows > 0, "{query} gives nothing");
    }
}

#[test]
fn the_document_names_every_table_and_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.flatscape");
    written(&path);
    let conn = Connection::open(&path).unwrap();
    let mut statement = conn.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    for name in names.map(Result::unwrap) {
        assert!(DOCUMENT.contains(&format!("`{name}`")), "{name}");
    }
    let limits = crate::session::store::limits::Limits::default();
    let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
    let said =
        [mib(limits.slice_bytes), mib(limits.checkpoint_bytes), mib(limits.path_bytes), limits.slices.to_string()];
    assert!(said.iter().all(|words| DOCUMENT.contains(words)), "{said:?}");
    assert!(DOCUMENT.contains(&format!("| what alerts said | {} |", limits.alerts)));
    assert!(DOCUMENT.contains("131 072") && limits.rows == 131_072);
}
