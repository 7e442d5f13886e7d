//! What must be said beside the table, so that nobody reads more out of it than it holds.

use crate::protocol::Origin;
use crate::ui::kit::format;
use crate::ui::panes::runs::reading::Readings;
use crate::ui::state::model::Model;
use crate::ui::state::run_view::{RunState, RunView};

/// Runs whose gradient evaluations differ by more than this share are not compared fairly at their ends.
const FAIR_SHARE: f64 = 0.05;

/// What stands beside figures at an average.
pub const OF_AVERAGE: &str = "Trace, λmax and bound are those of the runs’ own weights. “Look at the average” adds a run at an \
                              average, which has its own.";

/// Why the curvature is read at equal loss, in one sentence; or why it cannot be.
pub fn caption(readings: &Readings) -> String {
    match readings.loss {
        Some(loss) => format!(
            "Read where each run last fell through training loss {}, the lowest that all measured runs have reached: curvature falls with \
             the loss itself, so that runs at different losses do not compare.",
            format::number(loss)
        ),
        None => "At least two runs need losses, traces and eigenvalues before they can be read at equal training loss."
            .to_owned(),
    }
}

/// Why the runs are not comparable, in one line; `None` where nothing speaks against it.
pub fn not_comparable(model: &Model, at_equal_loss: bool) -> Option<String> {
    let runs = &model.runs;
    let mut reasons: Vec<String> = Vec::new();
    if runs.windows(2).any(|pair| pair[0].info.seed != pair[1].info.seed) {
        reasons.push("they have different seeds".to_owned());
    }
    let spent = runs.iter().filter(|run| !run.is_followed()).map(RunView::gradient_evaluations);
    if let (Some(least), Some(most)) = (spent.clone().min(), spent.max())
        && !at_equal_loss
        && (most - least) as f64 > FAIR_SHARE * most as f64
    {
        let (least, most) = (format::grouped(least), format::grouped(most));
        reasons.push(format!("their gradient evaluations go from {least} to {most}"));
    }
    let mut names = |words: &str, is_so: &dyn Fn(&RunView) -> bool| {
        let found: Vec<&str> = runs.iter().filter(|run| is_so(run)).map(RunView::name).collect();
        match found.as_slice() {
            [] => {}
            [one] => reasons.push(format!("{one} {words}")),
            [first, .., last] if found.len() == 2 => reasons.push(format!("{first} and {last} {words}")),
            _ => reasons.push(format!("{} runs {words}", found.len())),
        }
    };
    names("had knobs turned on the way", &|run| run.edits.iter().any(|edit| edit.step > 0));
    names("started where another run was", &|run| matches!(run.info.origin, Origin::Branch { .. }));
    names("started at a place of a slice", &|run| matches!(run.info.origin, Origin::Place { .. }));
    names("started at another run’s average", &|run| matches!(run.info.origin, Origin::Average { .. }));
    names("started where another run was best", &|run| matches!(run.info.origin, Origin::BestValidation { .. }));
    names("started from a file", &|run| matches!(run.info.origin, Origin::File(_)));
    names("trained elsewhere", &|run| run.is_followed());
    names("diverged", &|run| matches!(run.state, RunState::Diverged { .. }));
    if runs.len() < 2 || reasons.is_empty() {
        return None;
    }
    Some(format!("Not a controlled comparison: {}.", reasons.join("; ")))
}
