//! A folder of images by class: the names of its sub-folders, sorted, are the classes.
//!
//! Images are not resized; all must have one size. A model whose input has 3 channels gets red, green and blue, one with
//! 1 channel grey; for `[features]` the number of features decides. Without a model they are in colour where one of them
//! is. Sizes are compared by the headers, before anything is decoded.

mod classes;
mod pixels;
mod sizes;

use std::path::{Path, PathBuf};

use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::tree::{Tree, some_of};
use super::{Problem, Wanted};
use crate::config::Real;
use crate::data::arrays::shown;
use classes::ClassFiles;

pub(super) use classes::{Classes, is_part, is_system, is_training};
pub(super) use sizes::Pixels;

/// The images of all classes.
struct Images {
    files: Vec<PathBuf>,
    labels: Vec<i64>,
    notes: Vec<String>,
}

/// Reads all images of all classes.
pub(super) fn read<T: Real>(tree: &mut Tree, classes: &Classes, wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    let Images { files, labels, mut notes } = images(tree, classes)?;
    tree.load(&files)?;
    let names: Vec<String> = files.iter().map(|file| shown(&place(classes, file))).collect();
    let mut pixels = Pixels::new(files.len(), wanted);
    for (file, name) in files.iter().zip(&names) {
        pixels.add(&tree.read(file)?, &format!("`{name}`"))?;
    }
    let (x, shape, of_pixels) = pixels.finish();
    let class_names: Vec<String> = classes.folders.iter().map(|class| class.name.clone()).collect();
    let pairs: Vec<String> = class_names.iter().enumerate().map(|(i, name)| format!("{name} = {i}")).collect();
    notes.insert(0, format!("classes in alphabetical order: {}", pairs.join(", ")));
    notes.extend(of_pixels);
    Ok(Raw {
        x,
        shape,
        fit: Fit::Product,
        y: RawLabels::Whole(labels),
        format: "images by class".to_owned(),
        class_names,
        notes,
        place: Place::Files(names),
        names: Names::default(),
        text: None,
    })
}

/// Where the images of all classes lie.
pub(super) fn places(tree: &Tree, classes: &Classes) -> Result<Vec<PathBuf>, Problem> {
    images(tree, classes).map(|images| images.files)
}

fn images(tree: &Tree, classes: &Classes) -> Result<Images, Problem> {
    let mut images = Images { files: Vec::new(), labels: Vec::new(), notes: classes.notes.clone() };
    let (mut others, mut num_nested) = (Vec::new(), 0);
    for (label, class) in classes.folders.iter().enumerate() {
        let mut found = ClassFiles::of(tree, class)?;
        images.labels.resize(images.labels.len() + found.images.len(), label as i64);
        images.files.append(&mut found.images);
        others.append(&mut found.others);
        num_nested += found.num_nested;
    }
    if num_nested > 0 {
        let are = if num_nested == 1 { "1 image lies" } else { &format!("{num_nested} images lie") };
        images.notes.push(format!("{are} in sub-folders of a class and belong to it"));
    }
    if !others.is_empty() {
        let others = some_of(others.iter().map(String::as_str));
        images.notes.push(format!("files that are no images, or of a kind that is not read, were left out: {others}"));
    }
    Ok(images)
}

/// A file as messages name it: from its class on.
fn place(classes: &Classes, file: &Path) -> String {
    let above = classes.folders.first().and_then(|class| class.path.parent()).unwrap_or(Path::new(""));
    file.strip_prefix(above).unwrap_or(file).display().to_string()
}
