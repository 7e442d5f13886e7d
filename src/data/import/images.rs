//! A folder of images by class: the names of its sub-folders, sorted, are the classes.
//!
//! Images are not resized; all must have one size. A model whose input has 3 channels gets red, green and blue, one with
//! 1 channel grey; for `[features]` the number of features decides.

use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageReader};

use super::super::arrays::one_line;
use super::check::{Fit, Names, Place, Raw, RawLabels};
use super::{Problem, Wanted};
use crate::config::Real;

const EXTENSIONS: [&str; 12] = ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "pnm", "pbm", "pgm", "ppm", "pam"];

/// Reads all images of all classes.
pub(super) fn read<T: Real>(folder: &Path, wanted: &Wanted<'_>) -> Result<Raw<T>, Problem> {
    let classes = class_folders(folder)?;
    let mut raw = Raw {
        x: Vec::new(),
        shape: Vec::new(),
        fit: Fit::Product,
        y: RawLabels::Whole(Vec::new()),
        format: "images by class".to_owned(),
        class_names: classes.iter().map(|class| name(class)).collect(),
        notes: Vec::new(),
        place: Place::Row,
        names: Names::default(),
    };
    let (mut labels, mut files) = (Vec::new(), Vec::<String>::new());
    let mut skipped = 0;
    for (label, class) in classes.iter().enumerate() {
        let (images, others) = image_files(class)?;
        skipped += others;
        if images.is_empty() {
            return Err(Problem::Broken {
                found: format!("no image in the sub-folder `{}`", name(class)),
                expected: "at least one png, jpeg, bmp, gif or pnm file in each".to_owned(),
            });
        }
        for path in images {
            let file = format!("{}/{}", name(class), name(&path));
            let picture = open(&path, &file)?;
            let shape = push(&mut raw.x, &picture, wanted.input);
            match files.first() {
                None => raw.shape = shape,
                Some(first) if shape != raw.shape => return Err(other_size(&file, &shape, first, &raw.shape)),
                Some(_) => {}
            }
            labels.push(label as i64);
            files.push(file);
        }
    }
    let pairs: Vec<String> = raw.class_names.iter().enumerate().map(|(i, name)| format!("{name} = {i}")).collect();
    raw.notes.push(format!("classes in alphabetical order: {}", pairs.join(", ")));
    if skipped > 0 {
        raw.notes.push(format!("{skipped} files that are no images were left out"));
    }
    raw.y = RawLabels::Whole(labels);
    raw.place = Place::Files(files);
    Ok(raw)
}

fn other_size(file: &str, shape: &[usize], first: &str, expected: &[usize]) -> Problem {
    let size = |shape: &[usize]| format!("{}×{}", shape[2], shape[1]);
    Problem::Shape {
        what: format!("`{file}` has"),
        found: format!("{} pixels", size(shape)),
        expected: format!("{} as `{first}`: all images must have one size", size(expected)),
    }
}

fn class_folders(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let mut classes: Vec<PathBuf> = entries(folder)?.into_iter().filter(|path| path.is_dir()).collect();
    classes.sort_by_key(|path| name(path));
    if classes.is_empty() {
        return Err(Problem::Broken {
            found: "a folder without sub-folders".to_owned(),
            expected: "one sub-folder of images for each class".to_owned(),
        });
    }
    Ok(classes)
}

/// The images of a class, sorted by name, and how many other files there are.
fn image_files(class: &Path) -> Result<(Vec<PathBuf>, usize), Problem> {
    let is_image = |path: &PathBuf| {
        path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
    };
    let (mut images, others): (Vec<PathBuf>, Vec<PathBuf>) =
        entries(class)?.into_iter().filter(|path| path.is_file()).partition(is_image);
    images.sort_by_key(|path| name(path));
    Ok((images, others.len()))
}

/// What a folder holds, hidden entries left out.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Problem> {
    let unreadable = |err: std::io::Error| Problem::Unreadable { reason: format!("{err}: {}", name(folder)) };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if !name(&path).starts_with('.') {
            found.push(path);
        }
    }
    Ok(found)
}

fn open(path: &Path, file: &str) -> Result<DynamicImage, Problem> {
    let broken = |err: &dyn std::fmt::Display| Problem::Broken {
        found: format!("`{file}` is truncated or broken ({})", one_line(&err.to_string())),
        expected: "an image in png, jpeg, bmp, gif or pnm".to_owned(),
    };
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format).map_err(|err| broken(&err))?;
    reader.decode().map_err(|err| broken(&err))
}

/// Adds the pixels, channel by channel, and says their shape.
fn push<T: Real>(x: &mut Vec<T>, picture: &DynamicImage, input: &[usize]) -> Vec<usize> {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let is_colour = match input {
        [channels, _, _] => *channels == 3,
        [] => picture.color().has_color(),
        _ => input.iter().product::<usize>() == 3 * width * height,
    };
    if is_colour {
        let pixels = picture.to_rgb32f();
        for channel in 0..3 {
            x.extend(pixels.pixels().map(|pixel| T::of(f64::from(pixel.0[channel]))));
        }
        return vec![3, height, width];
    }
    x.extend(picture.to_luma32f().pixels().map(|pixel| T::of(f64::from(pixel.0[0]))));
    vec![1, height, width]
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
