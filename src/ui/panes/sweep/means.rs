//! Means over the runs that have landed, and what the pieces of an analysis say together.

use std::collections::BTreeMap;

use super::units::Row;
use crate::protocol::{Curve, FoundChart};
use crate::report::pieces::PieceFound;
use crate::sweep::landed::{Landed, LandedRow, LandedRun};
use crate::sweep::plan::{Plan, Work};
use crate::sweep::unit::{Unit, UnitKind};
use crate::ui::kit::help::Term;

/// Curves of means at most; beyond that all points of a grid are one.
const MOST_GROUPS: usize = 5;

/// What a chart shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Quantity {
    TrainLoss,
    #[default]
    TestLoss,
    TestAccuracy,
    Trace,
    LambdaMax,
}

impl Quantity {
    pub const ALL: [Self; 5] = [Self::TrainLoss, Self::TestLoss, Self::TestAccuracy, Self::Trace, Self::LambdaMax];

    /// Its name.
    pub const fn label(self) -> &'static str {
        match self {
            Self::TrainLoss => "Train loss",
            Self::TestLoss => "Test loss",
            Self::TestAccuracy => "Test accuracy",
            Self::Trace => "Trace",
            Self::LambdaMax => "λmax",
        }
    }

    /// The entry of the guide on it.
    pub const fn term(self) -> Term {
        match self {
            Self::TrainLoss | Self::TestLoss => Term::Loss,
            Self::TestAccuracy => Term::Accuracy,
            Self::Trace => Term::Trace,
            Self::LambdaMax => Term::LambdaMax,
        }
    }

    const fn is_logarithmic(self) -> bool {
        matches!(self, Self::TrainLoss | Self::TestLoss)
    }

    const fn of(self, row: &LandedRow) -> f64 {
        (match self {
            Self::TrainLoss => row.train_loss,
            Self::TestLoss => row.test_loss,
            Self::TestAccuracy => row.test_accuracy,
            Self::Trace => row.trace,
            Self::LambdaMax => row.lambda_max,
        }) as f64
    }
}

/// Finite values at one place of the axis, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    count: i32,
    sum: f64,
    squares: f64,
}

impl Sum {
    fn add(&mut self, value: f64, sign: i32) {
        if value.is_finite() {
            self.count += sign;
            self.sum += f64::from(sign) * value;
            self.squares += f64::from(sign) * value * value;
        }
    }

    /// The mean and its standard error; an infinite one where there is one value.
    fn mean(&self) -> Option<(f64, f64)> {
        let count = f64::from(self.count);
        let mean = self.sum / count;
        let variance = (self.squares / count - mean * mean).max(0.0) * count / (count - 1.0);
        (self.count > 0).then(|| (mean, (variance / count).sqrt()))
    }
}

/// Runs that a mean is over: of a method, at a point of the grid.
#[derive(Debug)]
struct Group {
    name: String,
    num_runs: i32,
    /// Sums by gradient evaluations.
    places: BTreeMap<u64, [Sum; Quantity::ALL.len()]>,
}

/// Means over the runs that have landed.
#[derive(Debug, Default)]
pub struct Means {
    groups: Vec<Group>,
    /// The group of each unit.
    group_of: Vec<usize>,
}

impl Means {
    /// The groups of a plan; none of an analysis.
    pub fn new(plan: &Plan) -> Self {
        let Work::Comparison(comparison) = &plan.work else { return Self::default() };
        let by_point = comparison.optimizers.len() * comparison.points.len() <= MOST_GROUPS;
        let mut means = Self::default();
        let mut places: BTreeMap<(usize, &str), usize> = BTreeMap::new();
        for unit in &plan.units {
            let UnitKind::Run { point, optimizer, .. } = &unit.kind else { return Self::default() };
            let point = if by_point { *point } else { 0 };
            let group = *places.entry((point, optimizer.key())).or_insert(means.groups.len());
            if group == means.groups.len() {
                let set = comparison.points.get(point).map(|point| point.set.join(", ")).unwrap_or_default();
                let name = match (by_point, set.is_empty()) {
                    (true, false) => format!("{}, {set}", optimizer.label()),
                    (true, true) => optimizer.label().to_owned(),
                    (false, _) => format!("{}, all points", optimizer.label()),
                };
                means.groups.push(Group { name, num_runs: 0, places: BTreeMap::new() });
            }
            means.group_of.push(group);
        }
        means
    }

    /// Takes what a unit found; what it had found before goes.
    pub fn take(&mut self, unit: usize, before: Option<&Landed>, now: Option<&Landed>) {
        for (landed, sign) in [(before, -1), (now, 1)] {
            if let (Some(Landed::Run(run)), Some(&group)) = (landed, self.group_of.get(unit)) {
                self.groups[group].add(run, sign);
            }
        }
    }

    /// The means of a quantity, with the curve of one run beside them.
    pub fn chart(&self, quantity: Quantity, selected: Option<(&Unit, &LandedRun)>) -> FoundChart {
        let place = quantity as usize;
        let mut curves: Vec<Curve> = Vec::new();
        for group in self.groups.iter().filter(|group| group.num_runs > 0) {
            let at = |(x, sums): (&u64, &[Sum; Quantity::ALL.len()])| Some((*x, sums[place].mean()?));
            let (points, errors) =
                group.places.iter().filter_map(at).map(|(x, (mean, error))| ([x as f64, mean], error)).unzip();
            let plural = if group.num_runs == 1 { "" } else { "s" };
            curves.push(Curve { name: format!("{} ({} run{plural})", group.name, group.num_runs), points, errors });
        }
        if let Some((unit, run)) = selected {
            let points = run.curves.iter().map(|row| [row.gradient_evaluations as f64, quantity.of(row)]);
            let points = points.filter(|[_, value]| value.is_finite()).collect();
            curves.push(Curve { name: format!("unit {}", unit.i), points, errors: Vec::new() });
        }
        FoundChart {
            title: format!("{}, mean of the runs that are done", quantity.label()),
            x_label: "gradient evaluations".to_owned(),
            log_x: false,
            log_y: quantity.is_logarithmic(),
            curves: curves.into_iter().filter(|curve| !curve.points.is_empty()).collect(),
        }
    }
}

impl Group {
    fn add(&mut self, run: &LandedRun, sign: i32) {
        self.num_runs += sign;
        for row in &run.curves {
            let sums = self.places.entry(row.gradient_evaluations).or_default();
            for quantity in Quantity::ALL {
                sums[quantity as usize].add(quantity.of(row), sign);
            }
        }
    }
}

/// The trace of an analysis over the probes that have landed, in the order of the plan; `None` before there are some.
pub fn trace_chart(rows: &[Row]) -> Option<FoundChart> {
    let (mut points, mut probes, mut sum) = (Vec::new(), 0, 0.0);
    for row in rows {
        let Some(Landed::Piece(PieceFound::Trace { values, sizes })) = &row.landed else { continue };
        for (value, size) in values.iter().zip(sizes) {
            probes += size;
            sum += value * *size as f64;
            points.push([probes as f64, sum / probes as f64]);
        }
    }
    (!points.is_empty()).then(|| FoundChart {
        title: "Trace, mean of the probes that have landed".to_owned(),
        x_label: "probes".to_owned(),
        log_x: false,
        log_y: false,
        curves: vec![Curve { name: "trace".to_owned(), points, errors: Vec::new() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(values: &[f64]) -> Sum {
        let mut sum = Sum::default();
        values.iter().for_each(|value| sum.add(*value, 1));
        sum
    }

    #[test]
    fn means_have_their_standard_errors_and_leave_out_what_is_not_finite() {
        let (mean, error) = sum(&[1.0, 2.0, f64::NAN, 3.0, 6.0]).mean().unwrap();
        // Of 1, 2, 3 and 6 the variance is (4 + 1 + 0 + 9) / 3.
        assert!((mean - 3.0).abs() < 1e-12 && (error - (14.0_f64 / 3.0 / 4.0).sqrt()).abs() < 1e-12, "{mean} {error}");
        assert!(sum(&[f64::INFINITY]).mean().is_none());
        assert!(sum(&[2.0]).mean().is_some_and(|(mean, error)| mean == 2.0 && !error.is_finite()));
        let mut taken = sum(&[1.0, 5.0]);
        taken.add(5.0, -1);
        assert!(
            taken.mean().is_some_and(|(mean, _)| (mean - 1.0).abs() < 1e-12),
            "one that is done again is taken out"
        );
    }

    #[test]
    fn the_trace_is_the_mean_over_probes_of_the_pieces_that_are_there() {
        let piece = |values: &[f64], sizes: &[usize]| Row {
            landed: Some(Landed::Piece(PieceFound::Trace { values: values.to_vec(), sizes: sizes.to_vec() })),
            ..Row::default()
        };
        assert_eq!(trace_chart(&[Row::default()]), None);
        let chart = trace_chart(&[piece(&[2.0], &[2]), Row::default(), piece(&[5.0, 1.0], &[1, 1])]).unwrap();
        assert_eq!(chart.curves[0].points, [[2.0, 2.0], [3.0, 3.0], [4.0, 2.5]]);
    }
}
