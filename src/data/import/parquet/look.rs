//! As what a set is looked at where no model says: numbers and images, texts with labels, or images with their texts.
//! `docs/text.md` states the rules.

use std::path::Path;

use super::super::text::{is_usual, which};
use super::super::tree::Tree;
use super::super::{Problem, ReadChoice};
use super::choose::{label, parted};
use super::file::Table;
use super::schema::{Column, Kind};
use super::shards::Shards;
use crate::config::LossKind;

/// As what a set of files is looked at, by the loss that such examples have; `None` for numbers and images.
///
/// # Errors
/// Where its first file cannot be read.
pub(in super::super) fn tokens_kind(
    tree: &Tree,
    shards: &Shards,
    choice: ReadChoice<'_>,
) -> Result<Option<LossKind>, Problem> {
    let first = shards.files.first().ok_or(Problem::Empty)?;
    Ok(kind(&Table::open(&tree.place(first))?.columns, choice))
}

/// The same of one file, with the others of its set.
pub(in super::super) fn tokens_kind_of_file(
    tree: &Tree,
    file: &Path,
    choice: ReadChoice<'_>,
) -> Result<Option<LossKind>, Problem> {
    tokens_kind(tree, &Shards::with(tree, file)?, choice)
}

fn kind(columns: &[Column], choice: ReadChoice<'_>) -> Option<LossKind> {
    let (_, known) = parted(columns);
    let has = |kind: Kind| known.iter().any(|column| column.kind == kind);
    let label = label(columns, &known, choice.column).ok();
    if has(Kind::Images) {
        // A label that says so by its name, or by the names of its classes, is what an image is known for.
        let is_pair =
            label.is_none_or(|label| choice.column.is_none() && label.kind == Kind::Text && is_usual(&label.name));
        return (is_pair && has(Kind::Text)).then_some(LossKind::Contrastive);
    }
    let label = label.filter(|_| !has(Kind::Lists))?;
    let others: Vec<&Column> = known.into_iter().filter(|column| column.place != label.place).collect();
    let names: Vec<&str> = others.iter().map(|column| column.name.as_str()).collect();
    let is_chosen = choice.text_column.is_some();
    let is_text = is_chosen || which(&names).is_ok_and(|place| others[place].kind == Kind::Text);
    is_text.then_some(LossKind::CrossEntropy)
}

#[cfg(test)]
mod tests {
    use super::super::schema::of_kinds;
    use super::*;

    #[test]
    fn texts_pairs_and_numbers_are_told_apart_by_their_columns() {
        use Kind::{Images, Lists, Numbers, Text};
        const TEXT: Option<LossKind> = Some(LossKind::CrossEntropy);
        const PAIRS: Option<LossKind> = Some(LossKind::Contrastive);
        let plain = ReadChoice::default();
        for (of, choice, expected) in [
            (&[("text", Text), ("label", Numbers)][..], plain, TEXT),
            (&[("whatever", Text), ("label", Numbers)], plain, TEXT),
            (&[("id", Numbers), ("text", Text), ("label", Numbers)], plain, TEXT),
            (&[("size", Numbers), ("colour", Text), ("label", Numbers)], plain, None),
            (&[("a", Numbers), ("label", Numbers)], plain, None),
            (&[("title", Text), ("body", Text), ("label", Numbers)], plain, None),
            (
                &[("title", Text), ("body", Text), ("label", Numbers)],
                ReadChoice { text_column: Some("body"), ..plain },
                TEXT,
            ),
            (&[("pixels", Lists), ("text", Text), ("label", Numbers)], plain, None),
            (&[("image", Images), ("caption", Text)], plain, PAIRS),
            (&[("image", Images), ("animal", Text)], plain, None),
            (&[("image", Images), ("text", Text), ("label", Numbers)], plain, None),
            (&[("image", Images), ("text", Text), ("kind_", Numbers)], plain, None),
            (&[("image", Images), ("caption", Text)], ReadChoice { column: Some("caption"), ..plain }, None),
        ] {
            assert_eq!(kind(&of_kinds(of), choice), expected, "{of:?} {choice:?}");
        }
    }
}
