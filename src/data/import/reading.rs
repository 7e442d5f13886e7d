//! What a path is, read by the one reader or the other: as numbers and images, or as tokens.

use std::path::{Path, PathBuf};

use super::super::limit;
use super::check::Raw;
use super::detect::Kind;
use super::layout::{self, Found, Layout};
use super::tree::Tree;
use super::{
    ImportError, Problem, ReadChoice, Text, Wanted, arrays, cifar, csv, idx, images, json_lines, parquet, text,
};
use crate::config::{LossKind, Real};

/// All bytes of a file.
pub(super) fn whole(path: &Path) -> Result<Vec<u8>, Problem> {
    let unreadable = |err: std::io::Error| Problem::Unreadable { reason: err.to_string() };
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    limit::allow("the file", bytes).map_err(Problem::TooLarge)?;
    std::fs::read(path).map_err(unreadable)
}

/// A file with the folder that it lies in, where what belongs to it lies as well.
pub(super) fn beside(path: &Path) -> (Tree, PathBuf) {
    (Tree::folder(path.parent().unwrap_or(Path::new(""))), PathBuf::from(path.file_name().unwrap_or_default()))
}

/// Reads what a model with token inputs takes.
pub(super) fn tokens<T: Real>(
    path: &Path,
    kind: &Kind,
    wanted: &Wanted<'_>,
    text: Text<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    match kind {
        Kind::Arrays => arrays::read_tokens(path, wanted, text, choice),
        Kind::Csv => text::read(path, &whole(path).map_err(at)?, wanted, text, choice),
        Kind::JsonLines if !text.image.is_empty() => Err(text::no_text(path, "text without images")),
        Kind::JsonLines if wanted.loss == LossKind::TokenCrossEntropy => {
            Err(text::no_text(path, "a table, and the loss has a target for each token"))
        }
        Kind::JsonLines => {
            let tokenizer = text::tokenizer(choice)?;
            let table = whole(path).and_then(|bytes| json_lines::Table::of(&bytes)).map_err(at)?;
            table.texts(wanted, choice).and_then(|texts| text::tokens_of(texts, text, tokenizer)).map_err(at)
        }
        Kind::Parquet => {
            let (tree, file) = beside(path);
            let into = (text, text::tokenizer(choice)?);
            parquet::read_text_file(&tree, &file, wanted, choice, into).map_err(at)
        }
        Kind::Folder(Found { layout: Layout::Parquet(shards), notes }) => {
            let into = (text, text::tokenizer(choice)?);
            let mut raw = parquet::read_text(&Tree::folder(path), shards, wanted, choice, into).map_err(at)?;
            raw.notes.splice(0..0, notes.iter().cloned());
            Ok(raw)
        }
        Kind::Idx | Kind::Cifar | Kind::Folder(_) => Err(text::no_text(path, "images")),
        Kind::Archive(_) => Err(text::no_text(path, "an archive")),
    }
}

/// Reads numbers and images.
pub(super) fn numbers<T: Real>(
    path: &Path,
    kind: &Kind,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, ImportError> {
    let at = |problem| ImportError::In { path: path.to_owned(), problem };
    match kind {
        Kind::Arrays => arrays::read(path, wanted, choice),
        Kind::Csv => csv::read(path, &whole(path).map_err(at)?, wanted, choice).map_err(at),
        Kind::JsonLines => {
            let table = whole(path).and_then(|bytes| json_lines::Table::of(&bytes)).map_err(at)?;
            table.numbers(wanted, choice).map_err(at)
        }
        Kind::Idx => {
            let (mut tree, file) = beside(path);
            idx::read_file(&mut tree, &file, wanted).map_err(at)
        }
        Kind::Cifar => {
            let (mut tree, file) = beside(path);
            cifar::read(&mut tree, &cifar::Files::one(&file), wanted).map_err(at)
        }
        Kind::Parquet => {
            let (tree, file) = beside(path);
            parquet::read_file(&tree, &file, wanted, choice).map_err(at)
        }
        Kind::Folder(found) => read_tree(&mut Tree::folder(path), found, wanted, choice).map_err(at),
        Kind::Archive(packing) => {
            let mut tree = Tree::archive(path, *packing).map_err(at)?;
            let found = layout::look(&tree).map_err(at)?;
            read_tree(&mut tree, &found, wanted, choice).map_err(at)
        }
    }
}

/// Reads the files of a folder or an archive.
fn read_tree<T: Real>(
    tree: &mut Tree,
    found: &Found,
    wanted: &Wanted<'_>,
    choice: ReadChoice<'_>,
) -> Result<Raw<T>, Problem> {
    let mut raw = match &found.layout {
        Layout::Idx(files) => idx::read(tree, files, wanted),
        Layout::Cifar(files) => cifar::read(tree, files, wanted),
        Layout::Parquet(shards) => parquet::read(tree, shards, wanted, choice),
        Layout::Images(classes) => images::read(tree, classes, wanted),
    }?;
    raw.notes.splice(0..0, found.notes.iter().cloned());
    Ok(raw)
}
