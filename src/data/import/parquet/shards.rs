//! Which Parquet files are one set, by their names: `train-00000-of-00003.parquet`, as Hugging Face publishes them, or
//! `0000.parquet`, `0001.parquet`, …; any other file is a set of its own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::super::Problem;
use super::super::images::{is_part, is_training};
use super::super::tree::{Item, Tree, name, some_of};

/// The files of one set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct Shards {
    /// In their order.
    pub(super) files: Vec<PathBuf>,
    /// Sentences for the user.
    pub(super) notes: Vec<String>,
}

/// What a name says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Name {
    /// The set, such as `train`; empty where the name is a number alone.
    set: String,
    /// Which of its files it is, and of how many where the name says so.
    place: Option<(usize, Option<usize>)>,
}

impl Name {
    /// Reads the name of a Parquet file.
    fn read(name: &str) -> Option<Self> {
        let (stem, end) = name.rsplit_once('.')?;
        if !end.eq_ignore_ascii_case("parquet") || stem.starts_with(['.', '_']) {
            return None;
        }
        let is_number = |text: &str| !text.is_empty() && text.len() < 10 && text.bytes().all(|b| b.is_ascii_digit());
        let words: Vec<&str> = stem.split('-').collect();
        // `train-00000-of-00003`, perhaps with a checksum behind.
        let of = (1..words.len().saturating_sub(2))
            .rev()
            .find(|&at| words[at + 1] == "of" && is_number(words[at]) && is_number(words[at + 2]));
        if let Some(at) = of {
            let place = Some((words[at].parse().ok()?, words[at + 2].parse().ok()));
            return Some(Self { set: words[..at].join("-"), place });
        }
        let (set, number) = if words[0] == "part" && words.len() > 1 { ("part", words[1]) } else { ("", stem) };
        if is_number(number) {
            return Some(Self { set: set.to_owned(), place: Some((number.parse().ok()?, None)) });
        }
        Some(Self { set: stem.to_owned(), place: None })
    }
}

/// A file and its place in its set.
type Shard<'a> = (Option<(usize, Option<usize>)>, &'a Item);

impl Shards {
    /// The first file, by its place in its folder.
    pub(in super::super) fn first(&self) -> Option<PathBuf> {
        self.files.first().cloned()
    }

    /// Where all of them lie, in their order.
    pub(in super::super) fn places(&self) -> &[PathBuf] {
        &self.files
    }

    /// The training set among the files of a folder; `None` where there is no Parquet file.
    pub(in super::super) fn among(tree: &Tree, items: &[Item]) -> Result<Option<Self>, Problem> {
        let sets = sets(items);
        if sets.is_empty() {
            return Ok(None);
        }
        if tree.is_archive() {
            return Err(Problem::Broken {
                found: "Parquet files in an archive".to_owned(),
                expected: "them unpacked: give the folder".to_owned(),
            });
        }
        let shown = |shards: &[Shard<'_>]| shards[0].1.name.clone();
        let part = |set: &str| set.rsplit(['-', '_', '.']).next().unwrap_or(set).to_owned();
        let training: Vec<&String> = sets.keys().filter(|set| is_training(&part(set))).collect();
        let others_are_parts = sets.keys().all(|set| is_part(&part(set)));
        let chosen = match (sets.len(), &training[..]) {
            (1, _) => sets.keys().next(),
            (_, [one]) if others_are_parts => Some(*one),
            _ => None,
        };
        let Some(chosen) = chosen else {
            let names: Vec<String> = sets.values().map(|shards| shown(shards)).collect();
            return Err(Problem::Broken {
                found: format!("{} data sets in one folder: {}", sets.len(), some_of(names.iter().map(String::as_str))),
                expected: "the path of one file of a set".to_owned(),
            });
        };
        let mut found = Self::of(chosen, &sets[chosen])?;
        let others: Vec<String> =
            sets.iter().filter(|(set, _)| *set != chosen).map(|(_, shards)| shown(shards)).collect();
        if !others.is_empty() {
            let are = if others.len() == 1 { "was" } else { "were" };
            found.notes.push(format!(
                "the training files are taken; {} {are} left out",
                some_of(others.iter().map(String::as_str))
            ));
        }
        Ok(Some(found))
    }

    /// A file with the others of its set, which lie beside it.
    pub(in super::super) fn with(tree: &Tree, file: &Path) -> Result<Self, Problem> {
        let file_name = name(file);
        let Some(Name { set, place: Some((_, Some(count))) }) = Name::read(&file_name) else {
            return Ok(Self { files: vec![file.to_owned()], notes: Vec::new() });
        };
        let items = tree.list(file.parent().unwrap_or(Path::new("")))?;
        let sets = sets(&items);
        let mut found = Self::of(&set, sets.get(&set).map_or(&[], Vec::as_slice))?;
        if count > 1 {
            found.notes.push(format!("`{file_name}` is one of {count} files of a set, and all are read"));
        }
        Ok(found)
    }

    /// The files of a set in their order, of which none may be missing.
    fn of(set: &str, shards: &[Shard<'_>]) -> Result<Self, Problem> {
        let mut shards: Vec<Shard<'_>> = shards.to_vec();
        shards.sort_by(|a, b| (a.0, &a.1.name).cmp(&(b.0, &b.1.name)));
        let files = shards.iter().map(|(_, item)| item.path.clone()).collect();
        let places: Vec<(usize, Option<usize>)> = shards.iter().filter_map(|(place, _)| *place).collect();
        let Some(&(last, count)) = places.last() else { return Ok(Self { files, notes: Vec::new() }) };
        let count = count.unwrap_or(last + 1);
        let dash = if set.is_empty() { "" } else { "-" };
        if let Some(pair) = places.windows(2).find(|pair| pair[0].0 == pair[1].0 || pair[0].1 != pair[1].1) {
            return Err(Problem::Broken {
                found: format!("files of several sets called `{set}{dash}…`, such as two of number {}", pair[1].0),
                expected: "each number once, of the same count".to_owned(),
            });
        }
        if last >= count {
            return Err(Problem::Broken {
                found: format!("file {last} of a set of {count} (counted from 0)"),
                expected: format!("numbers below {count}"),
            });
        }
        let missing: Vec<usize> =
            (0..count.min(places.len() + 1)).filter(|number| places.iter().all(|place| place.0 != *number)).collect();
        if let Some(first) = missing.first() {
            let number =
                if set.is_empty() || set == "part" { format!("{first}") } else { format!("{first:05}-of-{count:05}") };
            return Err(Problem::Broken {
                found: format!("{} of the {count} files of a set; `{set}{dash}{number}` is missing", places.len()),
                expected: "all of them in one folder".to_owned(),
            });
        }
        Ok(Self { files, notes: Vec::new() })
    }
}

/// The Parquet files of a folder by the sets that they belong to.
fn sets(items: &[Item]) -> BTreeMap<String, Vec<Shard<'_>>> {
    let mut sets: BTreeMap<String, Vec<Shard<'_>>> = BTreeMap::new();
    for item in items.iter().filter(|item| !item.is_folder) {
        if let Some(name) = Name::read(&item.name) {
            sets.entry(name.set).or_default().push((name.place, item));
        }
    }
    sets
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(names: &[&str]) -> Vec<Item> {
        let item = |name: &&str| Item { name: (*name).to_owned(), path: PathBuf::from(name), is_folder: false };
        names.iter().map(item).collect()
    }

    /// The files that are taken, and the notes; or what is wrong.
    fn among(names: &[&str]) -> Result<(String, String), String> {
        let tree = Tree::folder(Path::new(""));
        let found = Shards::among(&tree, &items(names)).map_err(|err| err.to_string())?.unwrap();
        let files: Vec<String> = found.files.iter().map(|file| file.display().to_string()).collect();
        Ok((files.join(" "), found.notes.join("; ")))
    }

    #[test]
    fn names_say_what_is_one_set() {
        let read = |name: &str| Name::read(name).map(|name| (name.set, name.place));
        let numbered = |set: &str, number, of| Some((set.to_owned(), Some((number, of))));
        assert_eq!(read("train-00000-of-00003.parquet"), numbered("train", 0, Some(3)));
        assert_eq!(read("train-00001-of-00002-a09b74b3ef9c3b56.parquet"), numbered("train", 1, Some(2)));
        assert_eq!(read("my-set-test-00000-of-00001.parquet"), numbered("my-set-test", 0, Some(1)));
        assert_eq!(read("0002.parquet"), numbered("", 2, None));
        assert_eq!(read("part-00001-c000.snappy.parquet"), numbered("part", 1, None));
        assert_eq!(read("iris.parquet"), Some(("iris".to_owned(), None)));
        assert_eq!(read("a.csv"), None);
        assert_eq!(read("._a.parquet"), None);
    }

    #[test]
    fn the_training_set_of_a_folder_is_taken_whole() {
        let names = ["test-00000-of-00001.parquet", "train-00001-of-00002.parquet", "train-00000-of-00002.parquet"];
        let (files, notes) = among(&names).unwrap();
        assert_eq!(files, "train-00000-of-00002.parquet train-00001-of-00002.parquet");
        assert_eq!(notes, "the training files are taken; `test-00000-of-00001.parquet` was left out");
        assert_eq!(among(&["1.parquet", "0.parquet"]).unwrap().0, "0.parquet 1.parquet");
        assert_eq!(among(&["iris.parquet", "README.md"]).unwrap().0, "iris.parquet");
        let wrong = |names: &[&str], words: &str| {
            let message = among(names).unwrap_err();
            assert!(message.contains(words), "{names:?}: {message}");
        };
        wrong(
            &["train-00000-of-00003.parquet", "train-00002-of-00003.parquet"],
            "2 of the 3 files of a set; `train-00001-of-00003` is missing",
        );
        wrong(&["train-00000-of-00003.parquet"], "`train-00001-of-00003` is missing");
        wrong(&["0.parquet", "2.parquet"], "`1` is missing");
        wrong(&["a.parquet", "b.parquet"], "2 data sets in one folder: `a.parquet` and `b.parquet`");
        wrong(&["train-00000-of-00001.parquet", "train-00000-of-00002.parquet"], "several sets called `train-…`");
        wrong(&["train-00003-of-00002.parquet"], "file 3 of a set of 2");
        wrong(&["dev-0-of-1.parquet", "test-0-of-1.parquet"], "2 data sets in one folder");
    }
}
