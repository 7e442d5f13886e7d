//! The columns of a table, for the window: what may be chosen as the label.

/// The columns of a table, by its beginning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// The file is text in columns, whether these can be told or not.
    pub is_table: bool,
    /// What `label_column` may name: the columns' names, or their numbers from 1 where they have none. Columns that are left
    /// out are not among them.
    pub names: Vec<String>,
    /// The names are those of a header or of a schema.
    pub has_header: bool,
    /// The one of them that is the label unless the user says otherwise; `None` where several may be.
    pub label: Option<usize>,
}
