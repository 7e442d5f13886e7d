//! `landscape.png`: the slices of all runs of a comparison, with the whole experiment in the file.

use super::figure::Sheet;
use super::{ExportError, SliceFigure};
use crate::config::{Experiment, KnobId, OptimizerKind};
use crate::number::{count, significant, with_error};
use crate::protocol::LossGrid;
use crate::report::results::{CompareResult, RunResult};

/// The bytes of `landscape.png`; `None` where no run has a slice with a finite loss.
///
/// # Errors
/// [`ExportError::Figure`] when a slice is not a grid, or when drawing fails.
pub fn landscape_png(experiment: &Experiment, result: &CompareResult) -> Result<Option<Vec<u8>>, ExportError> {
    let figures = comparison_figures(experiment, result);
    let origin = format!("{} · {} · ", experiment.name, result.device);
    let Some(sheet) = Sheet::new(&experiment.title, &figures, None, &origin)? else { return Ok(None) };
    sheet.png(&[("Device", result.device.clone()), ("Experiment", experiment.to_toml())]).map(Some)
}

/// The slices of a comparison as figures, for pictures and files of them.
#[must_use]
pub fn comparison_figures(experiment: &Experiment, result: &CompareResult) -> Vec<SliceFigure> {
    result.runs.iter().filter_map(|run| Some(figure(experiment, run, run.grid.as_ref()?))).collect()
}

fn figure(experiment: &Experiment, run: &RunResult, grid: &LossGrid) -> SliceFigure {
    let diverged = |words: &dyn Fn(u64) -> String| run.diverged_at.map_or_else(String::new, words);
    let curvature = format!(
        "trace {}   λmax {}",
        with_error(run.trace.mean, run.trace.stderr),
        significant(run.eigen.lambda_max, 3)
    );
    let facts = [
        Some(format!(
            "test accuracy {} %   train loss {}",
            significant(100.0 * run.test_accuracy, 3),
            significant(run.train_loss, 3)
        )),
        // What was not measured is not spoken of.
        Some(curvature.replace('-', "−")).filter(|_| run.trace.probes > 0),
    ];
    // The row of the weights that the slice is cut through.
    let kept = run.kept_step.and_then(|step| run.curves.iter().rfind(|row| row.step == step));
    let weight_norm = kept.or(run.curves.last()).map(|row| row.eval.weight_norm).filter(|norm| norm.is_finite());
    SliceFigure {
        settings: format!("{}{}", knobs_text(experiment, run.optimizer), diverged(&|_| ", diverged".to_owned())),
        facts: facts.into_iter().flatten().collect(),
        seed: Some(run.seed),
        origin: format!(
            "{} gradient evaluations{}{}",
            count(kept.map_or(run.gradient_evaluations, |row| row.gradient_evaluations)),
            if kept.is_some() { ", the best on validation" } else { "" },
            diverged(&|at| format!(", diverged at step {}", count(at)))
        ),
        weight_norm,
        eigenvalues: Some([run.eigen.lambda_min, run.eigen.lambda_max]).filter(|ends| ends[0].is_finite()),
        ..SliceFigure::of_run(run.optimizer, grid)
    }
}

fn knobs_text(experiment: &Experiment, optimizer: OptimizerKind) -> String {
    // The engine has checked the knobs: a run of bad ones does not exist.
    let Ok(knobs) = experiment.knobs(optimizer) else { return String::new() };
    let words = |id: KnobId| {
        let name = if id == KnobId::LearningRate { "learning rate" } else { id.spec().symbol };
        format!("{name} {}", knobs.value(id))
    };
    let is_one_point = KnobId::TwoPoint.applies_to(optimizer) && !knobs.two_point;
    let told = KnobId::telling(optimizer).into_iter().map(words).chain(is_one_point.then(|| "one-point".to_owned()));
    told.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::sample;

    #[test]
    fn the_picture_carries_its_provenance() {
        let (experiment, result) = sample::comparison();
        let bytes = landscape_png(&experiment, &result).unwrap().unwrap();
        sample::keep("landscape.png", &bytes);
        let (info, chunks) = sample::png_text(&bytes);
        assert!((1200..=2000).contains(&info.0) && info.1 > 600, "{} × {}", info.0, info.1);
        assert_eq!(Experiment::from_toml(&chunks["Experiment"]).unwrap(), experiment);
        let description = &chunks["Description"];
        for part in ["step 3 600", "seed 0", "cross-entropy", "300 training examples", "filter-normalised", "−2 to 2"]
        {
            assert!(description.contains(part), "{part}: {description}");
        }
        for part in ["norm of the weights 7.000", "eigenvalues of the Hessian", "15 in SGD"] {
            assert!(description.contains(part), "{part}: {description}");
        }
    }

    #[test]
    fn the_caption_is_of_the_weights_that_are_kept() {
        let (experiment, mut result) = sample::comparison();
        let run = &mut result.runs[0];
        run.kept_step = Some(run.curves[2].step);
        run.curves[2].eval.weight_norm = 3.5;
        let figure = &comparison_figures(&experiment, &result)[0];
        assert_eq!(figure.weight_norm, Some(3.5));
        assert_eq!(figure.origin, "3 600 gradient evaluations, the best on validation");
    }

    #[test]
    fn runs_without_slices_make_no_picture() {
        let (experiment, mut result) = sample::comparison();
        for run in &mut result.runs {
            run.grid = None;
        }
        assert!(landscape_png(&experiment, &result).unwrap().is_none());
    }

    #[test]
    fn a_slice_that_is_no_grid_is_an_error() {
        let (experiment, mut result) = sample::comparison();
        result.runs[0].grid.as_mut().unwrap().loss.pop();
        assert!(landscape_png(&experiment, &result).is_err());
    }

    #[test]
    fn one_panel_is_drawn_too() {
        let (experiment, mut result) = sample::comparison();
        result.runs.truncate(1);
        let bytes = landscape_png(&experiment, &result).unwrap().unwrap();
        assert!(bytes.len() > 10_000);
    }
}
