//! The colour scale that all landscapes share.

use super::picture::PictureId;
use super::state::LandscapeView;
use crate::render::{ContourStyle, LossScale, round_ticks};
use crate::ui::model::Model;

/// Ends of the logarithmic scale move in steps of this, in decades, so that colours do not flicker with every slice.
const STEP_DECADES: f32 = 0.1;
/// Decades that the scale spans at most; what lies above is drawn in the top colour.
const MAX_DECADES: f32 = 8.0;

/// Ends of a scale that hold an extent and stay where they are while it changes little.
fn steady(scale: LossScale, [low, high]: [f32; 2]) -> [f32; 2] {
    match scale {
        LossScale::Log10 => {
            let low = (low / STEP_DECADES).floor() * STEP_DECADES;
            [low, ((high / STEP_DECADES).ceil() * STEP_DECADES).min(low + MAX_DECADES).max(low + STEP_DECADES)]
        }
        LossScale::Percent => [(20.0 * low).floor() / 20.0, (20.0 * high).ceil() / 20.0],
        LossScale::Linear | LossScale::Symmetric => {
            let span = (high - low).abs().max(high.abs()).max(low.abs());
            let step = if span > 0.0 { 10_f32.powf(span.log10().floor()) / 2.0 } else { 1.0 };
            [(low / step).floor() * step, (high / step).ceil() * step]
        }
    }
}

impl LandscapeView {
    /// Finds the scale over all slices that are shown.
    pub(super) fn set_style(&mut self, model: &Model, is_hidden: impl Fn(crate::protocol::RunId) -> bool) {
        let scale = self.scale();
        let extents = model.runs.iter().filter(|run| !is_hidden(run.info.run)).filter_map(|run| {
            let picture = self.pictures.get(&PictureId::Run(run.info.run))?;
            picture.extent
        });
        let shared = extents.reduce(|a, b| [a[0].min(b[0]), a[1].max(b[1])]);
        let map = self.map;
        self.style = shared.map(|extent| ContourStyle::on(scale, steady(scale, extent)).with_map(map));
        let of_difference = self.pictures.get(&PictureId::Difference).and_then(|picture| picture.extent);
        self.difference_style =
            of_difference.map(|extent| ContourStyle::on(LossScale::Symmetric, steady(LossScale::Symmetric, extent)));
    }
}

/// Round values of a scale with their places as shares of it, lowest first.
#[must_use]
pub fn ticks(style: &ContourStyle, count: usize) -> Vec<(f64, f32)> {
    let [low, high] = style.limits.map(f64::from);
    let share = |scaled: f64| ((scaled - low) / (high - low)) as f32;
    if style.scale != LossScale::Log10 {
        return round_ticks([low, high], count).into_iter().map(|value| (value, share(value))).collect();
    }
    // 1, 2 and 5 times powers of ten while they are few, then powers alone.
    let powers = |factors: &[f64]| -> Vec<(f64, f32)> {
        let decades = low.floor() as i32..=high.ceil() as i32;
        decades
            .flat_map(|power| factors.iter().map(move |factor| factor * 10_f64.powi(power)))
            .map(|value| (value, value.log10()))
            .filter(|(_, scaled)| (low - 1e-6..=high + 1e-6).contains(scaled))
            .map(|(value, scaled)| (value, share(scaled)))
            .collect()
    };
    let candidates = [powers(&[1.0, 2.0, 5.0]), powers(&[1.0, 3.0]), powers(&[1.0])];
    let [fine, .., coarse] = &candidates;
    let found = candidates.iter().find(|found| (2..=count).contains(&found.len()));
    let found = found.unwrap_or(if coarse.len() >= 2 { coarse } else { fine }).clone();
    if found.len() >= 2 {
        let every = found.len().div_ceil(count.max(2));
        return found.into_iter().step_by(every).collect();
    }
    [low, high].map(|scaled| (10_f64.powf(scaled), share(scaled))).to_vec()
}

/// What the scale shows, in a few words.
#[must_use]
pub const fn words(scale: LossScale) -> &'static str {
    match scale {
        LossScale::Log10 => "Loss, log scale, shared",
        LossScale::Linear => "Loss, linear scale, shared",
        LossScale::Percent => "Accuracy, shared scale",
        LossScale::Symmetric => "Difference, 0 in the middle",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_hold_the_extent_and_are_steady() {
        for scale in [LossScale::Log10, LossScale::Linear, LossScale::Percent] {
            for extent in [[0.21, 0.83], [0.5, 0.5], [0.02, 0.99]] {
                let [low, high] = steady(scale, extent);
                assert!(low <= extent[0] + 1e-6 && high >= extent[1] - 1e-6, "{scale:?} {extent:?}: {low} {high}");
            }
        }
        assert_eq!(steady(LossScale::Linear, [0.21, 0.83]), steady(LossScale::Linear, [0.22, 0.82]));
        assert_eq!(steady(LossScale::Log10, [-1.0, 30.0]), [-1.0, 7.0]);
    }

    #[test]
    fn ticks_are_round_ascending_and_on_the_scale() {
        let limits = [[-1.4, 1.0], [-0.1, 0.1], [-8.0, 0.0], [-1.3, 0.3]];
        for limits in limits {
            let found = ticks(&ContourStyle::new(limits), 5);
            assert!((2..=6).contains(&found.len()), "{limits:?}: {found:?}");
            for (value, share) in &found {
                let scaled = limits[0] + share * (limits[1] - limits[0]);
                assert!((value.log10() as f32 - scaled).abs() < 1e-4 && (-1e-3..=1.001).contains(share), "{found:?}");
            }
        }
        let linear: Vec<f64> = ticks(&ContourStyle::on(LossScale::Linear, [0.0, 2.0]), 4).iter().map(|t| t.0).collect();
        assert_eq!(linear, [0.0, 0.5, 1.0, 1.5, 2.0]);
        let signed = ticks(&ContourStyle::on(LossScale::Symmetric, [-0.5, 2.0]), 4);
        assert!(signed.iter().any(|(value, share)| *value == 0.0 && (share - 0.5).abs() < 1e-6));
    }
}
