//! The areas of the chart of traces by tensor: those of the largest blocks, and one of the rest.

use std::collections::HashMap;

use egui::Color32;

use super::blocks::{Block, blocks};
use crate::protocol::{LayerTraceRow, RunId};
use crate::ui::kit::theme::Tokens;
use crate::ui::panes::charts::quantity::{XAxis, evaluations_at, seconds_at};
use crate::ui::state::run_view::RunView;

/// Blocks with an area of their own; the rest stand together.
const MAX_AREAS: usize = 7;
/// Points of an area at most.
pub const MAX_POINTS: usize = 300;

/// What stands in one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// Its block; none for the rest.
    pub block: Option<usize>,
    /// Its tensors.
    pub tensors: Vec<usize>,
}

/// The areas of one run, computed again when its rows or the axis changed.
#[derive(Debug, Default)]
pub struct LayerStack {
    stamp: Option<(RunId, u64, u64, XAxis)>,
    /// Places along the axis.
    pub xs: Vec<f64>,
    /// The tensors that stand together, in the order of the model.
    pub blocks: Vec<Block>,
    /// The block of each area, or none for that of the rest, and its tensors.
    pub areas: Vec<Area>,
    /// Upper edge of each area; the lower edge is that of the one before.
    pub edges: Vec<Vec<f64>>,
    /// Estimates below 0, which an area cannot show.
    pub negative: usize,
    /// The colour of each block that had an area of its own, by its first tensor: it keeps it, whichever areas there are.
    colors: HashMap<usize, usize>,
}

impl LayerStack {
    /// Follows a run whose tensors have these names.
    pub fn update(&mut self, run: &RunView, names: &[String], axis: XAxis) {
        let clock = if axis == XAxis::Step { 0 } else { run.steps.version() };
        let stamp = Some((run.info.run, run.layers.version(), clock, axis));
        if self.stamp == stamp {
            return;
        }
        let rows = run.layers.rows();
        let stride = rows.len().div_ceil(MAX_POINTS).max(1);
        let mut shown: Vec<&LayerTraceRow> = rows.iter().step_by(stride).collect();
        if let Some(last) = rows.last()
            && shown.last().is_none_or(|row| row.step != last.step)
        {
            shown.push(last);
        }
        let steps = run.steps.rows();
        let place = |row: &&LayerTraceRow| match axis {
            XAxis::GradientEvaluations => evaluations_at(steps, row.step),
            XAxis::Seconds => seconds_at(steps, row.step),
            XAxis::Step | XAxis::TrainLoss => row.step as f64,
        };
        let is_same_run = self.stamp.is_some_and(|stamp| stamp.0 == run.info.run);
        let colors = if is_same_run { std::mem::take(&mut self.colors) } else { HashMap::new() };
        *self = Self { stamp, xs: shown.iter().map(place).collect(), colors, ..Self::default() };
        self.stack(&shown, names);
    }

    /// Gives each block with an area a colour that no other area has; one that had a colour keeps it where it can.
    fn choose_colors(&mut self) {
        let blocks = &self.blocks;
        let first = |area: &Area| area.block.map(|block| blocks[block].tensors[0]);
        let tensors: Vec<usize> = self.areas.iter().filter_map(first).collect();
        let mut is_taken = [false; Tokens::NUM_RUN_COLORS];
        for slot in tensors.iter().filter_map(|tensor| self.colors.get(tensor)) {
            is_taken[*slot] = true;
        }
        for tensor in tensors.iter().filter(|tensor| !self.colors.contains_key(tensor)).collect::<Vec<_>>() {
            let own = tensor % Tokens::NUM_RUN_COLORS;
            let free = (own..own + Tokens::NUM_RUN_COLORS).map(|slot| slot % Tokens::NUM_RUN_COLORS);
            let slot = free.into_iter().find(|slot| !is_taken[*slot]).unwrap_or(own);
            is_taken[slot] = true;
            self.colors.insert(*tensor, slot);
        }
        // The colours of areas that went are free for others.
        self.colors.retain(|tensor, _| tensors.contains(tensor));
    }

    fn stack(&mut self, rows: &[&LayerTraceRow], names: &[String]) {
        let tensors = rows.iter().map(|row| row.layers.len()).max().unwrap_or(0);
        self.blocks = blocks(names, tensors);
        let mean = |row: &LayerTraceRow, tensor: usize| row.layers.get(tensor).map_or(0.0, |layer| layer.mean);
        let positive = |tensor: usize| {
            let means = rows.iter().map(|row| mean(row, tensor)).filter(|mean| mean.is_finite());
            means.map(|mean| mean.max(0.0)).sum::<f64>()
        };
        let weight = |block: &Block| block.tensors.iter().map(|tensor| positive(*tensor)).sum::<f64>();
        let mut order: Vec<(usize, f64)> = self.blocks.iter().map(weight).enumerate().collect();
        order.sort_by(|a, b| b.1.total_cmp(&a.1));
        let own = if order.len() > MAX_AREAS + 1 { MAX_AREAS } else { order.len() };
        let mut large: Vec<usize> = order[..own].iter().map(|(block, _)| *block).collect();
        // In the order of the model, so that neighbours in the network are neighbours here.
        large.sort_unstable();
        let area = |block: usize| Area { block: Some(block), tensors: self.blocks[block].tensors.clone() };
        self.areas = large.into_iter().map(area).collect();
        if own < order.len() {
            let tensors =
                order[own..].iter().flat_map(|(block, _)| self.blocks[*block].tensors.iter().copied()).collect();
            self.areas.push(Area { block: None, tensors });
        }
        self.choose_colors();
        let mut below = vec![0.0; rows.len()];
        for area in &self.areas {
            for (top, row) in below.iter_mut().zip(rows) {
                for mean in area.tensors.iter().map(|tensor| mean(row, *tensor)) {
                    if mean > 0.0 && mean.is_finite() {
                        *top += mean;
                    } else if mean < 0.0 {
                        self.negative += 1;
                    }
                }
            }
            self.edges.push(below.clone());
        }
    }

    /// Lower edge of an area.
    pub fn bottom(&self, area: usize) -> Vec<f64> {
        area.checked_sub(1).map_or_else(|| vec![0.0; self.xs.len()], |before| self.edges[before].clone())
    }

    /// An area in words.
    pub fn name(&self, area: usize) -> String {
        let area = &self.areas[area];
        match area.block {
            Some(block) => self.blocks[block].name.clone(),
            None => format!("{} other tensors", area.tensors.len()),
        }
    }

    /// The colour of an area.
    pub fn color(&self, tokens: &Tokens, area: usize) -> Color32 {
        let first = self.areas[area].block.map(|block| self.blocks[block].tensors[0]);
        first.and_then(|first| self.colors.get(&first)).map_or(tokens.weak.0, |slot| tokens.run_color(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Estimate;

    fn row(step: u64, means: &[f64]) -> LayerTraceRow {
        let layers = means.iter().map(|mean| Estimate { mean: *mean, stderr: 0.1, samples: 8 }).collect();
        LayerTraceRow { step, gradient_evaluations: step, layers }
    }

    #[test]
    fn areas_stand_on_each_other_and_negative_ones_are_flat() {
        let rows = [row(1, &[1.0, 2.0, 3.0]), row(2, &[2.0, -1.0, f64::NAN])];
        let mut stack = LayerStack::default();
        stack.stack(&rows.iter().collect::<Vec<_>>(), &[]);
        assert_eq!(stack.edges, [[1.0, 2.0], [3.0, 2.0], [6.0, 2.0]]);
        assert_eq!(stack.negative, 1);
    }

    #[test]
    fn a_tensor_keeps_its_colour_when_others_come_and_go() {
        let mut stack = LayerStack::default();
        let colors = |stack: &LayerStack| {
            let own = stack.areas.iter().filter(|area| area.block.is_some()).map(|area| area.tensors[0]);
            own.map(|tensor| (tensor, stack.colors[&tensor])).collect::<Vec<_>>()
        };
        let names = || (0..20).map(|tensor| format!("{tensor}.weight")).collect::<Vec<_>>();
        let mut means: Vec<f64> = (0..20).map(f64::from).collect();
        stack.stack(&[&row(1, &means)], &names());
        let before = colors(&stack);
        assert_eq!(before.len(), MAX_AREAS);
        // The first tensor grows and takes the place of the least of them.
        means[0] = 100.0;
        stack.edges.clear();
        stack.stack(&[&row(2, &means)], &names());
        let after = colors(&stack);
        assert_eq!(after[0].0, 0);
        for (tensor, slot) in &after[1..] {
            assert!(before.contains(&(*tensor, *slot)), "tensor {tensor} has another colour");
        }
        let mut slots: Vec<usize> = after.iter().map(|(_, slot)| *slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), MAX_AREAS, "no two have the same");
    }

    #[test]
    fn many_tensors_share_one_area() {
        let means: Vec<f64> = (0..40).map(f64::from).collect();
        let rows = [row(1, &means)];
        let mut stack = LayerStack::default();
        let names: Vec<String> = (0..40).map(|tensor| format!("{tensor}.weight")).collect();
        stack.stack(&rows.iter().collect::<Vec<_>>(), &names);
        assert_eq!(stack.areas.len(), MAX_AREAS + 1);
        assert_eq!(stack.areas[0].tensors, [33], "the largest in the order of the model");
        assert_eq!(stack.edges[MAX_AREAS][0], means.iter().sum::<f64>());
    }
}
