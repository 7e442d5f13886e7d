// Covers the whole target with one triangle; put before the shaders that fill pictures pixel by pixel.

struct Varying {
    @builtin(position) position: vec4<f32>,
    // 0 to 1 over the target, from its upper left corner.
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
