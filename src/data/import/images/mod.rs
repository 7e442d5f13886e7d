//! A folder of images by class: the names of its sub-folders, sorted, are the classes.
//!
//! Images are not resized; all must have one size. A model whose input has 3 channels gets red, green and blue, one with
//! 1 channel grey; for `[features]` the number of features decides. Without a model they are in colour where one of them
//! is. Sizes are compared by the headers, before anything is decoded.

mod classes;
mod pixels;

use std::path::{Path, PathBuf};

use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::tree::{Tree, some_of};
use super::{Problem, Wanted};
use crate::config::Real;
use crate::data::limit;
use classes::ClassFiles;
use pixels::{Picture, Tally};

pub(super) use classes::{Classes, is_system};

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
    let names: Vec<String> = files.iter().map(|file| place(classes, file)).collect();
    let mut pixels = Pixels::default();
    // Without a model the first image decides, until one in colour comes.
    let mut in_colour = None;
    loop {
        match pixels.read(tree, &files, &names, wanted, in_colour)? {
            Outcome::Read => break,
            Outcome::Colour => {
                in_colour = Some(true);
                pixels = Pixels::default();
            }
        }
    }
    let class_names: Vec<String> = classes.folders.iter().map(|class| class.name.clone()).collect();
    let pairs: Vec<String> = class_names.iter().enumerate().map(|(i, name)| format!("{name} = {i}")).collect();
    notes.insert(0, format!("classes in alphabetical order: {}", pairs.join(", ")));
    notes.extend(pixels.tally.notes());
    Ok(Raw {
        x: pixels.x,
        shape: pixels.shape,
        fit: Fit::Product,
        y: RawLabels::Whole(labels),
        format: "images by class".to_owned(),
        class_names,
        notes,
        place: Place::Files(names),
        names: Names::default(),
    })
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

/// The numbers of all images.
struct Pixels<T> {
    x: Vec<T>,
    shape: Vec<usize>,
    tally: Tally,
}

impl<T> Default for Pixels<T> {
    fn default() -> Self {
        Self { x: Vec::new(), shape: Vec::new(), tally: Tally::default() }
    }
}

/// How a reading of all images ended.
enum Outcome {
    /// All are read.
    Read,
    /// One is in colour while the first ones are not, and nobody said which is wanted.
    Colour,
}

impl<T: Real> Pixels<T> {
    fn read(
        &mut self,
        tree: &Tree,
        files: &[PathBuf],
        names: &[String],
        wanted: &Wanted<'_>,
        in_colour: Option<bool>,
    ) -> Result<Outcome, Problem> {
        for (file, name) in files.iter().zip(names) {
            let bytes = tree.read(file)?;
            let picture = Picture::open(&bytes, name)?;
            let size = [picture.height, picture.width];
            if self.shape.is_empty() {
                let in_colour = in_colour.unwrap_or_else(|| in_colour_for(&picture, wanted));
                self.begin(size, in_colour, files.len(), name, wanted)?;
            } else if self.shape[1..] != size {
                return Err(other_size(name, &size, &names[0], &self.shape[1..]));
            }
            let in_colour = self.shape[0] == 3;
            if wanted.input.is_empty() && picture.has_colour && !in_colour {
                return Ok(Outcome::Colour);
            }
            picture.push(&mut self.x, name, in_colour, &mut self.tally)?;
        }
        Ok(Outcome::Read)
    }

    /// Fixes the shape by the first image, where the model and the memory allow it.
    fn begin(
        &mut self,
        [height, width]: [usize; 2],
        in_colour: bool,
        count: usize,
        name: &str,
        wanted: &Wanted<'_>,
    ) -> Result<(), Problem> {
        let shape = [if in_colour { 3 } else { 1 }, height, width];
        let features = shape.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64));
        let expected = wanted.input.iter().fold(1_u64, |product, &side| product.saturating_mul(side as u64));
        if !wanted.input.is_empty() && features != expected {
            return Err(Problem::Shape {
                what: format!("`{name}` as an example of x has the shape"),
                found: format!("{shape:?}"),
                expected: format!("{:?}, the model's input", wanted.input),
            });
        }
        let of_all = features.saturating_mul(count as u64).saturating_mul(size_of::<T>() as u64);
        // The image that is being decoded, with four channels of 16 bits.
        let of_one = (width as u64).saturating_mul(height as u64).saturating_mul(8);
        let what = format!("{count} images of {width}×{height} pixels");
        limit::allow(&what, of_all.saturating_add(of_one)).map_err(Problem::TooLarge)?;
        self.shape = shape.to_vec();
        Ok(())
    }
}

/// Whether a model takes images of this size in colour.
fn in_colour_for(picture: &Picture<'_>, wanted: &Wanted<'_>) -> bool {
    match wanted.input {
        [channels, _, _] => *channels == 3,
        [] => picture.has_colour,
        input => input.iter().product::<usize>() == picture.width.saturating_mul(picture.height).saturating_mul(3),
    }
}

fn other_size(file: &str, size: &[usize], first: &str, expected: &[usize]) -> Problem {
    let words = |size: &[usize]| format!("{}×{}", size[1], size[0]);
    Problem::Shape {
        what: format!("`{file}` has"),
        found: format!("{} pixels", words(size)),
        expected: format!("{} as `{first}`: all images must have one size", words(expected)),
    }
}
