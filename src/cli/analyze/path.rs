//! The checkpoints of `--path`: which files they are, and the plane in which they move most.
//!
//! Each is read here once at least, so that what is wrong with one of them is said before anything is measured.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result};

use super::settings::Settings;
use super::typed::bad;
use crate::cli::AnalyzeArgs;
use crate::cli::error::say;
use crate::cli::progress::Progress;
use crate::cli::weights_told::Told;
use crate::config::Normalization;
use crate::data::limit::{max_memory, size_words};
use crate::engine::{Parts, PathPart, SliceDirections};
use crate::landscape::{num_reads, streamed_pca};
use crate::number::{count, natural_order};
use crate::session::checkpoints::list_checkpoints;
use crate::session::weights::Reading;

const PATH: &str = "`--path`";

/// Files of a path, in order.
struct Listed {
    files: Vec<PathBuf>,
    /// The step of each, where all names tell it.
    steps: Option<Vec<u64>>,
    /// What is to be said of the choice and the order.
    notes: Vec<String>,
}

/// Reads the path around `weights` and adds it to the parts, with its plane for the slice.
pub(super) fn add_path(
    args: &AnalyzeArgs,
    settings: &Settings,
    reading: Reading<'_>,
    weights: &[f64],
    (parts, told): (&mut Parts, &mut Told),
) -> Result<()> {
    if args.path.is_empty() {
        return Ok(());
    }
    let reading = Reading { key: args.weights_key.as_deref(), ..reading };
    let Listed { files, steps, notes } = listed(&args.path, &args.weights)?;
    told.lines.extend(notes.iter().cloned());
    told.notes.extend(notes.into_iter().map(|note| format!("{PATH}: {note}")));
    let row = 8 * weights.len().max(1) as u64;
    let most_held = usize::try_from(max_memory() / row).unwrap_or(usize::MAX).max(1);
    let num_reads = num_reads(files.len(), most_held);
    if most_held < files.len() {
        say(&format!(
            "{} checkpoints of {} weights would take {}, more than `--max-memory`: {} at a time, they are read {num_reads} \
             times in all",
            files.len(),
            count(weights.len() as u64),
            size_words(row * files.len() as u64),
            most_held
        ));
    }
    let mut notes: BTreeMap<String, Vec<&Path>> = BTreeMap::new();
    let (mut progress, begun, mut done) = (Progress::new(), Instant::now(), 0);
    let found = streamed_pca(files.len(), weights, most_held, |index| {
        let path = files[index].as_path();
        let read = settings.read(path, reading)?;
        for note in read.notes {
            let of = notes.entry(note).or_default();
            if !of.contains(&path) {
                of.push(path);
            }
        }
        done += 1;
        progress.show_reading(done, num_reads, begun.elapsed());
        anyhow::Ok(read.value.0)
    });
    progress.finish();
    let found = found.context(PATH)?;
    told.take_many(PATH, &notes);
    let plane = Arc::new(found.pca.plane().context(PATH)?);
    if let Some(slice) = &mut parts.slice {
        slice.directions = SliceDirections::Plane(Arc::clone(&plane), settings.axes(&found.places, slice.points));
        slice.normalization = Normalization::None;
    }
    parts.path = Some(PathPart {
        explained: [found.pca.explained[0], found.pca.explained[1]],
        residual: found.pca.residual,
        probes: settings.looks.path_probes,
        key: args.weights_key.clone(),
        precision: settings.precision,
        files,
        steps,
        plane,
    });
    Ok(())
}

/// The files of a path: those given, or those of the one folder. It ends at the weights, which may be one of them.
fn listed(entries: &[PathBuf], weights: &Path) -> Result<Listed> {
    let mut listed = match entries {
        [folder] if folder.is_dir() => of_folder(folder)?,
        _ => of_files(entries)?,
    };
    let place = |path: &Path| std::fs::canonicalize(path).ok();
    let last = place(weights);
    if last.is_none() || !listed.files.iter().any(|file| place(file) == last) {
        listed.files.push(weights.to_owned());
        // The weights have a name of their own, which need not tell a step.
        listed.steps = None;
    }
    Ok(listed)
}

fn of_folder(folder: &Path) -> Result<Listed> {
    let found = list_checkpoints(folder)
        .map_err(|err| bad(&format!("{PATH} cannot be read ({err}), expected a folder: {}", folder.display())))?;
    if found.files.is_empty() {
        return Err(bad(&format!(
            "{PATH} has no checkpoint, expected files of weights (.safetensors, .npz, .pt, .pth or .ckpt): {}",
            folder.display()
        )));
    }
    let left_out = found
        .left_out
        .iter()
        .map(|name| format!("`{name}` is left out, as its name has no number: {}", folder.display()));
    Ok(Listed {
        notes: left_out.collect(),
        steps: found.has_steps.then(|| found.files.iter().map(|file| file.step).collect()),
        files: found.files.into_iter().map(|file| file.path).collect(),
    })
}

fn of_files(entries: &[PathBuf]) -> Result<Listed> {
    if let Some(folder) = entries.iter().find(|entry| entry.is_dir()) {
        return Err(bad(&format!(
            "{PATH} has {} entries, one of which is a folder, expected files of weights, or one folder that holds all: {}",
            entries.len(),
            folder.display()
        )));
    }
    let mut files = entries.to_vec();
    let mut notes = Vec::new();
    // What a shell makes of `step_*` stands in this order, and so does nothing else but by chance.
    if files.is_sorted() {
        files.sort_by(|a, b| natural_order(&a.to_string_lossy(), &b.to_string_lossy()).then_with(|| a.cmp(b)));
        if files != entries {
            notes.push("the files stood in the order of letters and are taken in that of their numbers".to_owned());
        }
    }
    Ok(Listed { files, steps: None, notes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(entries: &[&str], weights: &str) -> (Vec<String>, usize) {
        let entries: Vec<PathBuf> = entries.iter().map(PathBuf::from).collect();
        let found = listed(&entries, Path::new(weights)).unwrap();
        (found.files.iter().map(|file| file.display().to_string()).collect(), found.notes.len())
    }

    #[test]
    fn what_a_shell_sorts_by_letters_is_sorted_by_numbers() {
        let (files, notes) = names(&["a/step_10.npz", "a/step_2.npz", "a/step_30.npz"], "w.npz");
        assert_eq!((files.join(" "), notes), ("a/step_2.npz a/step_10.npz a/step_30.npz w.npz".to_owned(), 1));
        let (files, notes) = names(&["b.npz", "step_10.npz", "a.npz"], "w.npz");
        assert_eq!((files.join(" "), notes), ("b.npz step_10.npz a.npz w.npz".to_owned(), 0), "an order of one's own");
        assert_eq!(names(&["a.npz", "b.npz"], "w.npz").1, 0);
    }

    #[test]
    fn the_weights_end_the_path_and_stand_in_it_once() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["step_2.npz", "step_10.npz", "best.npz", "notes.txt"] {
            std::fs::write(dir.path().join(name), b"words").unwrap();
        }
        let found = listed(&[dir.path().to_owned()], &dir.path().join("step_10.npz")).unwrap();
        assert_eq!(found.files, ["step_2.npz", "step_10.npz"].map(|name| dir.path().join(name)));
        assert_eq!(found.steps, Some(vec![2, 10]));
        assert!(found.notes.len() == 1 && found.notes[0].contains("`best.npz` is left out"), "{:?}", found.notes);
        let found = listed(&[dir.path().to_owned()], &dir.path().join("best.npz")).unwrap();
        assert_eq!(found.files.last().unwrap(), &dir.path().join("best.npz"));
        assert_eq!((found.files.len(), found.steps), (3, None));
    }
}
