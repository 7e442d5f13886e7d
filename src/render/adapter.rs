//! What an adapter must be able to do for the pictures, asked before any of them is drawn.

use super::gpu::{BITS_FORMAT, PICTURE_FORMAT};
use super::offscreen::{ReadbackError, guarded};
use super::surface::DEPTH_FORMAT;

/// What is done with each format of a texture.
const USES: [(wgpu::TextureFormat, wgpu::TextureUsages); 3] = [
    (PICTURE_FORMAT, DRAWN_AND_READ.union(wgpu::TextureUsages::COPY_SRC).union(wgpu::TextureUsages::COPY_DST)),
    (BITS_FORMAT, DRAWN_AND_READ.union(wgpu::TextureUsages::COPY_DST)),
    (DEPTH_FORMAT, wgpu::TextureUsages::RENDER_ATTACHMENT),
];
const DRAWN_AND_READ: wgpu::TextureUsages =
    wgpu::TextureUsages::RENDER_ATTACHMENT.union(wgpu::TextureUsages::TEXTURE_BINDING);

/// Makes pipelines where an adapter and its device can have them.
///
/// # Errors
/// In one line, what the adapter lacks, or why the device refuses all the same.
pub fn where_able<T>(adapter: &wgpu::Adapter, device: &wgpu::Device, make: impl FnOnce() -> T) -> Result<T, String> {
    let name = adapter.get_info().name;
    let offered = |format| adapter.get_texture_format_features(format).allowed_usages;
    if let Some(what) = lacking(offered) {
        return Err(format!("the graphics adapter {name} {what}"));
    }
    // What a device says has many lines.
    let words = |err: ReadbackError| err.into_reason().split_whitespace().collect::<Vec<_>>().join(" ");
    guarded(device, make).map_err(|err| format!("the graphics adapter {name} refuses: {}", words(err)))
}

/// What is missing of what the pictures need, in words.
fn lacking(offered: impl Fn(wgpu::TextureFormat) -> wgpu::TextureUsages) -> Option<String> {
    let missing = |(format, uses): (wgpu::TextureFormat, wgpu::TextureUsages)| {
        let rest = uses.difference(offered(format));
        let verb = match rest {
            rest if rest.is_empty() => return None,
            rest if rest.contains(wgpu::TextureUsages::RENDER_ATTACHMENT) => "draw to",
            rest if rest.contains(wgpu::TextureUsages::TEXTURE_BINDING) => "read",
            _ => "copy",
        };
        Some(format!("cannot {verb} {format:?} textures"))
    };
    USES.into_iter().find_map(missing)
}

/// Samples a pixel for smooth edges: 4 where the adapter can, but 1 in software, where each costs as much as the first.
#[must_use]
pub fn sample_count(adapter: &wgpu::Adapter) -> u32 {
    let can = |format| adapter.get_texture_format_features(format).flags.sample_count_supported(4);
    let is_software = adapter.get_info().device_type == wgpu::DeviceType::Cpu;
    if !is_software && can(PICTURE_FORMAT) && can(DEPTH_FORMAT) { 4 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_use_that_is_not_offered_is_named() {
        assert_eq!(lacking(|_| wgpu::TextureUsages::all()), None);
        let no_bits = |format| match format {
            BITS_FORMAT => wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            _ => wgpu::TextureUsages::all(),
        };
        let words = lacking(no_bits).expect("nothing can be drawn to it");
        assert_eq!(words, "cannot draw to R32Uint textures");
    }
}
