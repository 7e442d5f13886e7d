//! Round numbers along an axis.

/// Round numbers on an axis, at most six, each with its share of the way from the first to the last coordinate; the number
/// itself in the middle of an axis with one point.
pub fn round_places(axis: &[f64]) -> Vec<(f64, f64)> {
    let (first, last) = (axis[0], axis[axis.len() - 1]);
    let extent = last - first;
    let power = 10_f64.powf((extent.abs() / 4.0).log10().floor());
    if extent == 0.0 || !power.is_normal() {
        return vec![(0.5, first)];
    }
    let least = 0.999 * extent.abs() / 4.0;
    let step =
        [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|step| *step >= least).unwrap_or(10.0 * power);
    // A hair beyond the ends, because an end is itself a rounded number.
    let (low, high) = (first.min(last) / step - 1e-9, first.max(last) / step + 1e-9);
    let places = (low.ceil() as i64..=high.floor() as i64).map(|index| index as f64 * step);
    places.map(|value| (((value - first) / extent).clamp(0.0, 1.0), value)).collect()
}

/// The distance of round places; 0 for a single one.
pub fn step_of(places: &[(f64, f64)]) -> f64 {
    places.windows(2).map(|pair| (pair[1].1 - pair[0].1).abs()).next().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_lie_where_they_say() {
        let ticks = |first: f64, last: f64| round_places(&[first, last]);
        assert_eq!(ticks(-2.0, 2.0), [(0.0, -2.0), (0.25, -1.0), (0.5, 0.0), (0.75, 1.0), (1.0, 2.0)]);
        assert_eq!(ticks(2.0, -2.0)[0], (1.0, -2.0), "an axis may run backwards");
        let values: Vec<f64> = ticks(-1.0, 0.25).into_iter().map(|(_, value)| value).collect();
        assert_eq!(values, [-1.0, -0.5, 0.0]);
        assert_eq!(round_places(&[0.3]), [(0.5, 0.3)]);
        for range in [1e-9, 0.013, 0.7, 3.3, 4e5] {
            let ticks = ticks(-range, range);
            assert!((3..=6).contains(&ticks.len()), "{range}: {ticks:?}");
            assert!(ticks.iter().any(|(share, value)| *value == 0.0 && (share - 0.5).abs() < 1e-12));
        }
    }
}
