//! What is drawn of the landscapes, in words. A figure says this of itself, so it is read off the pictures, not off the runs.

use super::choices::{Field, Mode};
use super::difference::{Difference, centres};
use super::picture::{Picture, PictureId};
use super::shown::{Landscape, shown};
use super::state::LandscapeView;
use crate::protocol::{LossGrid, RunId};
use crate::ui::contract::seen::Seen;
use crate::ui::kit::format;
use crate::ui::state::run_view::RunView;

/// The runs whose landscapes are drawn.
#[must_use]
pub fn shown_runs(seen: Seen<'_>, view: &LandscapeView) -> Vec<RunId> {
    match view.difference {
        Some(Difference { a, b }) => vec![a, b],
        None => shown(seen, None).iter().map(|landscape| landscape.run.info.run).collect(),
    }
}

/// One sentence for all slices that are of the same kind, and one for the difference.
#[must_use]
pub fn account(seen: Seen<'_>, view: &LandscapeView) -> Vec<String> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    let mut differences = Vec::new();
    for landscape in shown(seen, view.difference) {
        let Some(picture) = drawn(view, landscape.id) else { continue };
        match (landscape.minus, &picture.minus) {
            (Some(other), Some(minus)) => differences.push(difference_words(view, landscape, other, picture, minus)),
            (Some(_), None) | (None, Some(_)) => {}
            (None, None) => {
                let grid = &picture.grid;
                let kind = slice_words(view, grid);
                let masked =
                    if grid.masked > 0 { format!(" with {} points not finite", grid.masked) } else { String::new() };
                let name = format!("{} at step {}{masked}", landscape.run.name(), format::grouped(grid.step));
                match kinds.iter_mut().find(|(known, _)| *known == kind) {
                    Some((_, names)) => names.push(name),
                    None => kinds.push((kind, vec![name])),
                }
            }
        }
    }
    let slices = kinds.into_iter().map(|(kind, names)| format!("Slices of {} · {kind}", names.join(", ")));
    slices.chain(differences).collect()
}

/// The picture of a landscape, if there is one to be seen.
fn drawn(view: &LandscapeView, id: PictureId) -> Option<&Picture> {
    view.pictures.get(&id).filter(|picture| picture.scaled.is_ok() && picture.spread.is_some())
}

fn difference_words(
    view: &LandscapeView,
    landscape: Landscape<'_>,
    other: &RunView,
    picture: &Picture,
    minus: &LossGrid,
) -> String {
    let (a, b) = (landscape.run.name(), other.name());
    let steps = [picture.grid.step, minus.step].map(format::grouped);
    format!(
        "Difference, {a} at step {} minus {b} at step {}, {} · {}",
        steps[0],
        steps[1],
        centres(&picture.grid, minus),
        slice_words(view, &picture.grid)
    )
}

/// Objective, plane and range of a slice.
fn slice_words(view: &LandscapeView, grid: &LossGrid) -> String {
    let caption = &grid.caption;
    let field = match view.field {
        Field::Loss => caption.objective.clone(),
        // The objective is a loss; what follows tells its examples.
        Field::Accuracy => match caption.objective.split_once(", mean over ") {
            Some((_, examples)) => format!("accuracy on {examples}"),
            None => "accuracy".to_owned(),
        },
    };
    let seed = caption.seed.map_or_else(String::new, |seed| format!(", seed {seed}"));
    format!(
        "{field} · {}{seed} · {} · norms {} and {}",
        caption.directions,
        range_words(view, grid),
        format::number(caption.norms[0]),
        format::number(caption.norms[1])
    )
}

/// The range of the slice, and the part of it that is seen.
fn range_words(view: &LandscapeView, grid: &LossGrid) -> String {
    let range = grid.x.last().copied().unwrap_or(0.0);
    let whole = format!("±{}", format::setting(range));
    // Surfaces show all of a slice.
    let Some(window) = view.window.filter(|_| view.mode == Mode::Contour) else { return whole };
    let is_near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * range.abs().max(window.half);
    let [x, y] = window.center;
    if is_near(x, 0.0) && is_near(y, 0.0) {
        return if is_near(window.half, range) {
            whole
        } else {
            format!("±{} of slices that reach to ±{}", format::setting(window.half), format::setting(range))
        };
    }
    let span = |center: f64| {
        let ends = [center - window.half, center + window.half].map(|end| format::setting(rounded(end, window.half)));
        format!("{} to {}", ends[0], ends[1])
    };
    format!("x {}, y {} of slices that reach to ±{}", span(x), span(y), format::setting(range))
}

/// To a thousandth of the window: what is beyond cannot be seen.
fn rounded(value: f64, half: f64) -> f64 {
    let unit = 10_f64.powf((half.max(f64::MIN_POSITIVE) * 1e-3).log10().floor());
    // Without the sign of a zero.
    (value / unit).round() * unit + 0.0
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;
    use crate::config::{OptimizerKind, builtin_experiment};
    use crate::protocol::{DataPreview, Event, RunInfo, SliceCaption, SliceView};
    use crate::ui::contract::ask::Asks;
    use crate::ui::plots::slice_frame::Window;
    use crate::ui::state::model::Model;
    use crate::ui::state::shared::Shared;

    /// A window that shows the landscapes.
    struct Shown {
        model: Model,
        shared: Shared,
        view: LandscapeView,
    }

    impl Shown {
        fn collect(&mut self) {
            self.view.collect(Seen { model: &self.model, shared: &self.shared }, &mut Asks::default());
        }

        fn words(&mut self) -> String {
            self.collect();
            account(Seen { model: &self.model, shared: &self.shared }, &self.view).join("\n")
        }
    }

    fn slice(run: RunId, step: u64, view: SliceView) -> Arc<LossGrid> {
        let range = 2.0;
        let axis = vec![-range, 0.0, range];
        let caption = SliceCaption {
            objective: "cross-entropy, mean over 300 training examples".to_owned(),
            directions: "random plane, filter-normalised".to_owned(),
            seed: Some(7),
            angle_degrees: 90.0,
            norms: [1.5, 2.5],
        };
        Arc::new(LossGrid {
            run,
            step,
            loss: (0..9).map(|i| 1.0 + f64::from(i) + f64::from(run.0)).collect(),
            masked: 0,
            center_loss: 5.0,
            path: Vec::new(),
            caption,
            ascent: None,
            noise_radius: None,
            samples: Vec::new(),
            average: None,
            accuracy: Some(vec![0.5; 9]),
            position: None,
            others: Vec::new(),
            generation: 0,
            view,
            x: axis.clone(),
            y: axis,
        })
    }

    fn drawn_landscapes() -> Shown {
        let experiment = builtin_experiment("moons-mlp").unwrap();
        let mut model = Model::new(experiment.clone());
        let info = |run, optimizer| RunInfo {
            run: RunId(run),
            optimizer,
            seed: 0,
            knobs: experiment.knobs(optimizer).unwrap(),
            origin: crate::protocol::Origin::Initial,
        };
        let runs = vec![info(1, OptimizerKind::Sgd), info(2, OptimizerKind::Nso)];
        let data = Arc::new(DataPreview { source: "two moons".to_owned(), shape: vec![2], ..DataPreview::default() });
        let experiment = Arc::new(experiment.clone());
        let started = Event::Started { experiment, num_parameters: 10, tensors: Vec::new(), data, runs };
        model.apply(started, Instant::now());
        let mut shown = Shown { model, shared: Shared::default(), view: LandscapeView::default() };
        shown.collect();
        for step in [50, 98] {
            for run in [1, 2] {
                let slice = slice(RunId(run), step + u64::from(run), shown.view.slice);
                shown.model.run_mut(RunId(run)).unwrap().set_slice(slice, Instant::now());
            }
            shown.collect();
        }
        shown
    }

    #[test]
    fn live_slices_are_told_with_their_own_steps() {
        let mut shown = drawn_landscapes();
        assert_eq!(
            shown.words(),
            "Slices of SGD at step 99, NSO at step 100 · cross-entropy, mean over 300 training examples · random plane, \
             filter-normalised, seed 7 · ±2 · norms 1.50 and 2.50"
        );
    }

    #[test]
    fn the_past_hidden_runs_and_another_field_are_told_as_they_are_drawn() {
        let mut shown = drawn_landscapes();
        shown.view.playback.set_index(1);
        let past = shown.words();
        assert!(past.contains("SGD at step 51, NSO at step 52"), "{past}");
        shown.view.playback.show_newest();
        shown.shared.hidden.insert(RunId(1));
        shown.view.field = Field::Accuracy;
        let text = shown.words();
        assert!(text.starts_with("Slices of NSO at step 100 · accuracy on 300 training examples · "), "{text}");
        assert_eq!(shown_runs(Seen { model: &shown.model, shared: &shown.shared }, &shown.view), [RunId(2)]);
    }

    #[test]
    fn the_part_that_is_seen_is_told() {
        let mut shown = drawn_landscapes();
        shown.collect();
        shown.view.window = Some(Window { center: [0.5, -0.25], half: 0.75 });
        let text = shown.words();
        assert!(text.contains(" · x -0.25 to 1.25, y -1 to 0.5 of slices that reach to ±2 · "), "{text}");
        shown.view.window = Some(Window::around_zero(0.5));
        let text = shown.words();
        assert!(text.contains(" · ±0.5 of slices that reach to ±2 · "), "{text}");
        // A surface has all of it.
        shown.view.mode = Mode::Surface;
        let text = shown.words();
        assert!(text.contains(" · ±2 · "), "{text}");
    }

    #[test]
    fn a_difference_is_told_beside_its_two_slices() {
        let mut shown = drawn_landscapes();
        shown.view.difference = Some(Difference { a: RunId(2), b: RunId(1) });
        let text = shown.words();
        let expected = "Difference, NSO at step 100 minus SGD at step 99, each centred at its own run · cross-entropy";
        assert!(text.contains(expected), "{text}");
        assert!(text.starts_with("Slices of NSO at step 100, SGD at step 99 · "), "{text}");
    }
}
