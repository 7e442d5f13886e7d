//! Which files of IDX belong together, by their names: `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, perhaps with
//! the name of a data set before that, a dot instead of a dash, or compressed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::super::Problem;
use super::super::tree::{Item, Tree, name, some_of};

/// Words for the part of a data set that is trained on, and for the others.
const TRAINING: &str = "train";
const OTHERS: [&str; 6] = ["t10k", "test", "val", "valid", "validation", "dev"];

/// Images with their labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Files {
    pub(super) images: PathBuf,
    /// Where they are, or that they are missing: a folder is one of IDX all the same.
    pub(super) labels: Result<PathBuf, Problem>,
    /// Sentences for the user.
    pub(super) notes: Vec<String>,
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// The data set; empty where the name has none.
    set: String,
    /// The part of it, such as `train`; empty where the name has none.
    part: String,
    is_labels: bool,
    is_packed: bool,
}

impl Name {
    fn read(name: &str) -> Option<Self> {
        let lower = name.to_lowercase().replace(['.', '_'], "-");
        let (plain, is_packed) = lower.strip_suffix("-gz").map_or((lower.as_str(), false), |plain| (plain, true));
        let is_idx = plain.contains("ubyte") || plain.contains("idx");
        let (place, is_labels) = match (plain.rfind("images"), plain.rfind("labels")) {
            (Some(images), labels) if labels.is_none_or(|labels| labels < images) => (images, false),
            (_, Some(labels)) => (labels, true),
            _ => return None,
        };
        if !is_idx {
            return None;
        }
        let before = plain[..place].trim_matches('-');
        let (set, part) = match before.rsplit_once('-') {
            Some((set, part)) if is_part(part) => (set, part),
            None if is_part(before) => ("", before),
            _ => (before, ""),
        };
        Some(Self { set: set.to_owned(), part: part.to_owned(), is_labels, is_packed })
    }
}

fn is_part(word: &str) -> bool {
    word == TRAINING || OTHERS.contains(&word)
}

/// Whether a file is called as those of IDX are.
pub(in super::super) fn is_idx_name(name: &str) -> bool {
    let lower = name.to_lowercase();
    lower.contains("-ubyte") || lower.contains("idx1") || lower.contains("idx3") || Name::read(name).is_some()
}

/// The images of one part of one data set, and their labels: plain and compressed.
#[derive(Debug, Default)]
struct Group<'a> {
    images: Vec<(&'a Item, Name)>,
    labels: Vec<(&'a Item, Name)>,
}

impl Files {
    /// The training files among what lies in a folder; `None` where no file is called as those of IDX are.
    pub(in super::super) fn among(items: &[Item]) -> Result<Option<Self>, Problem> {
        let mut groups: BTreeMap<(String, String), Group<'_>> = BTreeMap::new();
        for item in items.iter().filter(|item| !item.is_folder && !item.name.starts_with('.')) {
            if let Some(name) = Name::read(&item.name) {
                let group = groups.entry((name.set.clone(), name.part.clone())).or_default();
                if name.is_labels { &mut group.labels } else { &mut group.images }.push((item, name));
            }
        }
        let with_images: Vec<_> = groups.iter().filter(|(_, group)| !group.images.is_empty()).collect();
        if with_images.is_empty() {
            return Ok(None);
        }
        let shown = |group: &Group<'_>| group.images[0].0.name.clone();
        let sets: BTreeSet<&str> = with_images.iter().map(|((set, _), _)| set.as_str()).collect();
        let parts: Vec<&str> = with_images.iter().map(|((_, part), _)| part.as_str()).collect();
        let is_training = |part: &str| part == TRAINING;
        if sets.len() > 1 || (parts.len() > 1 && !parts.iter().any(|part| is_training(part))) {
            let names: Vec<String> = with_images.iter().map(|(_, group)| shown(group)).collect();
            let what =
                if sets.len() > 1 { format!("{} data sets", sets.len()) } else { format!("{} parts", parts.len()) };
            return Err(Problem::Broken {
                found: format!("{what} in one folder: {}", some_of(names.iter().map(String::as_str))),
                expected: "the path of one file of images".to_owned(),
            });
        }
        let chosen = with_images.iter().find(|((_, part), _)| is_training(part)).unwrap_or(&with_images[0]);
        let (_, group) = *chosen;
        let mut notes = Vec::new();
        let (image, kind) = prefer(&group.images, false);
        let labels = Self::labels_of(&image.name, kind, &group.labels);
        for (files, taken) in [(&group.images, Ok(image)), (&group.labels, labels.clone())] {
            if let (Ok(taken), [_, _, ..]) = (taken, &files[..]) {
                let names = files.iter().map(|(item, _)| item.name.as_str());
                notes.push(format!("{} lie side by side: `{}` is taken", some_of(names), taken.name));
            }
        }
        let others: Vec<String> =
            with_images.iter().filter(|other| other.0 != chosen.0).map(|(_, group)| shown(group)).collect();
        if !others.is_empty() {
            notes.push(format!(
                "the training files are taken; {} and their labels were left out",
                some_of(others.iter().map(String::as_str))
            ));
        }
        Ok(Some(Self { images: image.path.clone(), labels: labels.map(|labels| labels.path.clone()), notes }))
    }

    /// Where both lie, as far as they are there.
    pub(in super::super) fn places(&self) -> Vec<PathBuf> {
        std::iter::once(self.images.clone()).chain(self.labels.clone()).collect()
    }

    /// A file and the one with its labels or images beside it.
    pub(in super::super) fn beside(tree: &Tree, file: &Path, is_labels: bool) -> Result<Self, Problem> {
        let given = name(file);
        let Some(kind) = Name::read(&given) else {
            let what = if is_labels { "images" } else { "labels" };
            return Err(Problem::Broken {
                found: format!("a name that does not say where its {what} are"),
                expected: "names such as train-images-idx3-ubyte and train-labels-idx1-ubyte".to_owned(),
            });
        };
        let items = tree.list(file.parent().unwrap_or(Path::new("")))?;
        let belongs = |item: &Item| {
            let other = Name::read(&item.name).filter(|_| !item.is_folder);
            other.filter(|other| other.set == kind.set && other.part == kind.part && other.is_labels != kind.is_labels)
        };
        let others: Vec<(&Item, Name)> = items.iter().filter_map(|item| Some((item, belongs(item)?))).collect();
        let other = Self::labels_of(&given, &kind, &others)?.path.clone();
        let (images, labels) = if kind.is_labels { (other, file.to_owned()) } else { (file.to_owned(), other) };
        Ok(Self { images, labels: Ok(labels), notes: Vec::new() })
    }

    /// The one that belongs to a file, compressed as that is where there are both.
    fn labels_of<'a>(given: &str, kind: &Name, others: &[(&'a Item, Name)]) -> Result<&'a Item, Problem> {
        if others.is_empty() {
            let (what, counterpart) = if kind.is_labels {
                ("images", given.replace("labels", "images").replace("idx1", "idx3"))
            } else {
                ("labels", given.replace("images", "labels").replace("idx3", "idx1"))
            };
            let plain = counterpart.strip_suffix(".gz").unwrap_or(&counterpart);
            return Err(Problem::Broken {
                found: format!("no {what} beside it"),
                expected: format!("the file {plain} or {plain}.gz in the same folder"),
            });
        }
        Ok(prefer(others, kind.is_packed).0)
    }
}

/// The plain or the compressed one, where there are both.
fn prefer<'a, 'b>(files: &'b [(&'a Item, Name)], is_packed: bool) -> (&'a Item, &'b Name) {
    let (item, name) = files.iter().find(|(_, name)| name.is_packed == is_packed).unwrap_or(&files[0]);
    (*item, name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(names: &[&str]) -> Vec<Item> {
        let item = |name: &&str| Item { name: (*name).to_owned(), path: PathBuf::from(name), is_folder: false };
        names.iter().map(item).collect()
    }

    fn chosen(names: &[&str]) -> Result<Option<[String; 3]>, String> {
        let found = Files::among(&items(names)).map_err(|err| err.to_string())?;
        let Some(Files { images, labels, notes }) = found else { return Ok(None) };
        let labels = labels.map_err(|err| err.to_string())?;
        Ok(Some([name(&images), name(&labels), notes.join("; ")]))
    }

    #[test]
    fn the_training_files_are_found_by_all_usual_names() {
        for (images, labels) in [
            ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
            ("train-images.idx3-ubyte", "train-labels.idx1-ubyte"),
            ("Train-Images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
            ("emnist-letters-train-images-idx3-ubyte.gz", "emnist-letters-train-labels-idx1-ubyte.gz"),
            ("qmnist-train-images-idx3-ubyte", "qmnist-train-labels-idx2-int"),
            ("images-idx3-ubyte", "labels-idx1-ubyte"),
        ] {
            let [found, of, notes] = chosen(&["readme.txt", labels, images]).unwrap().unwrap();
            assert_eq!((found.as_str(), of.as_str(), notes.as_str()), (images, labels, ""));
        }
        assert_eq!(chosen(&["readme.txt", "emnist-letters-mapping.txt"]), Ok(None));
    }

    #[test]
    fn what_lies_beside_the_training_files_is_told() {
        let [images, labels, notes] = chosen(&[
            "t10k-images-idx3-ubyte",
            "t10k-labels-idx1-ubyte",
            "train-images-idx3-ubyte",
            "train-images-idx3-ubyte.gz",
            "train-labels-idx1-ubyte.gz",
        ])
        .unwrap()
        .unwrap();
        assert_eq!((images.as_str(), labels.as_str()), ("train-images-idx3-ubyte", "train-labels-idx1-ubyte.gz"));
        assert!(
            notes.contains("`train-images-idx3-ubyte` and `train-images-idx3-ubyte.gz` lie side by side"),
            "{notes}"
        );
        assert!(notes.contains("`t10k-images-idx3-ubyte` and their labels were left out"), "{notes}");
        let [images, _, notes] = chosen(&["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]).unwrap().unwrap();
        assert_eq!((images.as_str(), notes.as_str()), ("t10k-images-idx3-ubyte", ""));
    }

    #[test]
    fn several_data_sets_are_named_and_refused() {
        let names = |set: &str| {
            [format!("emnist-{set}-train-images-idx3-ubyte"), format!("emnist-{set}-train-labels-idx1-ubyte")]
        };
        let both: Vec<String> = names("letters").into_iter().chain(names("digits")).collect();
        let message = chosen(&both.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_err();
        assert!(
            message.starts_with("2 data sets in one folder: `emnist-digits-train-images-idx3-ubyte` and "),
            "{message}"
        );
        let message = chosen(&["train-images-idx3-ubyte"]).unwrap_err();
        assert!(message.contains("no labels beside it") && message.contains("train-labels-idx1-ubyte.gz"), "{message}");
    }
}
