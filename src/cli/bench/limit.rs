//! How far figures are from the arithmetic limit of their device.

use crate::engine::OpenDevice;
use crate::engine::bench::{Part, Peak};
use crate::model::Compute;

/// A figure below this share of the limit spends most of its time on something else than products.
const LOW: f64 = 1.0 / 3.0;

/// The limit of a device, and where the time of the figures is that stay far below it.
pub struct Limit {
    peak: Peak,
    low: Vec<String>,
}

impl Limit {
    /// Measures the device.
    pub fn measure(compute: &Compute) -> Self {
        Self { peak: Peak::measure(compute), low: Vec::new() }
    }

    /// The share of the limit at which a figure of so many operations ran that took `ms`; `parts` is asked where it is low.
    pub fn share(&mut self, name: &str, flop: f64, ms: f64, parts: impl FnOnce() -> Vec<Part>) -> f64 {
        let share = flop / (ms * 1e-3) / self.peak.flops;
        if share < LOW {
            let part = |part: Part| format!("{} {}", part.what, percent((part.ms / ms).max(0.0)));
            let parts: Vec<String> = parts().into_iter().map(part).collect();
            self.low.push(format!("  {name}: {}", parts.join(", ")));
        }
        share
    }

    /// What the limit is, and which figures are far below it.
    pub fn words(&self) -> String {
        let Peak { flops, side } = self.peak;
        let mut words = format!(
            "The limit is {:.0} GFLOP/s, the fastest product of {side}×{side} matrices in 32 bits here; shares count products alone.",
            flops / 1e9
        );
        if !self.low.is_empty() {
            words += "\nUnder a third of it, with where their time is, each part timed by itself:\n";
            words += &self.low.join("\n");
        }
        words
    }
}

/// The limits of the devices that works ran on, each measured once.
#[derive(Default)]
pub struct Limits(Vec<(String, Limit)>);

impl Limits {
    /// That of a device.
    pub fn of(&mut self, open: &OpenDevice) -> &mut Limit {
        let known = self.0.iter().position(|(name, _)| *name == open.name);
        let place = known.unwrap_or(self.0.len());
        if known.is_none() {
            self.0.push((open.name.clone(), Limit::measure(&open.compute)));
        }
        &mut self.0[place].1
    }

    /// The names of the devices.
    pub fn devices(&self) -> String {
        self.0.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(" or ")
    }

    /// What the limits are, and which figures are far below them.
    pub fn words(&self) -> String {
        let is_one = self.0.len() == 1;
        let words = |(name, limit): &(String, Limit)| {
            if is_one { limit.words() } else { format!("{name}: {}", limit.words()) }
        };
        self.0.iter().map(words).collect::<Vec<_>>().join("\n")
    }
}

/// A share as a cell of a table.
pub fn percent(share: f64) -> String {
    match 100.0 * share {
        percent if percent < 9.95 => format!("{percent:.1} %"),
        percent => format!("{percent:.0} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_far_below_the_limit_are_named() {
        let mut limit = Limit { peak: Peak { flops: 2e11, side: 1024 }, low: Vec::new() };
        // 10⁹ operations in 10 ms are 10¹¹ a second.
        let share = limit.share("cnn sgd_step", 1e9, 10.0, || unreachable!("half of the limit is not low"));
        assert!((share - 0.5).abs() < 1e-12);
        assert_eq!(limit.words().lines().count(), 1);
        let parts = || vec![Part { what: "forward passes", ms: 20.0 }, Part { what: "step", ms: 30.0 }];
        assert!((limit.share("mlp sam_step", 1e9, 50.0, parts) - 0.1).abs() < 1e-12);
        let words = limit.words();
        assert!(words.starts_with("The limit is 200 GFLOP/s"), "{words}");
        assert!(words.ends_with("\n  mlp sam_step: forward passes 40 %, step 60 %"), "{words}");
        assert_eq!((percent(0.0412), percent(0.3333)), ("4.1 %".to_owned(), "33 %".to_owned()));
    }
}
