//! Which values iso-lines stand at: round numbers, whatever the scale.
//!
//! Over less than a decade, round losses at equal distances are spread well enough on a logarithmic scale too. Over more,
//! the lines stand at the same round numbers of every decade, as many as give about [`WANTED`] lines.

use super::loss_scale::LossScale;

/// Iso-lines at most; the shaders' uniforms have room for so many.
pub(super) const MAX_LEVELS: usize = 64;
/// About so many iso-lines lie between the ends of a scale.
const WANTED: f64 = 14.0;
/// Fewer decades than this have lines at equal distances.
const LINEAR_DECADES: f64 = 0.9;
/// The round numbers of a decade, from few to many.
const ROUND: [&[f64]; 5] = [
    &[1.0],
    &[1.0, 3.0],
    &[1.0, 2.0, 5.0],
    &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
    &[1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0],
];

/// The logarithms (base ten) of round losses between two logarithms, lowest first.
#[must_use]
pub fn log_levels([low, high]: [f64; 2]) -> Vec<f64> {
    let decades = high - low;
    if !(decades.is_finite() && decades > 0.0) {
        return Vec::new();
    }
    let slack = 1e-6 * decades;
    let is_inside = |log: &f64| (low - slack..=high + slack).contains(log);
    let held = |log: f64| log.clamp(low, high);
    let ends = [low, high].map(|log| 10_f64.powf(log));
    if decades < LINEAR_DECADES && ends[0].is_normal() && ends[1].is_finite() {
        let found = multiples(round_step((ends[1] - ends[0]) / WANTED), ends);
        return found.into_iter().map(f64::log10).filter(is_inside).map(held).collect();
    }
    let distance = |numbers: &&&[f64]| (numbers.len() as f64 * decades / WANTED).ln().abs();
    let numbers = ROUND.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied().unwrap_or(ROUND[0]);
    // Beyond so many decades not every power of ten has a line.
    let stride = (decades / (WANTED + 2.0)).ceil();
    let (first, last) = ((low / stride).floor(), (high / stride).ceil());
    let powers = (0..=(last - first) as usize).map(|i| (first + i as f64) * stride);
    let found = powers.flat_map(|power| numbers.iter().map(move |number| power + number.log10()));
    found.filter(is_inside).map(held).take(MAX_LEVELS).collect()
}

/// The iso-lines between the ends of a scale, as places on it, lowest first.
pub(super) fn levels(scale: LossScale, limits: [f32; 2]) -> Vec<f32> {
    let [low, high] = limits.map(f64::from);
    let found = match scale {
        LossScale::Log10 => log_levels([low, high]),
        LossScale::Linear | LossScale::Percent | LossScale::Symmetric => {
            multiples(round_step((high - low) / (WANTED + 2.0)), [low, high])
        }
    };
    let mut places: Vec<f32> = found.into_iter().map(|level| level as f32).filter(|level| level.is_finite()).collect();
    places.dedup();
    places
}

/// Multiples of a step between two ends.
fn multiples(step: f64, [low, high]: [f64; 2]) -> Vec<f64> {
    let (first, last) = ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    if !(first.is_finite() && last.is_finite() && first <= last) {
        return Vec::new();
    }
    (0..=(last - first) as usize).map(|i| (first + i as f64) * step).take(MAX_LEVELS).collect()
}

/// The least of 1, 2, 2.5 and 5 times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10_f64.powf(step.log10().floor());
    let round = [1.0, 2.0, 2.5, 5.0, 10.0].map(|factor| factor * power);
    round.into_iter().find(|round| *round >= step * (1.0 - 1e-6)).unwrap_or(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_on_the_logarithmic_scale_are_round_numbers_and_neither_few_nor_many() {
        for low in [-12.0, -3.3, -1.5, 0.0, 2.7] {
            for decades in [0.05, 0.4, 0.8, 0.95, 1.5, 2.2, 3.0, 4.1, 6.0, 8.0] {
                let found = log_levels([low, low + decades]);
                assert!((6..=20).contains(&found.len()), "{low} {decades}: {}", found.len());
                assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
                if decades < LINEAR_DECADES {
                    continue;
                }
                for log in found {
                    // Round: at most three digits, the third of them 5.
                    let value = 10_f64.powf(log - log.floor() + 2.0);
                    assert!((value - (value / 5.0).round() * 5.0).abs() < 1e-6 * value, "{low} {decades}: {value}");
                }
            }
        }
    }

    #[test]
    fn less_than_a_decade_has_round_losses_at_equal_distances() {
        let found: Vec<f64> =
            log_levels([2.0_f64.log10(), 4.0_f64.log10()]).into_iter().map(|log| 10_f64.powf(log)).collect();
        let expected: Vec<f64> = (0..=10).map(|i| 2.0 + 0.2 * f64::from(i)).collect();
        assert_eq!(found.len(), expected.len(), "{found:?}");
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9), "{found:?}");
    }

    #[test]
    fn any_ends_give_few_levels() {
        for ends in [[0.0, 0.0], [f64::NAN, 1.0], [0.0, f64::INFINITY], [-1e38, 1e38], [1e9, 1e9 + 1e4], [3.0, -3.0]] {
            let found = log_levels(ends);
            assert!(found.len() <= MAX_LEVELS && found.iter().all(|level| level.is_finite()), "{ends:?}: {found:?}");
        }
    }

    #[test]
    fn other_scales_have_multiples_of_a_round_step() {
        assert_eq!(levels(LossScale::Linear, [0.0, 16.0]), (0..=16).map(|i| i as f32).collect::<Vec<_>>());
        assert!(levels(LossScale::Symmetric, [-2.0, 2.0]).contains(&0.0));
    }
}
