//! From values to pixels along one axis, with round numbers on it.

use crate::export::figure::round::{round_places, step_of};
use crate::number::tick;

/// An axis of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    is_log: bool,
}

impl Scale {
    /// The axis over `range`, or over all `values` with a margin of `margin` of their width.
    pub fn new(range: Option<[f64; 2]>, is_log: bool, values: impl Iterator<Item = f64>, margin: f64) -> Self {
        let on_axis = |value: f64| if is_log { value.log10() } else { value };
        let given = range.map(|range| range.map(on_axis)).filter(|[low, high]| high > low && (high - low).is_finite());
        let [low, high] = given.unwrap_or_else(|| {
            let finite = values.map(on_axis).filter(|value| value.is_finite());
            let [low, high] = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], v| [a.min(v), b.max(v)]);
            if low > high {
                return [0.0, 1.0];
            }
            let half = (0.5 + margin) * (high - low);
            let half = if half > 0.0 { half } else { 0.05 * low.abs().max(1.0) };
            [0.5 * (low + high) - half, 0.5 * (low + high) + half]
        });
        Self { low, high, is_log }
    }

    /// Where a value stands, 0 to 1 between the ends; NaN where a logarithm cannot take it.
    pub fn share(&self, value: f64) -> f64 {
        let value = if self.is_log { if value > 0.0 { value.log10() } else { f64::NAN } } else { value };
        (value - self.low) / (self.high - self.low)
    }

    /// Round numbers with their shares and words.
    pub fn ticks(&self, is_percent: bool) -> Vec<(f64, String)> {
        let decades = self.high - self.low;
        // A power of ten and its multiples have one digit; round numbers those of their step.
        let (values, step): (Vec<f64>, Option<f64>) = if self.is_log && decades > 0.7 && decades < 600.0 {
            let multiples: &[f64] = match decades {
                ..1.5 => &[1.0, 2.0, 3.0, 5.0],
                ..3.5 => &[1.0, 3.0],
                _ => &[1.0],
            };
            let stride = (decades / 8.0).ceil().max(1.0) as i32;
            let values = (self.low.floor() as i32..=self.high.ceil() as i32)
                .filter(|power| power.rem_euclid(stride) == 0)
                .flat_map(|power| multiples.iter().map(move |multiple| multiple * 10_f64.powi(power)));
            (values.collect(), None)
        } else {
            let ends = [self.low, self.high].map(|end| if self.is_log { 10_f64.powf(end) } else { end });
            if !ends.iter().all(|end| end.is_finite()) {
                return Vec::new();
            }
            let places = round_places(&ends);
            let step = step_of(&places);
            (places.into_iter().map(|(_, value)| value).collect(), Some(step))
        };
        let words = |value: f64| {
            let step = step.unwrap_or(value);
            if is_percent { format!("{}\u{a0}%", tick(100.0 * value, 100.0 * step)) } else { tick(value, step) }
        };
        let places = values.into_iter().map(|value| (self.share(value), words(value)));
        places.filter(|(share, _)| (0.0..=1.0).contains(share)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(scale: Scale) -> Vec<String> {
        scale.ticks(false).into_iter().map(|(_, words)| words).collect()
    }

    #[test]
    fn ticks_are_round() {
        let none = std::iter::empty::<f64>;
        assert_eq!(words(Scale::new(Some([0.0, 1000.0]), false, none(), 0.0)), ["0", "500", "1\u{a0}000"]);
        assert_eq!(words(Scale::new(Some([0.005, 20.0]), true, none(), 0.0)), ["0.01", "0.1", "1", "10"]);
        let fine = words(Scale::new(Some([1.0, 2.0]), true, none(), 0.0));
        assert!(fine.contains(&"1.5".to_owned()), "{fine:?}");
        let zoomed = words(Scale::new(Some([250_000.0, 250_040.0]), false, none(), 0.0));
        assert_eq!(zoomed[1], "250\u{a0}010", "{zoomed:?}");
    }

    #[test]
    fn a_value_stands_where_its_logarithm_does() {
        let scale = Scale::new(Some([1.0, 100.0]), true, std::iter::empty(), 0.0);
        assert!((scale.share(10.0) - 0.5).abs() < 1e-12);
        assert!(scale.share(-1.0).is_nan() && scale.share(0.0).is_nan());
    }
}
