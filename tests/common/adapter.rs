//! Finds a wgpu adapter for tests that draw.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// wgpu's futures on native platforms are ready at the first poll.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        std::thread::yield_now();
    }
}

/// A device of any kind, software too; `None`, with the reason printed, where there is none.
pub fn device() -> Option<(wgpu::Device, wgpu::Queue)> {
    device_of(wgpu::Backends::all())
}

/// The same by one of these ways.
pub fn device_of(backends: wgpu::Backends) -> Option<(wgpu::Device, wgpu::Queue)> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let found = block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default()))
        .map_err(|err| err.to_string())
        .and_then(|adapter| {
            block_on(adapter.request_device(&wgpu::DeviceDescriptor {
                // Those of the window, which asks OpenGL for less.
                required_limits: match adapter.get_info().backend {
                    wgpu::Backend::Gl => wgpu::Limits::downlevel_webgl2_defaults(),
                    _ => wgpu::Limits::downlevel_defaults(),
                },
                ..Default::default()
            }))
            .map_err(|err| err.to_string())
        });
    match found {
        Ok(found) => Some(found),
        Err(reason) => {
            assert!(std::env::var_os("FLATSCAPE_REQUIRE_GPU").is_none(), "no adapter for {backends:?}: {reason}");
            eprintln!("skipped, no adapter for {backends:?}: {reason}");
            None
        }
    }
}
