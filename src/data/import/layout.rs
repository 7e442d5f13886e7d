//! What the files of a folder or an archive are together: IDX, CIFAR, Parquet or images by class.

use std::path::Path;

use super::images::{Classes, is_system};
use super::parquet::Shards;
use super::tree::{Item, Tree, some_of};
use super::{Problem, cifar, idx};

/// Folders within a folder that are looked into at most: with more of them they are classes.
const MOST_FOLDERS: usize = 8;
/// How far below a folder files of IDX, CIFAR and Parquet are looked for: `data/MNIST/raw`.
const DEEPEST: usize = 3;

/// What was found.
pub(super) enum Layout {
    /// Files of IDX.
    Idx(idx::Files),
    /// Files of CIFAR.
    Cifar(cifar::Files),
    /// Files of Parquet.
    Parquet(Shards),
    /// Images by class.
    Images(Classes),
}

/// A layout with what the user should know of it.
pub(super) struct Found {
    pub(super) layout: Layout,
    pub(super) notes: Vec<String>,
}

/// Finds out what a tree holds.
pub(super) fn look(tree: &Tree) -> Result<Found, Problem> {
    let root = Path::new("");
    if let Some(layout) = files_in(tree, &tree.list(root)?)? {
        return Ok(Found { layout, notes: Vec::new() });
    }
    let mut below = Vec::new();
    look_below(tree, root, DEEPEST, &mut below)?;
    match below.len() {
        0 => Classes::of(tree, root).map(|classes| Found { layout: Layout::Images(classes), notes: Vec::new() }),
        1 => {
            let (folder, layout) = below.swap_remove(0);
            let layout = layout?;
            Ok(Found { layout, notes: vec![format!("the data are those of `{}`", folder.path.display())] })
        }
        count => {
            let places: Vec<String> = below.iter().map(|(folder, _)| folder.path.display().to_string()).collect();
            let first = if tree.is_archive() {
                "one: unpack it and give the folder".to_owned()
            } else {
                format!("one of them; try {}", tree.shown(&below[0].0.path))
            };
            Err(Problem::Broken {
                found: format!("{count} data sets, in {}", some_of(places.iter().map(String::as_str))),
                expected: first,
            })
        }
    }
}

/// Files of IDX, CIFAR or Parquet among those of one folder.
fn files_in(tree: &Tree, items: &[Item]) -> Result<Option<Layout>, Problem> {
    if let Some(files) = idx::Files::among(items)? {
        return Ok(Some(Layout::Idx(files)));
    }
    if let Some(files) = cifar::Files::among(tree, items)? {
        return Ok(Some(Layout::Cifar(files)));
    }
    Ok(Shards::among(tree, items)?.map(Layout::Parquet))
}

/// All folders below with such files, and what these are.
fn look_below(
    tree: &Tree,
    folder: &Path,
    depth: usize,
    found: &mut Vec<(Item, Result<Layout, Problem>)>,
) -> Result<(), Problem> {
    let folders: Vec<Item> =
        tree.list(folder)?.into_iter().filter(|item| item.is_folder && !is_system(&item.name)).collect();
    if depth == 0 || folders.len() > MOST_FOLDERS {
        return Ok(());
    }
    for item in folders {
        // What cannot be looked into is no reason to give up on its neighbours.
        let Ok(items) = tree.list(&item.path) else { continue };
        match files_in(tree, &items).transpose() {
            Some(layout) => found.push((item, layout)),
            None => look_below(tree, &item.path, depth - 1, found)?,
        }
    }
    Ok(())
}
