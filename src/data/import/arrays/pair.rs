//! Which arrays of a file are the examples and the labels.

use super::super::super::arrays::one_line;
use super::super::{Problem, list};

/// Names that are usual for examples and labels, in lower case. One of the pairs has to be there alone.
const USUAL: [[&str; 2]; 17] = [
    ["x", "y"],
    ["x_train", "y_train"],
    ["train_x", "train_y"],
    ["train_images", "train_labels"],
    ["train_data", "train_labels"],
    ["images", "labels"],
    ["image", "label"],
    ["data", "labels"],
    ["data", "label"],
    ["data", "target"],
    ["data", "targets"],
    ["features", "labels"],
    ["features", "targets"],
    ["inputs", "labels"],
    ["inputs", "targets"],
    ["input", "target"],
    // `np.savez(file, x, y)` gives no names.
    ["arr_0", "arr_1"],
];

/// The arrays that are read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    pub x: String,
    pub y: String,
    /// What was taken and left out, where the user may have meant something else.
    pub note: Option<String>,
}

impl Pair {
    /// Finds `x` and `y`, or the one pair of usual names.
    pub fn find(names: Vec<String>) -> Result<Self, Problem> {
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        let [x, y] = if has("x") && has("y") { ["x".to_owned(), "y".to_owned()] } else { usual(&names)? };
        let left: Vec<String> = names.into_iter().filter(|name| *name != x && *name != y).collect();
        let is_plain = x == "x" && y == "y";
        let taken = if is_plain {
            None
        } else {
            Some(format!("`{}` is taken for x and `{}` for y", one_line(&x), one_line(&y)))
        };
        let left = match &left[..] {
            [] => None,
            [only] => Some(format!("`{}` is left out", one_line(only))),
            _ => Some(format!("{} are left out", list(&left))),
        };
        let note = match (taken, left) {
            (Some(taken), Some(left)) => Some(format!("{taken}; {left}")),
            (taken, left) => taken.or(left),
        };
        Ok(Self { x, y, note })
    }
}

/// Whether a file with arrays of these names holds examples and labels.
pub(super) fn is_data(names: &[String]) -> bool {
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    (has("x") && has("y")) || usual(names).is_ok()
}

fn usual(names: &[String]) -> Result<[String; 2], Problem> {
    let like = |wanted: &str| {
        let mut found = names.iter().filter(|name| name.to_lowercase() == wanted);
        found.next().filter(|_| found.next().is_none()).cloned()
    };
    let pairs: Vec<[String; 2]> = USUAL.iter().filter_map(|[x, y]| Some([like(x)?, like(y)?])).collect();
    match &pairs[..] {
        [pair] => Ok(pair.clone()),
        [] => {
            let name = if names.iter().any(|name| name == "x") { "y" } else { "x" };
            Err(Problem::Missing { name, found: names.to_vec() })
        }
        [first, second, ..] => Err(Problem::Broken {
            found: format!(
                "both `{}`, `{}` and `{}`, `{}` may be examples and labels",
                one_line(&first[0]),
                one_line(&first[1]),
                one_line(&second[0]),
                one_line(&second[1])
            ),
            expected: "one pair, or the names `x` and `y`".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(names: &[&str]) -> Result<Pair, String> {
        Pair::find(names.iter().map(|name| (*name).to_owned()).collect()).map_err(|err| err.to_string())
    }

    #[test]
    fn usual_names_are_taken_where_there_is_one_pair() {
        let note = |names: &[&str]| find(names).unwrap().note.unwrap_or_default();
        assert_eq!(note(&["x", "y"]), "");
        assert_eq!(note(&["X", "x", "y"]), "`X` is left out");
        assert_eq!(note(&["X", "y"]), "`X` is taken for x and `y` for y");
        assert_eq!(
            note(&["x_test", "x_train", "y_test", "y_train"]),
            "`x_train` is taken for x and `y_train` for y; `x_test`, `y_test` are left out"
        );
        assert_eq!(note(&["DESCR", "data", "target"]), "`data` is taken for x and `target` for y; `DESCR` is left out");
        assert_eq!(note(&["arr_0", "arr_1"]), "`arr_0` is taken for x and `arr_1` for y");
        let message = find(&["data", "images", "labels"]).unwrap_err();
        assert!(message.starts_with("both `images`, `labels` and `data`, `labels` may be"), "{message}");
        assert!(
            find(&["images", "y"]).unwrap_err().contains("no array `x`, expected `x` and `y`; found `images`, `y`")
        );
        assert!(find(&["x"]).unwrap_err().contains("no array `y`"));
    }
}
