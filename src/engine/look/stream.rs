//! The streamed curvature of one run while it trains: a probe or a product at a time, at the weights as they are.
//!
//! A unit is short whatever the network is. Where a probe over all measured examples takes too long it is of a part of them, the
//! parts in turn, which the trace's error counts in. The ends of the spectrum have no such way, since those of parts are not those of the
//! whole in the mean: they are of the first so many examples, and say so.

use std::time::{Duration, Instant};

use crate::curvature::{StreamedEnds, StreamedTrace};
use crate::model::Objective;
use crate::protocol::{StreamedEigenRow, StreamedTraceRow};
use crate::train::Run;

use super::rows::Seen;
use super::shares::Cost;

/// Seconds of a unit, about.
const UNIT_SECS: f64 = 0.12;
/// Seconds of a probe below which several are taken at once.
const QUICK_SECS: f64 = 0.01;
/// Probes at once at most.
const MOST_PROBES: usize = 4;
/// Examples of a probe or a product at least, where all of them take too long.
const LEAST_EXAMPLES: usize = 32;
/// A product takes about so many times as long as a probe; what it really takes is known after the first.
const PRODUCT_TO_PROBE: f64 = 2.0;
/// Products of a figure where they are quick, where a unit is full, and in between.
const PRODUCTS: [usize; 3] = [6, 3, 4];
/// Time between two figures of a kind: more of them cannot be told apart on a chart.
const INTERVAL: Duration = Duration::from_millis(40);

/// Ends of the spectrum under way.
struct Figure {
    step: u64,
    gradient_evaluations: u64,
    /// The loss on the examples that it is of.
    objective: Objective,
}

/// The streamed curvature of one run.
pub(super) struct Stream {
    trace: StreamedTrace,
    ends: StreamedEnds,
    figure: Option<Box<Figure>>,
    /// Steps of the newest probe and of the newest figure of the ends, and when they were.
    probed: Option<(u64, Instant)>,
    ended: Option<(u64, Instant)>,
    probe_cost: Cost,
    product_cost: Cost,
    /// Examples of the ends.
    examples: Option<usize>,
}

impl Stream {
    pub fn new(seed: u64) -> Self {
        Self {
            trace: StreamedTrace::new(seed),
            ends: StreamedEnds::new(seed),
            figure: None,
            probed: None,
            ended: None,
            probe_cost: Cost::new(),
            product_cost: Cost::new(),
            examples: None,
        }
    }

    /// Forgets what was measured: what comes next belongs to other weights, or moves another way.
    pub fn restart(&mut self) {
        self.trace.restart();
        self.ends.restart();
        self.figure = None;
        self.probed = None;
        self.ended = None;
    }

    /// Forgets probes before a turn of a knob, from which the trace may move another way; the vectors hold.
    pub fn turn(&mut self) {
        self.trace.restart();
    }

    /// Goes on from the vectors of an exact solve at a step, unless its own are of a later one.
    pub fn go_on_from(&mut self, (step, vectors): (u64, [Vec<f64>; 2])) {
        if self.figure.is_none() && self.ended.is_none_or(|(ended, _)| ended <= step) {
            self.ends.go_on_from(vectors);
        }
    }

    /// Whether there is a figure of each kind.
    pub const fn has_begun(&self) -> bool {
        self.probed.is_some() && self.ended.is_some()
    }

    /// Whether a figure is under way: it is of an earlier step with every unit that it waits.
    pub const fn is_urgent(&self) -> bool {
        self.figure.is_some()
    }

    /// Whether there is anything to do at the step of a run.
    pub fn needs(&self, run: &Run) -> bool {
        self.figure.is_some() || is_due(self.probed, run) || is_due(self.ended, run)
    }

    /// One unit.
    pub fn advance(&mut self, run: &Run) -> Option<Seen> {
        if self.figure.is_some() {
            return self.product().map(Seen::StreamedEigen);
        }
        let is_older = match (self.probed, self.ended) {
            (Some((_, probe)), Some((_, ends))) => probe <= ends,
            (probed, _) => probed.is_none(),
        };
        if is_due(self.probed, run) && (is_older || !is_due(self.ended, run)) {
            return self.probe(run).map(Seen::StreamedTrace);
        }
        self.begin(run);
        self.product().map(Seen::StreamedEigen)
    }

    fn probe(&mut self, run: &Run) -> Option<StreamedTraceRow> {
        let objective = run.measured();
        let (step, all) = (run.steps(), objective.num_examples());
        let (examples, count) = if self.probe_cost.is_known() {
            let examples = self.probe_cost.examples(1, UNIT_SECS, all, LEAST_EXAMPLES);
            let quick = (QUICK_SECS / self.probe_cost.of(examples).max(1e-9)) as usize;
            (examples, quick.clamp(1, MOST_PROBES))
        } else {
            // The first two, of which the spread is known.
            (LEAST_EXAMPLES.min(all), 2)
        };
        let count = count.min(objective.chunk_size()).max(1);
        let trace = &mut self.trace;
        let probe = || trace.probe(step, run.weights(), &objective, count, examples);
        self.probe_cost.measure(count, examples, probe);
        self.probed = Some((step, Instant::now()));
        let now = self.trace.now().filter(|now| now.stderr.is_finite())?;
        Some(StreamedTraceRow {
            step,
            gradient_evaluations: run.gradient_evaluations(),
            first_step: now.first_step,
            probes: now.samples,
            mean: now.value,
            stderr: now.stderr,
        })
    }

    /// Begins a figure of the ends.
    fn begin(&mut self, run: &Run) {
        let whole = run.measured();
        let all = whole.num_examples();
        let wanted = if !whole.falls_apart() {
            all
        } else if self.product_cost.is_known() {
            self.product_cost.examples(1, UNIT_SECS, all, LEAST_EXAMPLES)
        } else {
            self.probe_cost.examples(1, UNIT_SECS / PRODUCT_TO_PROBE, all, LEAST_EXAMPLES)
        };
        // Other examples have other ends: they change only where they have to.
        let holds = |examples: &usize| wanted < 4 * examples && *examples < 4 * wanted;
        let examples = self.examples.filter(holds).unwrap_or(wanted);
        self.examples = Some(examples);
        let secs = self.product_cost.of(examples);
        let [quick, full, between] = PRODUCTS;
        let most = if secs < QUICK_SECS {
            quick
        } else if secs > 0.5 * UNIT_SECS {
            full
        } else {
            between
        };
        self.ends.begin(run.weights().clone(), most);
        self.figure = Some(Box::new(Figure {
            step: run.steps(),
            gradient_evaluations: run.gradient_evaluations(),
            objective: whole.part(0..examples),
        }));
    }

    /// One product of the figure that is under way.
    fn product(&mut self) -> Option<StreamedEigenRow> {
        let figure = self.figure.take()?;
        let Figure { step, gradient_evaluations, objective } = figure.as_ref();
        let (step, examples, ends) = (*step, objective.num_examples(), &mut self.ends);
        let found = self.product_cost.measure(1, examples, || ends.advance(objective));
        let row = found.map(|ends| StreamedEigenRow {
            step,
            gradient_evaluations: *gradient_evaluations,
            examples,
            lambda_max: ends.largest,
            lambda_min: ends.smallest,
            residual_max: ends.largest_residual,
            residual_min: ends.smallest_residual,
            products: ends.products,
        });
        if self.ends.is_busy() {
            self.figure = Some(figure);
        } else {
            self.ended = Some((step, Instant::now()));
        }
        row
    }
}

/// Whether a kind that was last measured then is to be measured at the step of a run.
fn is_due(last: Option<(u64, Instant)>, run: &Run) -> bool {
    last.is_none_or(|(step, when)| step != run.steps() && when.elapsed() >= INTERVAL)
}
