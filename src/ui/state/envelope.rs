//! The extremes and means of a value over neighbouring rows: what a picture of many rows needs of them.

/// Least, greatest and mean of one value over neighbouring rows. Values that are not finite do not count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Envelope {
    /// Least value.
    pub low: f32,
    /// Greatest value.
    pub high: f32,
    /// Least value above 0, for logarithmic axes; infinite where there is none.
    pub low_positive: f32,
    /// Mean.
    pub mean: f32,
    /// Mean of log₁₀ over the values above 0.
    pub log_mean: f32,
    /// Values.
    pub count: u32,
    /// Values above 0.
    pub num_positive: u32,
}

impl Envelope {
    /// Of no value.
    pub const EMPTY: Self = Self {
        low: f32::INFINITY,
        high: f32::NEG_INFINITY,
        low_positive: f32::INFINITY,
        mean: 0.0,
        log_mean: 0.0,
        count: 0,
        num_positive: 0,
    };

    /// Of one value.
    #[must_use]
    pub fn of(value: f64) -> Self {
        if !value.is_finite() {
            return Self::EMPTY;
        }
        let short = (value as f32).clamp(f32::MIN, f32::MAX);
        if value <= 0.0 {
            return Self { low: short, high: short, mean: short, count: 1, ..Self::EMPTY };
        }
        let low_positive = short.max(f32::MIN_POSITIVE);
        let log_mean = value.log10() as f32;
        Self { low: short, high: short, low_positive, mean: short, log_mean, count: 1, num_positive: 1 }
    }

    /// Of the values of both.
    #[must_use]
    pub fn merged(self, other: Self) -> Self {
        let mean = |a: f32, of_a: u32, b: f32, of_b: u32| {
            if of_a + of_b == 0 { 0.0 } else { a + (b - a) * (of_b as f32 / (of_a + of_b) as f32) }
        };
        Self {
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            low_positive: self.low_positive.min(other.low_positive),
            mean: mean(self.mean, self.count, other.mean, other.count),
            log_mean: mean(self.log_mean, self.num_positive, other.log_mean, other.num_positive),
            count: self.count + other.count,
            num_positive: self.num_positive + other.num_positive,
        }
    }
}
