//! Loss, gradient norm and trace of each example, as a table with pictures, on request.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::curvature::{ExampleCurvatures, ExampleFigures};
use crate::engine::units::units_of;
use crate::model::{Chain, Objective, Shape};
use crate::protocol::{Fact, Findings, FoundRow, FoundTable, Thumbnail};

use super::request::{Request, at_least};
use super::{Begun, Work};

/// Rows at each end of each column that have a picture.
const PICTURED: usize = 40;
/// Pixels of a picture's longer side at most; larger ones are thinned.
const MOST_PIXELS: usize = 48;
/// Share of the examples that are told as the sharpest.
const SHARPEST: f64 = 0.1;
/// Names of the columns.
const COLUMNS: [&str; 3] = ["trace", "loss", "gradient norm"];

pub(super) fn examples(request: &Request<'_>, probes: usize) -> Begun {
    let probes = at_least("the number of probes", probes, 4)?;
    let objective = request.objective;
    Ok(Box::new(Examples {
        work: ExampleCurvatures::new(request.weights.clone(), objective, probes, request.seed),
        shares: objective.example_shares(),
        classes: objective.classes(&request.weights),
        objective: objective.clone(),
    }))
}

struct Examples {
    work: ExampleCurvatures,
    shares: Vec<f64>,
    /// The class of each example and the one that the network says; none where they have none.
    classes: Vec<[usize; 2]>,
    /// For its examples as pictures.
    objective: Objective,
}

units_of!(Examples: work);

impl Work for Examples {
    fn findings(&self) -> Findings {
        let figures = self.work.examples();
        let n = figures.len();
        if n == 0 {
            return Findings::default();
        }
        let sharpest = ((n as f64 * SHARPEST).ceil() as usize).max(1);
        let traces: Vec<f64> = figures.iter().map(|example| example.trace.mean).collect();
        let losses: Vec<f64> = figures.iter().map(|example| example.loss).collect();
        let part = self.work.part_of_sharpest(sharpest, &self.shares);
        let about =
            format!("± standard error; {sharpest} of {n}, found by the even probes and measured by the odd ones");
        let facts = vec![
            Fact::estimated("trace", self.work.trace(&self.shares), "probes; mean over the examples"),
            Fact::with_error("share of the sharpest tenth", part.mean, part.stderr, about),
            Fact::exact("correlation, trace and loss", correlation(&traces, &losses), "over the examples"),
        ];
        let mut rows: Vec<FoundRow> = figures.iter().enumerate().map(|(i, example)| self.row(i, example)).collect();
        self.picture(&mut rows);
        let columns = COLUMNS.map(str::to_owned).to_vec();
        Findings { facts, tables: vec![FoundTable { columns, rows }], ..Findings::default() }
    }
}

impl Examples {
    fn row(&self, example: usize, figures: &ExampleFigures) -> FoundRow {
        let [class, said] = self.classes.get(example).map_or([None; 2], |classes| classes.map(Some));
        FoundRow {
            example,
            class,
            said,
            values: vec![figures.trace.mean, figures.loss, figures.gradient_norm],
            errors: vec![figures.trace.stderr, f64::NAN, f64::NAN],
            picture: None,
        }
    }

    /// Gives the rows near the ends of each column their pictures, where the examples are some.
    fn picture(&self, rows: &mut [FoundRow]) {
        let chains = &self.objective.network().architecture().chains;
        let [Chain { input: Shape::Maps([channels @ (1 | 3), height, width]), .. }] = chains[..] else { return };
        let mut wanted = BTreeSet::new();
        for column in 0..COLUMNS.len() {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            order.sort_by(|a, b| rows[*a].values[column].total_cmp(&rows[*b].values[column]));
            wanted.extend(order.iter().take(PICTURED));
            wanted.extend(order.iter().rev().take(PICTURED));
        }
        let numbers = |i: &usize| Some((*i, self.objective.part(*i..*i + 1).pieces().first()?.numbers()?));
        let all: Vec<(usize, Vec<f32>)> = wanted.iter().filter_map(numbers).collect();
        let values = all.iter().flat_map(|(_, x)| x).copied().filter(|x| x.is_finite());
        let ends = values.fold([f32::INFINITY, f32::NEG_INFINITY], |[low, high], x| [low.min(x), high.max(x)]);
        for (i, x) in &all {
            rows[*i].picture = Some(Arc::new(thumbnail(x, [channels, height, width], ends)));
        }
    }
}

/// An image `[c, h, w]`: the least value of all black, the greatest white.
fn thumbnail(x: &[f32], [channels, height, width]: [usize; 3], [low, high]: [f32; 2]) -> Thumbnail {
    let stride = height.max(width).div_ceil(MOST_PIXELS).max(1);
    let span = if high > low { high - low } else { 1.0 };
    let mut rgb = Vec::new();
    for y in (0..height).step_by(stride) {
        for at in (0..width).step_by(stride) {
            for colour in 0..3 {
                let channel = if channels == 3 { colour } else { 0 };
                let value = x.get((channel * height + y) * width + at).copied().unwrap_or(low);
                rgb.push((255.0 * (value - low) / span).round() as u8);
            }
        }
    }
    Thumbnail { width: width.div_ceil(stride), rgb }
}

/// Pearson's correlation; NaN where one of them does not vary.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let n = a.len() as f64;
    let [mean_a, mean_b] = [a, b].map(|values| values.iter().sum::<f64>() / n);
    let sum = |of: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(a, b)| of(a - mean_a, b - mean_b)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{LossKind, OptimizerKind};
    use crate::engine::jobs::test_runs::run;

    #[test]
    fn rows_have_their_classes_and_what_the_network_says() {
        let run = run(&["linear 4", "tanh", "linear 2"], LossKind::CrossEntropy, OptimizerKind::Sgd, &[]);
        let objective = run.measured();
        let (loss, accuracy) = objective.evaluate(run.weights().clone());
        let mut work = Examples {
            work: ExampleCurvatures::new(run.weights().clone(), &objective, 8, 0),
            shares: objective.example_shares(),
            classes: objective.classes(run.weights()),
            objective: objective.clone(),
        };
        while !crate::engine::units::Units::advance(&mut work, &objective) {}
        let table = work.findings().tables.remove(0);
        let n = table.rows.len() as f64;
        let right = table.rows.iter().filter(|row| row.class.is_some() && row.class == row.said).count() as f64;
        assert!((right / n - accuracy).abs() < 1e-12, "{right} of {n}, accuracy {accuracy}");
        let mean = table.rows.iter().map(|row| row.values[1]).sum::<f64>() / n;
        assert!((mean - loss).abs() < 1e-12, "{mean} {loss}");
        assert!(table.rows.iter().all(|row| row.picture.is_none() && row.values.len() == COLUMNS.len()));
    }

    #[test]
    fn pictures_are_thinned_and_span_black_to_white() {
        let x: Vec<f32> = (0..100 * 60).map(|i| i as f32).collect();
        let small = thumbnail(&x, [1, 100, 60], [0.0, 5_999.0]);
        assert_eq!((small.width, small.rgb.len()), (20, 3 * 20 * 34));
        assert_eq!((small.rgb[0], small.rgb[2]), (0, 0));
        let colour = thumbnail(&[0.0, 1.0, 0.5], [3, 1, 1], [0.0, 1.0]);
        assert_eq!((colour.width, &colour.rgb[..]), (1, &[0, 255, 128][..]));
        assert!((correlation(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]) - 1.0).abs() < 1e-12);
        assert!(correlation(&[1.0, 1.0], &[2.0, 4.0]).is_nan());
    }
}
