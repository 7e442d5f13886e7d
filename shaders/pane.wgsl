// Copies a finished pane into the window, pixel by pixel, with rounded corners. `cover.wgsl` stands before this.

struct Pane {
    size_px: vec2<f32>,
    corner_radius_px: f32,
    padding: u32,
}

@group(0) @binding(0) var<uniform> pane: Pane;
@group(0) @binding(1) var picture: texture_2d<f32>;

fn linear_from_srgb(srgb: vec3<f32>) -> vec3<f32> {
    let low = srgb / 12.92;
    let high = pow((srgb + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, srgb < vec3<f32>(0.04045));
}

fn color_at(place: vec2<f32>) -> vec3<f32> {
    let last = vec2<i32>(pane.size_px) - 1;
    return textureLoad(picture, clamp(vec2<i32>(place), vec2<i32>(0), last), 0).rgb;
}

// The share of a pixel that lies within the rounded corners.
fn cover_at(place: vec2<f32>) -> f32 {
    let half_size = 0.5 * pane.size_px;
    let from_corner = abs(place - half_size) - half_size + pane.corner_radius_px;
    let inside = min(max(from_corner.x, from_corner.y), 0.0);
    let outside = inside + length(max(from_corner, vec2<f32>(0.0))) - pane.corner_radius_px;
    return clamp(0.5 - outside, 0.0, 1.0);
}

@fragment
fn fs_main(in: Varying) -> @location(0) vec4<f32> {
    let place = in.uv * pane.size_px;
    let alpha = cover_at(place);
    return vec4<f32>(color_at(place) * alpha, alpha);
}

// For a target that turns linear colours into sRGB itself.
@fragment
fn fs_linear(in: Varying) -> @location(0) vec4<f32> {
    let place = in.uv * pane.size_px;
    let alpha = cover_at(place);
    return vec4<f32>(linear_from_srgb(color_at(place)) * alpha, alpha);
}
