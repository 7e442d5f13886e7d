//! Which charts the page has, and which curves stand in each.

use std::fmt::Write as _;

use serde::Serialize;

use super::told::{Curve, CurvePoint, Quantity, ReportRun};

/// Points of a curve at most: a chart is hardly wider than so many pixels.
pub const MOST_POINTS: usize = 600;
/// Significant digits of the numbers in charts and surfaces.
pub const DIGITS: usize = 6;

/// A chart as the page's script takes it.
#[derive(Debug, Serialize)]
pub struct Chart {
    /// Its name in the page.
    pub id: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// What its vertical axis counts.
    y: &'static str,
    /// What its horizontal axis counts; `None` for steps or gradient evaluations.
    x: Option<&'static str>,
    /// Whether its axes can be logarithmic.
    log: bool,
    /// Whether its values are shares.
    percent: bool,
    lines: Vec<Line>,
    /// How it is to be read.
    #[serde(skip)]
    pub caption: String,
}

/// A line of a chart. Numbers that are not finite are null, and a gap.
#[derive(Debug, Serialize)]
struct Line {
    /// Place of its run.
    run: usize,
    label: &'static str,
    dash: &'static str,
    /// Points without a line between them: a stream runs beside them.
    marks: bool,
    step: Vec<u64>,
    evaluations: Vec<u64>,
    /// Training losses, where those are the horizontal axis.
    x: Option<Vec<f64>>,
    y: Vec<f64>,
    /// Standard errors, where there are some.
    error: Option<Vec<f64>>,
    /// Every so manieth point is there.
    #[serde(skip)]
    stride: usize,
}

/// A chart before it has lines.
struct Plan {
    id: &'static str,
    title: &'static str,
    y: &'static str,
    x: Option<&'static str>,
    quantities: &'static [(Quantity, Stroke)],
    about: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stroke {
    Solid,
    Dash,
    Dot,
}

const AGAINST_LOSS: Option<&str> = Some("Training loss");

const PLANS: [Plan; 6] = [
    Plan {
        id: "loss",
        title: "Loss",
        y: "Loss, mean over examples",
        x: None,
        quantities: &[
            (Quantity::TrainLoss, Stroke::Solid),
            (Quantity::ValidationLoss, Stroke::Dot),
            (Quantity::TestLoss, Stroke::Dash),
        ],
        about: "Without weight decay.",
    },
    Plan {
        id: "accuracy",
        title: "Accuracy",
        y: "Accuracy, share of examples",
        x: None,
        quantities: &[
            (Quantity::TrainAccuracy, Stroke::Solid),
            (Quantity::ValidationAccuracy, Stroke::Dot),
            (Quantity::TestAccuracy, Stroke::Dash),
        ],
        about: "",
    },
    Plan {
        id: "trace",
        title: "Trace of the Hessian",
        y: "Trace of the Hessian",
        x: None,
        quantities: &[
            (Quantity::StreamedTrace, Stroke::Solid),
            (Quantity::Trace, Stroke::Solid),
            (Quantity::NoiseTrace, Stroke::Dot),
        ],
        about: "Of the training loss. Band or bars: ± one standard error over the probes.",
    },
    Plan {
        id: "lambda-max",
        title: "Largest eigenvalue of the Hessian",
        y: "λmax of the Hessian",
        x: None,
        quantities: &[(Quantity::StreamedLambdaMax, Stroke::Solid), (Quantity::LambdaMax, Stroke::Solid)],
        about: "Of the training loss, by Lanczos.",
    },
    Plan {
        id: "trace-by-loss",
        title: "Trace against training loss",
        y: "Trace of the Hessian",
        x: AGAINST_LOSS,
        quantities: &[(Quantity::Trace, Stroke::Solid)],
        about: "Under cross-entropy curvature falls with the training loss itself, so runs are to be compared where their \
                losses are equal: one above the other. Band: ± one standard error over the probes.",
    },
    Plan {
        id: "lambda-max-by-loss",
        title: "Largest eigenvalue against training loss",
        y: "λmax of the Hessian",
        x: AGAINST_LOSS,
        quantities: &[(Quantity::LambdaMax, Stroke::Solid)],
        about: "The same for the largest eigenvalue.",
    },
];

/// The charts that have something to show.
pub fn charts(runs: &[ReportRun]) -> Vec<Chart> {
    PLANS.iter().filter_map(|plan| chart(plan, runs)).collect()
}

fn chart(plan: &Plan, runs: &[ReportRun]) -> Option<Chart> {
    let mut lines = Vec::new();
    let mut kinds: Vec<(Quantity, Stroke)> = Vec::new();
    for (place, run) in runs.iter().enumerate() {
        for &(quantity, stroke) in plan.quantities {
            let curve = run.curves.iter().find(|curve| curve.quantity == quantity);
            let Some(line) = curve.and_then(|curve| line(plan, place, run, curve, stroke)) else { continue };
            lines.push(line);
            if !kinds.contains(&(quantity, stroke)) {
                kinds.push((quantity, stroke));
            }
        }
    }
    if lines.is_empty() {
        return None;
    }
    let percent = kinds.iter().any(|(quantity, _)| is_share(*quantity));
    let caption = caption(plan, &kinds, &lines);
    let &Plan { id, title, y, x, .. } = plan;
    Some(Chart { id, title, y, x, log: !percent, percent, lines, caption })
}

const fn is_share(quantity: Quantity) -> bool {
    matches!(quantity, Quantity::TrainAccuracy | Quantity::ValidationAccuracy | Quantity::TestAccuracy)
}

/// The line of a curve; `None` where no point of it can be drawn.
fn line(plan: &Plan, run: usize, all: &ReportRun, curve: &Curve, stroke: Stroke) -> Option<Line> {
    let is_drawn = |point: &&CurvePoint| point.value.is_finite() && (plan.x.is_none() || point.train_loss.is_finite());
    curve.points.iter().find(is_drawn)?;
    let stride = curve.points.len().div_ceil(MOST_POINTS).max(1);
    let points = thinned(&curve.points, stride);
    let of = |value: fn(&CurvePoint) -> f64| points.iter().map(|point| rounded(value(point))).collect::<Vec<f64>>();
    let streamed = match curve.quantity {
        Quantity::Trace => Some(Quantity::StreamedTrace),
        Quantity::LambdaMax => Some(Quantity::StreamedLambdaMax),
        _ => None,
    };
    let has_stream = streamed.is_some_and(|kind| all.curves.iter().any(|other| other.quantity == kind));
    let errors = of(|point| point.error);
    Some(Line {
        run,
        label: curve.quantity.label(),
        dash: match stroke {
            Stroke::Solid => "solid",
            Stroke::Dash => "dash",
            Stroke::Dot => "dot",
        },
        marks: plan.x.is_none() && has_stream,
        step: points.iter().map(|point| point.step).collect(),
        evaluations: points.iter().map(|point| point.evaluations).collect(),
        x: plan.x.map(|_| of(|point| point.train_loss)),
        y: of(|point| point.value),
        error: errors.iter().any(|error| error.is_finite()).then_some(errors),
        stride,
    })
}

/// Every so manieth point, and the last.
fn thinned(points: &[CurvePoint], stride: usize) -> Vec<CurvePoint> {
    let last = points.len().saturating_sub(1);
    let kept = points.iter().enumerate().filter(|(place, _)| place.is_multiple_of(stride) || *place == last);
    kept.map(|(_, point)| *point).collect()
}

/// A number with [`DIGITS`] significant digits.
pub fn rounded(value: f64) -> f64 {
    // What is not finite stays as it is: "NaN" and "inf" are read again.
    format!("{value:.*e}", DIGITS - 1).parse().unwrap_or(f64::NAN)
}

fn caption(plan: &Plan, kinds: &[(Quantity, Stroke)], lines: &[Line]) -> String {
    let by = if plan.x.is_some() { "Against the training loss at the same steps" } else { "By step" };
    let how = |(quantity, stroke): &(Quantity, Stroke)| match stroke {
        _ if kinds.len() == 1 => "",
        _ if lines.iter().any(|line| line.marks && line.label == quantity.label()) => " as points",
        Stroke::Solid => " solid",
        Stroke::Dash => " dashed",
        Stroke::Dot => " dotted",
    };
    let all: Vec<String> = kinds.iter().map(|kind| format!("{}{}", kind.0.label(), how(kind))).collect();
    let mut text = format!("{by}: {}.", all.join(", "));
    if !plan.about.is_empty() {
        let _ = write!(text, " {}", plan.about);
    }
    let most = lines.iter().map(|line| line.stride).max().unwrap_or(1);
    if most > 1 {
        let _ = write!(
            text,
            " Curves of more than {MOST_POINTS} points are thinned: of the longest every {most}th point is drawn."
        );
    }
    text
}
