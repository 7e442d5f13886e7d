//! The one logarithmic scale that all panels of a figure share: colours, levels of the iso-lines, ticks.

use crate::export::figure::drawing::Rgb;
use crate::number::significant;
use crate::render::{ColorMap, log_levels};

/// The floor of the scale as a share of the range from the least to the greatest finite loss.
pub const FLOOR_SHARE: f64 = 1e-10;

/// log₁₀(max(loss, floor)), from the lowest to the highest finite loss of all panels.
#[derive(Debug, Clone)]
pub struct LogScale {
    low: f64,
    high: f64,
    /// log₁₀ of the loss on each iso-line, round losses, lowest first.
    levels: Vec<f64>,
    /// The least loss that the scale can tell apart, [`FLOOR_SHARE`] of the range; those below it are drawn as this one.
    pub floor: f64,
    /// Whether a loss was below the floor.
    pub floored: bool,
}

impl LogScale {
    /// The scale of these losses; `None` where not one is finite.
    pub fn new(losses: impl Iterator<Item = f64> + Clone) -> Option<Self> {
        let finite = losses.filter(|loss| loss.is_finite());
        let lowest = finite.clone().fold(f64::INFINITY, f64::min);
        let highest = finite.clone().fold(f64::NEG_INFINITY, f64::max);
        finite.clone().next()?;
        let floor = FLOOR_SHARE * (highest - lowest);
        // One loss has no range, and where none is positive there is one colour and any scale does.
        let floor = if floor > 0.0 && floor.is_finite() { floor } else { lowest };
        let floor = if floor > 0.0 { floor } else { 1.0 };
        let floored = lowest < floor;
        let (mut low, mut high) = (lowest.max(floor).log10(), highest.max(floor).log10());
        if high - low < 0.02 {
            (low, high) = (low - 0.05, high + 0.05);
        }
        Some(Self { low, high, levels: log_levels([low, high]), floor, floored })
    }

    /// log₁₀ of a loss on this scale; NaN if it is not finite.
    pub fn log(&self, loss: f64) -> f64 {
        if loss.is_finite() { loss.max(self.floor).log10() } else { f64::NAN }
    }

    /// Where a log₁₀ of a loss lies between the ends, 0 to 1.
    pub fn share(&self, log: f64) -> f64 {
        ((log - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    /// The log₁₀ of a loss that lies at a share between the ends.
    pub fn at_share(&self, share: f64) -> f64 {
        self.low + share * (self.high - self.low)
    }

    /// The colour of a log₁₀ of a loss.
    pub fn color(&self, log: f64) -> Rgb {
        let [red, green, blue, _] = ColorMap::Viridis.at(self.share(log) as f32);
        [red, green, blue]
    }

    /// log₁₀ of the loss on each iso-line, lowest first.
    pub fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// How far a log₁₀ of a loss is from the nearest iso-line, and how far apart the lines are there.
    pub fn nearest_line(&self, log: f64) -> [f64; 2] {
        let after = self.levels.partition_point(|level| *level <= log);
        let first = after.saturating_sub(1).min(self.levels.len().saturating_sub(2));
        match self.levels[first..] {
            [below, above, ..] => [(log - below).abs().min((log - above).abs()), above - below],
            [only] => [(log - only).abs(), self.high - self.low],
            [] => [f64::INFINITY, self.high - self.low],
        }
    }

    /// The numbers beside the colour bar: log₁₀ of the loss, and its text.
    pub fn ticks(&self) -> Vec<(f64, String)> {
        let decades = self.high - self.low;
        let multiples: &[f64] = if decades > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let stride = (decades / 10.0).ceil().max(1.0) as i32;
        let mut ticks: Vec<f64> = (self.low.floor() as i32..=self.high.ceil() as i32)
            .filter(|power| power % stride == 0)
            .flat_map(|power| multiples.iter().map(move |multiple| multiple.log10() + f64::from(power)))
            .filter(|log| (self.low..=self.high).contains(log))
            .collect();
        if ticks.len() < 3 {
            ticks = (0..5).map(|i| self.low + decades * f64::from(i) / 4.0).collect();
            return ticks.into_iter().map(|log| (log, significant(10_f64.powf(log), 3))).collect();
        }
        ticks.into_iter().map(|log| (log, significant(10_f64.powf(log), 1))).collect()
    }

    /// The lowest and the highest loss.
    pub fn ends(&self) -> [f64; 2] {
        [10_f64.powf(self.low), 10_f64.powf(self.high)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_the_ends_of_all_finite_losses() {
        let scale = LogScale::new([0.01, f64::NAN, 3.0, f64::INFINITY].into_iter()).unwrap();
        let [low, high] = scale.ends();
        assert!((low - 0.01).abs() < 1e-12 && (high - 3.0).abs() < 1e-12);
        assert!(!scale.floored);
        assert!(scale.levels().len() >= 10);
        let [distance, gap] = scale.nearest_line(0.19_f64.log10());
        let expected = [(0.2_f64 / 0.19).log10(), (0.2_f64 / 0.15).log10()];
        assert!((distance - expected[0]).abs() < 1e-9 && (gap - expected[1]).abs() < 1e-9, "{distance} {gap}");
        let ends = [0, 255].map(|entry| {
            let [r, g, b, _] = ColorMap::Viridis.lut()[entry];
            [r, g, b]
        });
        assert_eq!(scale.color(low.log10()), ends[0]);
        assert_eq!(scale.color(high.log10()), ends[1]);
    }

    #[test]
    fn losses_below_the_floor_are_drawn_as_it() {
        let scale = LogScale::new([0.0, 1e-13, 0.5, 2.0].into_iter()).unwrap();
        assert!(scale.floored);
        assert!((scale.floor - 2e-10).abs() < 1e-22);
        assert_eq!(scale.log(0.0), scale.floor.log10());
        assert_eq!(scale.log(1e-13), scale.floor.log10());
        assert!((scale.ends()[0] - 2e-10).abs() < 1e-22);
    }

    #[test]
    fn odd_losses_make_a_scale_too() {
        assert!(LogScale::new([f64::NAN].into_iter()).is_none());
        for losses in [vec![0.0], vec![2.0], vec![0.0, 1e-30, 1e30], vec![-1.0, 1.0], vec![1.0, 1.000_001]] {
            let scale = LogScale::new(losses.iter().copied()).unwrap();
            assert!(scale.share(scale.log(losses[0])).is_finite());
            assert!((2..=40).contains(&scale.ticks().len()), "{losses:?}: {:?}", scale.ticks());
        }
    }
}
