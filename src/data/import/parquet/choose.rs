//! Which columns are the examples, and which one is the label: as in a table (`docs/data.md`), and pictures before numbers.

use super::super::super::arrays::one_line;
use super::super::Problem;
use super::super::csv::{is_label_name, is_nameless};
use super::super::tree::some_of;
use super::schema::{Column, Kind};

/// What pandas calls an index that has no name.
const INDEX: &str = "__index_level_";

/// What is read of a file.
#[derive(Debug)]
pub(super) struct Plan {
    /// The examples: one column of pictures or of lists, or all columns of numbers.
    pub examples: Vec<Column>,
    /// The label.
    pub label: Column,
    /// What was chosen and left out, in sentences.
    pub notes: Vec<String>,
}

impl Plan {
    /// What the examples are.
    pub fn kind(&self) -> Kind {
        self.examples[0].kind
    }

    /// Chooses among the columns.
    ///
    /// # Errors
    /// [`Problem::Broken`] where there are no examples or no label, or several may be.
    pub fn of(columns: &[Column], chosen: Option<&str>) -> Result<Self, Problem> {
        let (index, known) = parted(columns);
        let label = label(columns, &known, chosen)?;
        let rest: Vec<&Column> = known.into_iter().filter(|column| column.place != label.place).collect();
        let of = |kind: Kind| rest.iter().copied().filter(|column| column.kind == kind).collect::<Vec<_>>();
        let (images, lists, numbers) = (of(Kind::Images), of(Kind::Lists), of(Kind::Numbers));
        let mut notes = vec![format!("the label is column {}", label.words())];
        if let [only] = index[..] {
            notes.push(format!("the index is left out: column {}", only.words()));
        } else if !index.is_empty() {
            notes.push(format!("the indices are left out: {}", names(&index)));
        }
        let examples = match (&images[..], &lists[..]) {
            ([one], _) | ([], [one]) => vec![(*one).clone()],
            ([], []) if !numbers.is_empty() => {
                only_numbers(&rest)?;
                numbers.into_iter().cloned().collect()
            }
            ([], []) => return Err(nothing(&rest, &label)),
            ([], many) => return Err(several("lists of numbers", many)),
            (many, _) => return Err(several("images", many)),
        };
        let is_left = |column: &&Column| examples.iter().all(|example| example.place != column.place);
        let left: Vec<&Column> = rest.into_iter().filter(is_left).collect();
        if !left.is_empty() {
            let are = if left.len() == 1 { "is" } else { "are" };
            notes.push(format!("{} {are} left out", names(&left)));
        }
        Ok(Self { examples, label, notes })
    }
}

/// The columns that name the rows, and the others.
pub(super) fn parted(columns: &[Column]) -> (Vec<&Column>, Vec<&Column>) {
    columns.iter().partition(|column| column.name.starts_with(INDEX) || is_nameless(&column.name))
}

/// Columns that a label may be chosen from, and the one that is taken where nobody chooses.
pub(super) fn candidates(columns: &[Column]) -> (Vec<&Column>, Option<usize>) {
    let (_, known) = parted(columns);
    let label = usual(&known).ok().map(|column| column.place);
    let candidates: Vec<&Column> = known.into_iter().filter(|column| column.may_be_label()).collect();
    let place = label.and_then(|label| candidates.iter().position(|column| column.place == label));
    (candidates, place)
}

/// The label: the column that the user chose, or the one by the rules.
pub(super) fn label(columns: &[Column], known: &[&Column], chosen: Option<&str>) -> Result<Column, Problem> {
    let column = match chosen {
        Some(chosen) => self::chosen(columns, known, chosen, "label")?,
        None => usual(known)?,
    };
    if column.may_be_label() {
        return Ok(column.clone());
    }
    Err(Problem::Broken {
        found: format!("column {} holds {}", column.words(), column.kind.words()),
        expected: "whole numbers, words or numbers as labels".to_owned(),
    })
}

/// The column called `y`, `label` or `class`; else the one whose classes the file names; else the last one.
fn usual<'a>(known: &[&'a Column]) -> Result<&'a Column, Problem> {
    let may: Vec<&Column> = known.iter().copied().filter(|column| column.may_be_label()).collect();
    let of = |is_it: &dyn Fn(&Column) -> bool| may.iter().copied().filter(|c| is_it(c)).collect::<Vec<_>>();
    let one = |found: Vec<&'a Column>, words: &str| match found[..] {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        _ => Err(Problem::Broken {
            found: format!("{} columns that {words}: {}", found.len(), names(&found)),
            expected: "one (`label_column` says which)".to_owned(),
        }),
    };
    if let Some(named) = one(of(&|column| is_label_name(&column.name)), "may be the label")? {
        return Ok(named);
    }
    if let Some(classes) = one(of(&|column| !column.classes.is_empty()), "have names of classes")? {
        return Ok(classes);
    }
    may.last().copied().ok_or_else(|| Problem::Broken {
        found: if known.is_empty() { "no columns".to_owned() } else { format!("no label beside {}", names(known)) },
        expected: "a column of labels: whole numbers, words or numbers".to_owned(),
    })
}

/// The column that the user chose for `what`, by its name or by its number.
pub(super) fn chosen<'a>(
    columns: &'a [Column],
    known: &[&'a Column],
    chosen: &str,
    what: &str,
) -> Result<&'a Column, Problem> {
    let named: Vec<&Column> = columns.iter().filter(|column| column.name == chosen).collect();
    let number = chosen.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    match (&named[..], number.and_then(|place| columns.get(place))) {
        ([one], _) => Ok(one),
        ([], Some(one)) => Ok(one),
        ([], None) => Err(Problem::Broken {
            found: format!("no column `{}` for the {what}", one_line(chosen)),
            expected: format!("one of {}", names(known)),
        }),
        (many, _) => Err(Problem::Broken {
            found: format!("{} columns called `{}`", many.len(), one_line(chosen)),
            expected: "one, or the column's number".to_owned(),
        }),
    }
}

fn names(columns: &[&Column]) -> String {
    some_of(columns.iter().map(|column| column.name.as_str()))
}

fn several(what: &str, columns: &[&Column]) -> Problem {
    Problem::Broken {
        found: format!("{} columns of {what}: {}", columns.len(), names(columns)),
        expected: "one of them and a label".to_owned(),
    }
}

fn only_numbers(rest: &[&Column]) -> Result<(), Problem> {
    let Some(other) = rest.iter().find(|column| column.kind != Kind::Numbers) else { return Ok(()) };
    Err(Problem::Broken {
        found: format!("column {} holds {}", other.words(), other.kind.words()),
        expected: "numbers in all columns but the label: leave it out".to_owned(),
    })
}

fn nothing(rest: &[&Column], label: &Column) -> Problem {
    let held: Vec<String> =
        rest.iter().map(|column| format!("`{}` holds {}", one_line(&column.name), column.kind.words())).collect();
    let others = if held.is_empty() { String::new() } else { format!(": {}", held.join(", ")) };
    Problem::Broken {
        found: format!("neither images nor numbers beside the label `{}`{others}", one_line(&label.name)),
        expected: "a column of images, of lists of numbers, or columns of numbers".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::schema::of_kinds;
    use super::*;

    /// The names of the examples and of the label, and the notes; or what is wrong.
    fn plan(of: &[(&str, Kind)], chosen: Option<&str>) -> Result<(String, String), String> {
        let plan = Plan::of(&of_kinds(of), chosen).map_err(|err| err.to_string())?;
        let examples: Vec<String> = plan.examples.into_iter().map(|column| column.name).collect();
        Ok((format!("{} → {}", examples.join(" "), plan.label.name), plan.notes.join("; ")))
    }

    #[test]
    fn pictures_come_before_lists_and_lists_before_numbers() {
        use Kind::{Images, Lists, Numbers, Text};
        let said = |of: &[(&str, Kind)]| plan(of, None).unwrap();
        let (found, notes) = said(&[("image", Images), ("id", Numbers), ("label", Numbers), ("caption", Text)]);
        assert_eq!(found, "image → label");
        assert_eq!(notes, "the label is column 3 (`label`); `id` and `caption` are left out");
        assert_eq!(said(&[("fine_", Numbers), ("img", Images), ("id", Numbers)]).0, "img → fine_");
        assert_eq!(said(&[("pixels", Lists), ("digit", Numbers)]).0, "pixels → digit");
        let (found, notes) = said(&[("a", Numbers), ("Class", Text), ("b", Numbers), ("__index_level_0__", Numbers)]);
        assert_eq!(found, "a b → Class");
        assert_eq!(notes, "the label is column 2 (`Class`); the index is left out: column 4 (`__index_level_0__`)");
        assert_eq!(plan(&[("a", Numbers), ("b", Numbers)], Some("1")).unwrap().0, "b → a");
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        use Kind::{Images, Lists, Numbers, Other, Text};
        type Case<'a> = (&'a [(&'a str, Kind)], Option<&'a str>, &'a str);
        let cases: [Case<'_>; 10] = [
            (&[("a", Images), ("b", Images), ("y", Numbers)], None, "2 columns of images: `a` and `b`"),
            (&[("a", Lists), ("b", Lists), ("y", Numbers)], None, "2 columns of lists of numbers: `a` and `b`"),
            (
                &[("text", Text), ("y", Numbers)],
                None,
                "neither images nor numbers beside the label `y`: `text` holds text",
            ),
            (&[("y", Numbers)], None, "neither images nor numbers beside the label `y`, expected"),
            (&[("a", Numbers), ("s", Text), ("y", Numbers)], None, "column 2 (`s`) holds text, expected numbers"),
            (&[("image", Images)], None, "no label beside `image`"),
            (&[("y", Numbers), ("label", Numbers)], None, "2 columns that may be the label: `y` and `label`"),
            (
                &[("i", Images), ("f_", Numbers), ("c_", Numbers)],
                None,
                "2 columns that have names of classes: `f_` and `c_`",
            ),
            (
                &[("i", Images), ("y", Numbers)],
                Some("rent"),
                "no column `rent` for the label, expected one of `i` and `y`",
            ),
            (&[("t", Other("maps")), ("y", Numbers)], Some("t"), "column 1 (`t`) holds maps, expected whole numbers"),
        ];
        for (of, chosen, words) in cases {
            let message = plan(of, chosen).unwrap_err();
            assert!(message.contains(words), "{words}: {message}");
        }
    }
}
