//! The size of the window and the share of time for measurements, as they are kept between two starts.

use egui::{Context, Vec2};
use serde::{Deserialize, Serialize};

use crate::config::DEFAULT_LOOK_SHARE;

/// Sizes that a window can have, in the system's points; others in a file are not taken.
const SIZES: std::ops::RangeInclusive<f32> = 200.0..=16_384.0;

/// What is kept of the window.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WindowSettings {
    /// Width and height of the window while it is not maximized, in the system's points.
    size: Option<[f32; 2]>,
    /// The window fills the screen.
    pub is_maximized: bool,
    /// The share of time for measurements, 0 to 1.
    look_share: Option<f64>,
}

impl WindowSettings {
    /// The size of the window, if one is kept that a window can have.
    #[must_use]
    pub fn size(&self) -> Option<Vec2> {
        self.size.filter(|size| size.iter().all(|side| SIZES.contains(side))).map(Vec2::from)
    }

    /// The share of time for measurements.
    #[must_use]
    pub fn look_share(&self) -> f64 {
        self.look_share.filter(|share| (0.0..=1.0).contains(share)).unwrap_or(DEFAULT_LOOK_SHARE)
    }

    /// Takes what is shown now. True when it is not what was kept.
    pub fn take(&mut self, ctx: &Context, look_share: f64) -> bool {
        let before = *self;
        let zoom = ctx.zoom_factor();
        ctx.input(|input| {
            let viewport = input.viewport();
            self.is_maximized = viewport.maximized.unwrap_or(self.is_maximized);
            let is_free = !self.is_maximized && viewport.fullscreen != Some(true) && viewport.minimized != Some(true);
            if let Some(inner) = viewport.inner_rect.filter(|_| is_free) {
                let size = (inner.size() * zoom).round();
                self.size = Some([size.x, size.y]);
            }
        });
        if (self.look_share() - look_share).abs() > 1e-9 {
            self.look_share = Some(look_share);
        }
        *self != before
    }

    /// How a window opens: as large as it `was` in this start, else as it is kept, else in `default` size.
    #[must_use]
    pub fn viewport(&self, was: Option<Vec2>, default: Vec2) -> egui::ViewportBuilder {
        let size = was.or_else(|| self.size()).unwrap_or(default);
        egui::ViewportBuilder::default().with_inner_size(size).with_maximized(was.is_none() && self.is_maximized)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_shares_that_cannot_be_are_not_taken() {
        for text in ["{\"size\": [0.0, 900.0]}", "{\"size\": [1e30, 900.0]}", "{\"look_share\": 7.0}", "{}"] {
            let settings: WindowSettings = serde_json::from_str(text).expect("valid");
            assert_eq!((settings.size(), settings.look_share()), (None, DEFAULT_LOOK_SHARE), "{text}");
        }
        let settings: WindowSettings =
            serde_json::from_str("{\"size\": [1280.0, 800.0], \"look_share\": 0.25}").expect("valid");
        assert_eq!((settings.size(), settings.look_share()), (Some(egui::vec2(1280.0, 800.0)), 0.25));
    }

    #[test]
    fn what_is_shown_is_kept_and_only_a_change_is_one() {
        let ctx = Context::default();
        let mut settings = WindowSettings::default();
        assert!(!settings.take(&ctx, DEFAULT_LOOK_SHARE));
        assert!(settings.take(&ctx, 0.75));
        assert!(!settings.take(&ctx, 0.75));
        assert_eq!(settings.look_share(), 0.75);
    }
}
