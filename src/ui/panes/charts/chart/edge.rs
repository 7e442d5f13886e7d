//! The edge of stability on a chart: it is seen where it is near the values, and told where it is far from them, so that a small
//! learning rate does not press λmax flat.

use super::Chart;
use crate::ui::kit::format;
use crate::ui::panes::charts::memory::ChartMemory;
use crate::ui::panes::charts::quantity::Quantity;
use crate::ui::plots::chart::axes::on_axis;
use crate::ui::state::model::Model;

/// Room above and below the edge, as a share of the axis.
const MARGIN: f64 = 0.06;

/// On a logarithmic axis an edge is near within a factor of four, whatever the range of the values is; on a linear one within
/// as much as the values are.
const NEAR_DECADES: f64 = 0.6;

/// Runs whose edges are told by name.
const MOST_NAMED: usize = 2;

/// A range that has the parts of edges in it which are near: no further from it than it is high, or than such values are from
/// one another.
pub(super) fn with_edges([low, high]: [f64; 2], is_log: bool, edges: impl Iterator<Item = f64>) -> [f64; 2] {
    let height = high - low;
    let reach = height.max(if is_log { NEAR_DECADES } else { high.abs() });
    let near = edges.filter(|edge| (low - reach..=high + reach).contains(edge));
    near.fold([low, high], |[from, to], edge| [from.min(edge - MARGIN * height), to.max(edge + MARGIN * height)])
}

impl Chart {
    /// Which edges are beyond the axis, in words; `None` where all are seen.
    pub(super) fn hidden_edges(&self, model: &Model, memory: &ChartMemory, is_log: bool) -> Option<String> {
        let [low, high] = self.y_range(model, memory, is_log);
        let newest = self.series.iter().filter(|series| series.quantity == Quantity::Edge).filter_map(|series| {
            let run = model.run(series.run)?;
            Some((run.name(), run.edge_at(u64::MAX)?))
        });
        let (mut above, mut below) = (Vec::new(), Vec::new());
        for (name, edge) in newest {
            let place = on_axis(edge, is_log);
            if place > high {
                above.push((name, edge));
            } else if place < low {
                below.push((name, edge));
            }
        }
        let told = [("above", above), ("below", below)].into_iter().filter(|(_, edges)| !edges.is_empty());
        let told: Vec<String> = told.map(|(side, edges)| format!("edge {side}: {}", words(&edges))).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// Edges with the names of their runs; of many runs the number and the range.
fn words<Name: std::fmt::Display>(edges: &[(Name, f64)]) -> String {
    if edges.len() <= MOST_NAMED {
        let each: Vec<String> = edges.iter().map(|(name, edge)| format!("{name} {}", format::number(*edge))).collect();
        return each.join(", ");
    }
    let values = edges.iter().map(|(_, edge)| *edge);
    let [least, most] = [values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max)];
    let [from, to] = [least, most].map(format::number);
    let range = if from == to { from } else { format!("{from} to {to}") };
    format!("{range} of {} runs", edges.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_edges_are_a_range() {
        assert_eq!(
            words(&[("SGD", 190.0), ("NSO", 76.0)]),
            format!("SGD {}, NSO {}", format::number(190.0), format::number(76.0))
        );
        let many = |values: [f64; 3]| words(&values.map(|edge| ("SGD", edge)));
        assert_eq!(many([76.0; 3]), format!("{} of 3 runs", format::number(76.0)));
        assert_eq!(
            many([190.0, 76.0, 80.0]),
            format!("{} to {} of 3 runs", format::number(76.0), format::number(190.0))
        );
    }

    #[test]
    fn a_near_edge_is_seen_and_a_far_one_does_not_press_the_values_flat() {
        let range = [2.0, 10.0];
        let with = |range, is_log, edges: &[f64]| with_edges(range, is_log, edges.iter().copied());
        assert_eq!(with(range, false, &[5.0]), range, "within");
        let [low, high] = with(range, false, &[14.0]);
        assert!(low == 2.0 && (high - 14.48).abs() < 1e-12, "{high}");
        assert_eq!(with(range, false, &[200.0, f64::NAN]), range, "far");
        let [low, high] = with(range, false, &[-1.0, 14.0, 15.0]);
        assert!((low + 1.48).abs() < 1e-12 && (high - 15.48).abs() < 1e-12, "{low} {high}");
        // Values that hardly move: within a factor of four on a logarithmic axis.
        let flat = [0.8, 0.9];
        assert!(with(flat, true, &[1.4])[1] > 1.4 && with(flat, true, &[1.6]) == flat);
    }
}
