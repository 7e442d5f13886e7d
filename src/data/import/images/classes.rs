//! Which sub-folders of a folder are classes: not those that hidden files, systems and tools leave behind, and not the parts
//! of a split, whose own sub-folders are the classes.

use std::path::{Path, PathBuf};

use super::super::Problem;
use super::super::tree::{Item, Tree, some_of};

/// Ends of the names of images.
const EXTENSIONS: [&str; 12] = ["png", "jpg", "jpeg", "jpe", "jfif", "bmp", "gif", "pnm", "pbm", "pgm", "ppm", "pam"];
/// What the parts of a split are called, the ones that are trained on first.
const TRAINING: [&str; 3] = ["train", "training", "trainset"];
const OTHER_PARTS: [&str; 12] = [
    "test",
    "testing",
    "testset",
    "val",
    "valid",
    "validation",
    "valset",
    "dev",
    "eval",
    "evaluation",
    "holdout",
    "heldout",
];
/// Folders and files of systems and tools, besides hidden ones.
const SYSTEM: [&str; 10] = [
    "__macosx",
    "@eadir",
    "lost+found",
    "$recycle.bin",
    "system volume information",
    "__pycache__",
    "#recycle",
    "thumbs.db",
    "ehthumbs.db",
    "desktop.ini",
];
/// Folders within folders at most.
const DEEPEST: usize = 16;

/// The folders of classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Classes {
    /// Each with its name, sorted.
    pub(super) folders: Vec<Item>,
    /// Sentences for the user.
    pub(super) notes: Vec<String>,
}

/// What lies in a folder, sorted by what it may be.
struct Content {
    folders: Vec<Item>,
    images: Vec<Item>,
    others: Vec<Item>,
    /// Folders of systems and tools.
    left_out: Vec<Item>,
}

impl Content {
    fn of(tree: &Tree, folder: &Path) -> Result<Self, Problem> {
        let (known, system): (Vec<_>, Vec<_>) = tree.list(folder)?.into_iter().partition(|item| !is_system(&item.name));
        let (folders, files): (Vec<_>, Vec<_>) = known.into_iter().partition(|item| item.is_folder);
        let (images, others) = files.into_iter().partition(|item| is_image(&item.path));
        Ok(Self { folders, images, others, left_out: system.into_iter().filter(|item| item.is_folder).collect() })
    }
}

/// Whether a name is one of a system or a tool, or hidden.
pub(in super::super) fn is_system(name: &str) -> bool {
    name.starts_with('.') || SYSTEM.contains(&name.to_lowercase().as_str())
}

fn is_image(path: &Path) -> bool {
    path.extension().is_some_and(|extension| EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

pub(in super::super) fn is_training(name: &str) -> bool {
    TRAINING.contains(&name.to_lowercase().as_str())
}

pub(in super::super) fn is_part(name: &str) -> bool {
    is_training(name) || OTHER_PARTS.contains(&name.to_lowercase().as_str())
}

fn names(items: &[Item]) -> String {
    some_of(items.iter().map(|item| item.name.as_str()))
}

impl Classes {
    /// The classes of a folder.
    ///
    /// On a disk the folder itself must be the one that holds them, and the sentence says which one would; within an archive,
    /// where nobody can name a folder, that one is taken and told.
    pub(in super::super) fn of(tree: &Tree, folder: &Path) -> Result<Self, Problem> {
        Self::within(tree, folder, DEEPEST)
    }

    fn within(tree: &Tree, folder: &Path, depth: usize) -> Result<Self, Problem> {
        let content = Content::of(tree, folder)?;
        let Some(first) = content.folders.first() else { return Err(no_folders(tree, folder, &content)) };
        let holds = |item: &Item| {
            Content::of(tree, &item.path).map(|content| (!content.folders.is_empty(), !content.images.is_empty()))
        };
        let parts: Vec<&Item> = content.folders.iter().filter(|item| is_part(&item.name)).collect();
        if !parts.is_empty() {
            let of_classes: Vec<&Item> =
                parts.iter().copied().filter(|item| holds(item).is_ok_and(|(folders, _)| folders)).collect();
            let is_class = |item: &Item| !is_part(&item.name) && holds(item).is_ok_and(|(_, images)| images);
            if !of_classes.is_empty() && !content.folders.iter().any(is_class) {
                return Self::of_parts(tree, &of_classes, &parts, depth);
            }
            if parts.len() == content.folders.len() {
                return Err(Problem::Broken {
                    found: format!(
                        "{}, the parts of a split, without folders of classes in them",
                        names(&content.folders)
                    ),
                    expected: "one sub-folder of images for each class".to_owned(),
                });
            }
        }
        // One folder around all others is no class.
        let is_wrapper = content.folders.len() == 1 && content.images.is_empty() && holds(first)? == (true, false);
        if is_wrapper && depth > 0 {
            let inner = Self::within(tree, &first.path, depth - 1)?;
            return Self::taken_or_told(
                tree,
                &first.path,
                inner,
                format!("one sub-folder, `{}`, with {} folders in it", first.name, holds_count(tree, first)),
            );
        }
        let mut notes = Vec::new();
        if !content.left_out.is_empty() {
            let are = if content.left_out.len() == 1 { "is no class and was" } else { "are no classes and were" };
            notes.push(format!("{} {are} left out", names(&content.left_out)));
        }
        if !content.images.is_empty() {
            let count = content.images.len();
            notes.push(format!(
                "{} beside the folders of classes {} left out",
                images(count),
                if count == 1 { "was" } else { "were" }
            ));
        }
        Ok(Self { folders: content.folders, notes })
    }

    /// A folder of the parts of a split.
    fn of_parts(tree: &Tree, of_classes: &[&Item], parts: &[&Item], depth: usize) -> Result<Self, Problem> {
        let chosen = of_classes.iter().find(|item| is_training(&item.name)).unwrap_or(&of_classes[0]);
        let all = some_of(parts.iter().map(|item| item.name.as_str()));
        let found =
            if parts.len() == 1 { format!("{all}, a part of a split") } else { format!("{all}, the parts of a split") };
        if !tree.is_archive() {
            return told(tree, &chosen.path, format!("{found} and no classes"));
        }
        let inner = Self::within(tree, &chosen.path, depth.saturating_sub(1))?;
        Self::taken_or_told(tree, &chosen.path, inner, found)
    }

    /// The classes of another folder than the one that was given.
    fn taken_or_told(tree: &Tree, folder: &Path, mut inner: Self, found: String) -> Result<Self, Problem> {
        if !tree.is_archive() {
            return told(tree, folder, found);
        }
        inner.notes.insert(0, format!("the images are those of `{}`; there is {found}", folder.display()));
        Ok(inner)
    }
}

fn told<T>(tree: &Tree, folder: &Path, found: String) -> Result<T, Problem> {
    let expected = format!("the folder with one sub-folder of images for each class; try {}", tree.shown(folder));
    Err(Problem::Broken { found, expected })
}

fn holds_count(tree: &Tree, folder: &Item) -> usize {
    Content::of(tree, &folder.path).map_or(0, |content| content.folders.len())
}

fn images(count: usize) -> String {
    format!("{count} image{}", if count == 1 { "" } else { "s" })
}

/// Why a folder without sub-folders is refused: what lies in it instead.
fn no_folders(tree: &Tree, folder: &Path, content: &Content) -> Problem {
    let class = |file: &str| tree.shown(&folder.join("cat").join(file));
    let (what, way) = if tree.is_archive() {
        ("an archive without folders", "unpack it and give the file")
    } else {
        ("a folder without sub-folders", "give the path of one file")
    };
    let (inside, expected) = if let Some(image) = content.images.first() {
        (
            images(content.images.len()),
            format!("one sub-folder of images for each class, such as {}", class(&image.name)),
        )
    } else {
        let of_known = "one sub-folder of images for each class, or files of IDX, CIFAR or Parquet";
        let way = if content.others.is_empty() { String::new() } else { format!("; {way}") };
        (names(&content.others), format!("{of_known}{way}"))
    };
    let inside = if inside.is_empty() { inside } else { format!(", with {inside} in it") };
    Problem::Broken { found: format!("{what}{inside}"), expected }
}

/// The images of one class.
pub(super) struct ClassFiles {
    /// Sorted by their place, those of a folder before those of its sub-folders, as torchvision does.
    pub(super) images: Vec<PathBuf>,
    /// How many of them lie in sub-folders.
    pub(super) num_nested: usize,
    /// Names of other files.
    pub(super) others: Vec<String>,
}

impl ClassFiles {
    /// All images of a class, those of its sub-folders as well.
    pub(super) fn of(tree: &Tree, class: &Item) -> Result<Self, Problem> {
        let mut files = Self { images: Vec::new(), num_nested: 0, others: Vec::new() };
        files.add(tree, &class.path, &mut Vec::new())?;
        if files.images.is_empty() {
            let others = some_of(files.others.iter().map(String::as_str));
            let only = if files.others.is_empty() { String::new() } else { format!(", only {others}") };
            return Err(Problem::Broken {
                found: format!("no image in the sub-folder `{}`{only}", class.name),
                expected: "at least one png, jpeg, bmp, gif or pnm file in each".to_owned(),
            });
        }
        Ok(files)
    }

    fn add(&mut self, tree: &Tree, folder: &Path, above: &mut Vec<PathBuf>) -> Result<(), Problem> {
        // A link to a folder above would be walked forever.
        let place = tree.true_place(folder);
        if above.len() >= DEEPEST || place.as_ref().is_some_and(|place| above.contains(place)) {
            return Ok(());
        }
        let content = Content::of(tree, folder)?;
        let parts: Vec<&str> =
            content.folders.iter().map(|item| item.name.as_str()).filter(|name| is_part(name)).collect();
        if content.images.is_empty() && parts.len() > 1 {
            return Err(Problem::Broken {
                found: format!("{} within the class `{}`", some_of(parts.into_iter()), folder.display()),
                expected: "the classes within the parts of a split, such as train/cat".to_owned(),
            });
        }
        self.num_nested += if above.is_empty() { 0 } else { content.images.len() };
        self.images.extend(content.images.into_iter().map(|item| item.path));
        self.others.extend(content.others.into_iter().map(|item| item.name));
        above.push(place.unwrap_or_default());
        for folder in &content.folders {
            self.add(tree, &folder.path, above)?;
        }
        above.pop();
        Ok(())
    }
}
