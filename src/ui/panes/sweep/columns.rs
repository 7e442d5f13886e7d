//! The columns of the table of units: what each is called, how it is written and sorted.

use std::cmp::Ordering;

use super::units::{Kind, Row};
use crate::report::pieces::PieceFound;
use crate::sweep::landed::{Landed, LandedRun};
use crate::sweep::plan::{Plan, Work};
use crate::sweep::watch::Standing;
use crate::ui::kit::format;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Unit,
    State,
    What,
    TrainLoss,
    TestLoss,
    TestAccuracy,
    Trace,
    LambdaMax,
    Seconds,
    Found,
    Note,
}

impl Column {
    /// Those of a plan, from left to right.
    pub const fn of(plan: &Plan) -> &'static [Self] {
        match plan.work {
            Work::Comparison(_) => &[
                Self::Unit,
                Self::State,
                Self::What,
                Self::TrainLoss,
                Self::TestLoss,
                Self::TestAccuracy,
                Self::Trace,
                Self::LambdaMax,
                Self::Seconds,
                Self::Note,
            ],
            Work::Analysis(_) => &[Self::Unit, Self::State, Self::What, Self::Found, Self::Note],
        }
    }

    /// Its title.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Unit => "Unit",
            Self::State => "State",
            Self::What => "What",
            Self::TrainLoss => "Train loss",
            Self::TestLoss => "Test loss",
            Self::TestAccuracy => "Test accuracy",
            Self::Trace => "Trace",
            Self::LambdaMax => "λmax",
            Self::Seconds => "Seconds",
            Self::Found => "Found",
            Self::Note => "Note",
        }
    }

    /// What it holds, in one sentence.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Unit => "Its number in the plan, as `flatscape work --unit` takes it.",
            Self::State => "Whether it has a result, a worker, or a reason why not.",
            Self::What => "The run or the piece that it is.",
            Self::TrainLoss => "Loss on the training examples that everything is measured on, at its end.",
            Self::TestLoss => "Loss on the test set at its end.",
            Self::TestAccuracy => "Share of the test examples that are classified rightly.",
            Self::Trace => "Trace of the Hessian of the training loss at its end, with its standard error.",
            Self::LambdaMax => "Largest eigenvalue of the Hessian of the training loss at its end.",
            Self::Seconds => "Seconds of wall time that it took.",
            Self::Found => "What it measured.",
            Self::Note => "Who is at it, or why it failed.",
        }
    }

    /// Its width, in points.
    pub const fn width(self) -> f32 {
        match self {
            Self::Unit => 58.0,
            Self::State => 64.0,
            Self::What => 220.0,
            Self::Found => 300.0,
            Self::Note => 260.0,
            Self::Trace => 118.0,
            Self::TestAccuracy => 98.0,
            Self::TrainLoss | Self::TestLoss | Self::LambdaMax | Self::Seconds => 80.0,
        }
    }

    /// Whether it holds words, which begin at the left.
    pub const fn is_words(self) -> bool {
        matches!(self, Self::State | Self::What | Self::Found | Self::Note)
    }

    /// What stands in it for a unit.
    pub fn text(self, plan: &Plan, unit: usize, row: &Row) -> String {
        let number = |value: f64| if value.is_finite() { format::number(value) } else { "–".to_owned() };
        match self {
            Self::Unit => format::grouped(unit as u64),
            Self::State => Kind::of(&row.standing).label().to_owned(),
            Self::What => plan.units.get(unit).map(|unit| plan.words(unit)).unwrap_or_default(),
            Self::Found => found_words(row.landed.as_ref()),
            Self::Note => note(row),
            Self::TestAccuracy => match self.value(row) {
                Some(value) if value.is_finite() => format::percent(value),
                Some(_) => "–".to_owned(),
                None => String::new(),
            },
            Self::Trace => match run(row) {
                Some(run) if run.trace.stderr.is_finite() => {
                    format!("{} ± {}", number(run.trace.mean), format::error(run.trace.stderr))
                }
                Some(run) => number(run.trace.mean),
                None => String::new(),
            },
            _ => self.value(row).map(number).unwrap_or_default(),
        }
    }

    /// Its number for a unit, where it has one.
    fn value(self, row: &Row) -> Option<f64> {
        let run = run(row)?;
        match self {
            Self::TrainLoss => Some(run.train_loss),
            Self::TestLoss => Some(run.test_loss),
            Self::TestAccuracy => Some(run.test_accuracy),
            Self::Trace => Some(run.trace.mean),
            Self::LambdaMax => Some(run.eigen.lambda_max),
            Self::Seconds => Some(run.wall_seconds),
            Self::Unit | Self::State | Self::What | Self::Found | Self::Note => None,
        }
    }

    /// The units that are wanted, by this column; those without a number come last either way.
    pub fn order(self, rows: &[Row], is_descending: bool, is_wanted: impl Fn(&Row) -> bool) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows.len()).filter(|unit| is_wanted(&rows[*unit])).collect();
        let turned = |ordering: Ordering| if is_descending { ordering.reverse() } else { ordering };
        match self {
            // Units of a kind stand together in the plan.
            Self::Unit | Self::What | Self::Found if is_descending => order.reverse(),
            Self::Unit | Self::What | Self::Found => {}
            Self::State => {
                order.sort_by(|a, b| turned(Kind::of(&rows[*a].standing).cmp(&Kind::of(&rows[*b].standing))));
            }
            Self::Note => {
                let notes: Vec<String> = rows.iter().map(note).collect();
                order.sort_by(|a, b| {
                    notes[*a].is_empty().cmp(&notes[*b].is_empty()).then(turned(notes[*a].cmp(&notes[*b])))
                });
            }
            _ => {
                let value = |unit: &usize| self.value(&rows[*unit]).filter(|value| !value.is_nan());
                order.sort_by(|a, b| match (value(a), value(b)) {
                    (Some(a), Some(b)) => turned(a.total_cmp(&b)),
                    (a, b) => b.is_some().cmp(&a.is_some()),
                });
            }
        }
        order
    }
}

const fn run(row: &Row) -> Option<&LandedRun> {
    match &row.landed {
        Some(Landed::Run(run)) => Some(run),
        _ => None,
    }
}

/// Who is at a unit, or why it failed or ended early.
fn note(row: &Row) -> String {
    match &row.standing {
        Standing::Running { worker } | Standing::Stopped { worker } => worker.clone(),
        Standing::Failed { reason } => reason.clone(),
        Standing::Waiting => String::new(),
        Standing::Done => match run(row).and_then(|run| run.diverged_at) {
            Some(step) => format!("diverged at step {}", format::grouped(step)),
            None => String::new(),
        },
    }
}

/// What a piece found, in words.
fn found_words(landed: Option<&Landed>) -> String {
    let Some(Landed::Piece(found)) = landed else { return String::new() };
    let number = format::number;
    match found {
        PieceFound::Basics { loss, gradient_norm, .. } => {
            format!("loss {}, norm of the gradient {}", number(*loss), number(*gradient_norm))
        }
        PieceFound::Eigenvalues(report) => {
            let ends = report.largest.first().map(|value| format!("λmax {}", number(*value)));
            let low = report.smallest.first().map(|value| format!("λmin {}", number(*value)));
            ends.into_iter().chain(low).collect::<Vec<_>>().join(", ")
        }
        PieceFound::Trace { values, sizes } => {
            let probes: usize = sizes.iter().sum();
            let sum: f64 = values.iter().zip(sizes).map(|(value, size)| value * *size as f64).sum();
            format!("mean {} over {probes} probes", number(sum / probes.max(1) as f64))
        }
        PieceFound::LayerTraces { values } => format!("{} probes", values.len()),
        PieceFound::SliceRows { loss, .. } => {
            let finite = || loss.iter().copied().filter(|value| value.is_finite());
            match finite().reduce(f64::min).zip(finite().reduce(f64::max)) {
                Some((least, most)) => format!("losses from {} to {}", number(least), number(most)),
                None => "no finite loss".to_owned(),
            }
        }
        PieceFound::Density { nodes } => format!("{} vectors", nodes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(reason: &str) -> Row {
        Row { standing: Standing::Failed { reason: reason.to_owned() }, landed: None }
    }

    #[test]
    fn units_stand_in_the_order_of_a_column_and_what_is_not_wanted_is_left_out() {
        let running = Row { standing: Standing::Running { worker: "anna".to_owned() }, landed: None };
        let rows = [Row::default(), failed("no file"), running, failed("a disk is full")];
        let all = |_: &Row| true;
        assert_eq!(Column::Unit.order(&rows, true, all), [3, 2, 1, 0]);
        assert_eq!(Column::State.order(&rows, false, all), [2, 1, 3, 0]);
        assert_eq!(Column::Note.order(&rows, false, all), [3, 2, 1, 0], "an empty one comes last");
        assert_eq!(Column::Note.order(&rows, true, all), [1, 2, 3, 0]);
        assert_eq!(Column::TestLoss.order(&rows, true, |row| row.standing != Standing::Waiting), [1, 2, 3]);
    }

    #[test]
    fn what_a_piece_found_is_said_in_a_few_words() {
        let words = |found: PieceFound| found_words(Some(&Landed::Piece(found)));
        let trace = PieceFound::Trace { values: vec![2.0, 5.0], sizes: vec![2, 1] };
        assert_eq!(words(trace), "mean 3.00 over 3 probes");
        assert_eq!(words(PieceFound::SliceRows { loss: vec![f64::NAN], accuracy: None }), "no finite loss");
        let rows = PieceFound::SliceRows { loss: vec![1.0, f64::NAN, 0.5], accuracy: None };
        assert_eq!(words(rows), "losses from 0.500 to 1.00");
    }
}
