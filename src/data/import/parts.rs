//! Which files on the disk are read where a path of data is: the file itself with what belongs to it, or those of a folder.

use std::path::{Path, PathBuf};

use super::detect::{Kind, detect};
use super::layout::{Found, Layout};
use super::reading::beside;
use super::tree::Tree;
use super::{idx, images};

/// The files that are read of the data at a path, in the order in which they are read; the path itself where that cannot be told.
#[must_use]
pub fn data_files(path: &Path) -> Vec<PathBuf> {
    let (tree, places) = match detect(path) {
        Ok(Kind::Folder(Found { layout, .. })) => {
            let tree = Tree::folder(path);
            let places = of_layout(&tree, &layout);
            (tree, places)
        }
        Ok(Kind::Idx) => {
            let (tree, file) = beside(path);
            let places = idx::Files::beside(&tree, &file, false).map(|files| files.places()).unwrap_or_default();
            (tree, places)
        }
        _ => return vec![path.to_owned()],
    };
    if places.is_empty() { vec![path.to_owned()] } else { places.iter().map(|place| tree.place(place)).collect() }
}

/// Places of the files that hold examples; none where they cannot be read.
fn of_layout(tree: &Tree, layout: &Layout) -> Vec<PathBuf> {
    match layout {
        Layout::Idx(files) => files.places(),
        Layout::Cifar(files) => files.places().to_vec(),
        Layout::Parquet(shards) => shards.places().to_vec(),
        Layout::Images(classes) => images::places(tree, classes).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str) -> Vec<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference");
        let files = data_files(&root.join(path));
        files.iter().map(|file| file.strip_prefix(&root).unwrap().display().to_string()).collect()
    }

    #[test]
    fn what_is_read_is_told_and_nothing_that_lies_beside_it() {
        assert_eq!(names("data/header.csv"), ["data/header.csv"]);
        let pair = ["data/idx/train-images-idx3-ubyte", "data/idx/train-labels-idx1-ubyte"];
        assert_eq!((names(pair[0]), names("data/idx")), (pair.map(str::to_owned).to_vec(), names(pair[1])));
        assert!(names("data/png").contains(&"data/png/cat/0.png".to_owned()), "{:?}", names("data/png"));
        assert!(names("parquet/shards").len() > 1, "{:?}", names("parquet/shards"));
        assert_eq!(names("nothing/there"), ["nothing/there"]);
    }
}
