//! Pieces of an analysis: how one falls apart, one piece by itself, and the whole from what they found.
//!
//! A piece begins where a unit of its measurement begins, so that all it computes is computed as in the whole, to the last digit
//! on the CPU.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use super::jobs::{DENSITY_PROBES, DENSITY_STEPS, Jobs};
use super::{
    Analysis, AnalyzeNews, AnalyzeOptions, Analyzer, EngineError, Parts, objective_of, subsets, with_analyzer,
};
use crate::curvature::{Density, LayerTraces, Node, TraceEstimate};
use crate::data::Dataset;
use crate::model::{Compute, Network, Number};
use crate::report::pieces::{Piece, PieceFound};

/// The pieces of an analysis: each part that falls apart in about `count`, and the others as one each. What is in no piece is
/// measured where they are put together.
///
/// # Errors
/// [`EngineError::Config`] when the model is not valid.
pub fn pieces_of<T: Number>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    count: usize,
) -> Result<Vec<Piece>, EngineError> {
    let network = Arc::new(Network::new(&options.model)?);
    let (examples, _) = subsets(options, data);
    let objective = objective_of(options, &network, &examples, &Compute::cpu());
    let parts = &options.parts;
    let mut pieces = Vec::new();
    // The product with a vector takes the gradient itself.
    pieces.extend(parts.hvp.is_none().then_some(Piece::Basics));
    pieces.extend(parts.eigenvalues.map(|_| Piece::Eigenvalues));
    if let Some(probes) = parts.trace_probes {
        let trace = ranges(probes, TraceEstimate::border(&objective), count);
        pieces.extend(trace.map(|Range { start, end }| Piece::Trace { from: start, to: end }));
        let layers = ranges(probes, LayerTraces::border(&objective), count);
        pieces.extend(layers.map(|Range { start, end }| Piece::LayerTraces { from: start, to: end }));
    }
    if let Some(rows) = options.slice_rows() {
        pieces.extend(ranges(rows, 1, count).map(|Range { start, end }| Piece::SliceRows { from: start, to: end }));
    }
    if parts.density {
        let steps = DENSITY_STEPS.min(objective.num_parameters());
        let vectors = ranges(DENSITY_PROBES, Density::border(&objective, steps), count);
        pieces.extend(vectors.map(|Range { start, end }| Piece::Density { from: start, to: end }));
    }
    Ok(pieces)
}

/// Whether all that an analysis measures is in its pieces.
#[must_use]
pub fn is_all_in_pieces(parts: &Parts) -> bool {
    let Parts { trace_probes: _, eigenvalues: _, density: _, slice: _, path, to, third, lines, initial, .. } = parts;
    let Parts { noise, hvp, rho, sweep, second_subset, dense, .. } = parts;
    let of_others = path.is_some() || to.is_some() || third.is_some() || lines.is_some() || initial.is_some();
    !of_others && noise.is_none() && hvp.is_none() && rho.is_none() && sweep.is_none() && !*second_subset && !*dense
}

/// Ranges of about equal length that begin at multiples of `border`.
fn ranges(total: usize, border: usize, count: usize) -> impl Iterator<Item = Range<usize>> {
    let units = total.div_ceil(border.max(1));
    let count = count.clamp(1, units.max(1));
    let at = move |piece: usize| (piece * units / count * border.max(1)).min(total);
    (0..count).map(move |piece| at(piece)..at(piece + 1)).filter(|range| !range.is_empty())
}

/// Measures one piece; with it comes the name of the device.
///
/// # Errors
/// As [`super::analyze`], and [`EngineError::Cancelled`] where `cancel` was set.
pub fn analyze_piece<T: Number>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    piece: Piece,
    progress: &mut dyn FnMut(AnalyzeNews),
    cancel: &AtomicBool,
) -> Result<(PieceFound, Analysis), EngineError> {
    let mut alone = options.clone();
    alone.parts = only_parts(&options.parts, piece);
    let (analysis, found) = with_analyzer(&alone, data, progress, cancel, |analyzer| analyzer.piece(piece))?;
    let found = found.filter(|_| !analysis.report.interrupted);
    Ok((found.ok_or(EngineError::Cancelled)?, analysis))
}

/// Measures what is in none of these pieces, and puts all together: the result of [`super::analyze`]. Pieces of one part come in
/// their order, all of them.
///
/// # Errors
/// As [`super::analyze`].
pub fn analyze_knowing<T: Number>(
    options: &AnalyzeOptions,
    data: &Dataset<T>,
    known: Vec<PieceFound>,
    progress: &mut dyn FnMut(AnalyzeNews),
    cancel: &AtomicBool,
) -> Result<Analysis, EngineError> {
    let measure = |analyzer: &mut Analyzer<'_>| {
        analyzer.jobs.know(known);
        analyzer.measure();
    };
    with_analyzer(options, data, progress, cancel, measure).map(|(analysis, ())| analysis)
}

/// What of an analysis a piece needs.
fn only_parts(parts: &Parts, piece: Piece) -> Parts {
    let none = Parts::default();
    match piece {
        Piece::Basics => none,
        Piece::Eigenvalues => Parts { eigenvalues: parts.eigenvalues, ..none },
        Piece::Trace { .. } | Piece::LayerTraces { .. } => Parts { trace_probes: parts.trace_probes, ..none },
        Piece::SliceRows { .. } => Parts { slice: parts.slice.clone(), ..none },
        Piece::Density { .. } => Parts { density: parts.density, ..none },
    }
}

impl Analyzer<'_> {
    /// What a piece finds; `None` where it was not asked for or was stopped.
    fn piece(&mut self, piece: Piece) -> Option<PieceFound> {
        match piece {
            Piece::Basics => {
                self.basics();
                let report = &self.report;
                let (loss, accuracy, gradient_norm) = (report.loss, report.accuracy, report.gradient_norm);
                Some(PieceFound::Basics { loss, accuracy, gradient_norm })
            }
            Piece::Eigenvalues => {
                self.eigenvalues();
                self.report.eigenvalues.take().map(PieceFound::Eigenvalues)
            }
            Piece::Trace { from, to } => {
                let job = self.jobs.trace.take()?.map(|trace| trace.only(from..to));
                let found = self.run(job);
                Some(PieceFound::Trace { values: found.values().to_vec(), sizes: found.sizes().to_vec() })
            }
            Piece::LayerTraces { from, to } => {
                let job = self.jobs.layers.take()?.map(|traces| traces.only(from..to));
                Some(PieceFound::LayerTraces { values: self.run(job).values().to_vec() })
            }
            Piece::SliceRows { from, to } => {
                let job = self.jobs.slice.take()?.map(|slice| slice.only(from..to));
                let grid = self.run(job).finest()?;
                let columns = grid.x.len();
                let cells = from * columns..to * columns;
                let accuracy = grid.accuracy.map(|accuracy| accuracy[cells.clone()].to_vec());
                Some(PieceFound::SliceRows { loss: grid.loss[cells].to_vec(), accuracy })
            }
            Piece::Density { from, to } => {
                let job = self.jobs.density.take()?.map(|density| density.only(from..to));
                let of = |node: &Node| [node.value, node.weight];
                let density = self.run(job);
                let nodes = density.finished().iter().map(|nodes| nodes.iter().map(of).collect()).collect();
                Some(PieceFound::Density { nodes })
            }
        }
    }
}

impl Jobs {
    /// Takes what pieces found for what it measures.
    fn know(&mut self, known: Vec<PieceFound>) {
        let (mut traces, mut layers, mut density) = ((Vec::new(), Vec::new()), Vec::new(), Vec::new());
        let (mut losses, mut accuracies) = (Vec::new(), None);
        for found in known {
            match found {
                PieceFound::Basics { loss, accuracy, gradient_norm } => {
                    self.known_basics = Some((loss, accuracy, gradient_norm));
                }
                PieceFound::Eigenvalues(report) => {
                    self.eigenvalues = None;
                    self.known_eigenvalues = Some(report);
                }
                PieceFound::Trace { values, sizes } => {
                    traces.0.extend(values);
                    traces.1.extend(sizes);
                }
                PieceFound::LayerTraces { values } => layers.extend(values),
                PieceFound::SliceRows { loss, accuracy } => {
                    losses.extend(loss);
                    if let Some(accuracy) = accuracy {
                        accuracies.get_or_insert_with(Vec::new).extend(accuracy);
                    }
                }
                PieceFound::Density { nodes } => density.extend(nodes),
            }
        }
        let node = |[value, weight]: [f64; 2]| Node { value, weight };
        let density: Vec<Vec<Node>> = density.into_iter().map(|nodes| nodes.into_iter().map(node).collect()).collect();
        if !traces.0.is_empty() {
            self.trace = self.trace.take().map(|job| job.map(|trace| trace.known(traces.0, traces.1)));
        }
        if !layers.is_empty() {
            self.layers = self.layers.take().map(|job| job.map(|traces| traces.known(layers)));
        }
        if !losses.is_empty() {
            self.slice = self.slice.take().map(|job| job.map(|slice| slice.known(losses, accuracies)));
        }
        if !density.is_empty() {
            self.density = self.density.take().map(|job| job.map(|of| of.known(density)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_meet_begin_at_borders_and_leave_nothing_out() {
        for (total, border, count) in [(512, 16, 8), (101, 1, 8), (7, 4, 3), (5, 16, 8), (100, 16, 3), (1, 1, 1)] {
            let found: Vec<Range<usize>> = ranges(total, border, count).collect();
            assert!(found.len() <= count && found[0].start == 0 && found[found.len() - 1].end == total, "{found:?}");
            assert!(found.windows(2).all(|pair| pair[0].end == pair[1].start), "{found:?}");
            assert!(found.iter().all(|range| range.start.is_multiple_of(border)), "{found:?}");
            let units = |range: &Range<usize>| range.len().div_ceil(border);
            let (least, most) = (found.iter().map(units).min().unwrap(), found.iter().map(units).max().unwrap());
            assert!(most - least <= 1, "{found:?}");
        }
    }
}
