//! The colour scale that all landscapes share.

use super::choices::Field;
use crate::protocol::{Examples, LossGrid};
use crate::render::{ContourStyle, LossScale, round_ticks};

/// Ends of the logarithmic scale move in steps of this, in decades, so that colours do not flicker with every slice.
const STEP_DECADES: f32 = 0.1;
/// Decades that the scale spans at most; what lies beyond is drawn in the colours of its ends.
const MAX_DECADES: f32 = 8.0;
/// Share of the cells on either side that may lie far from all others.
const OUTLIERS: f64 = 0.02;

/// Where the finite values of slices lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The least and the greatest.
    ends: [f32; 2],
    /// The same without the [`OUTLIERS`] on either side.
    bulk: [f32; 2],
}

impl Spread {
    /// Of these values; `None` if none is finite.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut finite: Vec<f32> = values.iter().map(|value| *value as f32).filter(|value| value.is_finite()).collect();
        let last = finite.len().checked_sub(1)?;
        let aside = (OUTLIERS * last as f64).round() as usize;
        let mut at = |index: usize| *finite.select_nth_unstable_by(index, f32::total_cmp).1;
        Some(Self { ends: [at(0), at(last)], bulk: [at(aside), at(last - aside)] })
    }

    /// Of the values of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let both = |[a, b]: [f32; 2], [c, d]: [f32; 2]| [a.min(c), b.max(d)];
        Self { ends: both(self.ends, other.ends), bulk: both(self.bulk, other.bulk) }
    }

    /// The same on a scale.
    fn on(self, scale: LossScale) -> Self {
        Self { ends: self.ends.map(|end| scale.scaled(end)), bulk: self.bulk.map(|end| scale.scaled(end)) }
    }
}

/// Ends of a scale that hold what there is and stay where they are while it changes little.
#[must_use]
pub fn steady(scale: LossScale, spread: Spread) -> [f32; 2] {
    let Spread { ends: [low, high], bulk } = spread.on(scale);
    match scale {
        LossScale::Log10 => {
            // A few cells far above, or far below, would leave all others one colour.
            let (low, high) = if high - low <= MAX_DECADES {
                (low, high)
            } else if bulk[1] < high - MAX_DECADES {
                let low = low.max(bulk[1] - MAX_DECADES + 1.0);
                (low, low + MAX_DECADES)
            } else {
                (high - MAX_DECADES, high)
            };
            let low = (low / STEP_DECADES).floor() * STEP_DECADES;
            [low, ((high / STEP_DECADES).ceil() * STEP_DECADES).max(low + STEP_DECADES)]
        }
        LossScale::Percent => [(20.0 * low).floor() / 20.0, (20.0 * high).ceil() / 20.0],
        LossScale::Linear | LossScale::Symmetric => {
            let span = (high - low).abs().max(high.abs()).max(low.abs());
            let step = if span > 0.0 { 10_f32.powf(span.log10().floor()) / 2.0 } else { 1.0 };
            [(low / step).floor() * step, (high / step).ceil() * step]
        }
    }
}

/// What slices show.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// Such as "train".
    examples: &'static str,
    /// Such as "cross-entropy".
    objective: String,
}

impl Subject {
    /// What these slices show.
    #[must_use]
    pub fn of<'a>(mut slices: impl Iterator<Item = &'a LossGrid>) -> Self {
        let Some(first) = slices.next() else { return Self::default() };
        // Slices of other examples come one after another.
        let is_mixed = slices.any(|slice| slice.view.examples != first.view.examples);
        let examples = match first.view.examples {
            _ if is_mixed => "train and test",
            Examples::Train => "train",
            Examples::Test => "test",
        };
        Self { examples, objective: first.caption.objective.split(',').next().unwrap_or_default().to_owned() }
    }

    /// What the colours of a field stand for, the longest words first.
    #[must_use]
    pub fn words(&self, field: Field, scale: LossScale) -> Vec<String> {
        let Self { examples, objective } = self;
        let of = format!("{examples} {}", if field == Field::Loss { "loss" } else { "accuracy" });
        let capital = |text: &str| {
            let mut letters = text.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        };
        let full = if objective.is_empty() { of.clone() } else { format!("{of} ({objective})") };
        let (kind, short) = match scale {
            LossScale::Log10 => ("log scale, shared", "log scale"),
            LossScale::Linear => ("linear scale, shared", "linear scale"),
            LossScale::Percent => return vec![capital(&format!("{of}, shared scale")), capital(&of)],
            LossScale::Symmetric => {
                return vec![format!("Difference of {of}, 0 in the middle"), format!("Difference of {of}")];
            }
        };
        [format!("{full}, {kind}"), format!("{of}, {kind}"), format!("{of}, {short}")]
            .iter()
            .map(|text| capital(text))
            .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn even(ends: [f32; 2]) -> Spread {
        Spread { ends, bulk: ends }
    }

    #[test]
    fn ends_hold_what_there_is_and_are_steady() {
        for scale in [LossScale::Log10, LossScale::Linear, LossScale::Percent] {
            for ends in [[0.21, 0.83], [0.5, 0.5], [0.02, 0.99]] {
                let [low, high] = steady(scale, even(ends));
                let [least, most] = ends.map(|end| scale.scaled(end));
                assert!(low <= least + 1e-6 && high >= most - 1e-6, "{scale:?} {ends:?}: {low} {high}");
            }
        }
        assert_eq!(steady(LossScale::Linear, even([0.21, 0.83])), steady(LossScale::Linear, even([0.22, 0.82])));
    }

    #[test]
    fn a_few_cells_far_away_do_not_take_the_colours_of_all_others() {
        let slice = |outlier: f64, from: f64, to: f64| -> Spread {
            let others = (0..1000).map(|i| from * (to / from).powf(f64::from(i) / 999.0));
            Spread::of(&std::iter::once(outlier).chain(others).collect::<Vec<_>>()).unwrap()
        };
        // One cell at the bottom, with walls as high as 10.
        assert_eq!(steady(LossScale::Log10, slice(1e-12, 1e-3, 10.0)), [-7.0, 1.0]);
        // One corner that explodes.
        assert_eq!(steady(LossScale::Log10, slice(1e10, 1e-3, 10.0)), [-3.0, 5.0]);
        // Not outliers: the highest are kept.
        let [low, high] = steady(LossScale::Log10, slice(1.0, 1e-12, 10.0));
        assert!((low + 7.0).abs() < 1e-5 && (high - 1.0).abs() < 1e-5, "{low} {high}");
        assert_eq!(Spread::of(&[f64::NAN, f64::INFINITY]), None);
        assert_eq!(Spread::of(&[2.0]), Some(even([2.0, 2.0])));
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
