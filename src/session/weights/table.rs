//! What a published checkpoint calls the tensors of a model: the table `[names]` of a model file, ours → theirs.
//!
//! `"theirs ᵀ"` (or `"theirs T"`, `"theirs^T"`) is the transpose of ours: GPT-2's layers keep `[in, out]`. A tensor without a row
//! has its own name there.

use std::collections::{BTreeMap, HashMap};

/// Ways to write that theirs is the transpose.
const TRANSPOSED: [&str; 3] = ["ᵀ", "^T", " T"];

/// What a tensor is called in files, and how it stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Called<'a> {
    /// Its name.
    pub name: &'a str,
    /// Whether it is the transpose of ours.
    pub is_transposed: bool,
}

/// The names of a model's tensors in files.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: HashMap<String, (String, bool)>,
}

impl Table {
    /// Reads a table for a model whose parameters and buffers have these names, each with its other names where it is tied.
    ///
    /// # Errors
    /// In one sentence: a row for no tensor, or two tensors that would be one of theirs.
    pub fn new(names: &BTreeMap<String, String>, tensors: &[Vec<&str>]) -> Result<Self, String> {
        let mut rows = HashMap::new();
        for (ours, theirs) in names {
            if !tensors.iter().flatten().any(|name| name == ours) {
                return Err(format!(
                    "`[names]` has `{ours}`, which is no tensor of the model, expected its tensors alone"
                ));
            }
            let text = theirs.trim();
            let plain = TRANSPOSED.iter().find_map(|mark| text.strip_suffix(mark));
            let name = plain.unwrap_or(text).trim();
            if name.is_empty() {
                return Err(format!("`[names]` has no name for `{ours}`, expected what it is called in files"));
            }
            rows.insert(ours.clone(), (name.to_owned(), plain.is_some()));
        }
        let table = Self { rows };
        let mut owners: HashMap<&str, (usize, &str)> = HashMap::new();
        for (index, all) in tensors.iter().enumerate() {
            for ours in all {
                let theirs = table.called(ours).name;
                match owners.insert(theirs, (index, ours)) {
                    Some((other, first)) if other != index => {
                        return Err(format!(
                            "by `[names]` both `{first}` and `{ours}` are `{theirs}`, expected a tensor of its own for each \
                             (`tied` makes one of two)"
                        ));
                    }
                    _ => {}
                }
            }
        }
        Ok(table)
    }

    /// What one of our tensors is called.
    pub fn called<'a>(&'a self, ours: &'a str) -> Called<'a> {
        match self.rows.get(ours) {
            Some((name, is_transposed)) => Called { name, is_transposed: *is_transposed },
            None => Called { name: ours, is_transposed: false },
        }
    }
}

/// The shape that theirs is to have.
///
/// # Errors
/// Where ours has no transpose.
pub(super) fn shape_in_file(ours: &[usize], called: Called<'_>) -> Result<Vec<usize>, String> {
    match ours {
        _ if !called.is_transposed => Ok(ours.to_vec()),
        [rows, columns] => Ok(vec![*columns, *rows]),
        _ => Err(format!("`{}` is a transpose by `[names]`, but ours is {ours:?}, expected a matrix", called.name)),
    }
}

/// A row-major matrix of so many columns, transposed.
pub(super) fn transposed(values: &[f64], columns: usize) -> Vec<f64> {
    let rows = values.len() / columns.max(1);
    (0..columns).flat_map(|column| (0..rows).map(move |row| values[row * columns + column])).collect()
}

/// Whether `theirs` is `ours` but for sides of 1 that ours has not: `[1, 1, D]` for `[D]`, `[]` for `[1]`.
pub(super) fn is_same_but_for_ones(theirs: &[usize], ours: &[usize]) -> bool {
    if theirs.is_empty() {
        return ours == [1];
    }
    let mut rest = ours.iter().peekable();
    theirs.len() > ours.len()
        && theirs.iter().all(|side| rest.next_if_eq(&side).is_some() || *side == 1)
        && rest.peek().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)], tensors: &[Vec<&str>]) -> Result<Table, String> {
        let names = rows.iter().map(|(ours, theirs)| ((*ours).to_owned(), (*theirs).to_owned())).collect();
        Table::new(&names, tensors)
    }

    #[test]
    fn rows_say_name_and_transpose_and_others_keep_their_own() {
        let rows = [("0.weight", "wte.weight"), ("1.weight", "a.weight ᵀ"), ("2.weight", "b T"), ("3.weight", "cT^T")];
        let tensors = ["0.weight", "1.weight", "2.weight", "3.weight", "0.bias"].map(|name| vec![name]);
        let table = table(&rows, &tensors).unwrap();
        let called = |ours| (table.called(ours).name.to_owned(), table.called(ours).is_transposed);
        assert_eq!(called("0.weight"), ("wte.weight".to_owned(), false));
        assert_eq!(called("1.weight"), ("a.weight".to_owned(), true));
        assert_eq!(called("2.weight"), ("b".to_owned(), true));
        assert_eq!(called("3.weight"), ("cT".to_owned(), true));
        assert_eq!(called("0.bias"), ("0.bias".to_owned(), false));
    }

    #[test]
    fn rows_that_cannot_be_are_told() {
        let tensors = [vec!["0.weight", "8.weight"], vec!["1.weight"]];
        assert!(table(&[("0.weight", "a"), ("8.weight", "a")], &tensors).is_ok(), "they are one");
        for (rows, problem) in [
            (&[("9.weight", "a")][..], "`[names]` has `9.weight`, which is no tensor of the model"),
            (&[("0.weight", "a"), ("1.weight", "a")], "both `0.weight` and `1.weight` are `a`"),
            (&[("0.weight", "1.weight")], "both `0.weight` and `1.weight` are `1.weight`"),
            (&[("0.weight", " ᵀ")], "`[names]` has no name for `0.weight`"),
        ] {
            let message = table(rows, &tensors).unwrap_err();
            assert!(message.starts_with(problem) || message.contains(problem), "{message}");
        }
    }

    #[test]
    fn sides_of_one_and_transposes_are_those_of_the_file() {
        for (theirs, ours, is_same) in [
            (&[1, 1, 4][..], &[4][..], true),
            (&[], &[1], true),
            (&[2, 3, 1, 1], &[2, 3], true),
            (&[1, 3], &[3, 1], false),
            (&[4], &[4], false),
            (&[1, 2, 4], &[4], false),
            (&[2, 1], &[1, 2], false),
            (&[1, 1], &[1], true),
        ] {
            assert_eq!(is_same_but_for_ones(theirs, ours), is_same, "{theirs:?} {ours:?}");
        }
        // [[0, 1, 2], [3, 4, 5]].T
        assert_eq!(transposed(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0], 3), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        let called = |is_transposed| Called { name: "a", is_transposed };
        assert_eq!(shape_in_file(&[2, 3], called(true)), Ok(vec![3, 2]));
        assert_eq!(shape_in_file(&[2, 3, 4], called(false)), Ok(vec![2, 3, 4]));
        assert!(shape_in_file(&[3], called(true)).unwrap_err().contains("expected a matrix"));
    }
}
