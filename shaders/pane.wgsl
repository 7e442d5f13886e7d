// Copies a finished pane into the window, pixel by pixel, with rounded corners.

struct Pane {
    size_px: vec2<f32>,
    corner_radius_px: f32,
    is_linear_target: u32,
}

@group(0) @binding(0) var<uniform> pane: Pane;
@group(0) @binding(1) var picture: texture_2d<f32>;

struct Varying {
    @builtin(position) position: vec4<f32>,
    @location(0) uv: vec2<f32>,
}

@vertex
fn vs_main(@builtin(vertex_index) index: u32) -> Varying {
    let corner = vec2<f32>(f32((index << 1u) & 2u), f32(index & 2u));
    var out: Varying;
    out.position = vec4<f32>(corner.x * 2.0 - 1.0, 1.0 - corner.y * 2.0, 0.0, 1.0);
    out.uv = corner;
    return out;
}

fn linear_from_srgb(srgb: vec3<f32>) -> vec3<f32> {
    let low = srgb / 12.92;
    let high = pow((srgb + 0.055) / 1.055, vec3<f32>(2.4));
    return select(high, low, srgb < vec3<f32>(0.04045));
}

@fragment
fn fs_main(in: Varying) -> @location(0) vec4<f32> {
    let place = in.uv * pane.size_px;
    let last = vec2<i32>(pane.size_px) - 1;
    var color = textureLoad(picture, clamp(vec2<i32>(place), vec2<i32>(0), last), 0).rgb;
    if (pane.is_linear_target != 0u) {
        color = linear_from_srgb(color);
    }
    let half_size = 0.5 * pane.size_px;
    let from_corner = abs(place - half_size) - half_size + pane.corner_radius_px;
    let inside = min(max(from_corner.x, from_corner.y), 0.0);
    let outside = inside + length(max(from_corner, vec2<f32>(0.0))) - pane.corner_radius_px;
    let alpha = clamp(0.5 - outside, 0.0, 1.0);
    return vec4<f32>(color * alpha, alpha);
}
