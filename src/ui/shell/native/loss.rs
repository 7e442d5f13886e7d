//! Hears when the graphics device of a window is lost.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use eframe::egui_wgpu::wgpu;

use crate::engine;

/// Asks a device for what has become of it; the device tells its losses meanwhile.
type Poll = Box<dyn Fn()>;

/// Hears when the device of a window is lost.
#[derive(Default)]
pub struct DeviceLoss {
    poll: Option<Poll>,
    reason: Arc<OnceLock<String>>,
}

impl DeviceLoss {
    /// Hears of the device that a window was made with.
    #[must_use]
    pub fn of(creation: &eframe::CreationContext<'_>, reason: Arc<OnceLock<String>>) -> Self {
        match &creation.wgpu_render_state {
            Some(state) => Self::of_device(&state.device, &creation.egui_ctx, reason),
            None => Self { poll: None, reason },
        }
    }

    fn of_device(device: &wgpu::Device, ctx: &egui::Context, reason: Arc<OnceLock<String>>) -> Self {
        let (told, ctx) = (Arc::clone(&reason), ctx.clone());
        device.set_device_lost_callback(move |_, message| {
            // Only the first reason is of interest.
            let words = if message.is_empty() { "the driver gives no reason".to_owned() } else { message };
            let _ = told.set(words);
            ctx.request_repaint();
        });
        let device = device.clone();
        let poll = move || {
            let _ = device.poll(wgpu::PollType::Poll);
        };
        Self { poll: Some(Box::new(poll)), reason }
    }

    /// Why the device is lost, if it is.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        if self.reason.get().is_none()
            && let Some(poll) = &self.poll
            // What was lost since the last frame is told now, before anything is drawn with it. wgpu tells the loss and then
            // panics over it.
            && let Err(panic) = catch_unwind(AssertUnwindSafe(poll))
        {
            let _ = self.reason.set(engine::panic_message(panic.as_ref()));
        }
        self.reason.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;

    #[test]
    fn a_device_that_panics_when_it_is_polled_is_lost_and_polled_no_more() {
        let reason: Arc<OnceLock<String>> = Arc::default();
        let polls = Rc::new(std::cell::Cell::new(0));
        let counted = Rc::clone(&polls);
        let poll: Poll = Box::new(move || {
            counted.set(counted.get() + 1);
            panic!("Error in Device::poll: Parent device is lost");
        });
        let loss = DeviceLoss { poll: Some(poll), reason: Arc::clone(&reason) };
        assert_eq!(loss.reason(), Some("Error in Device::poll: Parent device is lost"));
        assert_eq!(loss.reason(), reason.get().map(String::as_str));
        assert_eq!(polls.get(), 1);
        // wgpu tells its reason first; that one is kept.
        let told: Arc<OnceLock<String>> = Arc::default();
        let teller = Arc::clone(&told);
        let poll: Poll = Box::new(move || {
            let _ = teller.set("the card fell off the bus".to_owned());
            panic!("Error in Device::poll");
        });
        assert_eq!(DeviceLoss { poll: Some(poll), reason: told }.reason(), Some("the card fell off the bus"));
    }

    #[test]
    fn a_real_device_that_is_destroyed_is_lost_and_can_be_asked_again() {
        let Some(adapter) = crate::render::test_adapter() else { return };
        let (device, queue) =
            pollster::block_on(adapter.request_device(&wgpu::DeviceDescriptor::default())).expect("a device");
        let loss = DeviceLoss::of_device(&device, &egui::Context::default(), Arc::default());
        assert_eq!(loss.reason(), None);
        device.destroy();
        queue.submit([]);
        assert_eq!(loss.reason(), Some("the driver gives no reason"));
        assert_eq!(loss.reason(), Some("the driver gives no reason"));
    }
}
