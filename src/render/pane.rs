//! Copies finished pictures into the window, with rounded corners.

use super::gpu::Stage;

/// The copying pipeline for one target format.
pub(super) struct PaneCopy {
    stage: Stage,
    is_linear_target: bool,
}

impl PaneCopy {
    pub(super) fn new(device: &wgpu::Device, target_format: wgpu::TextureFormat) -> Self {
        let stage = Stage::new(
            device,
            include_str!("../../shaders/pane.wgsl"),
            1,
            target_format,
            Some(wgpu::BlendState::PREMULTIPLIED_ALPHA_BLENDING),
        );
        Self { stage, is_linear_target: target_format.is_srgb() }
    }

    /// What [`Self::paint`] needs of a picture of this size.
    pub(super) fn bind(
        &self,
        device: &wgpu::Device,
        picture: &wgpu::TextureView,
        size: [u32; 2],
        corner_radius_px: f32,
    ) -> wgpu::BindGroup {
        let uniform = PaneUniform {
            size_px: size.map(|side| side as f32),
            corner_radius_px,
            is_linear_target: u32::from(self.is_linear_target),
        };
        self.stage.bind(device, bytemuck::bytes_of(&uniform), &[picture])
    }

    /// Copies a picture to the pass's viewport.
    pub(super) fn paint(&self, pass: &mut wgpu::RenderPass<'_>, picture: &wgpu::BindGroup) {
        pass.set_pipeline(&self.stage.pipeline);
        pass.set_bind_group(0, picture, &[]);
        pass.draw(0..3, 0..1);
    }
}

/// `Pane` of `shaders/pane.wgsl`; `tests/shaders.rs` compares the layouts.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct PaneUniform {
    /// Size of the pane in pixels.
    pub size_px: [f32; 2],
    /// Radius of its corners in pixels.
    pub corner_radius_px: f32,
    /// 1 when the target turns linear colours into sRGB itself.
    pub is_linear_target: u32,
}
