//! Copies finished pictures into the window, with rounded corners.

use std::collections::HashMap;

use super::gpu::{self, Given, Slot, Stage};
use super::shaders;

/// Draws pictures of one kind, one for each pane, and copies them into the window.
pub trait PaneRenderer: Send + Sync + Sized + 'static {
    /// What one pane shows.
    type Job: Send + Sync + 'static;

    /// Builds the pipelines for a target of this format. `samples` is for edges that need it, see
    /// [`crate::render::sample_count`].
    #[must_use]
    fn new(device: &wgpu::Device, queue: &wgpu::Queue, target_format: wgpu::TextureFormat, samples: u32) -> Self;

    /// Draws a pane's picture if it is not the one that is there already.
    fn prepare(
        &mut self,
        device: &wgpu::Device,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        pane: u32,
        job: &Self::Job,
    );

    /// Copies a pane's picture to the pass's viewport. Does nothing for a pane that was never prepared.
    fn paint(&self, pass: &mut wgpu::RenderPass<'_>, pane: u32);
}

/// Panes that were not prepared for this many preparations of others are gone from the window.
const GONE_AFTER: u64 = 256;

/// What is kept for each pane that is shown.
pub(super) struct Panes<P> {
    panes: HashMap<u32, (u64, P)>,
    clock: u64,
}

impl<P> Panes<P> {
    pub(super) fn new() -> Self {
        Self { panes: HashMap::new(), clock: 0 }
    }

    /// What is kept for a pane that is about to be shown.
    pub(super) fn prepare(&mut self, pane: u32) -> Option<&P> {
        self.clock += 1;
        let (used, kept) = self.panes.get_mut(&pane)?;
        *used = self.clock;
        Some(kept)
    }

    pub(super) fn get(&self, pane: u32) -> Option<&P> {
        self.panes.get(&pane).map(|(_, kept)| kept)
    }

    /// Keeps something new for a pane, and nothing any more for panes that are gone.
    pub(super) fn insert(&mut self, pane: u32, kept: P) {
        let clock = self.clock;
        self.panes.retain(|_, (used, _)| clock - *used < GONE_AFTER);
        self.panes.insert(pane, (clock, kept));
    }
}

/// The copying pipeline for one target format.
pub(super) struct PaneCopy {
    stage: Stage,
}

impl PaneCopy {
    pub(super) fn new(device: &wgpu::Device, target_format: wgpu::TextureFormat) -> Self {
        let shader = gpu::shader_module(device, shaders::PANE);
        // A target that turns linear colours into sRGB itself wants linear ones.
        let fragment = if target_format.is_srgb() { "fs_linear" } else { "fs_main" };
        let blend = Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING);
        Self { stage: Stage::new(device, &shader, fragment, &[Slot::Uniform, Slot::Colors], target_format, blend) }
    }

    /// What [`Self::paint`] needs of a picture of this size.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        picture: &wgpu::TextureView,
        size: [u32; 2],
        corner_radius_px: f32,
    ) -> wgpu::BindGroup {
        let uniform = PaneUniform { size_px: size.map(|side| side as f32), corner_radius_px, padding: 0 };
        self.stage.bind(device, &[Given::Uniform(bytemuck::bytes_of(&uniform)), Given::Texture(picture)])
    }

    /// Copies a picture to the pass's viewport.
    pub(super) fn paint(&self, pass: &mut wgpu::RenderPass<'_>, picture: &wgpu::BindGroup) {
        pass.set_pipeline(&self.stage.pipeline);
        pass.set_bind_group(0, picture, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// `Pane` of `shaders/pane.wgsl`; `tests/gpu/shaders.rs` compares the layouts.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PaneUniform {
    /// Size of the pane in pixels.
    pub size_px: [f32; 2],
    /// Radius of its corners in pixels.
    pub corner_radius_px: f32,
    /// Brings the size to a multiple of 16 bytes.
    pub padding: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_that_are_shown_stay_and_others_go() {
        let mut panes = Panes::new();
        for pane in 0..50 {
            panes.prepare(pane);
            panes.insert(pane, pane);
        }
        for _ in 0..20 {
            assert!((0..49).all(|pane| panes.prepare(pane) == Some(&pane)));
        }
        assert_eq!(panes.get(49), Some(&49));
        panes.insert(50, 50);
        assert_eq!((panes.get(49), panes.get(48), panes.get(50)), (None, Some(&48), Some(&50)));
    }
}
