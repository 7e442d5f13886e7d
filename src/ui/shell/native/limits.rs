//! How large the picture of a window may be. A device is asked for all that its adapter can, where egui asks for 8192 pixels,
//! which a window over three screens has not enough of. What is larger yet is made smaller.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use eframe::egui_wgpu::{WgpuConfiguration, WgpuSetupCreateNew, wgpu};
use egui::{Context, Vec2, ViewportCommand};

/// What wgpu's error begins with where the surface of a window cannot be had in its size.
const SURFACE_ERROR: &str = "Surface::configure";

/// egui's own configuration, with textures as large as the adapter can.
#[must_use]
pub fn configuration() -> WgpuConfiguration {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    let usual = Arc::clone(&setup.device_descriptor);
    setup.device_descriptor = Arc::new(move |adapter| {
        let mut descriptor = usual(adapter);
        descriptor.required_limits.max_texture_dimension_2d = adapter.limits().max_texture_dimension_2d;
        descriptor
    });
    WgpuConfiguration { wgpu_setup: setup.into(), ..WgpuConfiguration::default() }
}

/// Keeps a window within what its device can draw.
#[derive(Debug, Default)]
pub struct SurfaceLimit {
    /// Pixels of a side at most.
    side_px: Option<u32>,
    /// The size in pixels that was too large last. A desktop that lets no window choose its size is asked once.
    refused_px: Option<Vec2>,
    /// The window is too large at present.
    is_beyond: Arc<AtomicBool>,
}

impl SurfaceLimit {
    /// Of the device that a window was made with. What it cannot draw because the window is too large is no longer the window's
    /// end: it keeps its last picture until it has become smaller.
    #[must_use]
    pub fn of(creation: &eframe::CreationContext<'_>) -> Self {
        let Some(state) = &creation.wgpu_render_state else { return Self::default() };
        let is_beyond = Arc::<AtomicBool>::default();
        let told = Arc::clone(&is_beyond);
        state.device.on_uncaptured_error(Arc::new(move |err: wgpu::Error| outlive(&err.to_string(), &told)));
        Self { side_px: Some(state.device.limits().max_texture_dimension_2d), refused_px: None, is_beyond }
    }

    /// Makes a window that is too large for its device smaller.
    pub fn keep(&mut self, ctx: &Context) {
        let scale = ctx.pixels_per_point();
        let viewport = ctx.input(|input| input.viewport().clone());
        let (Some(side_px), Some(inner)) = (self.side_px, viewport.inner_rect) else { return };
        let size_px = (inner.size() * scale).round();
        let fitting_px = fitting(size_px, side_px);
        self.is_beyond.store(fitting_px.is_some(), Ordering::Relaxed);
        let Some(fitting_px) = fitting_px else {
            self.refused_px = None;
            return;
        };
        if self.refused_px.replace(size_px) == Some(size_px) {
            return;
        }
        for (is_on, command) in [
            (viewport.fullscreen, ViewportCommand::Fullscreen(false)),
            (viewport.maximized, ViewportCommand::Maximized(false)),
        ] {
            if is_on == Some(true) {
                ctx.send_viewport_cmd(command);
            }
        }
        ctx.send_viewport_cmd(ViewportCommand::InnerSize(fitting_px / scale));
    }
}

/// The size that a window must be made where it is too large.
fn fitting(size_px: Vec2, side_px: u32) -> Option<Vec2> {
    let largest = side_px as f32;
    (size_px.max_elem() > largest).then(|| size_px.min(Vec2::splat(largest)))
}

/// What becomes of an error that nobody waits for: it ends the window, as wgpu has it, unless the window is too large. The first
/// that is told of that is its surface.
fn outlive(words: &str, is_beyond: &AtomicBool) {
    let is_outlived = words.contains(SURFACE_ERROR) || is_beyond.load(Ordering::Relaxed);
    assert!(is_outlived, "wgpu error: {words}");
}

#[cfg(test)]
mod tests {
    use egui::{Pos2, RawInput, Rect, vec2};

    use super::*;

    #[test]
    fn a_device_has_textures_as_large_as_its_adapter_can() {
        let Some(adapter) = crate::render::test_adapter() else { return };
        let eframe::egui_wgpu::WgpuSetup::CreateNew(setup) = configuration().wgpu_setup else {
            panic!("a setup of its own")
        };
        let (device, _) =
            pollster::block_on(adapter.request_device(&(setup.device_descriptor)(&adapter))).expect("a device");
        assert_eq!(device.limits().max_texture_dimension_2d, adapter.limits().max_texture_dimension_2d);
    }

    #[test]
    fn only_a_window_that_is_too_large_becomes_smaller() {
        assert_eq!(fitting(vec2(8192.0, 1.0), 8192), None);
        assert_eq!(fitting(vec2(9000.0, 600.0), 8192), Some(vec2(8192.0, 600.0)));
        assert_eq!(fitting(vec2(0.0, 0.0), 8192), None);
    }

    #[test]
    fn it_is_asked_once_to_become_smaller() {
        let ctx = Context::default();
        let mut limit = SurfaceLimit { side_px: Some(8192), ..SurfaceLimit::default() };
        let is_beyond = Arc::clone(&limit.is_beyond);
        let other = "In a set_viewport command";
        let mut commands = |size: Vec2, scale: f32| {
            let mut input = RawInput::default();
            let viewport = input.viewports.entry(egui::ViewportId::ROOT).or_default();
            viewport.native_pixels_per_point = Some(scale);
            viewport.inner_rect = Some(Rect::from_min_size(Pos2::ZERO, size));
            viewport.maximized = Some(true);
            let output = ctx.run_ui(input, |ui| limit.keep(ui.ctx()));
            let commands = output.viewport_output[&egui::ViewportId::ROOT].commands.iter();
            commands.filter(|command| !matches!(command, ViewportCommand::SetTheme(_))).cloned().collect::<Vec<_>>()
        };
        let large = vec2(9000.0, 600.0);
        assert_eq!(commands(vec2(1440.0, 900.0), 1.0), []);
        assert!(std::panic::catch_unwind(|| outlive(other, &is_beyond)).is_err());
        let smaller = vec![ViewportCommand::Maximized(false), ViewportCommand::InnerSize(vec2(8192.0, 600.0))];
        assert_eq!(commands(large, 1.0), smaller);
        // Frames until then cannot be drawn.
        outlive(other, &is_beyond);
        assert_eq!(commands(large, 1.0), []);
        // The same window on a screen of another scale is as wide in pixels.
        assert_eq!(commands(vec2(1440.0, 900.0), 2.0), []);
        let half = ViewportCommand::InnerSize(vec2(4096.0, 600.0));
        assert_eq!(commands(vec2(4500.0, 600.0), 2.0).last(), Some(&half));
    }

    #[test]
    fn a_surface_that_is_too_large_does_not_end_the_window_and_other_errors_do() {
        let is_beyond = AtomicBool::new(false);
        outlive("Validation Error\n\nCaused by:\n  In Surface::configure\n    `Surface` width and …", &is_beyond);
        let other = "Validation Error\n  In Device::create_texture";
        assert!(std::panic::catch_unwind(|| outlive(other, &is_beyond)).is_err());
    }
}
