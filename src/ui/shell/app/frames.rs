//! How fast frames come, and what the frame that answers input may have for itself.

use std::time::{Duration, Instant};

use super::App;
use crate::ui::plots::contour_view;
use crate::ui::state::notices::Level;

/// About what a frame takes on a software adapter that has the processor for itself.
const INPUT_REST: Duration = Duration::from_millis(60);

impl App {
    /// Where the adapter draws on the engine's processor, the frame that answers a press, a key or a drag has it for itself.
    /// A pointer that only moves is not worth it.
    pub(super) fn make_room_for_input(&self, ctx: &egui::Context) {
        let is_input = ctx.input(|input| {
            let is_act = |event: &egui::Event| {
                matches!(
                    event,
                    egui::Event::Key { .. }
                        | egui::Event::Text(_)
                        | egui::Event::PointerButton { .. }
                        | egui::Event::MouseWheel { .. }
                )
            };
            input.events.iter().any(is_act) || (input.pointer.any_down() && input.pointer.delta() != egui::Vec2::ZERO)
        });
        if is_input && self.pace.is_processor_shared() {
            self.link.slots.ask_rest(INPUT_REST);
        }
    }

    /// Says once why the device does not draw surfaces, where it does not: their pipelines are made with the first.
    pub(super) fn tell_refusal(&mut self) {
        let Some(state) = self.render_state.as_ref().filter(|_| !self.is_refusal_told) else { return };
        let renderer = state.renderer.read();
        let Some(reason) = contour_view::refusal(&renderer) else { return };
        let text = format!("Surfaces cannot be drawn on this graphics device: {reason}. Contours can.");
        self.is_refusal_told = true;
        self.model.notices.push(Level::Error, text);
    }

    pub(super) fn measure_frame(&mut self, frame: &eframe::Frame) {
        let now = Instant::now();
        if let Some(last) = self.last_frame {
            let seconds = now.duration_since(last).as_secs_f64();
            // Frames come when there is something to show: a long gap is rest, not slowness.
            if seconds < 0.4 {
                let rate = 1.0 / seconds.max(1e-3);
                let old = self.frames_per_second;
                self.frames_per_second = if old > 0.0 { old + 0.1 * (rate - old) } else { rate };
            }
        }
        self.last_frame = Some(now);
        if let Some(seconds) = frame.info().cpu_usage {
            self.pace.set_frame_time(Duration::from_secs_f32(seconds.clamp(0.0, 1.0)));
        }
    }
}
