//! The files of a comparison: `summary.json`, `curves.csv`, `landscape.png` and `report.html`; where values were tuned
//! `tuning.csv`, and where they were asked for the weights of its runs.

mod html;
mod rerun;
mod summary;
mod tables;
mod tuning;

use super::{ExportError, OutputDir, curves_csv, landscape_png};
use crate::config::{Experiment, OptimizerKind};
use crate::report::results::CompareResult;

pub use html::report_html;
pub use rerun::{Rerun, command_line};
pub use summary::{Summary, summary_json};
pub use tables::{comparison_title, end_table, equal_loss_table};
pub use tuning::tuning_csv;

/// Names of the files that every comparison may have.
pub const FILE_NAMES: [&str; 4] = ["summary.json", "curves.csv", "landscape.png", "report.html"];
/// The file of what was tried.
pub const TUNING_FILE: &str = "tuning.csv";

/// The folder of the weights.
const WEIGHTS: &str = "weights/";

/// The file of a run's weights, or of their average, in the folder of a comparison.
#[must_use]
pub fn weights_name(optimizer: OptimizerKind, seed: u64, is_average: bool) -> String {
    // Both parts are words of ours, so the name is one in every file system.
    let average = if is_average { "-average" } else { "" };
    format!("{WEIGHTS}{}-{seed}{average}.safetensors", optimizer.key())
}

/// Writes all files of a comparison into `dir`, all or none. Returns the names of what was written; the picture is left out where
/// no run has a slice. `experiment` is that of the runs, with the values that tuning picked; `rerun` says how the comparison was
/// asked for.
///
/// # Errors
/// [`ExportError`] when one cannot be made or written.
pub fn write_comparison(
    dir: &OutputDir,
    experiment: &Experiment,
    result: &CompareResult,
    rerun: &Rerun,
) -> Result<Vec<String>, ExportError> {
    let [summary, curves, landscape, report] = FILE_NAMES.map(str::to_owned);
    let picture = landscape_png(experiment, result)?;
    let page = report_html(experiment, result, picture.as_deref(), rerun)?;
    let mut files =
        vec![(summary, summary_json(experiment, result)?.into_bytes()), (curves, curves_csv(result)?.into_bytes())];
    files.extend(picture.map(|png| (landscape, png)));
    files.push((report, page.into_bytes()));
    if !result.tuning.is_empty() {
        files.push((TUNING_FILE.to_owned(), tuning_csv(&result.tuning)?.into_bytes()));
    }
    files.extend(weights_files(result));
    dir.write_all(&files)?;
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// The names of files that were written, for a sentence: those of weights are counted.
#[must_use]
pub fn written_words(names: &[String]) -> String {
    let is_weights = |name: &&String| name.starts_with(WEIGHTS);
    let num_weights = names.iter().filter(is_weights).count();
    let weights = (num_weights > 0).then(|| format!("weights ({num_weights} files)"));
    names.iter().filter(|name| !is_weights(name)).cloned().chain(weights).collect::<Vec<_>>().join(", ")
}

fn weights_files(result: &CompareResult) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for run in &result.runs {
        let Some(weights) = &run.weights else { continue };
        files.push((weights_name(run.optimizer, run.seed, false), weights.own.clone()));
        files.extend(weights.average.clone().map(|bytes| (weights_name(run.optimizer, run.seed, true), bytes)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;
    use crate::report::results::RunWeights;

    #[test]
    fn weights_stand_in_a_folder_of_their_own() {
        let (experiment, mut result) = sample::comparison();
        result.runs[0].weights = Some(RunWeights { own: b"own".to_vec(), average: Some(b"mean".to_vec()) });
        let root = tempfile::tempdir().unwrap();
        let name = weights_name(OptimizerKind::Sgd, 0, false);
        let dir = OutputDir::prepare(&root.path().join("o"), &[&name], false).unwrap();
        assert!(!dir.path().join("weights").exists(), "made when there is something to be written");
        let names = write_comparison(&dir, &experiment, &result, &Rerun::default()).unwrap();
        assert!(names.iter().all(|name| dir.path().join(name).is_file()), "{names:?}");
        let words = "summary.json, curves.csv, landscape.png, report.html, weights (2 files)";
        assert_eq!(written_words(&names), words);
        let read = |name: &str| std::fs::read(dir.path().join(name)).unwrap();
        assert_eq!(read("weights/sgd-0.safetensors"), b"own");
        assert_eq!(read("weights/sgd-0-average.safetensors"), b"mean");
        let taken = OutputDir::prepare(dir.path(), &[&name], false).unwrap_err().to_string();
        assert!(taken.contains("weights/sgd-0.safetensors") && taken.contains("--force"), "{taken}");
    }
}
